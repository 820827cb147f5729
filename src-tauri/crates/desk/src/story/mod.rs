//! The story that goes on: one request at a time, stored as it is written.
//!
//! `context` decides what is sent, `wildness` how tokens are chosen, `output` what of the model's text a person sees,
//! `ear` listens on the model's own thread, and `writing` stores and tells.

mod context;
mod ear;
mod layout;
mod output;
mod sent;
mod thoughts;
mod turn;
mod wildness;
mod window;
mod writing;

use std::sync::Arc;

use bimo_engine::{DeviceKind, GenerationRequest, GeneratorWorker, SamplingParams};
use bimo_store::{GenerationId, NewGeneration, Place};
use bimo_text::{ByteOffset, Utf16Offset, to_byte};

pub(crate) use context::Context;
pub use ear::HeardToken;
pub(crate) use ear::{Cleaning, Ear, Heard};
pub(crate) use sent::SentPrompt;
pub(crate) use thoughts::{Thoughts, Told, opens_thought};
pub(crate) use turn::Turn;
pub use wildness::sampling_for;

use crate::Desk;
use crate::settings::bounded_writing;
use crate::wire::{self, ApiError, ContextReport, ContinueRequest, GenerationStart, StoryEvent};
use writing::{Tell, Writing};

/// Continuations that can be written side by side.
const MOST_CHOICES: u32 = 8;
/// Alternatives that are kept for each token.
const ALTERNATIVES: usize = 5;

impl Desk {
    /// Writes on from the caret. Answers once the request is accepted or refused; `events` carries the rest.
    pub async fn continue_story(
        &self,
        request: ContinueRequest,
        events: impl Fn(StoryEvent) + Send + Sync + 'static,
    ) -> Result<(), ApiError> {
        let turn = self.turn().take()?;
        let request = bounded(request);
        let worker = self.model().ready().await?;
        let context = self.context(&worker, &request).await?;
        let seed = self.seed_for(&request).await?;
        let sampling = sampling_for(&request.writing, seed);
        sampling.validate()?;
        let sent = SentPrompt::of(&context);
        let place = Place { chapter: request.chapter.into(), anchor: Utf16Offset(request.caret) };
        let new = NewGeneration {
            place: Some(place),
            try_of: request.try_of.map(Into::into),
            choices: request.choices,
            ..new_generation(&worker, &sent, &sampling, context.max_tokens).await?
        };
        let generations = self.start_generations(new, sampling.seed).await?;
        let tell: Tell = Arc::new(events);
        tell(started(&generations, context.report.clone()));
        let ear = Ear {
            cleaning: Cleaning::for_page(worker.card().instruct, &context.report.pieces),
            before: context.before,
            finish_after: context.finish_after,
            enough: context.max_tokens as u32,
        };
        let writing = Writing {
            desk: self.clone(),
            generations: generations.iter().map(|(id, _)| *id).collect(),
            request: engine_request(context.tokens, sampling, request.choices, &ear),
            ear,
            worker,
            tell,
        };
        writing.begin(turn);
        Ok(())
    }

    /// Writes a generation once more, with the same prompt, settings and seed. The text goes to the history and to
    /// `events`, to no page.
    pub async fn write_again(
        &self,
        generation: wire::GenerationId,
        events: impl Fn(StoryEvent) + Send + Sync + 'static,
    ) -> Result<(), ApiError> {
        let turn = self.turn().take()?;
        let worker = self.model().ready().await?;
        let stored = self.store().generation(generation.into()).await?;
        if stored.model_sha256 != worker.sha256().await? {
            let message =
                "That was written by another model: choose it, or write on from the page instead.";
            return Err(ApiError::new("model_changed", message).with_detail(stored.summary.model));
        }
        let sent = SentPrompt::parse(&stored.context)?;
        let sampling: SamplingParams =
            serde_json::from_str(&stored.sampling).map_err(ApiError::internal)?;
        let max_tokens = stored.max_tokens as usize;
        let new = new_generation(&worker, &sent, &sampling, max_tokens).await?;
        let generations = self.start_generations(new, sampling.seed).await?;
        let tell: Tell = Arc::new(events);
        tell(started(&generations, sent.report()));
        let ear = Ear {
            before: sent.before(),
            cleaning: Cleaning::for_page(worker.card().instruct, &sent.pieces),
            finish_after: sent.finish_after,
            enough: stored.max_tokens,
        };
        let writing = Writing {
            desk: self.clone(),
            generations: generations.iter().map(|(id, _)| *id).collect(),
            request: engine_request(sent.tokens()?, sampling, 1, &ear),
            ear,
            worker,
            tell,
        };
        writing.begin(turn);
        Ok(())
    }

    /// Stops what is being written and keeps it. Answers when it has stopped.
    pub async fn stop_writing(&self) {
        self.turn().stop().await;
    }

