//! A model that turns a text into what it was told to.

use std::collections::HashMap;
use std::thread;
use std::time::Duration;

use crate::{
    CancellationToken, Candidate, EngineError, FinishReason, ModelCard, RewriteEvent,
    RewriteRequest, Rewriting, Seq2Seq, Source, TokenId,
};

/// Knows some texts by heart and writes any other backwards; candidate number `i` has `i` marks after it. Every
/// character is a token, numbered by its code point, and every token has the log-probability -1.
#[derive(Clone)]
pub struct ScriptedRewriter {
    card: ModelCard,
    known: HashMap<String, String>,
    languages: Vec<String>,
    delay: Duration,
}

impl ScriptedRewriter {
    /// One that knows these pairs of source and target.
    pub fn knowing<const N: usize>(pairs: [(&str, &str); N]) -> Self {
        let owned = |(source, target): (&str, &str)| (source.to_owned(), target.to_owned());
        Self {
            card: ModelCard { context_length: 512, ..super::card() },
            known: pairs.map(owned).into(),
            languages: Vec::new(),
            delay: Duration::ZERO,
        }
    }

    /// Takes that long for every source; the text of an only one settles character by character.
    #[must_use]
    pub fn with_delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Writes these languages.
    #[must_use]
    pub fn with_target_languages<const N: usize>(mut self, languages: [&str; N]) -> Self {
        self.languages = languages.map(String::from).into();
        self
    }

    /// Reads that much.
    #[must_use]
    pub fn with_context_length(mut self, tokens: usize) -> Self {
        self.card.context_length = tokens;
        self
    }

    fn settle(
        &self,
        text: &str,
        cancel: &CancellationToken,
        on_event: &mut dyn FnMut(RewriteEvent),
    ) {
        let count = text.chars().count().max(1) as u32;
        for (at, character) in text.char_indices() {
            if cancel.is_cancelled() {
                break;
            }
            thread::sleep(self.delay / count);
            on_event(RewriteEvent::Settled { text: text[..at + character.len_utf8()].into() });
        }
    }

    fn candidates(&self, source: &str, count: usize) -> Vec<Candidate> {
        let known = self.known.get(source).cloned();
        let text = known.unwrap_or_else(|| source.chars().rev().collect());
        let candidate = |number: usize| {
            let text = text.clone() + &"*".repeat(number);
            let tokens: Vec<TokenId> = text.chars().map(TokenId::from).collect();
            Candidate {
                logprobs: vec![-1.0; tokens.len()],
                text,
                tokens,
                score: -1.0 - number as f32,
                finish: FinishReason::EndOfText,
            }
        };
        (0..count).map(candidate).collect()
    }
}

impl Seq2Seq for ScriptedRewriter {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn target_languages(&self) -> Vec<String> {
        self.languages.clone()
    }

    fn encode_source(&self, source: &Source) -> Result<Vec<TokenId>, EngineError> {
        Ok(match source {
            Source::Text { text, .. } => text.chars().map(TokenId::from).collect(),
            Source::Tokens(tokens) => tokens.clone(),
        })
    }

    fn decode_target(&self, tokens: &[TokenId]) -> Result<String, EngineError> {
        let character = |&token| char::from_u32(token).unwrap_or(char::REPLACEMENT_CHARACTER);
        Ok(tokens.iter().map(character).collect())
    }

    fn rewrite(
        &mut self,
        request: &RewriteRequest,
        cancel: &CancellationToken,
        on_event: &mut dyn FnMut(RewriteEvent),
    ) -> Result<Vec<Rewriting>, EngineError> {
        request.search.validate()?;
        let total = request.sources.len();
        let mut answers = vec![Rewriting::default(); total];
        for (number, source) in request.sources.iter().enumerate() {
            if cancel.is_cancelled() {
                break;
            }
            let tokens = self.encode_source(source)?;
            let text = self.decode_target(&tokens)?;
            let candidates = self.candidates(&text, request.search.best.unwrap_or(1));
            match &candidates[..] {
                [only] if total == 1 => self.settle(&only.text, cancel, on_event),
                _ => thread::sleep(self.delay),
            }
            if cancel.is_cancelled() {
                break;
            }
            on_event(RewriteEvent::Step { done: number, total, tokens: tokens.len() });
            answers[number] = Rewriting { candidates, source_tokens: tokens.len() };
            let rewriting = answers[number].clone();
            on_event(RewriteEvent::Finished { source: number, rewriting });
        }
        Ok(answers)
    }
}
