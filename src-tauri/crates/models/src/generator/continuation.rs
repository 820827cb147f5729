//! One continuation while it is written.

use bimo_engine::{
    ChoiceOutcome, EngineError, FinishReason, Flow, GenerationEvent, GenerationRequest,
    TokenChoice, TokenId,
};

use super::draft::{Chosen, Draft};
use super::guess::Guesses;
use super::{OnEvent, finite};
use crate::TextTokenizer;
use crate::sampling::{Sampler, likeliest, log_sum_exp};

/// One of the choices of a request.
pub(super) struct Continuation<'a> {
    choice: usize,
    tokenizer: &'a TextTokenizer,
    sampler: Sampler,
    draft: Draft,
    /// Prompt and continuation, held-back tokens included.
    history: Vec<TokenId>,
    prompt_tokens: usize,
    max_tokens: usize,
    min_tokens: usize,
    top_logprobs: usize,
    /// Of what follows `history`.
    logits: Vec<f32>,
    guesses: Guesses,
    /// Tokens that led to a banned phrase, with the length of the history that each followed.
    forbidden: Vec<(usize, TokenId)>,
    told_tokens: usize,
    guessed_tokens: usize,
    finish: Option<FinishReason>,
}

impl<'a> Continuation<'a> {
    /// Begins after the prompt, whose `logits` are known.
    pub fn new(
        choice: usize,
        request: &GenerationRequest,
        logits: Vec<f32>,
        tokenizer: &'a TextTokenizer,
    ) -> Self {
        let seed = request.sampling.seed.wrapping_add(choice as u32);
        Self {
            choice,
            tokenizer,
            sampler: Sampler::new(&request.sampling, seed),
            draft: Draft::new(&request.stop, &request.sampling.banned_phrases),
            history: request.prompt.clone(),
            prompt_tokens: request.prompt.len(),
            max_tokens: request.max_tokens,
            min_tokens: request.min_tokens,
            top_logprobs: request.top_logprobs,
            logits,
            guesses: Guesses::new(),
            forbidden: Vec::new(),
            told_tokens: 0,
            guessed_tokens: 0,
            finish: None,
        }
    }

    /// Whether it goes on.
    pub fn is_open(&self) -> bool {
        self.finish.is_none()
    }

    /// How it ended.
    pub fn outcome(&self) -> ChoiceOutcome {
        let finish = self.finish.unwrap_or(FinishReason::Cancelled);
        ChoiceOutcome { finish, tokens: self.told_tokens }
    }

    /// The length of what comes before the newest token, and that token.
    pub fn newest_token(&self) -> (usize, &[TokenId]) {
        let read = self.history.len() - 1;
        (read, &self.history[read..])
    }

    /// Takes the logits of what follows the newest token.
    pub fn set_logits(&mut self, logits: Vec<f32>) {
        self.logits = logits;
    }

    /// What may follow the newest token, no more than `room` tokens.
    pub fn guess(&mut self, room: usize) -> Vec<TokenId> {
        let wanted = self.prompt_tokens.saturating_add(self.max_tokens) - self.history.len();
        self.guesses.make(&self.history, room.min(wanted)).to_vec()
    }

    /// Takes guesses that were read, with the logits of what follows each.
    pub fn keep_guesses(&mut self, guesses: Vec<TokenId>, logits: impl Iterator<Item = Vec<f32>>) {
        self.guesses.keep(guesses, logits);
    }

    /// Whether the newest token had been guessed: then the logits of what follows it are there, and it is read.
    pub fn went_as_guessed(&mut self) -> bool {
        let Some(&newest) = self.history.last() else { return false };
        let Some(logits) = self.guesses.confirm(newest) else { return false };
        self.logits = logits;
        self.guessed_tokens += 1;
        true
    }

    /// Tokens that had been guessed.
    pub fn guessed_tokens(&self) -> usize {
        self.guessed_tokens
    }

