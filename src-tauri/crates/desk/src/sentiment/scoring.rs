//! Reading in the background: what the library remembers is told at once, the rest is read batch by batch.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bimo_engine::Passage;

use super::classifier::Classifier;
use super::reading::{Reading, Unread};
use super::scores::Scores;
use super::source::CutSource;
use super::view::view;
use crate::Desk;
use crate::wire::{
    ApiError, MoodEvent, MoodProgress, MoodRequest, MoodSentence, MoodView, MoodWish,
};

/// How long a batch should take: often enough to see it move, and to stop.
const BATCH_SECONDS: f32 = 0.25;
const FIRST_BATCH: usize = 16;
const LARGEST_BATCH: usize = 512;
/// Sentences that are told of in one event.
const TOLD_AT_ONCE: usize = 500;
/// Pause between two drawings of the whole.
const VIEW_EVERY: Duration = Duration::from_secs(1);

type Tell = Arc<dyn Fn(MoodEvent) + Send + Sync>;

impl Desk {
    /// Has a text read in the background; `on_event` hears of it. Refused before anything is told where there is nothing
    /// to read.
    pub async fn read_mood(
        &self,
        request: MoodRequest,
        on_event: impl Fn(MoodEvent) + Send + Sync + 'static,
    ) -> Result<(), ApiError> {
        let path = request.model.map(PathBuf::from);
        let (chapters, cut) = self.mood_source(request.source).await?;
        let classifier = self.moods().classifier(path.as_ref()).await?;
        let starter = path.is_none() && self.moods().reads_with_starter();
        let cutting = move || CutSource::of(chapters, cut, starter);
        let source = tokio::task::spawn_blocking(cutting).await.map_err(ApiError::internal)?;
        if source.units.is_empty() {
            let message = "There is nothing to read: write or paste a sentence first.";
            return Err(ApiError::new("mood_nothing_to_read", message));
        }
        let id = self.moods().next_id();
        let reading = Reading::of(id, (&classifier, path, starter), source).await?;
        let reading = Arc::new(reading);
        self.moods().add(reading.clone());
        let tell: Tell = Arc::new(on_event);
        tell(MoodEvent::Opened { reading: reading.opened() });
        let job = Job { desk: self.clone(), reading, classifier, tell, is_kept: true };
        tokio::spawn(job.run());
        Ok(())
    }
}

/// One reading at work.
struct Job {
    desk: Desk,
    reading: Arc<Reading>,
    classifier: Classifier,
    tell: Tell,
    /// All scores so far are in the library.
    is_kept: bool,
}

impl Job {
    async fn run(mut self) {
        let worked = self.work().await;
        let (reading, progress) = (self.reading.id, self.reading.progress());
        let last = match worked {
            _ if self.reading.cancel.is_cancelled() => {
                MoodEvent::Stopped { reading, view: self.view(), progress }
            }
            Ok(()) => MoodEvent::Finished { reading, view: self.view(), progress },
            Err(error) => {
                tracing::error!(code = error.code, "a text could not be read");
                MoodEvent::Failed { reading, error }
            }
        };
        (self.tell)(last);
    }

    async fn work(&mut self) -> Result<(), ApiError> {
        self.recall().await?;
        let mut unread = self.reading.unread();
        // The whole of a short text is read first: its mood is what is asked for.
        unread.sort_by_key(|one| !one.units.is_empty());
        let mut rest = unread.as_slice();
        let mut left: usize = rest.iter().map(|one| one.text.len()).sum();
        let (mut size, mut drawn) = (FIRST_BATCH, Instant::now());
        while !rest.is_empty() && !self.reading.cancel.is_cancelled() {
            let (batch, others) = rest.split_at(size.min(rest.len()));
            let began = Instant::now();
            self.read(batch).await?;
            let seconds = began.elapsed().as_secs_f32().max(1e-3);
            let bytes: usize = batch.iter().map(|one| one.text.len()).sum();
            left -= bytes;
            rest = others;
            self.tell_progress(Some(seconds * left as f32 / bytes.max(1) as f32));
            let wanted = batch.len() as f32 * BATCH_SECONDS / seconds;
            size = (wanted as usize).clamp(size / 2, size * 2).clamp(1, LARGEST_BATCH);
            if drawn.elapsed() >= VIEW_EVERY && !rest.is_empty() {
                drawn = Instant::now();
                (self.tell)(MoodEvent::View { reading: self.reading.id, view: self.view() });
            }
        }
        Ok(())
    }

    /// Takes what the library remembers.
    async fn recall(&self) -> Result<(), ApiError> {
        let unread = self.reading.unread();
        let texts: Vec<&str> = unread.iter().map(|one| one.text.as_str()).collect();
        let (store, sha256) = (self.desk.store(), &self.reading.sha256);
        let known = store.known_moods(sha256, &texts, self.desk.now_ms()).await?;
        let mut sentences = Vec::new();
        for (of, scores) in unread.iter().zip(known) {
            let scores = scores.and_then(Scores::kept);
            sentences
                .extend(scores.into_iter().flat_map(|scores| self.reading.note(of, scores, true)));
        }
        self.tell_sentences(sentences);
        self.tell_progress(None);
        Ok(())
    }

    /// Has a batch read, the short sentences first, keeps what comes of it, and tells it.
    async fn read(&mut self, batch: &[Unread]) -> Result<(), ApiError> {
        let mut batch: Vec<&Unread> = batch.iter().collect();
        batch.sort_by_key(|one| one.text.len());
        let passages = batch.iter().map(|one| Passage::from(one.text.as_str())).collect();
        let cancel = self.reading.cancel.clone();
        let found = self.classifier.classify(passages, cancel, Box::new(|_| {})).await?;
        let found: Vec<(&Unread, Scores)> = batch
            .into_iter()
            .zip(found)
            .filter_map(|(of, found)| Some((of, Scores::of(&found?.scores))))
            .collect();
        self.keep(&found).await;
        let told = found.into_iter().flat_map(|(of, scores)| self.reading.note(of, scores, false));
        self.tell_sentences(told.collect());
        Ok(())
    }

    /// A full disk is no reason to stop, and is said: what cannot be kept is read again the next time.
    async fn keep(&mut self, found: &[(&Unread, Scores)]) {
        let kept: Vec<_> =
            found.iter().map(|(of, scores)| (of.text.as_str(), scores.to_keep())).collect();
        let (store, sha256) = (self.desk.store(), &self.reading.sha256);
        if let Err(error) = store.keep_moods(sha256, &kept, self.desk.now_ms()).await {
            tracing::warn!(%error, "scores could not be kept");
            if self.is_kept {
                self.is_kept = false;
                (self.tell)(MoodEvent::Unkept { reading: self.reading.id, error: error.into() });
            }
        }
    }

    fn tell_sentences(&self, sentences: Vec<MoodSentence>) {
        for sentences in sentences.chunks(TOLD_AT_ONCE) {
            let (reading, sentences) = (self.reading.id, sentences.to_vec());
            (self.tell)(MoodEvent::Scored { reading, sentences });
        }
    }

    fn tell_progress(&self, seconds_left: Option<f32>) {
        let progress = MoodProgress { seconds_left, ..self.reading.progress() };
        (self.tell)(MoodEvent::Progress { reading: self.reading.id, progress });
    }

    fn view(&self) -> MoodView {
        view(&self.reading, &MoodWish::default())
    }
}
