//! The trait that every text model implements, and what passes through it.

use serde::{Deserialize, Serialize};

use crate::{
    CancellationToken, EncodedPrompt, EngineError, GenerationResult, MemoryGauge, ModelCard,
    Prompt, SamplingParams, TokenId,
};

/// A model that continues text. One request at a time; [`crate::GeneratorWorker`] queues them.
pub trait TextGenerator: Send {
    /// The model's facts.
    fn card(&self) -> &ModelCard;

    /// Shows the bytes of its caches; zero where it has none in this process.
    fn gauge(&self) -> MemoryGauge {
        MemoryGauge::default()
    }

    /// Tokens of ordinary text: no special token is added, none is recognised.
    fn tokenize(&self, text: &str) -> Result<Vec<TokenId>, EngineError>;

    /// Text of tokens; bytes that are no whole character become U+FFFD.
    fn detokenize(&self, tokens: &[TokenId]) -> Result<String, EngineError>;

    /// The prompt in tokens, with what the model's format adds (opening token, chat template).
    fn encode_prompt(&self, prompt: &Prompt) -> Result<EncodedPrompt, EngineError>;

    /// Continues `request.prompt`, telling `on_event` as it goes.
    ///
    /// Cancelling is no error: the outcome says so, and what was written stays written. The flag is looked at for
    /// every token and every chunk of the prefill.
    fn generate(
        &mut self,
        request: &GenerationRequest,
        cancel: &CancellationToken,
        on_event: &mut dyn FnMut(GenerationEvent) -> Flow,
    ) -> GenerationResult;

    /// Reads a prompt that is likely to be asked for, so that [`TextGenerator::generate`] need not. Cancelled, it keeps
    /// what it has read. A model that keeps nothing from one request to the next has nothing to do.
    fn read_ahead(
        &mut self,
        _prompt: &[TokenId],
        _cancel: &CancellationToken,
    ) -> Result<(), EngineError> {
        Ok(())
    }

    /// Log-probability of every token but the first, given those before it.
    fn score(
        &mut self,
        tokens: &[TokenId],
        cancel: &CancellationToken,
    ) -> Result<Vec<TokenScore>, EngineError>;
}

/// A continuation to write.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerationRequest {
    /// The prompt, encoded by [`TextGenerator::encode_prompt`].
    pub prompt: Vec<TokenId>,
    /// How tokens are chosen. Choice number `i` draws with seed `seed + i`.
    pub sampling: SamplingParams,
    /// Continuations to write side by side, at least 1.
    pub choices: usize,
    /// Most tokens of each continuation.
    pub max_tokens: usize,
    /// A continuation does not end by itself before so many tokens.
    pub min_tokens: usize,
    /// A continuation ends before the first of these texts.
    pub stop: Vec<String>,
    /// How many alternatives to report for each token; 0 reports none.
    pub top_logprobs: usize,
}

/// What the receiver of an event wants next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    Continue,
    /// Enough of this choice, and why; the others go on. Events before the first token ignore it.
    Finish(FinishReason),
}

/// One step of a generation.
#[derive(Debug, Clone, PartialEq)]
pub enum GenerationEvent {
    /// Settings of the sampler that whatever computes does not know: the text is written without them. Comes first,
    /// if at all.
    Ignored {
        /// Their usual names, `min_p` for instance.
        settings: Vec<&'static str>,
    },
    /// Part of the prompt has been read. The first comes before any work, so that waiting is never silent.
    Prefill {
        /// Tokens read, those reused from the cache included.
        done: usize,
        /// Tokens of the prompt.
        total: usize,
        /// Tokens that an earlier request had already read.
        reused: usize,
    },
    /// A choice has one token more.
    Token {
        /// Which continuation, from 0.
        choice: usize,
        /// The token and its log-probability under the model, before any sampler setting.
        token: TokenId,
        /// Natural logarithm; none where a server does not tell.
        logprob: Option<f32>,
        /// Characters that are now certain. Empty while a character or a possible stop text is incomplete.
        text: String,
        /// The likeliest tokens at this place, likeliest first, as many as were asked for.
        alternatives: Vec<TokenChoice>,
    },
    /// Held-back characters at the end of a choice.
    Tail {
        /// Which continuation, from 0.
        choice: usize,
        /// Its last characters.
        text: String,
    },
}

/// A token that could stand at a place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenChoice {
    /// The token.
    pub token: TokenId,
    /// Its text on its own.
    pub text: String,
    /// Natural logarithm of its probability.
    pub logprob: f32,
}

/// Why a continuation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model ended the text.
    EndOfText,
    /// A stop text came up.
    Stop,
    /// As many tokens as were asked for.
    Length,
    /// No room left in the context.
    ContextFull,
    /// The receiver had enough: the sentence was complete.
    SentenceEnd,
    /// Cancelled.
    Cancelled,
}

/// How one continuation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChoiceOutcome {
    /// Why.
    pub finish: FinishReason,
    /// Tokens written, the ending one not counted.
    pub tokens: usize,
}

/// How a generation ended.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerationOutcome {
    /// One entry for each choice.
    pub choices: Vec<ChoiceOutcome>,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Of these, tokens taken from the cache.
    pub reused_tokens: usize,
    /// Of the tokens written, those that had been guessed and read before they were chosen.
    pub guessed_tokens: usize,
    /// Time to read the prompt, in seconds.
    pub prefill_seconds: f64,
    /// Time to write, in seconds.
    pub decode_seconds: f64,
}

/// A token of a scored text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TokenScore {
    /// The token.
    pub token: TokenId,
    /// Natural logarithm of its probability, given all before it.
    pub logprob: f32,
}
