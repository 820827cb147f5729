//! A translation at work: batch after batch of the sentences that are new, each stored before it is told.
//!
//! What is new is read from the library again for every batch. So a text may change while it is translated, memory is
//! bounded by a batch, and after a kill the work goes on with the first sentence that is not on the disk.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bimo_engine::CancellationToken;
use bimo_store::{
    Segment, SegmentOutcome, SegmentState, Translation, TranslationId, TranslationStatus,
};
use tokio::sync::mpsc;

use super::glossary::wire_entry;
use super::memory::Recalled;
use super::telling::{outcome_of, progress_of, wire_segment};
use super::terms::Terms;
use super::text::BATCH;
use super::translator::{Translated, Wish};
use crate::Desk;
use crate::wire::{ApiError, GlossaryEntry, TargetLanguage, TranslationEvent, TranslationProgress};

/// Least time between two words on how far it is.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// The work on one translation.
pub(super) struct Job {
    desk: Desk,
    id: TranslationId,
    cancel: CancellationToken,
    glossary: (Vec<GlossaryEntry>, TargetLanguage, Arc<Terms>),
    began: Instant,
    /// Segments that this job has done.
    done: u32,
    told_progress: Option<Instant>,
}

impl Job {
    pub fn new(desk: Desk, id: TranslationId, cancel: CancellationToken) -> Self {
        let glossary = (Vec::new(), TargetLanguage::English, Arc::default());
        Self { desk, id, cancel, glossary, began: Instant::now(), done: 0, told_progress: None }
    }

    /// Works until nothing is new, or it is cancelled, or fails.
    pub async fn run(mut self) {
        let worked = self.work().await;
        if let Err(error) = worked {
            self.desk.translations_at_work().ended(self.id, &self.cancel);
            if !self.cancel.is_cancelled() {
                self.fail(error).await;
            }
        }
    }

    async fn work(&mut self) -> Result<(), ApiError> {
        let mut size = 1;
        while !self.cancel.is_cancelled() {
            let translation = self.desk.store().translation(self.id).await?;
            let new = self.desk.store().new_segments(self.id, size as u32).await?;
            if new.is_empty() {
                if self.finish().await? {
                    return Ok(());
                }
                continue;
            }
            self.batch(&translation, new).await?;
            size = (size * 2).min(BATCH);
        }
        // Paused or stopped: what is done can be read.
        self.desk.fill_linked_chapter(self.id).await
    }

    /// Answers false where something new has come meanwhile.
    async fn finish(&self) -> Result<bool, ApiError> {
        let translations = self.desk.translations_at_work();
        let changing = translations.changing.lock().await;
        let store = self.desk.store();
        if self.cancel.is_cancelled() || !store.new_segments(self.id, 1).await?.is_empty() {
            return Ok(self.cancel.is_cancelled());
        }
        translations.ended(self.id, &self.cancel);
        let now_ms = self.desk.now_ms();
        store.set_translation_status(self.id, TranslationStatus::Complete, None, now_ms).await?;
        self.desk.fill_linked_chapter(self.id).await?;
        drop(changing);
        self.tell_progress(&store.translation(self.id).await?, None);
        let report = self.desk.translation_report(self.id.into()).await?;
        translations.tell(TranslationEvent::Finished { translation: self.id.into(), report });
        Ok(true)
    }

