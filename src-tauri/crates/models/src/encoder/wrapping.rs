//! The tokens that a model wants around a text.

use bimo_engine::{EngineError, TokenId};

use super::Input;
use crate::TextTokenizer;

/// What stands around one text, or two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrapping {
    open: TokenId,
    close: TokenId,
    /// Between two texts.
    between: Vec<TokenId>,
    /// Of the second text's tokens.
    second_type: u32,
}

impl Wrapping {
    /// BERT's, or RoBERTa's, by the control tokens that a vocabulary has.
    pub fn of(tokenizer: &TextTokenizer) -> Result<Self, EngineError> {
        let token = |text| tokenizer.control_token(text);
        if let (Some(open), Some(close)) = (token("[CLS]"), token("[SEP]")) {
            return Ok(Self { open, close, between: vec![close], second_type: 1 });
        }
        match (token("<s>"), token("</s>")) {
            (Some(open), Some(close)) => {
                Ok(Self { open, close, between: vec![close, close], second_type: 0 })
            }
            _ => Err(EngineError::ModelInvalid {
                field: "tokenizer".into(),
                reason: "it has neither [CLS] and [SEP] nor <s> and </s>".into(),
            }),
        }
    }

    /// Tokens that are added to one text, or to two.
    pub fn added(&self, has_two: bool) -> usize {
        2 + if has_two { self.between.len() } else { 0 }
    }

    /// The text's tokens as the model reads them, another's before them, and the place of the first of the text's.
    pub fn wrap(&self, before: Option<&[TokenId]>, text: &[TokenId]) -> (Input, usize) {
        let mut input = Input::default();
        let mut add = |tokens: &[TokenId], kind: u32| {
            input.tokens.extend(tokens);
            input.types.resize(input.tokens.len(), kind);
        };
        add(&[self.open], 0);
        if let Some(before) = before {
            add(before, 0);
            add(&self.between, 0);
        }
        let kind = if before.is_some() { self.second_type } else { 0 };
        add(text, kind);
        add(&[self.close], kind);
        let first = input.tokens.len() - 1 - text.len();
        (input, first)
    }
}
