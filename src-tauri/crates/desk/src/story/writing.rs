//! A story while it is written: stored in batches, told after it is stored, ended in the history whatever happens.

use std::sync::Arc;
use std::time::Duration;

use bimo_engine::{
    FinishReason, GenerationOutcome, GenerationRequest, GenerationResult, GeneratorWorker,
};
use bimo_store::{Candidate, GenerationEnd, GenerationId, GenerationStatus, Growth, TokenChoice};
use bimo_text::Counts;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::turn::Taken;
use super::{Ear, Heard, HeardToken};
use crate::Desk;
use crate::wire::{ApiError, StoryEvent};

/// Tells the window what happens.
pub(crate) type Tell = Arc<dyn Fn(StoryEvent) + Send + Sync>;

/// Least time between two batches.
const BATCH_EVERY: Duration = Duration::from_millis(33);

/// Everything that is needed to write.
pub(crate) struct Writing {
    pub desk: Desk,
    pub worker: GeneratorWorker,
    /// One for each choice; their rows exist and the window knows of them.
    pub generations: Vec<GenerationId>,
    pub request: GenerationRequest,
    pub ear: Ear,
    pub tell: Tell,
}

/// What has been heard since the last batch.
#[derive(Default)]
struct Batch {
    ignored: Option<StoryEvent>,
    prefill: Option<StoryEvent>,
    /// One for each choice.
    parts: Vec<Part>,
}

/// What one choice has grown by.
#[derive(Default)]
struct Part {
    text: String,
    thought: String,
    tokens: u32,
    /// Those tokens whose probabilities are known.
    choices: Vec<TokenChoice>,
}

/// What one choice has come to.
#[derive(Default)]
struct Progress {
    tokens: u32,
    thoughts: String,
}

impl Writing {
    /// Writes in the background, and holds the turn until it has ended.
    pub fn begin(self, turn: Taken) {
        let (desk, generations, tell) =
            (self.desk.clone(), self.generations.clone(), self.tell.clone());
        let written = tokio::spawn(self.write(turn));
        tokio::spawn(async move {
            if let Err(ended) = written.await
                && ended.is_panic()
            {
                let error = ApiError::internal("writing ended in a panic");
                let failed = Failed { desk: &desk, generations: &generations, error };
                tell(failed.keep().await);
            }
        });
    }

    async fn write(self, turn: Taken) {
        let (said, heard) = mpsc::unbounded_channel();
        // When the recording has ended early, by a full disk, nobody hears what is said; it is being cancelled.
        let mut listener = self.ear.listen(self.request.choices, move |what| {
            let _ = said.send(what);
        });
        let sink = Box::new(move |event| listener.hear(event));
        let generating = self.worker.generate(self.request.clone(), turn.cancel.clone(), sink);
        let recording = async {
            let recorded = self.record(heard).await;
            if recorded.is_err() {
                turn.cancel.cancel();
            }
            recorded
        };
        let (outcome, recorded) = tokio::join!(generating, recording);
        let last_words = self.end(outcome, recorded).await;
        // The window may ask for the next one as soon as it hears that this one has ended.
        drop(turn);
        for event in last_words {
            (self.tell)(event);
        }
    }

    /// Stores and tells what is heard, until nothing more can be.
    async fn record(&self, mut heard: mpsc::UnboundedReceiver<Heard>) -> Result<(), ApiError> {
        let mut batch = Batch::for_choices(self.generations.len());
        let mut progress: Vec<Progress> =
            self.generations.iter().map(|_| Progress::default()).collect();
        let mut not_before = Instant::now();
        while let Some(first) = heard.recv().await {
            batch.add(first);
            tokio::time::sleep_until(not_before).await;
            while let Ok(more) = heard.try_recv() {
                batch.add(more);
            }
            self.store_and_tell(&mut batch, &mut progress).await?;
            not_before = Instant::now() + BATCH_EVERY;
        }
        Ok(())
    }

    async fn store_and_tell(
        &self,
        batch: &mut Batch,
        progress: &mut [Progress],
    ) -> Result<(), ApiError> {
        for event in batch.ignored.take().into_iter().chain(batch.prefill.take()) {
            (self.tell)(event);
        }
        let parts = self.generations.iter().zip(&mut batch.parts).zip(progress);
        for ((&id, part), progress) in parts {
            let Part { text, thought, tokens, choices } = std::mem::take(part);
            progress.tokens += tokens;
            if text.is_empty() && thought.is_empty() && choices.is_empty() {
                continue;
            }
            let growth = Growth { text: &text, thoughts: &thought, tokens: &choices };
            self.desk.store().grow(id, growth).await?;
            let generation = id.into();
            if !thought.is_empty() {
                progress.thoughts += &thought;
                let words = words_of(&progress.thoughts);
                (self.tell)(StoryEvent::Thinking { generation, words });
            }
            if !text.is_empty() {
                (self.tell)(StoryEvent::Text { generation, text, tokens: progress.tokens });
            }
        }
        Ok(())
    }

