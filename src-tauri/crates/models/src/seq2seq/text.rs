//! Text to what the encoder reads, and what the decoder wrote to text.

use bimo_engine::{EngineError, Source, TokenId};

use crate::TextTokenizer;

/// Tokens around every source.
#[derive(Debug, Clone, Default)]
pub(crate) struct Frames {
    pub before: Vec<TokenId>,
    pub after: Vec<TokenId>,
}

/// The tokenizers of both sides, which may be one.
pub struct Seq2SeqTokenizer {
    source: TextTokenizer,
    target: Option<TextTokenizer>,
    frames: Frames,
    /// What can be asked for by a token before the source, in the order of the tokens.
    languages: Vec<(String, TokenId)>,
}

impl Seq2SeqTokenizer {
    pub(crate) fn new(
        source: TextTokenizer,
        target: Option<TextTokenizer>,
        frames: Frames,
    ) -> Self {
        let vocabulary = source.vocabulary_size() as TokenId;
        let language = |token| Some((language(source.control_text(token)?)?.to_owned(), token));
        let languages = (0..vocabulary).filter_map(language).collect();
        Self { source, target, frames, languages }
    }

    /// What the model can be told to write in.
    pub fn languages(&self) -> Vec<String> {
        self.languages.iter().map(|(name, _)| name.clone()).collect()
    }

    /// What the encoder reads. What looks like a control token in the text stays text.
    pub fn encode(&self, source: &Source) -> Result<Vec<TokenId>, EngineError> {
        let (text, target) = match source {
            Source::Tokens(tokens) => return Ok(tokens.clone()),
            Source::Text { text, target, .. } => (text, target),
        };
        let mut tokens = self.frames.before.clone();
        tokens.extend(self.language_token(target.as_deref())?);
        tokens.extend(self.source.encode(text)?);
        tokens.extend(&self.frames.after);
        Ok(tokens)
    }

    /// Text of written tokens; control tokens are left out.
    pub fn decode(&self, tokens: &[TokenId]) -> String {
        let text = self.target.as_ref().unwrap_or(&self.source).decode(tokens);
        text.trim().to_owned()
    }

    fn language_token(&self, asked: Option<&str>) -> Result<Option<TokenId>, EngineError> {
        let Some(asked) = asked else {
            return Ok(self.languages.first().map(|(_, token)| *token));
        };
        // A model of one direction needs no telling.
        if self.languages.is_empty() {
            return Ok(None);
        }
        let found = self.languages.iter().find(|(name, _)| name == asked);
        found.map(|(_, token)| Some(*token)).ok_or_else(|| EngineError::InvalidParameter {
            name: "target language",
            value: format!("{asked}; the model writes {}", self.languages().join(", ")),
        })
    }
}

/// `zh` of `>>zh<<`.
fn language(control: &str) -> Option<&str> {
    control.strip_prefix(">>")?.strip_suffix("<<").filter(|name| !name.is_empty())
}
