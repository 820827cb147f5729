//! The settings of a search, the model's own and the request's put together.

use bimo_engine::{EngineError, SearchParams, TokenId};

use crate::seq2seq::{SearchSettings, Seq2SeqConfig};

/// Everything that a search goes by.
#[derive(Debug, Clone)]
pub(in crate::seq2seq) struct Plan {
    /// The request's, and the model's where that leaves something open.
    pub settings: SearchSettings,
    pub start_token: TokenId,
    pub end_tokens: Vec<TokenId>,
}

impl Plan {
    /// What the request leaves open is as the model has it.
    pub fn new(config: &Seq2SeqConfig, asked: &SearchParams) -> Result<Self, EngineError> {
        asked.validate()?;
        let usual = &config.search;
        let beams = asked.beams.unwrap_or(usual.beams);
        let best = asked.best.unwrap_or_else(|| usual.best.min(beams));
        if best > beams {
            let value = format!("{best}: there are {beams} beams");
            return Err(EngineError::InvalidParameter { name: "best", value });
        }
        let words = usual.bad_words.iter().chain(&asked.bad_words);
        // A word that only ends the text is no word.
        let is_end =
            |word: &Vec<TokenId>| matches!(word[..], [one] if config.end_tokens.contains(&one));
        let bad_words: Vec<_> = words.filter(|word| !is_end(word)).cloned().collect();
        let vocabulary = config.decoder.vocabulary;
        if let Some(token) = bad_words.iter().flatten().find(|&&token| token as usize >= vocabulary)
        {
            let value = format!("{token}: the vocabulary has {vocabulary} tokens");
            return Err(EngineError::InvalidParameter { name: "bad words", value });
        }
        let max_length = asked.max_new_tokens.map_or(usual.max_length, |tokens| tokens + 1);
        let min_new = asked.min_new_tokens.unwrap_or(usual.min_new_tokens) + 1;
        let settings = SearchSettings {
            beams,
            best,
            length_penalty: asked.length_penalty.unwrap_or(usual.length_penalty),
            early_stopping: asked.early_stopping.unwrap_or(usual.early_stopping),
            max_length: max_length.min(config.context_length).max(2),
            min_length: usual.min_length.max(min_new),
            no_repeat_ngram: asked.no_repeat_ngram.unwrap_or(usual.no_repeat_ngram),
            repetition_penalty: asked.repetition_penalty.unwrap_or(usual.repetition_penalty),
            bad_words,
            ..usual.clone()
        };
        let (start_token, end_tokens) = (config.start_token, config.end_tokens.clone());
        Ok(Self { settings, start_token, end_tokens })
    }

    /// A score that texts of different lengths are compared by; `length` is without the opening token.
    pub fn score(&self, log_probability: f32, length: usize) -> f32 {
        log_probability / (length as f64).powf(self.settings.length_penalty.into()) as f32
    }

    /// True for a text, its opening token counted, that ends with the given token.
    pub fn ends(&self, token: TokenId, length: usize) -> bool {
        self.end_tokens.contains(&token) || length >= self.settings.max_length
    }
}
