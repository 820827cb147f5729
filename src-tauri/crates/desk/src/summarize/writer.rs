//! The models that write summaries, whatever kind they are: those that were taught nothing else, and those that are asked.

use bimo_engine::{
    CancellationToken, EncodedPiece, EngineError, FinishReason, GenerationRequest, GeneratorWorker,
    ModelCard, RewriteEvent, RewriteRequest, Seq2SeqWorker, Source,
};
use bimo_models::TaskSettings;
use tokio::sync::mpsc;

use super::prompt::{Asked, prompt};
use crate::story::{Cleaning, Ear, Heard, sampling_for};
use crate::wire::{ApiError, ContextPiece, WritingParams};

/// Tokens of a source that an instructed model reads at a time: more would take minutes before the first word, and what is
/// in the middle would be forgotten.
const READ_AT_A_TIME: usize = 3000;
/// The share of a model's context that thoughts may take.
const THOUGHTS_SHARE: usize = 4;
/// Tokens that a word or a Han character may take, and those of a last sentence.
const TOKENS_OF_A_WORD: usize = 2;
const TOKENS_TO_SPARE: usize = 64;
/// Tokens that stand around a source, its prefix not counted.
const FRAME: usize = 8;
/// Words of what such a model writes at a time: it was taught one length.
pub(super) const WORDS_OF_A_REWRITING: u32 = 60;
/// Words that an instructed model is asked for at a time.
pub(super) const WORDS_AT_ONCE: u32 = 600;

/// A model that writes summaries.
#[derive(Clone)]
pub(crate) enum Writer {
    /// One that turns a text into its summary, as it was taught: BART, T5.
    Rewrites(Seq2SeqWorker, TaskSettings),
    /// One that does what it is asked.
    Asked(GeneratorWorker),
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Written {
    pub text: String,
    /// The model would have gone on.
    pub is_cut: bool,
    /// It was stopped by the person.
    pub is_stopped: bool,
}

impl Writer {
    /// The model's facts.
    pub fn card(&self) -> &ModelCard {
        match self {
            Self::Rewrites(worker, _) => worker.card(),
            Self::Asked(worker) => worker.card(),
        }
    }

    /// See [`bimo_engine::Worker::sha256`].
    pub async fn sha256(&self) -> Result<String, EngineError> {
        match self {
            Self::Rewrites(worker, _) => worker.sha256().await,
            Self::Asked(worker) => worker.sha256().await,
        }
    }

    /// True for a model that does what it is asked.
    pub fn follows_instructions(&self) -> bool {
        matches!(self, Self::Asked(_))
    }

    /// Tokens of a text.
    pub async fn count(&self, text: &str) -> Result<usize, EngineError> {
        match self {
            Self::Rewrites(worker, _) => {
                let source = Source::text(text, None);
                Ok(worker.encode_source(source).await?.len())
            }
            Self::Asked(worker) => Ok(worker.tokenize(text.to_owned()).await?.len()),
        }
    }

    /// Tokens of a source that fit, beside what it is asked for.
    pub async fn room(&self, asked: &Asked) -> Result<usize, ApiError> {
        let context = self.card().context_length;
        let taken = match self {
            Self::Rewrites(_, settings) => FRAME + self.count(&settings.prefix).await?,
            Self::Asked(worker) => {
                let frame = worker.encode_prompt(prompt(asked, "")).await?.tokens.len();
                frame + most_tokens(asked) + context / THOUGHTS_SHARE
            }
        };
        let room = context.saturating_sub(taken);
        if room < context / 8 {
            let message = "The model reads too little at a time for such a summary: ask for a shorter one, or choose another model.";
            return Err(ApiError::new("prompt_too_long", message)
                .with_detail(format!("of its {context} tokens {taken} are taken")));
        }
        Ok(if self.follows_instructions() { room.min(READ_AT_A_TIME) } else { room })
    }

