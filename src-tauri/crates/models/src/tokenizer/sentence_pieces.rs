//! SentencePiece's byte-pair encoding (Kudo & Richardson 2018), as Llama's files have it: pieces with scores, `▁` for a
//! space, single bytes for what no piece covers.

use std::collections::HashMap;

use bimo_engine::{EngineError, TokenId};
use tokenizers::Tokenizer;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::prepend::Prepend;
use tokenizers::normalizers::replace::Replace;
use tokenizers::normalizers::utils::Sequence;

use super::json::from_plain;
use super::{Frame, TextTokenizer};

/// What such a tokenizer is made of.
pub(crate) struct SentencePieces {
    /// By number.
    pub tokens: Vec<String>,
    /// By number; the highest is merged first.
    pub scores: Vec<f64>,
    pub control: Vec<TokenId>,
    pub unknown: Option<TokenId>,
    /// A text begins as if a space stood before it.
    pub space_before: bool,
    pub frame: Frame,
}

impl SentencePieces {
    /// Checks the parts and puts them together.
    pub fn build(self) -> Result<TextTokenizer, EngineError> {
        if self.scores.len() != self.tokens.len() {
            return Err(invalid("there is not one score for each token"));
        }
        let is_control =
            |token: TokenId| self.control.contains(&token) || self.unknown == Some(token);
        let vocabulary: Vocab = self.tokens.iter().cloned().zip(0..).collect();
        let merges = self.merges(&vocabulary);
        let mut model =
            BPE::builder().vocab_and_merges(vocabulary, merges).byte_fallback(true).fuse_unk(true);
        if let Some(unknown) = self.unknown {
            model = model.unk_token(self.tokens[unknown as usize].clone());
        }
        let mut pieces =
            Tokenizer::new(model.build().map_err(|error| invalid(&error.to_string()))?);
        let spaces = Replace::new(" ", "▁").map_err(|error| invalid(&error.to_string()))?.into();
        let mut steps = vec![spaces];
        if self.space_before {
            steps.insert(0, Prepend::new("▁".into()).into());
        }
        pieces
            .with_normalizer(Some(Sequence::new(steps)))
            .map_err(|error| invalid(&error.to_string()))?;
        let bytes = self.tokens.iter().zip(0..);
        let bytes = bytes
            .map(|(text, token)| if is_control(token) { Vec::new() } else { from_plain(text) });
        let bytes = bytes.collect();
        let mut control: Vec<(String, TokenId)> = self
            .control
            .iter()
            .map(|&token| (self.tokens[token as usize].clone(), token))
            .collect();
        control.sort_by_key(|(text, token)| (std::cmp::Reverse(text.len()), *token));
        Ok(TextTokenizer { pieces, bytes, control, frame: self.frame })
    }

    /// Every way to make a piece of two others, the best piece first.
    fn merges(&self, vocabulary: &Vocab) -> Vec<(String, String)> {
        let score: HashMap<&str, f64> =
            self.tokens.iter().map(String::as_str).zip(self.scores.iter().copied()).collect();
        let mut merges = Vec::new();
        for piece in &self.tokens {
            let mut ways: Vec<(u32, u32, &str, &str)> = piece
                .char_indices()
                .skip(1)
                .filter_map(|(at, _)| {
                    let (left, right) = piece.split_at(at);
                    Some((*vocabulary.get(left)?, *vocabulary.get(right)?, left, right))
                })
                .collect();
            ways.sort_unstable();
            let best = score.get(piece.as_str()).copied().unwrap_or_default();
            merges.extend(ways.into_iter().map(|(_, _, left, right)| (best, left, right)));
        }
        merges.sort_by(|a, b| b.0.total_cmp(&a.0));
        merges.into_iter().map(|(_, left, right)| (left.to_owned(), right.to_owned())).collect()
    }
}

fn invalid(reason: &str) -> EngineError {
    EngineError::ModelInvalid { field: "tokenizer.ggml.tokens".into(), reason: reason.to_owned() }
}
