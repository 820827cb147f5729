//! `translate`, on a model with random weights: its words mean nothing, its form does.

use crate::{object, printed, refused};

const MODEL: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../tests/reference/fixtures/seq2seq/marian-gguf-q8_0/model.gguf"
);

#[test]
fn every_line_is_a_segment_with_as_many_texts_as_beams() {
    let arguments = ["translate", "--model", MODEL, "--per", "line", "--beams", "3", "-"];
    let found = object(&arguments, "It rained.\n\nHe left.\n");
    assert_eq!(found["direction"], "en-zh");
    let segments = found["segments"].as_array().expect("segments");
    let sources: Vec<&str> = segments.iter().filter_map(|one| one["source"].as_str()).collect();
    assert_eq!(sources, ["It rained.", "", "He left."]);
    assert_eq!(segments[0]["alternatives"].as_array().map(Vec::len), Some(2));
    assert!(segments[0]["score"].as_f64() < Some(0.0));
    assert_eq!(segments[1]["target"], "");
    assert_eq!(segments[1]["score"], serde_json::Value::Null);
}

#[test]
fn a_text_keeps_its_lines_and_the_direction_can_be_said() {
    let arguments = ["translate", "--model", MODEL, "--beams", "1", "--to", "en", "-"];
    let text = printed(&arguments, "下雨了。\n\n他走了。\n");
    assert_eq!(text.matches('\n').count(), 3, "{text:?}");
    assert_eq!(object(&arguments, "他走了。")["direction"], "zh-en");
}

#[test]
fn a_model_that_continues_texts_is_no_translator() {
    let story = concat!(env!("CARGO_MANIFEST_DIR"), "/../../starter/story/story.gguf");
    let words = refused(&["translate", "--model", story, "-"], "It rained.");
    assert!(words.contains("llama"), "{words}");
}

/// The texts are those of transformers' MarianMTModel on the same weights, with four beams.
#[test]
fn without_a_model_the_starter_translates_both_ways() {
    let chinese = printed(&["translate", "--beams", "4", "-"], "My brother has three books.");
    assert_eq!(chinese.trim_end(), "我哥哥有三个书。");
    let english = object(&["translate", "--beams", "4", "-"], "他走了。");
    assert_eq!(english["direction"], "zh-en");
}