    /// Summarises a text that fits, giving it to `on_text` as it comes.
    pub async fn write(
        &self,
        asked: &Asked,
        text: &str,
        cancel: &CancellationToken,
        on_text: &mut (dyn FnMut(&str) + Send),
    ) -> Result<Written, ApiError> {
        let written = match self {
            Self::Rewrites(worker, settings) => {
                rewrite(worker, settings, text, cancel, on_text).await?
            }
            Self::Asked(worker) => ask(worker, asked, text, cancel, on_text).await?,
        };
        // A part without a summary would be a hole that nobody sees.
        if written.text.trim().is_empty() && !written.is_stopped {
            let message = "The model wrote nothing: try again, or choose another model.";
            return Err(ApiError::new("empty_summary", message).worth_retrying());
        }
        Ok(written)
    }
}

fn shown(pieces: Vec<EncodedPiece>) -> Vec<ContextPiece> {
    let shown = |EncodedPiece { kind, text, tokens }| ContextPiece { kind, text, tokens };
    pieces.into_iter().map(shown).collect()
}

fn most_tokens(asked: &Asked) -> usize {
    asked.words as usize * TOKENS_OF_A_WORD + TOKENS_TO_SPARE
}

async fn rewrite(
    worker: &Seq2SeqWorker,
    settings: &TaskSettings,
    text: &str,
    cancel: &CancellationToken,
    on_text: &mut (dyn FnMut(&str) + Send),
) -> Result<Written, ApiError> {
    let source = Source::text(settings.prefix.clone() + text, None);
    let request = RewriteRequest { sources: vec![source], search: settings.search.clone() };
    let (said, mut heard) = mpsc::unbounded_channel();
    let sink = Box::new(move |event| {
        if let RewriteEvent::Settled { text } = event {
            // The other end stays until everything has been said.
            drop(said.send(text));
        }
    });
    let rewriting = worker.rewrite(request, cancel.clone(), sink);
    let mut told = String::new();
    let mut tell = |settled: &str| {
        let text = seen(settled);
        // Behind its next token a word may read otherwise: it waits until it stands.
        if let Some(more) = text.strip_prefix(&told[..]).filter(|more| !more.is_empty()) {
            on_text(more);
            told = text;
        }
    };
    let hearing = async {
        while let Some(settled) = heard.recv().await {
            tell(&settled);
        }
    };
    let (answers, ()) = tokio::join!(rewriting, hearing);
    let best = answers?.into_iter().next().and_then(|one| one.candidates.into_iter().next());
    let Some(best) = best else {
        return Ok(Written { text: told, is_stopped: true, ..Written::default() });
    };
    tell(&best.text);
    let is_cut = best.finish == FinishReason::Length;
    Ok(Written { text: seen(&best.text), is_cut, is_stopped: false })
}

/// What of a text can be seen.
fn seen(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\n').collect()
}

async fn ask(
    worker: &GeneratorWorker,
    asked: &Asked,
    text: &str,
    cancel: &CancellationToken,
    on_text: &mut (dyn FnMut(&str) + Send),
) -> Result<Written, ApiError> {
    let encoded = worker.encode_prompt(prompt(asked, text)).await?;
    let steady = WritingParams { wildness: 0.0, ..WritingParams::default() };
    let ear = Ear {
        cleaning: Cleaning::for_page(worker.card().instruct, &shown(encoded.pieces)),
        before: String::new(),
        finish_after: None,
        enough: most_tokens(asked) as u32,
    };
    let request = GenerationRequest {
        prompt: encoded.tokens,
        // The same text has the same summary.
        sampling: sampling_for(&steady, 1),
        choices: 1,
        max_tokens: most_tokens(asked) + ear.room_for_thoughts(),
        min_tokens: 0,
        stop: Vec::new(),
        top_logprobs: 0,
    };
    let (said, mut heard) = mpsc::unbounded_channel();
    // The other end stays until everything has been said.
    let mut listener = ear.listen(1, move |what| drop(said.send(what)));
    let sink = Box::new(move |event| listener.hear(event));
    let generating = worker.generate(request, cancel.clone(), sink);
    let mut written = Written::default();
    let hearing = async {
        while let Some(what) = heard.recv().await {
            if let Heard::More { text, .. } = what
                && !text.is_empty()
            {
                written.text += &text;
                on_text(&text);
            }
        }
    };
    let (outcome, ()) = tokio::join!(generating, hearing);
    let finish = outcome?.choices.first().map(|choice| choice.finish);
    written.is_stopped = finish == Some(FinishReason::Cancelled);
    written.is_cut = matches!(finish, Some(FinishReason::Length | FinishReason::ContextFull));
    Ok(written)
}