    /// Chooses the next token, again for as long as the choice makes a banned phrase, and tells what is certain.
    pub fn choose_token(
        &mut self,
        context_length: usize,
        on_event: OnEvent<'_>,
    ) -> Result<(), EngineError> {
        loop {
            let token = self.sample()?;
            if self.tokenizer.is_end(token) {
                self.finish(FinishReason::EndOfText, on_event);
                return Ok(());
            }
            let chosen = self.chosen(token)?;
            self.history.push(token);
            self.draft.push(chosen, &written_bytes(self.tokenizer, token));
            if !self.take_back() {
                break;
            }
        }
        self.tell(context_length, on_event);
        Ok(())
    }

    /// Ends it and tells what was held back.
    pub fn finish(&mut self, finish: FinishReason, on_event: OnEvent<'_>) {
        self.finish = Some(finish);
        while let Some((chosen, text)) = self.draft.next(usize::MAX) {
            self.tell_token(chosen, text, on_event);
        }
        let text = self.draft.take_rest();
        if !text.is_empty() {
            on_event(GenerationEvent::Tail { choice: self.choice, text });
        }
    }

    fn sample(&mut self) -> Result<TokenId, EngineError> {
        let place = self.history.len();
        let here = self.forbidden.iter().filter(|(other, _)| *other == place);
        let mut forbidden: Vec<TokenId> = here.map(|&(_, token)| token).collect();
        if place - self.prompt_tokens < self.min_tokens {
            forbidden.extend(self.tokenizer.end_tokens());
        }
        let text_of = |token| self.tokenizer.decode(&[token]);
        self.sampler.choose(&self.logits, &self.history, &forbidden, &text_of)
    }

    fn chosen(&mut self, token: TokenId) -> Result<Chosen, EngineError> {
        let total = log_sum_exp(&self.logits);
        let alternative = |token: TokenId| TokenChoice {
            token,
            text: self.tokenizer.decode(&[token]),
            logprob: self.logits[token as usize] - total,
        };
        Ok(Chosen {
            token,
            logprob: finite(self.logits[token as usize] - total)?,
            alternatives: likeliest(&self.logits, self.top_logprobs)
                .into_iter()
                .map(alternative)
                .collect(),
            logits: self.draft.may_take_back().then(|| std::mem::take(&mut self.logits)),
        })
    }

    /// If the text ends in a banned phrase, goes back to before it and forbids the way that led there.
    fn take_back(&mut self) -> bool {
        let Some((count, first)) = self.draft.take_back() else { return false };
        let place = self.history.len() - count;
        self.history.truncate(place);
        self.forbidden.retain(|(other, _)| *other <= place);
        self.forbidden.push((place, first.token));
        self.guesses.give_up();
        self.logits = first.logits.unwrap_or_default();
        true
    }

    fn tell(&mut self, context_length: usize, on_event: OnEvent<'_>) {
        if self.draft.cut_at_stop() {
            return self.finish(FinishReason::Stop, on_event);
        }
        while let Some((chosen, text)) = self.draft.next_certain() {
            if let Flow::Finish(reason) = self.tell_token(chosen, text, on_event) {
                self.finish = Some(reason);
                return;
            }
        }
        if self.history.len() - self.prompt_tokens == self.max_tokens {
            self.finish(FinishReason::Length, on_event);
        } else if self.history.len() == context_length {
            self.finish(FinishReason::ContextFull, on_event);
        }
    }

    fn tell_token(&mut self, chosen: Chosen, text: String, on_event: OnEvent<'_>) -> Flow {
        self.told_tokens += 1;
        on_event(GenerationEvent::Token {
            choice: self.choice,
            token: chosen.token,
            logprob: Some(chosen.logprob),
            text,
            alternatives: chosen.alternatives,
        })
    }
}

/// What a token writes. A control token writes nothing, but whoever hides thoughts must see where they begin and end.
fn written_bytes(tokenizer: &TextTokenizer, token: TokenId) -> Vec<u8> {
    match tokenizer.control_text(token) {
        Some(tag @ ("<think>" | "</think>")) => tag.as_bytes().to_vec(),
        _ => tokenizer.token_bytes(token),
    }
}
