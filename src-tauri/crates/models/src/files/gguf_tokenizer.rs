//! The tokenizer inside a GGUF file.

use bimo_engine::{EngineError, TokenId};

use super::gguf::end_tokens;
use super::gguf_header::{Header, Value, invalid};
use crate::TextTokenizer;
use crate::tokenizer::{BytePairs, SentencePieces, Splitting, WordPieces};

/// Kinds of tokens in `tokenizer.ggml.token_type` that stand for themselves in no text.
const CONTROL: [i64; 2] = [2, 3];
/// The kind of those that were added whole and stand for themselves.
const USER_DEFINED: [i64; 1] = [4];

/// Reads it.
pub(super) fn read(header: &Header) -> Result<TextTokenizer, EngineError> {
    let model_key = "tokenizer.ggml.model";
    match header.text(model_key)? {
        Some("gpt2") => byte_pairs(header)?.build(),
        Some("llama") => sentence_pieces(header)?.build(),
        Some("bert") => word_pieces(header)?.build(),
        Some(other) => Err(EngineError::ModelUnsupported(format!("a tokenizer of kind {other}"))),
        None => Err(invalid(model_key, "it is missing")),
    }
}

fn byte_pairs(header: &Header) -> Result<BytePairs, EngineError> {
    let tokens = required(header, "tokenizer.ggml.tokens")?;
    let begin_key = "tokenizer.ggml.bos_token_id";
    let begin = header.integer(begin_key, 0, tokens.len() as i128 - 1)?;
    let begins = header.bool("tokenizer.ggml.add_bos_token")?.unwrap_or(false);
    Ok(BytePairs {
        tokens: tokens.to_vec(),
        merges: merges(header)?,
        control: tokens_of(header, &CONTROL, tokens.len()),
        whole: tokens_of(header, &USER_DEFINED, tokens.len()),
        splitting: splitting(header)?,
        begin: begin.filter(|_| begins).map(|token| token as TokenId),
        ends: end_tokens(header, tokens.len())?,
    })
}

fn sentence_pieces(header: &Header) -> Result<SentencePieces, EngineError> {
    let tokens = required(header, "tokenizer.ggml.tokens")?;
    let key = "tokenizer.ggml.scores";
    let Some(Value::Floats(scores)) = header.metadata.get(key) else {
        return Err(invalid(key, "it is missing"));
    };
    let last = tokens.len() as i128 - 1;
    let begin = header.integer("tokenizer.ggml.bos_token_id", 0, last)?;
    let begins = header.bool("tokenizer.ggml.add_bos_token")?.unwrap_or(true);
    let unknown = header.integer("tokenizer.ggml.unknown_token_id", 0, last)?;
    Ok(SentencePieces {
        tokens: tokens.to_vec(),
        scores: scores.clone(),
        control: tokens_of(header, &CONTROL, tokens.len()),
        unknown: unknown.map(|token| token as TokenId),
        space_before: header.bool("tokenizer.ggml.add_space_prefix")?.unwrap_or(true),
        begin: begin.filter(|_| begins).map(|token| token as TokenId),
        ends: end_tokens(header, tokens.len())?,
    })
}

/// llama.cpp marks the beginnings of words where BERT marks what goes on.
fn word_pieces(header: &Header) -> Result<WordPieces, EngineError> {
    let tokens = required(header, "tokenizer.ggml.tokens")?;
    let control = tokens_of(header, &CONTROL, tokens.len());
    let named = tokens.iter().zip(0..).map(|(token, id)| match token.strip_prefix('▁') {
        Some(word) => word.to_owned(),
        None if control.contains(&id) => token.clone(),
        None => format!("##{token}"),
    });
    let ends = end_tokens(header, tokens.len())?;
    Ok(WordPieces { tokens: named.collect(), lowercase: true, begin: None, ends })
}

fn merges(header: &Header) -> Result<Vec<(String, String)>, EngineError> {
    let key = "tokenizer.ggml.merges";
    let pair = |merge: &String| {
        let (left, right) = merge.split_once(' ').ok_or_else(|| invalid(key, "not two parts"))?;
        Ok((left.to_owned(), right.to_owned()))
    };
    required(header, key)?.iter().map(pair).collect()
}

/// The tokens whose kind is one of these.
fn tokens_of(header: &Header, kinds: &[i64], count: usize) -> Vec<TokenId> {
    let Some(Value::Integers(types)) = header.metadata.get("tokenizer.ggml.token_type") else {
        return Vec::new();
    };
    let found = types.iter().take(count).zip(0..).filter(|(kind, _)| kinds.contains(kind));
    found.map(|(_, token)| token).collect()
}

fn splitting(header: &Header) -> Result<Splitting, EngineError> {
    match header.text("tokenizer.ggml.pre")? {
        Some("gpt-2" | "default") | None => Ok(Splitting::Gpt2),
        Some("qwen2") => Ok(Splitting::Qwen2),
        Some("llama-bpe" | "smaug-bpe") => Ok(Splitting::Llama3),
        Some("smollm") => Ok(Splitting::SmolLm),
        Some(other) => Err(EngineError::ModelUnsupported(format!("the text splitting {other}"))),
    }
}

fn required<'a>(header: &'a Header, key: &str) -> Result<&'a [String], EngineError> {
    header.texts(key)?.ok_or_else(|| invalid(key, "it is missing"))
}
