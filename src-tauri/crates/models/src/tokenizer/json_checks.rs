//! What a `tokenizer.json` must keep to before the library sees it: the library cuts, indexes and multiplies by what the
//! file says, and what it builds of a long piece it takes apart again by recursion.
//!
//! **Invariant**: what passes is read without a panic and cannot overflow the stack, and a text that is encoded with it grows
//! by a stated factor at most.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bimo_engine::EngineError;
use serde_json::{Map, Value};

use super::json::invalid;
use super::sentencepiece::check_charsmap;
use crate::limits::{
    MAX_ADDED_TOKENS, MAX_PIECE_BYTES, MAX_TEXT_GROWTH, MAX_UNIGRAM_BYTES, MAX_WIDTH,
};

/// Checks the file and answers with the highest id of its vocabulary plus one.
pub(super) fn check(json: &Value) -> Result<usize, EngineError> {
    check_added_tokens(&json["added_tokens"])?;
    let model = &json["model"];
    let size = match &model["vocab"] {
        Value::Object(map) => {
            let size = check_map(map)?;
            check_merges(model, map)?;
            size
        }
        Value::Array(list) => check_list(list)?,
        _ => return Err(invalid("model.vocab: it is missing")),
    };
    check_charsmaps(&json["normalizer"])?;
    if growth(&json["normalizer"]) > MAX_TEXT_GROWTH {
        return Err(invalid(&format!(
            "normalizer: it makes a text over {MAX_TEXT_GROWTH} times as long"
        )));
    }
    Ok(size)
}

fn check_added_tokens(added: &Value) -> Result<(), EngineError> {
    let Some(added) = added.as_array() else { return Ok(()) };
    if added.len() > MAX_ADDED_TOKENS {
        return Err(invalid(&format!("added_tokens: there are {}", added.len())));
    }
    added.iter().filter_map(|token| token["content"].as_str()).try_for_each(check_piece)
}

/// Ids beyond any embedding are refused before anything is allocated by them.
fn check_map(map: &Map<String, Value>) -> Result<usize, EngineError> {
    let mut size = 0;
    for (piece, id) in map {
        check_piece(piece)?;
        let id = id.as_u64().filter(|&id| id < MAX_WIDTH as u64);
        let id = id.ok_or_else(|| invalid("model.vocab: a token's id is too large"))?;
        size = size.max(id as usize + 1);
    }
    Ok(size)
}

fn check_list(list: &[Value]) -> Result<usize, EngineError> {
    if list.len() > MAX_WIDTH {
        return Err(invalid(&format!("model.vocab: it has {} pieces", list.len())));
    }
    let mut bytes = 0;
    for entry in list {
        let piece = entry[0].as_str().filter(|_| entry[1].is_number());
        let piece =
            piece.ok_or_else(|| invalid("model.vocab: an entry is no piece with its score"))?;
        check_piece(piece)?;
        bytes += piece.len();
    }
    match bytes <= MAX_UNIGRAM_BYTES {
        true => Ok(list.len()),
        false => Err(invalid(&format!("model.vocab: its pieces have {bytes} bytes"))),
    }
}

fn check_piece(piece: &str) -> Result<(), EngineError> {
    match piece.len() <= MAX_PIECE_BYTES {
        true => Ok(()),
        false => Err(invalid(&format!("a token of {} bytes", piece.len()))),
    }
}

/// The library takes the prefix off a merge's second part by its length alone, and joins the parts in a buffer as long as the
/// longest token.
fn check_merges(model: &Value, vocabulary: &Map<String, Value>) -> Result<(), EngineError> {
    let prefix = model["continuing_subword_prefix"].as_str().unwrap_or_default();
    let mut joined = String::new();
    for merge in model["merges"].as_array().into_iter().flatten() {
        let pair = match merge {
            Value::String(text) => text.split_once(' '),
            pair => pair[0].as_str().zip(pair[1].as_str()),
        };
        let (left, right) = pair.ok_or_else(|| invalid("model.merges: an entry is no pair"))?;
        let rest = right.strip_prefix(prefix).ok_or_else(|| {
            invalid(&format!(
                "continuing_subword_prefix: {right:?} is merged and does not begin with it"
            ))
        })?;
        joined.clear();
        joined.extend([left, rest]);
        if [left, right, &joined].iter().any(|part| !vocabulary.contains_key(*part)) {
            return Err(invalid(&format!(
                "model.merges: {left} {right} has a part that is no token"
            )));
        }
    }
    Ok(())
}

fn check_charsmaps(normalizer: &Value) -> Result<(), EngineError> {
    if let Some(table) = normalizer["precompiled_charsmap"].as_str() {
        let table = STANDARD.decode(table);
        let table = table.map_err(|error| invalid(&format!("precompiled_charsmap: {error}")))?;
        check_charsmap(&table)?;
    }
    steps(normalizer).iter().try_for_each(check_charsmaps)
}

/// How many times as long a text can become.
fn growth(normalizer: &Value) -> usize {
    let own = match normalizer["type"].as_str() {
        Some("Replace") => normalizer["content"].as_str().map_or(1, str::len),
        Some("Prepend") => normalizer["prepend"].as_str().map_or(1, str::len),
        _ => 1,
    };
    steps(normalizer).iter().fold(own.max(1), |product, step| product.saturating_mul(growth(step)))
}

/// The parts of a sequence.
fn steps(normalizer: &Value) -> &[Value] {
    normalizer["normalizers"].as_array().map_or(&[], Vec::as_slice)
}
