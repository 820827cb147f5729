//! A `tokenizer.json` that lies: each gets a coded error that names the place, and the library that would panic, abort or
//! take all memory never sees it.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bimo_models::{TextTokenizer, open_tokenizer};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::assert_refused;
use crate::copies::fixture;

/// Byte-level pairs, as GPT-2 has them.
fn byte_pairs() -> Value {
    let path = fixture("tokenizers/gpt2-json/tokenizer.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// A unigram vocabulary behind a normaliser.
fn unigram(normalizer: Value) -> Value {
    json!({
        "version": "1.0", "added_tokens": [], "normalizer": normalizer, "pre_tokenizer": null, "decoder": null,
        "model": {
            "type": "Unigram", "unk_id": 0, "byte_fallback": false,
            "vocab": [["<unk>", 0.0], ["a", -1.0], ["b", -1.5], ["ab", -2.0]],
        },
    })
}

/// The table of replacements of a published kind, from a SentencePiece model: field 3 of it, of which field 2.
fn published_table() -> Vec<u8> {
    let file = fs::read(fixture("seq2seq/marian-opus-bin/source.spm")).unwrap();
    let named = b"\x0a\x08nmt_nfkc\x12";
    let at = file.windows(named.len()).position(|window| window == named).unwrap() + named.len();
    let (mut length, mut shift, mut at) = (0_usize, 0, at);
    loop {
        length |= usize::from(file[at] & 0x7F) << shift;
        shift += 7;
        at += 1;
        if file[at - 1] & 0x80 == 0 {
            break;
        }
    }
    file[at..at + length].to_vec()
}

fn precompiled(table: &[u8]) -> Value {
    unigram(json!({"type": "Precompiled", "precompiled_charsmap": STANDARD.encode(table)}))
}

fn opened(json: &Value) -> Result<TextTokenizer, bimo_engine::EngineError> {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("tokenizer.json"), json.to_string()).unwrap();
    open_tokenizer(folder.path())
}

fn with(mut json: Value, pointer: &str, value: Value) -> Value {
    *json.pointer_mut(pointer).unwrap() = value;
    json
}

/// The table with one unit of its tree changed.
fn with_unit(place: usize, unit: u32) -> Value {
    let mut table = published_table();
    table[4 + 4 * place..][..4].copy_from_slice(&unit.to_le_bytes());
    precompiled(&table)
}

#[test]
fn what_the_others_are_made_from_opens() {
    assert!(opened(&byte_pairs()).is_ok());
    let tokenizer = opened(&precompiled(&published_table())).unwrap();
    // The table writes full-width letters in half width.
    assert_eq!(tokenizer.encode("ａｂ").unwrap(), [3]);
}

#[test]
fn a_tokenizer_json_that_lies_is_refused_by_the_name_of_the_place() {
    let long = "x".repeat(1025);
    let added = |content: &str| {
        json!({"id": 3, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": false})
    };
    let replace =
        |content: &str| json!({"type": "Replace", "pattern": {"String": "a"}, "content": content});
    let sequence = |steps: Vec<Value>| json!({"type": "Sequence", "normalizers": steps});
    let table = published_table();
    let cut = |length| precompiled(&table[..length]);
    let merges = |merges: Value| with(byte_pairs(), "/model/merges", merges);
    let prefixed =
        |prefix: &str| with(byte_pairs(), "/model/continuing_subword_prefix", json!(prefix));
    let vocabulary = |entries: Value| with(unigram(Value::Null), "/model/vocab", entries);
    let cases = [
        ("a list", json!([1, 2]), "it is no object"),
        ("a number", json!(7), "it is no object"),
        ("no model", json!({"version": "1.0"}), "model.vocab"),
        ("an entry that is no pair", vocabulary(json!([["<unk>", 0.0], 7])), "model.vocab"),
        ("an entry without a score", vocabulary(json!([["<unk>", 0.0], ["a"]])), "model.vocab"),
        ("an entry of numbers", vocabulary(json!([["<unk>", 0.0], [1, 2]])), "model.vocab"),
        ("a long piece", vocabulary(json!([["<unk>", 0.0], [long, -1.0]])), "1025 bytes"),
        (
            "a long token",
            with(byte_pairs(), "/model/vocab", json!({ long.as_str(): 0 })),
            "1025 bytes",
        ),
        (
            "a long added token",
            with(byte_pairs(), "/added_tokens", json!([added(&long)])),
            "1025 bytes",
        ),
        (
            "too many added tokens",
            with(byte_pairs(), "/added_tokens", vec![added("x"); 65_537].into()),
            "added_tokens",
        ),
        (
            "an id that no embedding has",
            with(byte_pairs(), "/model/vocab", json!({"a": 1_u64 << 40})),
            "model.vocab",
        ),
        (
            "an unknown piece that is none",
            with(unigram(Value::Null), "/model/unk_id", json!(4)),
            "UnkIdNotInVocabulary",
        ),
        (
            "a prefix longer than what it precedes",
            prefixed("##########"),
            "continuing_subword_prefix",
        ),
        ("a prefix that nothing begins with", prefixed("\u{0}墨"), "continuing_subword_prefix"),
        ("a merge of one part", merges(json!(["a"])), "model.merges"),
        ("a merge of numbers", merges(json!([[1, 2]])), "model.merges"),
        ("a merge of no token", merges(json!(["a no_token"])), "model.merges"),
        ("a merge into no token", merges(json!([["!", "!"], ["~", "~"]])), "model.merges"),
        ("a text a thousand times as long", unigram(replace(&long)), "normalizer"),
        (
            "a text a billion times as long",
            unigram(sequence(vec![replace("aaaaaaaa"); 10])),
            "normalizer",
        ),
        (
            "a prefix of a thousand",
            unigram(json!({"type": "Prepend", "prepend": long})),
            "normalizer",
        ),
        (
            "a table that is no base64",
            unigram(json!({"type": "Precompiled", "precompiled_charsmap": "??"})),
            "precompiled_charsmap",
        ),
        ("a table of three bytes", cut(3), "precompiled_charsmap"),
        ("a table cut short", cut(table.len() / 2), "precompiled_charsmap"),
        ("an empty table", precompiled(&[0; 4]), "precompiled_charsmap"),
        (
            "a table within a sequence",
            unigram(sequence(vec![cut(9)["normalizer"].clone()])),
            "precompiled_charsmap",
        ),
        ("a root that leads outside", with_unit(0, 0x3FFF_FC00), "precompiled_charsmap"),
        ("a unit that leads outside", with_unit(70, 0x3FFF_FC46), "precompiled_charsmap"),
        (
            "parts of no length",
            with(byte_pairs(), "/pre_tokenizer", json!({"type": "FixedLength", "length": 0})),
            "tokenizer.json",
        ),
        ("a model of no kind", with(byte_pairs(), "/model/type", json!("Words")), "tokenizer.json"),
    ];
    for (what, json, place) in cases {
        assert_refused(what, opened(&json), "model_invalid", place);
    }
}

/// Nested lists as deep as this end other programs.
#[test]
fn a_tokenizer_json_nested_without_end_is_refused() {
    let folder = TempDir::new().unwrap();
    let nested = format!("{{\"normalizer\": {}", "[".repeat(1 << 20));
    fs::write(folder.path().join("tokenizer.json"), nested).unwrap();
    assert_eq!(open_tokenizer(folder.path()).err().unwrap().code(), "model_invalid");
}

/// A piece of a megabyte overflows the stack of whoever takes such a tree apart.
#[test]
fn a_piece_of_a_megabyte_is_refused_and_does_not_end_the_program() {
    let mut json = unigram(Value::Null);
    json["model"]["vocab"][3] = json!(["x".repeat(1 << 20), -1.0]);
    assert_eq!(opened(&json).err().unwrap().code(), "model_invalid");
}

/// A control token may stand at a place of the vocabulary that is no piece.
#[test]
fn a_control_token_at_a_place_that_is_no_pair_is_refused() {
    let mut json = unigram(Value::Null);
    json["model"]["vocab"][0] = json!(5);
    json["added_tokens"] = json!([{"id": 0, "content": "<s>", "single_word": false, "lstrip": false,
        "rstrip": false, "normalized": false, "special": true}]);
    let error = opened(&json).err().unwrap();
    assert!(error.to_string().contains("model.vocab"), "{error}");
}

/// A regular expression that tries every way gives up.
#[test]
fn an_endless_pattern_ends() {
    let pattern = json!({"type": "Split", "pattern": {"Regex": "(x+)+\\1y"}, "behavior": "Isolated", "invert": false});
    let began = std::time::Instant::now();
    let tokenizer = opened(&with(byte_pairs(), "/pre_tokenizer", pattern));
    let encoded = tokenizer.and_then(|tokenizer| tokenizer.encode(&"x".repeat(2000)));
    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
    assert!(
        encoded
            .map_or_else(|error| error.code() == "compute_failed", |tokens| tokens.len() == 2000)
    );
}
