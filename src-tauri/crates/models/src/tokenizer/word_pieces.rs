//! WordPiece as BERT has it (Devlin et al. 2019; Wu et al. 2016): `vocab.txt`, one token a line.

use bimo_engine::{EngineError, TokenId};
use tokenizers::Tokenizer;
use tokenizers::models::bpe::Vocab;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;

use super::{Frame, Pieces, TextTokenizer};

/// Stands for what the vocabulary cannot say.
const UNKNOWN: &str = "[UNK]";
/// BERT's control tokens.
const CONTROL: [&str; 5] = ["[PAD]", UNKNOWN, "[CLS]", "[SEP]", "[MASK]"];
/// The beginning of a token that goes on a word.
const CONTINUING: &str = "##";

/// What a WordPiece tokenizer is made of.
pub(crate) struct WordPieces {
    /// By number.
    pub tokens: Vec<String>,
    pub lowercase: bool,
    /// Every Han character is a word.
    pub han_apart: bool,
    /// Where nothing is said, accents go with the case.
    pub strip_accents: Option<bool>,
    pub frame: Frame,
}

impl WordPieces {
    /// Checks the parts and puts them together.
    pub fn build(self) -> Result<TextTokenizer, EngineError> {
        let invalid =
            |reason: String| EngineError::ModelInvalid { field: "vocab.txt".into(), reason };
        if !self.tokens.iter().any(|token| token == UNKNOWN) {
            return Err(invalid(format!("it has no {UNKNOWN}")));
        }
        let vocabulary: Vocab = self.tokens.iter().cloned().zip(0..).collect();
        let model = WordPiece::builder()
            .vocab(vocabulary)
            .unk_token(UNKNOWN.into())
            .continuing_subword_prefix(CONTINUING.into())
            .build()
            .map_err(|error| invalid(error.to_string()))?;
        let mut pieces = Tokenizer::new(model);
        let normalizer =
            BertNormalizer::new(true, self.han_apart, self.strip_accents, self.lowercase);
        pieces.with_normalizer(Some(normalizer)).map_err(|error| invalid(error.to_string()))?;
        pieces.with_pre_tokenizer(Some(BertPreTokenizer));
        let control: Vec<(String, TokenId)> = self
            .tokens
            .iter()
            .cloned()
            .zip(0..)
            .filter(|(token, _)| CONTROL.contains(&token.as_str()))
            .collect();
        let bytes = self.tokens.iter().map(|token| bytes_of(token)).collect();
        let pieces = Pieces::Library(Box::new(pieces));
        Ok(TextTokenizer { pieces, bytes, control, frame: self.frame })
    }
}

/// What a token adds to a text. Words of other scripts than Han are set apart by a space.
pub(super) fn bytes_of(token: &str) -> Vec<u8> {
    if CONTROL.contains(&token) {
        return Vec::new();
    }
    if let Some(rest) = token.strip_prefix(CONTINUING) {
        return rest.as_bytes().to_vec();
    }
    let word = token.chars().next().is_some_and(|first| first.is_ascii_alphanumeric());
    if word { format!(" {token}").into_bytes() } else { token.as_bytes().to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_tokens_are_found_in_no_text() {
        let tokens = ["[PAD]", "[UNK]", "[CLS]", "雨", "停", "the", "##re", "[", "cl", "##s", "]"];
        let tokens = tokens.map(String::from).to_vec();
        let pieces = WordPieces {
            tokens,
            lowercase: true,
            han_apart: true,
            strip_accents: None,
            frame: Frame::default(),
        };
        let tokenizer = pieces.build().unwrap();
        assert_eq!(tokenizer.encode("雨停 there").unwrap(), [3, 4, 5, 6]);
        assert_eq!(tokenizer.encode("[CLS]").unwrap(), [7, 8, 9, 10]);
        assert_eq!(tokenizer.decode(&[3, 4, 5, 6, 2]), "雨停 there");
    }
}
