//! Text to tokens and back, one type over all kinds.
use std::ops::Range;

use bimo_engine::{EngineError, TokenId};

/// A model's tokenizer.
pub struct TextTokenizer {}

impl TextTokenizer {
    /// Tokens of ordinary text: nothing is added, and what looks like a control token stays text.
    pub fn encode(&self, text: &str) -> Result<Vec<TokenId>, EngineError> {
        Ok(self.encode_with_offsets(text)?.0)
    }

    /// The same, with the bytes of `text` that each token stands for.
    pub fn encode_with_offsets(
        &self,
        text: &str,
    ) -> Result<(Vec<TokenId>, Vec<Range<usize>>), EngineError> {
        Err(EngineError::ModelUnsupported(text.to_owned()))
    }

    /// Tokens of a template's own text: control tokens are recognised.
    pub fn encode_control(&self, text: &str) -> Result<Vec<TokenId>, EngineError> {
        Err(EngineError::ModelUnsupported(text.to_owned()))
    }

    /// Text of tokens, control tokens left out; bytes that are no whole character become U+FFFD.
    pub fn decode(&self, _tokens: &[TokenId]) -> String {
        String::new()
    }

    /// The bytes that a token adds to a text, for streaming whole characters; empty for a control token.
    pub fn token_bytes(&self, _token: TokenId) -> Vec<u8> {
        Vec::new()
    }

    /// The token that opens a text, where the model wants one.
    pub fn begin_token(&self) -> Option<TokenId> {
        None
    }

    /// True for a token that ends a text.
    pub fn is_end(&self, _token: TokenId) -> bool {
        false
    }

    /// Number of tokens, the highest id plus one.
    pub fn vocabulary_size(&self) -> usize {
        0
    }
}
