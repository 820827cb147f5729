//! Text to tokens and back, one type over all kinds.

mod byte_pairs;
mod json;
mod json_checks;
mod sentencepiece;
mod word_pieces;

use std::cmp::Reverse;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bimo_engine::{EngineError, TokenId};
use tokenizers::Tokenizer;

pub(crate) use byte_pairs::{BytePairs, Splitting, pair_of};
pub(crate) use json::read_json;
pub(crate) use sentencepiece::{
    Algorithm, Piece, PieceKind, SentencePieceParts, SentencePieces, Spaces, Vocabulary,
};
pub(crate) use word_pieces::WordPieces;

/// A model's tokenizer.
pub struct TextTokenizer {
    /// Knows no control token, so that none is ever found in a person's text.
    pieces: Pieces,
    /// What each token adds to a text.
    bytes: TokenBytes,
    /// Control tokens by their text, longest first.
    control: Vec<(String, TokenId)>,
    frame: Frame,
}

/// The bytes of each token by its number, one behind the other: hundreds of thousands of pieces of memory would take longer
/// to have, and more of it.
struct TokenBytes {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl TokenBytes {
    /// Nothing for a number beyond the last.
    fn of(&self, token: TokenId) -> &[u8] {
        let token = token as usize;
        let Some(&end) = self.ends.get(token) else { return &[] };
        let start = token.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..end]
    }
}

impl<Token: AsRef<[u8]>> FromIterator<Token> for TokenBytes {
    fn from_iter<Tokens: IntoIterator<Item = Token>>(tokens: Tokens) -> Self {
        let mut all = Self { bytes: Vec::new(), ends: Vec::new() };
        for token in tokens {
            all.bytes.extend_from_slice(token.as_ref());
            all.ends.push(all.bytes.len());
        }
        all.bytes.shrink_to_fit();
        all.ends.shrink_to_fit();
        all
    }
}

/// What cuts a text.
enum Pieces {
    Library(Box<Tokenizer>),
    Sentence(Box<sentencepiece::NumberedPieces>),
}

/// The tokens that stand around a text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Frame {
    /// Opens a text. A chat template writes it itself.
    pub begin: Option<TokenId>,
    /// Whether ordinary text is opened with it too.
    pub is_opened: bool,
    /// Each ends a text.
    pub ends: Vec<TokenId>,
}

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
        let pieces = match &self.pieces {
            Pieces::Library(pieces) => pieces,
            Pieces::Sentence(pieces) => return Ok(pieces.encode(text)),
        };
        // The tokenizer is only read, and what the library remembers of texts it writes whole.
        let encoding = catch_unwind(AssertUnwindSafe(|| pieces.encode(text, false)))
            .map_err(|_| EngineError::Compute("the tokenizer failed on this text".into()))?
            .map_err(|error| EngineError::Compute(error.to_string()))?;
        let offsets = encoding.get_offsets().iter().map(|&(start, end)| start..end).collect();
        Ok((encoding.get_ids().to_vec(), offsets))
    }

    /// Tokens of a template's own text: control tokens are recognised.
    pub fn encode_control(&self, text: &str) -> Result<Vec<TokenId>, EngineError> {
        let mut tokens = Vec::new();
        for span in self.cut_at_control(text) {
            match span {
                Ok(token) => tokens.push(token),
                Err(text) => tokens.extend(self.encode(text)?),
            }
        }
        Ok(tokens)
    }

    /// Control tokens, and the texts (never empty) between them as errors.
    pub(crate) fn cut_at_control<'t>(&self, text: &'t str) -> Vec<Result<TokenId, &'t str>> {
        let mut spans = Vec::new();
        let mut rest = text;
        while let Some((place, name, token)) = self.first_control(rest) {
            spans.extend((place > 0).then_some(Err(&rest[..place])));
            spans.push(Ok(token));
            rest = &rest[place + name.len()..];
        }
        spans.extend((!rest.is_empty()).then_some(Err(rest)));
        spans
    }

    /// Texts of all control tokens, longest first.
    pub(crate) fn control_texts(&self) -> impl Iterator<Item = &str> {
        self.control.iter().map(|(name, _)| name.as_str())
    }

    fn first_control(&self, text: &str) -> Option<(usize, &str, TokenId)> {
        let found = self.control.iter().filter_map(|(name, token)| {
            text.find(name.as_str()).map(|place| (place, name.as_str(), *token))
        });
        // Of several at one place the longest comes first in the list, and `min_by_key` takes the first.
        found.min_by_key(|(place, ..)| *place)
    }

    /// Text of tokens, control tokens left out; bytes that are no whole character become U+FFFD.
    pub fn decode(&self, tokens: &[TokenId]) -> String {
        let bytes: Vec<u8> =
            tokens.iter().flat_map(|&token| self.bytes.of(token)).copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// A whole text: as [`TextTokenizer::decode`] without the space that SentencePiece puts before every text.
    pub fn decode_whole(&self, tokens: &[TokenId]) -> String {
        let Pieces::Sentence(pieces) = &self.pieces else { return self.decode(tokens) };
        let mut bytes = Vec::new();
        let mut spaces = pieces.opening_spaces();
        for &token in tokens {
            let added = self.bytes.of(token);
            let most = if pieces.is_unknown(token) { 0 } else { spaces };
            let opening = added.iter().take(most).take_while(|byte| **byte == b' ').count();
            if opening < added.len() {
                spaces = 0;
            }
            spaces -= opening.min(spaces);
            bytes.extend(&added[opening..]);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The bytes that a token adds to a text, for streaming whole characters; empty for a control token.
    pub fn token_bytes(&self, token: TokenId) -> Vec<u8> {
        self.bytes.of(token).to_vec()
    }

    /// The text of a control token.
    pub fn control_text(&self, token: TokenId) -> Option<&str> {
        let found = self.control.iter().find(|(_, other)| *other == token);
        found.map(|(name, _)| name.as_str())
    }

    /// The control token of that text.
    pub(crate) fn control_token(&self, text: &str) -> Option<TokenId> {
        let found = self.control.iter().find(|(name, _)| name == text);
        found.map(|(_, token)| *token)
    }

    /// The token that opens ordinary text, where the model wants one.
    pub fn begin_token(&self) -> Option<TokenId> {
        self.frame.begin.filter(|_| self.frame.is_opened)
    }

    /// The text of the token that opens a text, added to ordinary text or not; empty where the model has none.
    pub(crate) fn begin_text(&self) -> &str {
        self.text_of(self.frame.begin)
    }

    /// The text of the first token that ends a text; empty where the model has none.
    pub(crate) fn end_text(&self) -> &str {
        self.text_of(self.frame.ends.first().copied())
    }

    fn text_of(&self, token: Option<TokenId>) -> &str {
        token.and_then(|token| self.control_text(token)).unwrap_or_default()
    }

    /// Tokens that end a text.
    pub fn end_tokens(&self) -> &[TokenId] {
        &self.frame.ends
    }

    /// True for a token that ends a text.
    pub fn is_end(&self, token: TokenId) -> bool {
        self.frame.ends.contains(&token)
    }

    /// Number of tokens, the highest id plus one.
    pub fn vocabulary_size(&self) -> usize {
        self.bytes.ends.len()
    }
}

/// As [`TextTokenizer`] keeps its control tokens.
fn longest_first(mut control: Vec<(String, TokenId)>) -> Vec<(String, TokenId)> {
    control.sort_by_key(|(text, token)| (Reverse(text.len()), *token));
    control
}
