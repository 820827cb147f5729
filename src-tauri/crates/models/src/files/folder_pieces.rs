//! The SentencePiece tokenizer of a folder, as each kind of model uses it.

use std::path::Path;

use bimo_engine::{EngineError, TokenId};
use serde_json::Value;

use super::gguf_header::invalid;
use super::{folder::token_text, sentencepiece_file};
use crate::TextTokenizer;
use crate::limits::MAX_WIDTH;
use crate::tokenizer::{Frame, Piece, PieceKind, SentencePieceParts, SentencePieces, Vocabulary};

/// The names under which repositories have the file.
const XLM_ROBERTA: &str = "sentencepiece.bpe.model";
const T5: &str = "spiece.model";
const LLAMA: &str = "tokenizer.model";

/// T5's repositories do not always say how many places its vocabulary keeps for masked spans.
const USUAL_SPANS: u64 = 100;

/// Reads it, where the folder has one.
pub(super) fn read(
    folder: &Path,
    settings: &Value,
    ends: &[TokenId],
) -> Option<Result<TextTokenizer, EngineError>> {
    let path = |name: &str| Some(folder.join(name)).filter(|path| path.is_file());
    if let Some(path) = path(XLM_ROBERTA) {
        return Some(xlm_roberta(&path, ends));
    }
    if let Some(path) = path(T5) {
        return Some(t5(&path, settings, ends));
    }
    path(LLAMA).map(|path| llama(&path, settings, ends))
}

/// The numbers of fairseq's dictionary: four tokens of its own, then the pieces behind SentencePiece's three, then the
/// mask.
fn xlm_roberta(path: &Path, ends: &[TokenId]) -> Result<TextTokenizer, EngineError> {
    const OWN: [(&str, PieceKind); 4] = [
        ("<s>", PieceKind::Control),
        ("<pad>", PieceKind::Control),
        ("</s>", PieceKind::Control),
        ("<unk>", PieceKind::Unknown),
    ];
    const UNKNOWN: TokenId = 3;
    let parts = sentencepiece_file::read(path)?;
    let token = |(text, kind): (&str, PieceKind)| Piece { text: text.to_owned(), score: 0.0, kind };
    let others = parts.pieces.iter().skip(3).cloned();
    let mask = token(("<mask>", PieceKind::Control));
    let tokens: Vec<Piece> = OWN.map(token).into_iter().chain(others).chain([mask]).collect();
    let of_piece = (0..parts.pieces.len() as TokenId)
        .map(|piece| if piece < UNKNOWN { UNKNOWN } else { piece + 1 });
    let vocabulary = Vocabulary {
        of_piece: of_piece.collect(),
        of_text: Default::default(),
        unknown: UNKNOWN,
        tokens,
    };
    let frame = Frame { begin: Some(0), is_opened: false, ends: ends.to_vec() };
    Ok(SentencePieces::new(parts)?.in_vocabulary(vocabulary, frame))
}

/// Behind the pieces stand the names of masked spans, the first one last.
fn t5(path: &Path, settings: &Value, ends: &[TokenId]) -> Result<TextTokenizer, EngineError> {
    let key = "extra_ids";
    let spans = match &settings[key] {
        Value::Null => USUAL_SPANS,
        number => number
            .as_u64()
            .filter(|&spans| spans <= MAX_WIDTH as u64)
            .ok_or_else(|| invalid(key, format!("{number} is no number of tokens")))?,
    };
    let mut parts = sentencepiece_file::read(path)?;
    let named = (0..spans).rev().map(|span| format!("<extra_id_{span}>"));
    parts.pieces.extend(named.map(|text| Piece { text, score: 0.0, kind: PieceKind::Control }));
    let frame = Frame { ends: ends.to_vec(), ..Frame::default() };
    Ok(SentencePieces::new(parts)?.tokenizer(frame))
}

/// Behind the pieces stand tokens that were added later.
fn llama(path: &Path, settings: &Value, ends: &[TokenId]) -> Result<TextTokenizer, EngineError> {
    let mut parts = sentencepiece_file::read(path)?;
    add_tokens(&mut parts, settings)?;
    let begin = token_text(&settings["bos_token"]).unwrap_or("<s>");
    let begin = parts.pieces.iter().position(|piece| piece.text == begin);
    let frame = Frame {
        begin: begin.map(|place| place as TokenId),
        is_opened: settings["add_bos_token"].as_bool().unwrap_or(true),
        ends: ends.to_vec(),
    };
    Ok(SentencePieces::new(parts)?.tokenizer(frame))
}

fn add_tokens(parts: &mut SentencePieceParts, settings: &Value) -> Result<(), EngineError> {
    let field = "added_tokens_decoder";
    for (id, token) in settings[field].as_object().into_iter().flatten() {
        let id = id.parse().ok().filter(|&id: &usize| id < MAX_WIDTH);
        let id = id.ok_or_else(|| invalid(field, "a token has no usable id"))?;
        if id < parts.pieces.len() && parts.pieces[id].kind != PieceKind::Unused {
            continue;
        }
        let unused = |place: usize| Piece {
            text: format!("<unused token {place}>"),
            score: 0.0,
            kind: PieceKind::Unused,
        };
        let missing = parts.pieces.len()..(id + 1).max(parts.pieces.len());
        parts.pieces.extend(missing.map(unused));
        let is_special = token["special"].as_bool() == Some(true);
        parts.pieces[id] = Piece {
            text: token_text(token).unwrap_or_default().to_owned(),
            score: 0.0,
            kind: if is_special { PieceKind::Control } else { PieceKind::Whole },
        };
    }
    Ok(())
}
