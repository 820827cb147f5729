//! A prompt as pieces, so that a person can see what is sent and what each part of it costs.

use serde::{Deserialize, Serialize};

use crate::TokenId;

/// Where a piece of a prompt comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum PieceKind {
    /// What always stands first.
    Memory,
    /// The author's note, some way above the end.
    Note,
    /// The person's own text.
    Text,
    /// The program's words to an instruct model.
    Instruction,
    /// What the model's own format adds: the chat template's markers, the opening token.
    Template,
}

/// A stretch of a prompt. Its text is always ordinary text: what looks like a control token in it stays text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Where it comes from.
    pub kind: PieceKind,
    /// The text itself.
    pub text: String,
}

impl Piece {
    /// A piece of the given kind.
    pub fn new(kind: PieceKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }
}

/// Who speaks in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The frame that the program sets.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub pieces: Vec<Piece>,
}

/// What a model is asked to go on from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prompt {
    /// For a base model: the pieces one after another, as one text.
    Text(Vec<Piece>),
    /// For an instruct model: messages through its chat template, and the beginning of its reply.
    Chat {
        /// The conversation so far.
        messages: Vec<Message>,
        /// How the model's reply begins; it goes on from there.
        reply: Vec<Piece>,
    },
}

/// A piece as it was encoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
pub struct EncodedPiece {
    /// Where it comes from.
    pub kind: PieceKind,
    /// Its text, control tokens of the template included.
    pub text: String,
    /// Tokens that begin in it.
    pub tokens: u32,
}

/// A prompt in tokens, with the pieces it was made of, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedPrompt {
    /// What the model sees.
    pub tokens: Vec<TokenId>,
    /// The same, readable; token counts add up to `tokens.len()`.
    pub pieces: Vec<EncodedPiece>,
}
