//! Marian's tokenizer: two SentencePiece models that cut, and a `vocab.json` that numbers.

use std::collections::HashMap;
use std::path::Path;

use bimo_engine::{EngineError, TokenId};

use super::gguf_header::invalid;
use super::{read_json, sentencepiece_file};
use crate::TextTokenizer;
use crate::limits::MAX_WIDTH;
use crate::tokenizer::{Frame, Piece, PieceKind, SentencePieces, Vocabulary};

const UNKNOWN: &str = "<unk>";

/// Reads the tokenizer of the source and, where it has a vocabulary of its own, that of the target.
pub(super) fn read(
    folder: &Path,
    ends: &[TokenId],
) -> Result<(TextTokenizer, Option<TextTokenizer>), EngineError> {
    let source = side(folder, "source.spm", "vocab.json", ends)?;
    let own = "target_vocab.json";
    let target = match folder.join(own).is_file() {
        true => Some(side(folder, "target.spm", own, ends)?),
        false => None,
    };
    Ok((source, target))
}

fn side(
    folder: &Path,
    model: &str,
    vocabulary: &str,
    ends: &[TokenId],
) -> Result<TextTokenizer, EngineError> {
    for name in [model, vocabulary] {
        if !folder.join(name).is_file() {
            let words = format!("{} has no {name}", folder.display());
            return Err(EngineError::ModelIncomplete(words));
        }
    }
    let parts = sentencepiece_file::read(&folder.join(model))?;
    let tokens = tokens(folder, vocabulary)?;
    let numbers: HashMap<String, TokenId> =
        tokens.iter().map(|token| token.text.clone()).zip(0..).collect();
    let unknown = numbers.get(UNKNOWN).copied();
    let unknown = unknown.ok_or_else(|| invalid(vocabulary, "it has no <unk>"))?;
    // A piece that the vocabulary does not have is unknown, whatever its place among the pieces.
    let number = |piece: &Piece| numbers.get(&piece.text).copied().unwrap_or(unknown);
    let of_piece = parts.pieces.iter().map(number).collect();
    let ordinary = tokens.iter().zip(0..).filter(|(token, _)| token.kind == PieceKind::Normal);
    let of_text = ordinary.map(|(token, id)| (token.text.clone(), id)).collect();
    let vocabulary = Vocabulary { of_piece, of_text, unknown, tokens };
    let frame = Frame { ends: ends.to_vec(), ..Frame::default() };
    Ok(SentencePieces::new(parts)?.in_vocabulary(vocabulary, frame))
}

/// By number; numbers without a token get one that no text has.
fn tokens(folder: &Path, name: &str) -> Result<Vec<Piece>, EngineError> {
    let json = read_json(&folder.join(name))?;
    let map = json.as_object().ok_or_else(|| invalid(name, "it is no object"))?;
    let mut tokens = Vec::new();
    for (text, id) in map {
        let id = id.as_u64().filter(|&id| id < MAX_WIDTH as u64);
        let id = id.ok_or_else(|| invalid(name, format!("{text:?} has no usable id")))? as usize;
        if tokens.len() <= id {
            let unused =
                |place: usize| token(&format!("<unused token {place}>"), PieceKind::Unused);
            tokens.extend((tokens.len()..=id).map(unused));
        }
        tokens[id] = token(text, kind(text));
    }
    Ok(tokens)
}

fn token(text: &str, kind: PieceKind) -> Piece {
    Piece { text: text.to_owned(), score: 0.0, kind }
}

fn kind(text: &str) -> PieceKind {
    match text {
        UNKNOWN => PieceKind::Unknown,
        "</s>" | "<s>" | "<pad>" => PieceKind::Control,
        // A language that can be asked for.
        _ if text.starts_with(">>") && text.ends_with("<<") => PieceKind::Control,
        _ => PieceKind::Normal,
    }
}
