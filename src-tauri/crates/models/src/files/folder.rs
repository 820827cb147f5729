//! What lies beside the weights in a folder as Hugging Face lays it out: the tokenizer and the chat template.

use std::path::Path;

use bimo_engine::{EngineError, TokenId};
use serde_json::Value;

use super::gguf_header::invalid;
use super::{folder_pieces, read_json, read_text};
use crate::TextTokenizer;
use crate::limits::MAX_WIDTH;
use crate::tokenizer::{
    BytePairs, Frame, Splitting, WordPieces, pair_of, read_json as tokenizer_from_json,
};

/// GPT-2's one control token stands among the others in `vocab.json`.
const END_OF_TEXT: &str = "<|endoftext|>";
/// So do RoBERTa's and BART's.
const ROBERTA: [&str; 5] = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"];

/// The tokenizer of a folder, whatever kind it is.
pub(super) fn read_tokenizer(
    folder: &Path,
    ends: Vec<TokenId>,
) -> Result<TextTokenizer, EngineError> {
    let settings = optional_json(&folder.join("tokenizer_config.json"))?.unwrap_or_default();
    if folder.join("tokenizer.json").is_file() {
        let json = read_json(&folder.join("tokenizer.json"))?;
        let begin = token_text(&settings["bos_token"]);
        return tokenizer_from_json(json, begin, settings["add_bos_token"].as_bool(), ends);
    }
    if folder.join("vocab.json").is_file() && folder.join("merges.txt").is_file() {
        return byte_pairs(folder, &settings, ends)?.build();
    }
    if folder.join("vocab.txt").is_file() {
        let text = read_text(&folder.join("vocab.txt"))?;
        let tokens = text.lines().map(|line| line.trim_end().to_owned()).collect();
        let pieces = WordPieces {
            tokens,
            lowercase: settings["do_lower_case"].as_bool().unwrap_or(true),
            han_apart: settings["tokenize_chinese_chars"].as_bool().unwrap_or(true),
            strip_accents: settings["strip_accents"].as_bool(),
            frame: Frame { ends, ..Frame::default() },
        };
        return pieces.build();
    }
    folder_pieces::read(folder, &settings, &ends).unwrap_or_else(|| {
        Err(EngineError::ModelIncomplete(format!(
            "{} has no tokenizer: neither tokenizer.json, nor vocab.json with merges.txt, nor vocab.txt, nor a \
             SentencePiece model",
            folder.display()
        )))
    })
}

fn byte_pairs(
    folder: &Path,
    settings: &Value,
    ends: Vec<TokenId>,
) -> Result<BytePairs, EngineError> {
    let vocabulary = read_json(&folder.join("vocab.json"))?;
    let map = vocabulary.as_object().ok_or_else(|| invalid("vocab.json", "it is no object"))?;
    let mut tokens = vec![String::new(); map.len()];
    for (token, id) in map {
        let place = id.as_u64().and_then(|id| tokens.get_mut(id as usize));
        *place.ok_or_else(|| invalid("vocab.json", format!("{token:?} has no usable id")))? =
            token.clone();
    }
    let merges = read_text(&folder.join("merges.txt"))?;
    let lines = merges.lines().filter(|line| !line.starts_with("#version") && !line.is_empty());
    let number_of = |tokens: &[String], text: &str| {
        tokens.iter().position(|token| token == text).map(|place| place as TokenId)
    };
    let own = if tokens.iter().any(|token| token == END_OF_TEXT) {
        &[END_OF_TEXT][..]
    } else {
        &ROBERTA[..]
    };
    let mut control: Vec<TokenId> =
        own.iter().filter_map(|name| number_of(&tokens, name)).collect();
    let mut whole = Vec::new();
    for (id, token) in settings["added_tokens_decoder"].as_object().into_iter().flatten() {
        let id = id.parse().ok().filter(|&id: &TokenId| (id as usize) < MAX_WIDTH);
        let id = id.ok_or_else(|| invalid("added_tokens_decoder", "a token has no usable id"))?;
        if tokens.len() <= id as usize {
            tokens.resize(id as usize + 1, String::new());
        }
        tokens[id as usize] = token_text(token).unwrap_or_default().to_owned();
        let kind = if token["special"] == Value::Bool(true) { &mut control } else { &mut whole };
        if !kind.contains(&id) {
            kind.push(id);
        }
    }
    let qwen = settings["tokenizer_class"].as_str().is_some_and(|class| class.starts_with("Qwen2"));
    Ok(BytePairs {
        control,
        merges: lines.map(|line| pair_of(line, "merges.txt")).collect::<Result<_, _>>()?,
        whole,
        splitting: if qwen { Splitting::Qwen2 } else { Splitting::Gpt2 },
        frame: Frame {
            begin: token_text(&settings["bos_token"]).and_then(|text| number_of(&tokens, text)),
            is_opened: settings["add_bos_token"].as_bool().unwrap_or(false),
            ends,
        },
        tokens,
    })
}

/// A token is its text, or an object that has it as `content`.
pub(super) fn token_text(token: &Value) -> Option<&str> {
    token.as_str().or_else(|| token["content"].as_str())
}

/// The chat template: a file of its own, or part of the tokenizer's settings.
pub(super) fn chat_template(folder: &Path) -> Result<Option<String>, EngineError> {
    let own = folder.join("chat_template.jinja");
    if own.is_file() {
        return read_text(&own).map(Some);
    }
    let settings = optional_json(&folder.join("tokenizer_config.json"))?.unwrap_or_default();
    Ok(settings["chat_template"].as_str().map(ToOwned::to_owned))
}

pub(super) fn optional_json(path: &Path) -> Result<Option<Value>, EngineError> {
    if path.is_file() { read_json(path).map(Some) } else { Ok(None) }
}
