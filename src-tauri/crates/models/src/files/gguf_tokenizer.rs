//! The tokenizer inside a GGUF file.

use bimo_engine::{EngineError, TokenId};

use super::gguf_config::end_tokens;
use super::gguf_header::{Header, Texts, Value, invalid};
use super::sentencepiece_file::UNKNOWN_SURFACE;
use crate::TextTokenizer;
use crate::tokenizer::{
    Algorithm, BytePairs, Frame, Piece, PieceKind, SentencePieceParts, SentencePieces, Spaces,
    Splitting, WordPieces, pair_of,
};

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
        Some("llama") => scored_pieces(header, Algorithm::BytePairs, true),
        Some("t5") => scored_pieces(header, Algorithm::Unigram, false),
        Some("bert") => word_pieces(header)?.build(),
        Some(other) => Err(EngineError::ModelUnsupported(format!("a tokenizer of kind {other}"))),
        None => Err(invalid(model_key, "it is missing")),
    }
}

/// Where a file does not say whether texts are opened, `usually` does.
fn scored_pieces(
    header: &Header,
    algorithm: Algorithm,
    usually: bool,
) -> Result<TextTokenizer, EngineError> {
    let parts = sentence_pieces(header, algorithm)?;
    let frame = frame(header, parts.pieces.len(), usually)?;
    Ok(SentencePieces::new(parts)?.tokenizer(frame))
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

/// Pieces with scores. Where a file does not name the kinds, all are ordinary but bytes and the unknown one.
fn sentence_pieces(
    header: &Header,
    algorithm: Algorithm,
) -> Result<SentencePieceParts, EngineError> {
    let tokens = required(header, "tokenizer.ggml.tokens")?;
    let key = "tokenizer.ggml.scores";
    let Some(Value::Floats(scores)) = header.metadata.get(key) else {
        return Err(invalid(key, "it is missing"));
    };
    if scores.len() != tokens.len() || scores.iter().any(|score| !score.is_finite()) {
        return Err(invalid(key, "there is not one number for each token"));
    }
    let kinds = token_kinds(header, tokens.len());
    let last = tokens.len() as i128 - 1;
    let unknown = header.integer("tokenizer.ggml.unknown_token_id", 0, last)?;
    let piece = |(place, (text, score)): (usize, (&str, &f64))| {
        let stated = kinds.get(place).and_then(|&kind| PieceKind::of_number(kind as u64));
        let kind = if unknown == Some(place) {
            PieceKind::Unknown
        } else {
            stated.unwrap_or(PieceKind::Normal)
        };
        Piece { text: text.to_owned(), score: *score as f32, kind }
    };
    let pieces: Vec<Piece> = tokens.iter().zip(scores).enumerate().map(piece).collect();
    let is_unigram = algorithm == Algorithm::Unigram;
    let flag = |key: &str, usual: bool| Ok::<_, EngineError>(header.bool(key)?.unwrap_or(usual));
    Ok(SentencePieceParts {
        byte_fallback: pieces.iter().any(|piece| piece.kind == PieceKind::Byte),
        pieces,
        algorithm,
        charsmap: charsmap(header)?,
        spaces: Spaces {
            before: flag("tokenizer.ggml.add_space_prefix", true)?,
            is_behind: false,
            are_single: flag("tokenizer.ggml.remove_extra_whitespaces", is_unigram)?,
            are_visible: true,
        },
        unknown_surface: UNKNOWN_SURFACE.into(),
    })
}

fn charsmap(header: &Header) -> Result<Vec<u8>, EngineError> {
    let key = "tokenizer.ggml.precompiled_charsmap";
    match header.metadata.get(key) {
        None => Ok(Vec::new()),
        Some(Value::Integers(bytes)) => Ok(bytes.iter().map(|&byte| byte as u8).collect()),
        Some(_) => Err(invalid(key, "it is not a list of bytes")),
    }
}

/// llama.cpp marks the beginnings of words where BERT marks what goes on.
fn word_pieces(header: &Header) -> Result<WordPieces, EngineError> {
    let tokens = required(header, "tokenizer.ggml.tokens")?;
    let control = tokens_of(header, &CONTROL, tokens.len());
    let named = tokens.iter().zip(0..).map(|(token, id)| match token.strip_prefix('▁') {
        Some(word) => word.to_owned(),
        None if control.contains(&id) => token.to_owned(),
        None => format!("##{token}"),
    });
    Ok(WordPieces {
        tokens: named.collect(),
        lowercase: header.bool("tokenizer.ggml.do_lower_case")?.unwrap_or(true),
        han_apart: header.bool("tokenizer.ggml.tokenize_chinese_chars")?.unwrap_or(true),
        strip_accents: header.bool("tokenizer.ggml.strip_accents")?,
        frame: Frame { ends: end_tokens(header, tokens.len())?, ..Frame::default() },
    })
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
    let types = token_kinds(header, count);
    let found = types.iter().zip(0..).filter(|(kind, _)| kinds.contains(kind));
    found.map(|(_, token)| token).collect()
}

/// Of the first so many tokens, where the file names them.
fn token_kinds(header: &Header, count: usize) -> &[i64] {
    match header.metadata.get("tokenizer.ggml.token_type") {
        Some(Value::Integers(types)) => &types[..types.len().min(count)],
        _ => &[],
    }
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

fn required<'a>(header: &'a Header, key: &str) -> Result<&'a Texts, EngineError> {
    header.texts(key)?.ok_or_else(|| invalid(key, "it is missing"))
}
