//! A prompt as the history keeps it: readable, and exact enough to be sent once more.

use bimo_engine::{PieceKind, TokenId};
use serde::{Deserialize, Serialize};

use super::Context;
use crate::wire::{ApiError, ContextPiece, ContextReport};

/// What was sent, and what of the page decided over the text that came back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SentPrompt {
    /// The prompt as a person reads it.
    pub pieces: Vec<ContextPiece>,
    /// The prompt as the model saw it: numbers, separated by spaces.
    tokens: String,
    /// See [`Context::trimmed`].
    trimmed: String,
    /// See [`Context::finish_after`].
    pub finish_after: Option<u32>,
    context_length: u32,
    reserved: u32,
    dropped: u32,
}

impl SentPrompt {
    /// Of a prompt that is about to be sent.
    pub fn of(context: &Context) -> Self {
        let numbers: Vec<String> = context.tokens.iter().map(TokenId::to_string).collect();
        Self {
            pieces: context.report.pieces.clone(),
            tokens: numbers.join(" "),
            trimmed: context.trimmed.clone(),
            finish_after: context.finish_after,
            context_length: context.report.context_length,
            reserved: context.report.reserved_tokens,
            dropped: context.report.dropped,
        }
    }

    /// From what the store kept.
    pub fn parse(json: &str) -> Result<Self, ApiError> {
        serde_json::from_str(json).map_err(ApiError::internal)
    }

    /// What the model saw.
    pub fn tokens(&self) -> Result<Vec<TokenId>, ApiError> {
        let numbers = self.tokens.split_ascii_whitespace().map(str::parse);
        numbers.collect::<Result<_, _>>().map_err(ApiError::internal)
    }

    /// The text that was continued, from the last note on.
    pub fn before(&self) -> String {
        let text = self.pieces.iter().rev().find(|piece| piece.kind == PieceKind::Text);
        text.map_or("", |piece| &piece.text).to_owned() + &self.trimmed
    }

    /// The same report as when it was sent first.
    pub fn report(&self) -> ContextReport {
        ContextReport {
            pieces: self.pieces.clone(),
            prompt_tokens: self.pieces.iter().map(|piece| piece.tokens).sum(),
            reserved_tokens: self.reserved,
            context_length: self.context_length,
            dropped: self.dropped,
            reused_tokens: None,
        }
    }
}
