//! `continue`, `tokenize` and `score`.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::{bimo, object, printed, refused};

#[test]
fn a_text_goes_on_in_both_languages() {
    for prompt in ["Once upon a time", "从前有一个老人，"] {
        let arguments =
            ["continue", "--prompt", prompt, "--max-tokens", "50", "--temperature", "0.7"];
        let text = printed(&arguments, "");
        assert!(text.trim().chars().count() > 20, "{text:?}");
        assert!(!text.contains('\u{FFFD}'), "{text:?}");
        assert!(text.ends_with('\n') && !text.contains("  "), "{text:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_text() {
    let write = |seed: &str| {
        object(&["continue", "--prompt", "The old man", "--max-tokens", "20", "--seed", seed], "")
    };
    let (one, same, other) = (write("7"), write("7"), write("8"));
    assert_eq!(one["text"], same["text"]);
    assert_ne!(one["text"], other["text"]);
    assert_eq!(one["seed"], 7);
}

#[test]
fn the_object_says_everything() {
    let arguments = ["continue", "-", "--max-tokens", "5", "--greedy", "--logprobs", "3"];
    let written = object(&arguments, "She opened the door and ");
    assert_eq!(written["tokens"], 5);
    assert_eq!(written["finish"], "length");
    assert_eq!(written["reused_tokens"], 0);
    assert!(written["prompt_tokens"].as_u64() > Some(3));
    assert!(written["seconds"].as_f64() > Some(0.0));
    assert!(!written["model"].as_str().expect("a name").is_empty());
    assert!(!written["text"].as_str().expect("a text").starts_with(' '));

    let choices = written["choices"].as_array().expect("choices");
    assert_eq!(choices.len(), 5);
    for choice in choices {
        let top = choice["top"].as_array().expect("alternatives");
        assert_eq!(top.len(), 3);
        // Greedy takes the likeliest.
        assert_eq!(choice["token"], top[0]["token"]);
        assert_eq!(choice["logprob"], top[0]["logprob"]);
        assert!(top[0]["logprob"].as_f64() >= top[1]["logprob"].as_f64());
    }
}

#[test]
fn what_was_read_is_kept_in_as_many_bits_as_are_asked_for() {
    let text = "He looked at her for a moment, and then he went out of the room.";
    let bits = |width: &str| {
        object(&["score", "-", "--cache-bits", width], text)["bits_per_byte"]
            .as_f64()
            .expect("bits")
    };
    let (halves, whole) = (bits("16"), bits("32"));
    // A text of few tokens, whose inputs are rounded to 8 bits: the last bit of one can turn into a step.
    assert!(halves != whole && (halves - whole).abs() < 0.05, "{halves} and {whole}");
    assert!(refused(&["score", "-", "--cache-bits", "8"], text).contains("16, 32"));
}

#[test]
fn raw_text_is_neither_trimmed_nor_given_a_line_end() {
    let arguments = ["continue", "--raw", "--greedy", "--max-tokens", "4", "--prompt", "Once upon"];
    let raw = printed(&arguments, "");
    assert_eq!(object(&arguments, "")["text"].as_str(), Some(raw.as_str()));
}

#[test]
fn tokens_are_numbers_separated_by_spaces_and_nothing_is_added() {
    let ids = printed(&["tokenize", "--ids", "-"], "从前 once\n");
    let numbers: Vec<u32> =
        ids.trim_end().split(' ').map(|number| number.parse().expect("a number")).collect();
    assert!(numbers.len() >= 3, "{ids}");
    let tokens = object(&["tokenize", "-"], "once upon a time\n");
    let texts = tokens["tokens"].as_array().expect("tokens").iter();
    let joined: String = texts.map(|token| token["text"].as_str().expect("a text")).collect();
    assert_eq!(joined, "once upon a time\n");
    assert_eq!(printed(&["tokenize", "--ids", "-"], ""), "\n");
}

#[test]
fn what_looks_like_a_control_token_is_text() {
    let tokens = object(&["tokenize", "-", "--ids"], "<|story|>");
    assert!(tokens["ids"].as_array().expect("numbers").len() > 1, "{tokens}");
}

#[test]
fn a_likely_text_needs_fewer_bits() {
    let score = |text: &str| object(&["score", "-"], text);
    let likely = score("He looked at her for a moment, and then he went out of the room.");
    let unlikely = score("Room the of out went he then and, moment a for her at looked he.");
    let bits = |score: &serde_json::Value| score["bits_per_byte"].as_f64().expect("a number");
    assert!(bits(&likely) > 0.2 && bits(&likely) < bits(&unlikely), "{likely} {unlikely}");

    let tokens = likely["tokens"].as_array().expect("tokens");
    let nats: f64 = tokens.iter().filter_map(|token| token["logprob"].as_f64()).sum();
    let bytes = likely["bytes"].as_f64().expect("a number");
    assert!((bits(&likely) + nats / std::f64::consts::LN_2 / bytes).abs() < 1e-6);
}

#[test]
fn a_text_longer_than_the_context_is_scored_whole() {
    let text = "The snow had not stopped, and nobody came down the road.\n".repeat(60);
    let score = object(&["score", "-"], &text);
    assert!(score["tokens"].as_array().expect("tokens").len() > 600);
    assert!(score["bytes"].as_u64() >= Some(text.len() as u64 - 8));
    assert!(score["bits_per_byte"].as_f64() < Some(2.0), "{}", score["bits_per_byte"]);
}

#[test]
fn a_prompt_longer_than_the_context_loses_its_beginning_and_that_is_said() {
    let prompt = "The snow had not stopped, and nobody came down the road.\n".repeat(200);
    let output = bimo(&["continue", "-", "--max-tokens", "5"], &prompt);
    assert!(output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("did not fit"), "{said}");
    assert!(
        refused(&["continue", "-", "--raw", "--max-tokens", "5"], &prompt).contains("too long")
    );
}

#[test]
fn what_cannot_be_done_is_said_and_fails() {
    for (arguments, words) in [
        (&["continue", "--prompt", "a", "--temperature", "-1"][..], "temperature cannot be -1"),
        (&["continue", "--prompt", "a", "--top-p", "2"], "top-p cannot be 2"),
        (&["continue", "--prompt", "a", "--max-tokens", "0"], "0"),
        (&["continue", "--model", "/nowhere/model.gguf", "--prompt", "a"], "/nowhere/model.gguf"),
        (&["tokenize", "--ids", "/nowhere/text.txt"], "/nowhere/text.txt"),
        (&["score", "/nowhere/text.txt"], "/nowhere/text.txt"),
        (&["continue"], "--prompt"),
        (&["nonsense"], "nonsense"),
    ] {
        let said = refused(arguments, "");
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_bimo"))
        .args(["continue", "--prompt", "Once upon a time", "--max-tokens", "400"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("bimo starts");
    let mut out = child.stdout.take().expect("its output");
    out.read_exact(&mut [0; 4]).expect("some text");
    drop(out);
    let output = child.wait_with_output().expect("bimo ends");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn ctrl_c_stops_and_keeps() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_bimo"))
        .args(["continue", "--prompt", "Once upon a time", "--max-tokens", "400"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("bimo starts");
    let mut out = child.stdout.take().expect("its output");
    out.read_exact(&mut [0; 4]).expect("some text");
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.expect("kill runs").success());
    let began = std::time::Instant::now();
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("whole characters");
    let status = child.wait().expect("bimo ends");
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(status.code(), Some(130), "{rest:?}");
}
