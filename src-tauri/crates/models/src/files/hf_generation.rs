//! How a model wants its texts searched for: `generation_config.json`, or the same settings in an older `config.json`.

use bimo_engine::{EarlyStopping, EngineError, TokenId};
use serde_json::Value;

use super::gguf_header::invalid;
use crate::limits::MAX_CONTEXT;
use crate::seq2seq::SearchSettings;

/// Settings that change what is written and are not computed here.
const REFUSED: [&str; 5] = [
    "encoder_no_repeat_ngram_size",
    "exponential_decay_length_penalty",
    "num_beam_groups",
    "sequence_bias",
    "encoder_repetition_penalty",
];

/// The most beams that a file may ask for.
const MAX_BEAMS: u64 = 64;

/// Reads the settings; tokens must be among the `vocabulary` first.
pub(super) fn read(settings: &Value, vocabulary: usize) -> Result<SearchSettings, EngineError> {
    let usual = SearchSettings::default();
    for key in REFUSED {
        let value = &settings[key];
        if !value.is_null() && value.as_f64().is_none_or(|value| value != 0.0 && value != 1.0) {
            tracing::warn!("the setting {key} of the model is not computed here");
        }
    }
    let count = |key: &str, usual: usize, limit: u64| match &settings[key] {
        Value::Null => Ok(usual),
        value => value
            .as_u64()
            .filter(|&count| count <= limit)
            .map(|count| count as usize)
            .ok_or_else(|| invalid(key, format!("{value} is not between 0 and {limit}"))),
    };
    let number = |key: &str, usual: f32| match &settings[key] {
        Value::Null => Ok(usual),
        value => value
            .as_f64()
            .filter(|number| number.is_finite())
            .map(|number| number as f32)
            .ok_or_else(|| invalid(key, format!("{value} is no number"))),
    };
    let longest = MAX_CONTEXT as u64;
    let tokens = Tokens { settings, vocabulary };
    let max_length = count("max_length", usual.max_length, longest)?;
    Ok(SearchSettings {
        beams: count("num_beams", usual.beams, MAX_BEAMS)?.max(1),
        best: count("num_return_sequences", usual.best, MAX_BEAMS)?.max(1),
        length_penalty: number("length_penalty", usual.length_penalty)?,
        early_stopping: match &settings["early_stopping"] {
            Value::Null | Value::Bool(false) => EarlyStopping::WhenUnlikely,
            Value::Bool(true) => EarlyStopping::WhenFull,
            Value::String(word) if word == "never" => EarlyStopping::WhenImpossible,
            _ => return Err(invalid("early_stopping", "it is neither true, false nor never")),
        },
        max_length: match count("max_new_tokens", 0, longest)? {
            0 => max_length,
            new => new + 1,
        },
        min_length: count("min_length", 0, longest)?,
        min_new_tokens: count("min_new_tokens", 0, longest)?,
        no_repeat_ngram: count("no_repeat_ngram_size", 0, longest)?,
        repetition_penalty: match number("repetition_penalty", 1.0)? {
            penalty if penalty > 0.0 => penalty,
            _ => return Err(invalid("repetition_penalty", "it must be above 0")),
        },
        bad_words: tokens.words("bad_words_ids")?,
        forced_first: tokens.forced_first()?,
        forced_last: tokens.list("forced_eos_token_id")?,
        suppressed: tokens.list("suppress_tokens")?,
        suppressed_first: tokens.list("begin_suppress_tokens")?,
    })
}

struct Tokens<'a> {
    settings: &'a Value,
    vocabulary: usize,
}

impl Tokens<'_> {
    /// A token, or a list of them.
    fn list(&self, key: &str) -> Result<Vec<TokenId>, EngineError> {
        match &self.settings[key] {
            Value::Null => Ok(Vec::new()),
            Value::Array(list) => list.iter().map(|token| self.token(key, token)).collect(),
            one => Ok(vec![self.token(key, one)?]),
        }
    }

    /// BART's first files said only that there is one.
    fn forced_first(&self) -> Result<Option<TokenId>, EngineError> {
        let key = match self.settings["force_bos_token_to_be_generated"].as_bool() {
            Some(true) if self.settings["forced_bos_token_id"].is_null() => "bos_token_id",
            _ => "forced_bos_token_id",
        };
        Ok(self.list(key)?.first().copied())
    }

    fn words(&self, key: &str) -> Result<Vec<Vec<TokenId>>, EngineError> {
        let Some(words) = self.settings[key].as_array() else { return Ok(Vec::new()) };
        let word = |word: &Value| -> Result<Vec<TokenId>, EngineError> {
            let tokens = word.as_array().filter(|tokens| !tokens.is_empty());
            let tokens = tokens.ok_or_else(|| invalid(key, "a word is no list of tokens"))?;
            tokens.iter().map(|token| self.token(key, token)).collect()
        };
        words.iter().map(word).collect()
    }

    fn token(&self, key: &str, token: &Value) -> Result<TokenId, EngineError> {
        let token = token.as_u64().filter(|&token| token < self.vocabulary as u64);
        let token = token.ok_or_else(|| invalid(key, "it is not a token of the vocabulary"))?;
        Ok(token as TokenId)
    }
}
