//! The tokenizer inside a GGUF file.

use bimo_engine::{EngineError, TokenId};

use super::gguf_config::end_tokens;
use super::gguf_header::{Header, Value, invalid};
use crate::TextTokenizer;
use crate::tokenizer::{BytePairs, Frame, SentencePieces, Splitting, WordPieces, pair_of};

/// Kinds of tokens in `tokenizer.ggml.token_type` that stand for themselves in no text.
const CONTROL: [i64; 2] = [2, 3];
/// The kind of those that were added whole and stand for themselves.
const USER_DEFINED: [i64; 1] = [4];

const SPLITTING_KEY: &str = "tokenizer.ggml.pre";

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
    // Llama 3's files were opened with their token before they said so.
    let opened = matches!(header.text(SPLITTING_KEY)?, Some("llama-bpe" | "llama3" | "llama-v3"));
    Ok(BytePairs {
        tokens: tokens.to_vec(),
        merges: merges(header)?,
        control: tokens_of(header, &CONTROL, tokens.len()),
        whole: tokens_of(header, &USER_DEFINED, tokens.len()),
        splitting: splitting(header)?,
        frame: frame(header, tokens.len(), opened)?,
    })
}

fn sentence_pieces(header: &Header) -> Result<SentencePieces, EngineError> {
    let tokens = required(header, "tokenizer.ggml.tokens")?;
    let key = "tokenizer.ggml.scores";
    let Some(Value::Floats(scores)) = header.metadata.get(key) else {
        return Err(invalid(key, "it is missing"));
    };
    let last = tokens.len() as i128 - 1;
    let unknown = header.integer("tokenizer.ggml.unknown_token_id", 0, last)?;
    Ok(SentencePieces {
        tokens: tokens.to_vec(),
        scores: scores.clone(),
        control: tokens_of(header, &CONTROL, tokens.len()),
        unknown: unknown.map(|token| token as TokenId),
        space_before: header.bool("tokenizer.ggml.add_space_prefix")?.unwrap_or(true),
        frame: frame(header, tokens.len(), true)?,
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
    let frame = Frame { ends: end_tokens(header, tokens.len())?, ..Frame::default() };
    Ok(WordPieces { tokens: named.collect(), lowercase: true, frame })
}

/// The tokens around a text. Where a file does not say whether texts are opened, `usually` does.
fn frame(header: &Header, tokens: usize, usually: bool) -> Result<Frame, EngineError> {
    let begin = header.integer("tokenizer.ggml.bos_token_id", 0, tokens as i128 - 1)?;
    Ok(Frame {
        begin: begin.map(|token| token as TokenId),
        is_opened: header.bool("tokenizer.ggml.add_bos_token")?.unwrap_or(usually),
        ends: end_tokens(header, tokens)?,
    })
}

fn merges(header: &Header) -> Result<Vec<(String, String)>, EngineError> {
    let key = "tokenizer.ggml.merges";
    required(header, key)?.iter().map(|merge| pair_of(merge, key)).collect()
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
    match header.text(SPLITTING_KEY)? {
        Some("gpt-2" | "default") => Ok(Splitting::Gpt2),
        None => {
            tracing::warn!("the file does not say how text is split; it is split as GPT-2 does");
            Ok(Splitting::Gpt2)
        }
        Some("qwen2") => Ok(Splitting::Qwen2),
        // SmolLM3's files have the last one.
        Some("llama-bpe" | "llama3" | "llama-v3" | "smaug-bpe") => Ok(Splitting::Llama3),
        Some("smollm") => Ok(Splitting::SmolLm),
        Some(other) => Err(EngineError::ModelUnsupported(format!("the text splitting {other}"))),
    }
}

fn required<'a>(header: &'a Header, key: &str) -> Result<&'a [String], EngineError> {
    header.texts(key)?.ok_or_else(|| invalid(key, "it is missing"))
}
