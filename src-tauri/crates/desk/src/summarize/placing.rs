//! How the sentences of a source and of its summary are compared: by an encoder where one was chosen, else by their words.
//!
//! **Invariant**: an encoder that fails costs no summary: the words are compared then, and the summary says so.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bimo_engine::{CancellationToken, SentenceEncoderWorker};

use super::making::{Engines, Told};
use super::meanings::normalise;
use super::reading::on_thread;
use super::source::Source;
use super::support::Evidence;
use super::vectors::{Row, Vectors};
use crate::wire::{ApiError, Compared, SummaryProgress, SummaryStage};

/// Sentences that are given to an encoder at a time.
const AT_A_TIME: usize = 64;
/// Numbers that a source's vectors may have: 128 MiB.
const MOST_NUMBERS: usize = 32 << 20;

/// A loaded encoder, and the source that it has placed last: another length of a summary is there at once.
#[derive(Clone)]
pub(crate) struct Placer {
    worker: SentenceEncoderWorker,
    last: Arc<Mutex<Option<Placed>>>,
}

/// A source's sentences as a model has placed them.
pub(super) struct Placed {
    model: String,
    source: Arc<Source>,
    vectors: Arc<Vectors>,
}

/// The sentences of a source as they are compared.
pub(super) struct Sight {
    source: Arc<Source>,
    pub vectors: Arc<Vectors>,
    placer: Option<Placer>,
    pub compared: Compared,
}

impl Sight {
    /// By the encoder that was chosen, if one was. By words where it fails or is cancelled.
    pub async fn of(
        engines: &impl Engines,
        source: &Arc<Source>,
        cancel: &CancellationToken,
        tell: &mut (impl FnMut(Told) + Send),
    ) -> Result<Self, ApiError> {
        if cancel.is_cancelled() {
            return Self::by_words(source).await;
        }
        let placed = match engines.placer().await {
            Ok(None) => return Self::by_words(source).await,
            Ok(Some(placer)) => {
                placer.place(source, cancel, tell).await.map(|placed| (placer, placed))
            }
            Err(error) => Err(error),
        };
        match placed {
            Ok((placer, Some(vectors))) => {
                let encoder = Some(placer.worker.card().name.clone());
                let compared = Compared { encoder, problem: None };
                Ok(Self { source: source.clone(), vectors, placer: Some(placer), compared })
            }
            Ok((_, None)) => Self::by_words(source).await,
            Err(problem) => {
                let mut sight = Self::by_words(source).await?;
                sight.blame(problem);
                Ok(sight)
            }
        }
    }

    /// By words, whatever was chosen.
    pub async fn by_words(source: &Arc<Source>) -> Result<Self, ApiError> {
        let of = source.clone();
        let vectors = on_thread(move || Ok(Arc::new(Vectors::of(of.sentences())))).await?;
        Ok(Self { source: source.clone(), vectors, placer: None, compared: Compared::default() })
    }

    fn blame(&mut self, problem: ApiError) {
        tracing::warn!(problem.code, problem.detail, "the encoder could not place sentences");
        self.compared.problem = Some(problem);
    }

    /// Other sentences, as they are compared with those of the source.
    pub async fn rows(&mut self, texts: &[String]) -> Result<Vec<Row>, ApiError> {
        if let Some(placer) = &self.placer {
            match placer.rows(texts.to_vec()).await {
                Ok(rows) => return Ok(rows),
                Err(problem) => {
                    *self = Self::by_words(&self.source).await?;
                    self.blame(problem);
                }
            }
        }
        Ok(texts.iter().map(|text| self.vectors.row_of(text)).collect())
    }

    /// The source to compare with.
    pub fn evidence(&self) -> Evidence<'_> {
        Evidence { source: &self.source, vectors: &self.vectors }
    }
}

impl Placer {
    pub fn of(worker: SentenceEncoderWorker, last: Arc<Mutex<Option<Placed>>>) -> Self {
        Self { worker, last }
    }

    /// The sentences of a source; nothing where it was cancelled.
    async fn place(
        &self,
        source: &Arc<Source>,
        cancel: &CancellationToken,
        tell: &mut (impl FnMut(Told) + Send),
    ) -> Result<Option<Arc<Vectors>>, ApiError> {
        let model = self.worker.sha256().await?;
        let is_it = |last: &&Placed| last.model == model && last.source.text == source.text;
        if let Some(last) = lock(&self.last).as_ref().filter(is_it) {
            return Ok(Some(last.vectors.clone()));
        }
        let of = source.clone();
        let by_words = on_thread(move || Ok(Vectors::of(of.sentences()))).await?;
        // Sentences without words that say something keep zeros.
        let placed: Vec<usize> =
            (0..by_words.len()).filter(|&sentence| !by_words.is_blank(sentence)).collect();
        let (mut numbers, mut dimensions) = (Vec::new(), 0);
        let began = Instant::now();
        for (portion, of) in placed.chunks(AT_A_TIME).enumerate() {
            let done = portion * AT_A_TIME;
            tell(progress(source, of[0], began, (done, placed.len())));
            let texts = of.iter().map(|&sentence| source.sentence(sentence).to_owned()).collect();
            let found = self.worker.encode(texts, cancel.clone(), Box::new(|_| {})).await?;
            for (&sentence, vector) in of.iter().zip(found) {
                let Some(vector) = vector else { return Ok(None) };
                if dimensions == 0 {
                    dimensions = vector.numbers.len();
                    numbers = room_for(by_words.len(), dimensions)?;
                }
                let place = sentence * dimensions;
                numbers[place..place + dimensions].copy_from_slice(&vector.numbers);
            }
        }
        let vectors = Arc::new(by_words.with_meanings(numbers, dimensions));
        *lock(&self.last) =
            Some(Placed { model, source: source.clone(), vectors: vectors.clone() });
        Ok(Some(vectors))
    }

    async fn rows(&self, texts: Vec<String>) -> Result<Vec<Row>, ApiError> {
        let never = CancellationToken::new();
        let found = self.worker.encode(texts, never, Box::new(|_| {})).await?;
        let row = |vector: Option<bimo_engine::SentenceVector>| {
            let mut numbers = vector.map(|vector| vector.numbers).unwrap_or_default();
            normalise(&mut numbers);
            Row::Meaning(numbers)
        };
        Ok(found.into_iter().map(row).collect())
    }
}

fn room_for(sentences: usize, dimensions: usize) -> Result<Vec<f32>, ApiError> {
    let numbers = sentences * dimensions;
    if numbers > MOST_NUMBERS {
        let message = "The text has too many sentences for the encoder, so they were compared by their words.";
        return Err(ApiError::new("too_many_sentences", message)
            .with_detail(format!("{sentences} sentences of {dimensions} numbers")));
    }
    Ok(vec![0.0; numbers])
}

fn progress(source: &Source, sentence: usize, began: Instant, (done, all): (usize, usize)) -> Told {
    let each = began.elapsed().as_secs_f32() / done.max(1) as f32;
    Told::Progress(SummaryProgress {
        stage: SummaryStage::Placing,
        part: 0,
        parts: 0,
        sentences_done: sentence as u32,
        sentences: source.layout.sentences.len() as u32,
        seconds_left: (done > 0).then_some(each * (all - done) as f32),
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
