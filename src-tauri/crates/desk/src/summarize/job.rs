//! A summary while it is made in the background: stored in batches, told after it is stored, ended whatever happens.

use std::sync::Arc;
use std::time::Duration;

use bimo_store::{SummaryEnd, SummaryId, SummaryStatus};
use bimo_text::utf16_len;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::making::{Made, Part, Told, Wish, make};
use super::source::{Source, Units};
use super::telling::{evidence_of, part_to_keep, wire_entry, wire_part};
use super::work::Turn;
use crate::Desk;
use crate::wire::{ApiError, SummaryEvent};

/// Least time between two batches of text.
const BATCH_EVERY: Duration = Duration::from_millis(50);

/// The work on one summary.
#[derive(Clone)]
pub(super) struct Job {
    desk: Desk,
    id: SummaryId,
    source: Arc<Source>,
    wish: Wish,
    turn: Turn,
}

impl Job {
    pub fn new(desk: &Desk, id: SummaryId, source: Arc<Source>, wish: Wish) -> Self {
        let turn = desk.summaries_at_work().begin(id);
        Self { desk: desk.clone(), id, source, wish, turn }
    }

    /// Makes it in the background.
    pub fn begin(self) {
        let afterwards = self.clone();
        let working = tokio::spawn(self.work());
        tokio::spawn(async move {
            let ended = match working.await {
                Ok(ended) => ended,
                Err(ended) if ended.is_panic() => {
                    Err(ApiError::internal("summarising ended in a panic"))
                }
                Err(_) => return,
            };
            if let Err(error) = ended {
                afterwards.fail(error).await;
            }
            afterwards.desk.summaries_at_work().ended(afterwards.id, &afterwards.turn);
        });
    }

    async fn work(self) -> Result<(), ApiError> {
        let (said, heard) = mpsc::unbounded_channel();
        // Nobody hears any more only where keeping has failed; the work is being cancelled then.
        let tell = move |what| drop(said.send(what));
        let making = make(&self.desk, self.source.clone(), self.wish, &self.turn.cancel, tell);
        let keeping = async {
            let kept = self.keep(heard).await;
            if kept.is_err() {
                self.turn.cancel.cancel();
            }
            kept
        };
        let (made, kept) = tokio::join!(making, keeping);
        kept?;
        self.end(made?).await
    }

    /// Stores and tells what is made, until nothing more can be.
    async fn keep(&self, mut heard: mpsc::UnboundedReceiver<Told>) -> Result<(), ApiError> {
        let mut not_before = Instant::now();
        let mut written = 0;
        while let Some(first) = heard.recv().await {
            let mut batch = vec![first];
            if matches!(&batch[0], Told::Text(_) | Told::Part(Part { done: false, .. })) {
                tokio::time::sleep_until(not_before).await;
            }
            while let Ok(more) = heard.try_recv() {
                match (&mut batch[..], more) {
                    ([.., Told::Text(text)], Told::Text(more)) => text.push_str(&more),
                    ([.., Told::Part(part)], Told::Part(more)) if part.number == more.number => {
                        *part = more;
                    }
                    (_, more) => batch.push(more),
                }
            }
            for told in batch {
                self.keep_one(told, &mut written).await?;
            }
            not_before = Instant::now() + BATCH_EVERY;
        }
        Ok(())
    }

    /// `written` is how much of the summary is stored, in UTF-16 units.
    async fn keep_one(&self, told: Told, written: &mut u32) -> Result<(), ApiError> {
        let (summaries, store) = (self.desk.summaries_at_work(), self.desk.store());
        if !summaries.has(self.id, &self.turn) {
            return Ok(());
        }
        let summary = self.id.into();
        match told {
            Told::Model { name, sha256 } => {
                store.set_summary_model(self.id, &name, &sha256).await?;
            }
            Told::Progress(progress) => {
                summaries.tell(SummaryEvent::Progress { summary, progress })
            }
            Told::Text(text) => {
                store.append_summary(self.id, &text).await?;
                let at = *written;
                *written += utf16_len(&text);
                summaries.tell(SummaryEvent::Text { summary, at, text });
            }
            Told::Part(part) => {
                store.keep_summary_part(self.id, &part_to_keep(&part)?).await?;
                let part = wire_part(&part, &mut Units::of(&self.source.text));
                summaries.tell(SummaryEvent::Part { summary, part });
            }
        }
        Ok(())
    }

    async fn end(&self, Made { outcome, is_stopped }: Made) -> Result<(), ApiError> {
        if !self.desk.summaries_at_work().has(self.id, &self.turn) {
            return Ok(());
        }
        let status = if is_stopped { SummaryStatus::Stopped } else { SummaryStatus::Complete };
        let evidence = evidence_of(&outcome)?;
        let end = SummaryEnd {
            status,
            text: Some(&outcome.text),
            evidence: Some(&evidence),
            error: None,
        };
        let store = self.desk.store();
        store.end_summary(self.id, &end, self.desk.now_ms()).await?;
        let entry = wire_entry(&store.summary(self.id).await?.entry);
        let event = SummaryEvent::Finished { summary: self.id.into(), entry, outcome };
        self.desk.summaries_at_work().tell(event);
        Ok(())
    }

    /// Keeps why it failed, as far as that can be kept, and tells it. A summary that was deleted meanwhile is gone.
    async fn fail(&self, error: ApiError) {
        if !self.desk.summaries_at_work().has(self.id, &self.turn) {
            return;
        }
        tracing::error!(code = error.code, "a summary has failed");
        let kept = serde_json::to_string(&error).ok();
        let end = SummaryEnd {
            status: SummaryStatus::Failed,
            text: None,
            evidence: None,
            error: kept.as_deref(),
        };
        let store = self.desk.store();
        let summaries = self.desk.summaries_at_work();
        // With a full disk not even this can be kept; at the next start it counts as stopped.
        if let Err(unkept) = store.end_summary(self.id, &end, self.desk.now_ms()).await {
            tracing::warn!(error = %unkept, "why a summary failed could not be kept");
            summaries.failed_unkept(self.id, error.clone());
        }
        let Ok(summary) = store.summary(self.id).await else { return };
        let entry = summaries.told(&summary.entry);
        summaries.tell(SummaryEvent::Failed { summary: self.id.into(), entry, error });
    }
}
