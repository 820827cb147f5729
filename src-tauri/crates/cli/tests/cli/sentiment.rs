//! `sentiment`, and what `models info` says of a model on the disk.

use crate::{object, printed, refused};

/// A tiny model with random weights, as transformers saved it.
fn model(name: &str) -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/reference/fixtures/");
    format!("{root}{name}")
}

const TEXT: &str = "The river is rising. 她不知道信里写了什么。\n\"Gone,\" he said, \"all gone.\"";

#[test]
fn every_sentence_has_a_label_and_scores_that_add_up() {
    let classifier = model("encoders/xlm-roberta-sentiment");
    let found = object(&["sentiment", "--model", &classifier, "-"], TEXT);
    let items = found["items"].as_array().expect("items");
    assert_eq!(items.len(), 3);
    assert_eq!(items[1]["text"], "她不知道信里写了什么。");
    for item in items.iter().chain([&found["overall"]]) {
        let scores = item["scores"].as_object().expect("scores");
        assert_eq!(scores.keys().collect::<Vec<_>>(), ["negative", "neutral", "positive"]);
        let number = |label: &str| scores[label].as_f64().expect("a number");
        let sum: f64 = scores.keys().map(|label| number(label)).sum();
        assert!((sum - 1.0).abs() < 1e-4, "{sum}");
        let label = item["label"].as_str().expect("a label");
        assert!(scores.keys().all(|other| number(other) <= number(label)));
    }
}

#[test]
fn values_are_separated_by_commas_and_quoted_where_they_have_one() {
    let classifier = model("encoders/bert-chinese-binary");
    let found =
        printed(&["sentiment", "--model", &classifier, "--csv", "--per", "line", "-"], TEXT);
    let lines: Vec<&str> = found.lines().collect();
    assert_eq!(lines.len(), 3, "{found}");
    assert_eq!(lines[0], "text,label,\"negative (stars 1, 2)\",\"positive (stars 4, 5)\"");
    assert!(lines[2].starts_with("\"\"\"Gone,\"\" he said, \"\"all gone.\"\"\","), "{found}");
    let whole = printed(&["sentiment", "--model", &classifier, "--per", "document", "-"], "");
    assert!(whole.ends_with("all of it\n"), "{whole}");
}

#[test]
fn a_model_that_writes_is_no_classifier() {
    let error = refused(&["sentiment", "--model", &model("models/llama-safetensors"), "-"], TEXT);
    assert!(error.contains("llama"), "{error}");
}

#[test]
fn a_model_on_the_disk_says_what_it_is_for() {
    let info = |name: &str| object(&["models", "info", &model(name)], "");
    let classifier = info("encoders/bert-gguf-q8_0/model.gguf");
    assert_eq!(classifier["task"], "a classifier");
    assert_eq!(classifier["labels"][2], "positive");
    assert_eq!(info("encoders/distilbert-squad")["task"], "a model that finds answers in a text");
    assert_eq!(info("models/llama-safetensors")["task"], "a model that continues text");
    assert_eq!(info("models/llama-safetensors")["architecture"], "llama");
}

#[test]
fn without_a_model_the_starter_reads_moods_in_both_languages() {
    let text = "What a wonderful, delicious meal! 这家酒店太差了，服务员态度恶劣。";
    let found = object(&["sentiment", "-"], text);
    let labels: Vec<&str> = found["items"]
        .as_array()
        .expect("items")
        .iter()
        .filter_map(|item| item["label"].as_str())
        .collect();
    assert_eq!(labels, ["positive", "negative"]);
}