    /// What [`Desk::continue_story`] would send.
    pub async fn preview_context(
        &self,
        request: ContinueRequest,
    ) -> Result<ContextReport, ApiError> {
        // The model counts the tokens, and while it writes it has no time for that.
        if self.turn().is_taken() {
            return Err(ApiError::busy());
        }
        self.turn().read_ahead();
        let worker = self.model().ready().await?;
        Ok(self.context(&worker, &bounded(request)).await?.report)
    }

    /// Has the model read what [`Desk::continue_story`] would send, so that it writes as soon as it is asked to. The next
    /// call and the next request end this; what was read is kept. Nothing is done where no model is there, where it
    /// writes, or where the text would leave this computer.
    pub async fn read_ahead(&self, request: ContinueRequest) -> Result<(), ApiError> {
        let cancel = self.turn().read_ahead();
        let Some(worker) = self.model().present() else { return Ok(()) };
        if self.turn().is_taken() || worker.card().device == DeviceKind::Server {
            return Ok(());
        }
        let context = self.context(&worker, &bounded(request)).await?;
        let read = worker.read_ahead(context.tokens, cancel).await;
        Ok(read.inspect_err(|error| self.model().note(error))?)
    }

    async fn context(
        &self,
        worker: &GeneratorWorker,
        request: &ContinueRequest,
    ) -> Result<Context, ApiError> {
        let chapter = self.store().chapter(request.chapter.into()).await?;
        if chapter.version != request.version {
            return Err(ApiError::version_conflict(chapter.version, request.version));
        }
        let ByteOffset(caret) =
            to_byte(&chapter.body, Utf16Offset(request.caret)).map_err(|error| {
                ApiError::new(
                    "invalid_place",
                    "The caret is at no place of the stored page: save it first.",
                )
                .with_detail(error)
            })?;
        let guidance = chapter.guidance.into();
        Context::build(worker, &guidance, &chapter.body[..caret], &request.writing).await
    }

    /// The seed that the first choice draws with. A fixed one moves on with every try, or all would be the same.
    async fn seed_for(&self, request: &ContinueRequest) -> Result<u32, ApiError> {
        let Some(fixed) = request.writing.seed else {
            return Ok(self.new_seed());
        };
        let tries = match request.try_of {
            Some(earlier) => self.store().tries(earlier.into()).await?.len(),
            None => 0,
        };
        // Room for the choices that draw with the seeds after it.
        let last = u32::MAX - MOST_CHOICES;
        Ok(fixed.min(last).saturating_add(tries as u32).min(last))
    }

    /// Writes the rows down, one for each choice, all of them tries at the same place.
    async fn start_generations(
        &self,
        mut new: NewGeneration,
        seed: u32,
    ) -> Result<Vec<(GenerationId, u32)>, ApiError> {
        let mut generations = Vec::new();
        for choice in 0..new.choices {
            new.seed = seed + choice;
            let sampling: SamplingParams =
                serde_json::from_str(&new.sampling).map_err(ApiError::internal)?;
            new.sampling = json(&SamplingParams { seed: new.seed, ..sampling })?;
            let id = self.store().start_generation(&new, self.now_ms()).await?;
            new.try_of = new.try_of.or(new.place.is_some().then_some(id));
            generations.push((id, new.seed));
        }
        Ok(generations)
    }
}

fn bounded(mut request: ContinueRequest) -> ContinueRequest {
    request.choices = request.choices.clamp(1, MOST_CHOICES);
    request.writing = bounded_writing(request.writing);
    request
}

/// A row that is for no page. It waits until the model's digest is known.
async fn new_generation(
    worker: &GeneratorWorker,
    sent: &SentPrompt,
    sampling: &SamplingParams,
    max_tokens: usize,
) -> Result<NewGeneration, ApiError> {
    Ok(NewGeneration {
        place: None,
        try_of: None,
        choices: 1,
        context: json(sent)?,
        sampling: json(sampling)?,
        seed: sampling.seed,
        max_tokens: max_tokens as u32,
        model: worker.card().name.clone(),
        model_sha256: worker.sha256().await?,
    })
}

/// Tokens: whoever asks for more of a story does not want to read that it is over already.
const SHORTEST: usize = 24;

fn engine_request(
    prompt: Vec<u32>,
    sampling: SamplingParams,
    choices: u32,
    ear: &Ear,
) -> GenerationRequest {
    let max_tokens = ear.enough as usize;
    GenerationRequest {
        prompt,
        sampling,
        choices: choices as usize,
        // The ear ends what has been said for long enough; only it knows what was thought.
        max_tokens: max_tokens + ear.room_for_thoughts(),
        min_tokens: SHORTEST.min(max_tokens),
        stop: Vec::new(),
        top_logprobs: ALTERNATIVES,
    }
}

fn started(generations: &[(GenerationId, u32)], context: ContextReport) -> StoryEvent {
    let start = |&(id, seed): &(GenerationId, u32)| GenerationStart { id: id.into(), seed };
    StoryEvent::Started { generations: generations.iter().map(start).collect(), context }
}

fn json(value: &impl serde::Serialize) -> Result<String, ApiError> {
    serde_json::to_string(value).map_err(ApiError::internal)
}
