//! What summaries share while the desk is open: their models, who is told, and which of them are being made.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bimo_engine::CancellationToken;
use bimo_store::{self as store, SummaryId};

use super::encoders::Encoders;
use super::making::Engines;
use super::models::{Chosen, Rewriter};
use super::placing::Placer;
use super::telling::wire_entry;
use super::writer::Writer;
use crate::Desk;
use crate::model::Means;
use crate::translation::Translator;
use crate::wire::{ApiError, SummaryEntry, SummaryEvent, SummaryStatus, TargetLanguage};

type Tell = Arc<dyn Fn(SummaryEvent) + Send + Sync>;

/// All that summaries share.
pub(crate) struct Summaries {
    pub(super) chosen: Chosen,
    pub(super) encoders: Encoders,
    /// The window; the last one that asked to be told.
    tell: Mutex<Option<Tell>>,
    begun: AtomicU64,
    at_work: Mutex<HashMap<SummaryId, Turn>>,
    /// Why summaries failed of which not even that could be kept.
    unkept: Mutex<HashMap<SummaryId, ApiError>>,
}

/// The right to make a summary, until it is stopped or somebody else begins.
#[derive(Clone)]
pub(super) struct Turn {
    number: u64,
    pub cancel: CancellationToken,
}

impl Summaries {
    /// Loads no model before something is to be rewritten, and no encoder before something is to be compared.
    pub fn with((rewriter, encoder): (Option<Rewriter>, Option<PathBuf>), means: Means) -> Self {
        let (chosen, encoders) = (Chosen::new(rewriter, means), Encoders::new(encoder, means));
        let (tell, begun, at_work, unkept) = Default::default();
        Self { chosen, encoders, tell, begun, at_work, unkept }
    }

    /// Rewrites with another model from now on; with the one for stories where none is given.
    pub async fn use_model(&self, chosen: Option<Rewriter>) {
        self.chosen.choose(chosen).await;
    }

    /// Compares sentences by another encoder from now on; by their words where none is given.
    pub fn use_encoder(&self, chosen: Option<PathBuf>) {
        self.encoders.choose(chosen);
    }

    /// Sets after how long without work the models are let go of.
    pub fn let_go_after(&self, idle: Duration) {
        self.chosen.let_go_after(idle);
        self.encoders.let_go_after(idle);
    }

    /// Computes with other means from now on.
    pub async fn compute_with(&self, means: Means) {
        self.chosen.compute_with(means).await;
        self.encoders.compute_with(means);
    }

    /// Lets go of the models.
    pub async fn unload(&self) {
        self.chosen.unload().await;
        self.encoders.unload();
    }

    /// Tells whoever listens.
    pub fn tell(&self, event: SummaryEvent) {
        let tell = lock(&self.tell).clone();
        if let Some(tell) = tell {
            tell(event);
        }
    }

    /// Has this one told from now on.
    pub fn watch(&self, tell: impl Fn(SummaryEvent) + Send + Sync + 'static) {
        *lock(&self.tell) = Some(Arc::new(tell));
    }

    /// Begins to make a summary; what made it before is stopped.
    pub(super) fn begin(&self, summary: SummaryId) -> Turn {
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        let turn = Turn { number, cancel: CancellationToken::new() };
        lock(&self.unkept).remove(&summary);
        if let Some(before) = lock(&self.at_work).insert(summary, turn.clone()) {
            before.cancel.cancel();
        }
        turn
    }

    /// Whether nobody else has begun to make it since.
    pub(super) fn has(&self, summary: SummaryId, turn: &Turn) -> bool {
        lock(&self.at_work).get(&summary).is_some_and(|current| current.number == turn.number)
    }

    /// Stops what makes a summary.
    pub fn stop(&self, summary: SummaryId) {
        if let Some(turn) = lock(&self.at_work).get(&summary) {
            turn.cancel.cancel();
        }
    }

    /// Stops what makes a summary; nothing of what it has still to say is kept or told.
    pub fn forget(&self, summary: SummaryId) {
        if let Some(turn) = lock(&self.at_work).remove(&summary) {
            turn.cancel.cancel();
        }
    }

    /// A summary has failed, and the library could not be told.
    pub(super) fn failed_unkept(&self, summary: SummaryId, error: ApiError) {
        lock(&self.unkept).insert(summary, error);
    }

    /// Why a summary failed where the library does not know.
    pub(super) fn unkept(&self, summary: SummaryId) -> Option<ApiError> {
        lock(&self.unkept).get(&summary).cloned()
    }

    /// What the window is told of a summary in the list.
    pub(super) fn told(&self, entry: &store::SummaryEntry) -> SummaryEntry {
        let is_unkept = lock(&self.unkept).contains_key(&entry.id);
        let status = if is_unkept { SummaryStatus::Failed } else { entry.status.into() };
        SummaryEntry { status, ..wire_entry(entry) }
    }

    /// Stops all of them. For the end of the program: what was written is kept.
    pub fn stop_all(&self) {
        lock(&self.at_work).values().for_each(|turn| turn.cancel.cancel());
    }

    /// What made a summary has ended.
    pub(super) fn ended(&self, summary: SummaryId, turn: &Turn) {
        let mut at_work = lock(&self.at_work);
        if at_work.get(&summary).is_some_and(|current| current.number == turn.number) {
            at_work.remove(&summary);
        }
    }
}

impl Engines for Desk {
    async fn translator(&self, to: TargetLanguage) -> Result<Translator, ApiError> {
        Desk::translator(self, to).await
    }

    async fn writer(&self) -> Result<Writer, ApiError> {
        self.summary_writer().await
    }

    async fn placer(&self) -> Result<Option<Placer>, ApiError> {
        self.summaries_at_work().encoders.placer().await
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