    /// Ends the rows and says what the window is to be told.
    async fn end(
        &self,
        outcome: GenerationResult,
        recorded: Result<(), ApiError>,
    ) -> Vec<StoryEvent> {
        let ended = match (recorded, outcome) {
            (Err(error), _) => Err(error),
            (Ok(()), Err(error)) => {
                self.desk.model().note(&error);
                Err(error.into())
            }
            (Ok(()), Ok(outcome)) => self.finish(&outcome).await,
        };
        match ended {
            Ok(events) => events,
            Err(error) => {
                let failed = Failed { desk: &self.desk, generations: &self.generations, error };
                vec![failed.keep().await]
            }
        }
    }

    async fn finish(&self, outcome: &GenerationOutcome) -> Result<Vec<StoryEvent>, ApiError> {
        let all: usize = outcome.choices.iter().map(|choice| choice.tokens).sum();
        let speed = if outcome.decode_seconds > 0.0 {
            (all as f64 / outcome.decode_seconds) as f32
        } else {
            0.0
        };
        let mut events = Vec::new();
        for (&generation, choice) in self.generations.iter().zip(&outcome.choices) {
            let tokens = choice.tokens as u32;
            let end = GenerationEnd {
                status: status_of(choice.finish),
                finish: Some(name_of(choice.finish)?),
                prompt_tokens: outcome.prompt_tokens as u32,
                reused_tokens: outcome.reused_tokens as u32,
                tokens,
                prefill_seconds: outcome.prefill_seconds,
                decode_seconds: outcome.decode_seconds,
                error: None,
            };
            self.desk.store().finish_generation(generation, &end, self.desk.now_ms()).await?;
            events.push(StoryEvent::Finished {
                generation: generation.into(),
                finish: choice.finish,
                tokens,
                tokens_per_second: speed,
            });
        }
        Ok(events)
    }
}

impl Batch {
    fn for_choices(choices: usize) -> Self {
        let parts = (0..choices).map(|_| Part::default()).collect();
        Self { parts, ..Self::default() }
    }

    fn add(&mut self, heard: Heard) {
        match heard {
            Heard::Ignored(settings) => {
                let settings = settings.into_iter().map(String::from).collect();
                self.ignored = Some(StoryEvent::Ignored { settings });
            }
            Heard::Prefill { done, total, reused } => {
                let (done, total, reused) = (done as u32, total as u32, reused as u32);
                self.prefill = Some(StoryEvent::Prefill { done, total, reused });
            }
            Heard::More { choice, text, thought, token } => {
                let Some(part) = self.parts.get_mut(choice) else {
                    return;
                };
                part.text.push_str(&text);
                part.thought.push_str(&thought);
                part.tokens += u32::from(token.is_some());
                part.choices.extend(token.and_then(choice_of));
            }
        }
    }
}

/// A token as it is kept; nothing where its probability is not known.
fn choice_of(token: HeardToken) -> Option<TokenChoice> {
    let candidate =
        |other: &bimo_engine::TokenChoice| Candidate { token: other.token, logprob: other.logprob };
    Some(TokenChoice {
        chosen: Candidate { token: token.token, logprob: token.logprob? },
        alternatives: token.alternatives.iter().map(candidate).collect(),
    })
}

/// Generations that could not be ended well. What they wrote stays.
struct Failed<'a> {
    desk: &'a Desk,
    generations: &'a [GenerationId],
    error: ApiError,
}

impl Failed<'_> {
    /// Keeps why, as far as it can be kept, and says what the window is to be told.
    async fn keep(self) -> StoryEvent {
        tracing::error!(error = %self.error, "a story could not be written");
        for &generation in self.generations {
            let end = GenerationEnd {
                status: GenerationStatus::Failed,
                finish: None,
                prompt_tokens: 0,
                reused_tokens: 0,
                tokens: self.tokens_of(generation).await,
                prefill_seconds: 0.0,
                decode_seconds: 0.0,
                error: Some(self.error.to_string()),
            };
            let now_ms = self.desk.now_ms();
            // It may have ended before another one failed, or the disk is full: at the next start it counts as stopped.
            if let Err(error) = self.desk.store().finish_generation(generation, &end, now_ms).await
            {
                tracing::warn!(%error, "why a generation failed could not be kept");
            }
        }
        StoryEvent::Failed { error: self.error }
    }

    async fn tokens_of(&self, generation: GenerationId) -> u32 {
        let stored = self.desk.store().generation(generation).await;
        stored.map_or(0, |stored| stored.summary.tokens)
    }
}

/// Han characters and words, as a writer counts.
fn words_of(text: &str) -> u32 {
    let Counts { han, words, .. } = Counts::of(text);
    han + words
}

fn status_of(finish: FinishReason) -> GenerationStatus {
    match finish {
        FinishReason::Cancelled => GenerationStatus::Stopped,
        _ => GenerationStatus::Complete,
    }
}

/// The name that serde gives it.
fn name_of(finish: FinishReason) -> Result<String, ApiError> {
    serde_json::from_value(serde_json::to_value(finish).map_err(ApiError::internal)?)
        .map_err(ApiError::internal)
}
