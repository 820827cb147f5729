//! A tokenizer from a `tokenizer.json`, made safe: its control tokens are taken out of it first.

use std::panic::catch_unwind;

use bimo_engine::{EngineError, TokenId};
use serde_json::Value;
use tokenizers::Tokenizer;

use super::byte_pairs::Alphabet;
use super::{Frame, Pieces, TextTokenizer, json_checks, longest_first, word_pieces};
use crate::limits::MAX_WIDTH;

const FIELD: &str = "tokenizer.json";
/// Read once with every tokenizer.
const PROBE: &str = "  A\t1 é 雨。";
/// A code point that is no character.
const NO_TEXT: char = '\u{10FFFF}';

/// Reads it. `begin` and `ends` come from the model's other files; whether texts are opened with `begin` it may say
/// itself.
pub(crate) fn read_json(
    mut json: Value,
    begin: Option<&str>,
    is_opened: Option<bool>,
    ends: Vec<TokenId>,
) -> Result<TextTokenizer, EngineError> {
    if !json.is_object() {
        return Err(invalid("it is no object"));
    }
    let is_opened = is_opened.unwrap_or_else(|| writes_begin(&json));
    let control = take_control_tokens(&mut json)?;
    let spelling = spelling(&json);
    // What the library does behind the pieces is done here.
    for part in ["post_processor", "truncation", "padding", "decoder"] {
        json[part] = Value::Null;
    }
    let size = json_checks::check(&json)?;
    let text = json.to_string();
    let pieces = catch_unwind(|| {
        let pieces = text.parse::<Tokenizer>()?;
        // A setting that no text survives shows at the first. That this one has no token for a character does no harm.
        drop(pieces.encode(PROBE, false));
        Ok::<_, tokenizers::Error>(pieces)
    });
    let pieces = pieces
        .map_err(|_| invalid("the library cannot make sense of it"))?
        .map_err(|error| invalid(&error.to_string()))?;
    let added = control.iter().map(|(_, token)| *token as usize + 1).max().unwrap_or(0);
    let count = size.max(pieces.get_vocab_size(true)).max(added);
    let alphabet = Alphabet::new();
    let bytes = (0..count as TokenId).map(|token| {
        if control.iter().any(|(_, other)| *other == token) {
            return Vec::new();
        }
        let piece = pieces.id_to_token(token).unwrap_or_default();
        match spelling {
            Spelling::Bytes => alphabet.bytes_of(&piece),
            Spelling::Words => word_pieces::bytes_of(&piece),
            Spelling::Spaces => from_plain(&piece),
        }
    });
    let bytes = bytes.collect();
    let begin = begin.and_then(|name| control.iter().find(|(text, _)| text == name));
    let frame = Frame { begin: begin.map(|(_, token)| *token), is_opened, ends };
    let pieces = Pieces::Library(Box::new(pieces));
    Ok(TextTokenizer { pieces, bytes, control, frame })
}

/// True where the file itself puts a token before every text.
fn writes_begin(json: &Value) -> bool {
    let template = |processor: &Value| {
        processor["type"] == "TemplateProcessing"
            && processor["single"][0].get("SpecialToken").is_some()
    };
    let processor = &json["post_processor"];
    template(processor)
        || processor["processors"].as_array().is_some_and(|all| all.iter().any(template))
}

/// Removes the added tokens that are control tokens and answers with them, longest first.
fn take_control_tokens(json: &mut Value) -> Result<Vec<(String, TokenId)>, EngineError> {
    let mut control = Vec::new();
    let Some(added) = json["added_tokens"].as_array_mut() else {
        return Ok(control);
    };
    for token in added.iter() {
        let id = token["id"].as_u64().filter(|&id| id < MAX_WIDTH as u64);
        let id = id.ok_or_else(|| invalid("an added token has no usable id"))?;
        if token["special"].as_bool() == Some(true)
            && let Some(text) = token["content"].as_str()
        {
            control.push((text.to_owned(), id as TokenId));
        }
    }
    added.retain(|token| token["special"].as_bool() != Some(true));
    let others: Vec<(String, Value)> = added
        .iter()
        .filter_map(|token| Some((token["content"].as_str()?.to_owned(), token["id"].clone())))
        .collect();
    if let Some(vocabulary) = json.pointer_mut("/model/vocab") {
        keep_numbers(vocabulary, &control, others);
    }
    Ok(longest_first(control))
}

/// The library numbers added tokens anew from the end of the vocabulary, so those that are not in it get their places
/// there; a control token's place goes to a name that no text has.
fn keep_numbers(
    vocabulary: &mut Value,
    control: &[(String, TokenId)],
    others: Vec<(String, Value)>,
) {
    if let Some(list) = vocabulary.as_array_mut() {
        for (_, token) in control {
            if let Some(text) = list.get_mut(*token as usize).and_then(|piece| piece.get_mut(0)) {
                *text = format!("{NO_TEXT}{token}").into();
            }
        }
    }
    let Some(map) = vocabulary.as_object_mut() else { return };
    for (text, token) in control {
        if !map.contains_key(text) {
            map.insert(format!("{NO_TEXT}{token}"), (*token).into());
        }
    }
    for (text, id) in others {
        map.entry(text).or_insert(id);
    }
}

/// How pieces stand for what they add to a text.
#[derive(Clone, Copy)]
enum Spelling {
    /// A character for each byte.
    Bytes,
    /// Beginnings of words, and with `##` what goes on.
    Words,
    /// As it is written, with a mark for a space.
    Spaces,
}

fn spelling(json: &Value) -> Spelling {
    let decoder = &json["decoder"];
    let parts = decoder["decoders"].as_array().into_iter().flatten();
    if parts.chain([decoder]).any(|part| part["type"] == "ByteLevel") {
        Spelling::Bytes
    } else if json["model"]["type"] == "WordPiece" {
        Spelling::Words
    } else {
        Spelling::Spaces
    }
}

/// SentencePiece's `▁` is a space and `<0x0A>` a byte.
fn from_plain(piece: &str) -> Vec<u8> {
    let hex = piece.strip_prefix("<0x").and_then(|rest| rest.strip_suffix('>'));
    if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
        return vec![byte];
    }
    piece.replace('▁', " ").into_bytes()
}

pub(super) fn invalid(reason: &str) -> EngineError {
    EngineError::ModelInvalid { field: FIELD.into(), reason: reason.to_owned() }
}