    async fn batch(
        &mut self,
        translation: &Translation,
        new: Vec<Segment>,
    ) -> Result<(), ApiError> {
        let to = TargetLanguage::named(&translation.target_language);
        let mut left = Vec::new();
        for segment in new {
            match self.desk.recall(&segment.source, to).await? {
                Recalled::Exact(target) => {
                    let outcome = recalled(target);
                    self.keep(translation, &segment, outcome).await?;
                }
                Recalled::Like(score) => left.push((segment, Some(score))),
                Recalled::Nothing => left.push((segment, None)),
            }
        }
        if left.is_empty() {
            return Ok(());
        }
        let translator = self.desk.translator(to).await?;
        let name = &translator.card().name;
        if *name != translation.model {
            let sha256 = translator.sha256().await?;
            self.desk.store().set_translation_model(self.id, name, &sha256).await?;
        }
        let wish = self.wish(translation, to).await?;
        let sources: Vec<String> = left.iter().map(|(segment, _)| segment.source.clone()).collect();
        let (said, mut heard) = mpsc::unbounded_channel::<(usize, Translated)>();
        let cancel = self.cancel.clone();
        // Nobody hears any more only where keeping has failed; the work is being cancelled then.
        let mut on_done = move |number, translated| drop(said.send((number, translated)));
        let working = async {
            let worked = translator.translate(&sources, &wish, &cancel, &mut on_done).await;
            drop(on_done);
            worked
        };
        let keeping = async {
            while let Some((number, translated)) = heard.recv().await {
                let (segment, memory) = &left[number];
                let outcome = SegmentOutcome { memory: *memory, ..outcome_of(&translated) };
                self.keep(translation, segment, outcome).await?;
            }
            Ok(())
        };
        let (worked, kept) = tokio::join!(working, keeping);
        kept.and(worked)
    }

    /// How this translation's sentences are to be translated; the glossary may have changed since the last batch.
    async fn wish(
        &mut self,
        translation: &Translation,
        to: TargetLanguage,
    ) -> Result<Wish, ApiError> {
        let entries = self.desk.store().glossary(translation.work).await?;
        let entries: Vec<GlossaryEntry> = entries.into_iter().map(wire_entry).collect();
        if (&self.glossary.0, self.glossary.1) != (&entries, to) {
            let terms = Arc::new(Terms::of(&entries, to));
            self.glossary = (entries, to, terms);
        }
        Ok(Wish { to, beams: None, terms: self.glossary.2.clone(), other_than: None })
    }

    /// Stores what became of a segment, and then tells it.
    async fn keep(
        &mut self,
        translation: &Translation,
        segment: &Segment,
        outcome: SegmentOutcome,
    ) -> Result<(), ApiError> {
        // Gone, or the person was faster.
        if !self.desk.store().fill_segment(segment.id, &outcome).await? {
            return Ok(());
        }
        self.done += 1;
        let now = self.desk.store().segment(segment.id).await?;
        let event = TranslationEvent::Segment {
            translation: self.id.into(),
            segment: wire_segment(now, translation),
        };
        self.desk.translations_at_work().tell(event);
        if self.told_progress.is_none_or(|told| told.elapsed() >= PROGRESS_EVERY) {
            self.told_progress = Some(Instant::now());
            let translation = self.desk.store().translation(self.id).await?;
            let per_segment = self.began.elapsed().as_secs_f32() / self.done as f32;
            let left = translation.total.saturating_sub(translation.done);
            self.tell_progress(&translation, Some(per_segment * left as f32));
        }
        Ok(())
    }

    fn tell_progress(&self, translation: &Translation, seconds_left: Option<f32>) {
        let progress = TranslationProgress { seconds_left, ..progress_of(translation) };
        let event = TranslationEvent::Progress { translation: self.id.into(), progress };
        self.desk.translations_at_work().tell(event);
    }

    async fn fail(&self, error: ApiError) {
        tracing::error!(code = error.code, "a translation has failed");
        let kept = serde_json::to_string(&error).ok();
        let now_ms = self.desk.now_ms();
        let store = self.desk.store();
        let status = TranslationStatus::Failed;
        // With a full disk not even this can be kept; at the next start it counts as paused.
        if let Err(error) =
            store.set_translation_status(self.id, status, kept.as_deref(), now_ms).await
        {
            tracing::warn!(%error, "why a translation failed could not be kept");
        }
        let translation = self.id.into();
        self.desk.translations_at_work().tell(TranslationEvent::Failed { translation, error });
    }
}

fn recalled(target: String) -> SegmentOutcome {
    SegmentOutcome {
        target,
        state: SegmentState::Memory,
        confidence: None,
        alternatives: "[]".into(),
        flags: "[]".into(),
        terms: "[]".into(),
        memory: Some(1.0),
    }
}
