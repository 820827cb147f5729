//! What all readings share while the desk is open: the model, and the readings of which something can still be asked.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bimo_engine::{CancellationToken, SequenceClassifier};

use super::classifier::Classifier;
use super::models::ClassifierSpec;
use super::reading::{Reading, reading_gone};
use crate::Desk;
use crate::model::{Means, ModelSlot};
use crate::wire::{ApiError, ModelStatus, ModelTask, MoodReadingId};

/// Readings that stay in memory.
const MOST_READINGS: usize = 8;

/// All that readings share.
pub(crate) struct Moods {
    built_in: ClassifierSpec,
    model: ModelSlot<dyn SequenceClassifier>,
    /// A classifier that was picked for one reading.
    picked: tokio::sync::Mutex<Option<(PathBuf, ModelSlot<dyn SequenceClassifier>)>>,
    /// See [`ModelSlot::let_go_after`].
    idle: Mutex<Duration>,
    /// The newest last.
    readings: Mutex<VecDeque<Arc<Reading>>>,
    next: AtomicU32,
    /// Of the question why a sentence is judged so that was asked last.
    why: Mutex<CancellationToken>,
}

impl Moods {
    /// Loads no model before something is to be read.
    pub fn with(built_in: ClassifierSpec, chosen: Option<PathBuf>, means: Means) -> Self {
        let spec = chosen.map_or_else(|| built_in.clone(), ClassifierSpec::classifier_at);
        Self {
            built_in,
            model: ModelSlot::resting(ModelTask::Sentiment, spec, means),
            picked: tokio::sync::Mutex::default(),
            idle: Mutex::default(),
            readings: Mutex::default(),
            next: AtomicU32::new(1),
            why: Mutex::default(),
        }
    }

    /// The model that is part of the program.
    pub fn built_in(&self) -> &ClassifierSpec {
        &self.built_in
    }

    /// Reads with another model from now on; with the one in the program where no path is given.
    pub fn use_model(&self, path: Option<PathBuf>) {
        let built_in = || self.built_in.clone();
        self.model.rest(path.map_or_else(built_in, ClassifierSpec::classifier_at));
    }

    /// See [`ModelSlot::let_go_after`].
    pub fn let_go_after(&self, idle: Duration) {
        self.model.let_go_after(idle);
        *lock(&self.idle) = idle;
        // While the picked model is being loaded it is in use, and the next one gets the new time.
        if let Ok(picked) = self.picked.try_lock()
            && let Some((_, slot)) = &*picked
        {
            slot.let_go_after(idle);
        }
    }

    /// Computes with other means from now on.
    pub async fn compute_with(&self, means: Means) {
        self.model.move_to(means);
        if let Some((_, slot)) = &*self.picked.lock().await {
            slot.move_to(means);
        }
    }

    /// Lets go of the models that read.
    pub async fn unload(&self) {
        self.model.unload();
        *self.picked.lock().await = None;
    }

    /// The classifier at a path, or the one that is chosen for the task; loaded now where it was not.
    pub(super) async fn classifier(&self, path: Option<&PathBuf>) -> Result<Classifier, ApiError> {
        let Some(path) = path else { return Classifier::on(self.model.ready().await?).await };
        let mut picked = self.picked.lock().await;
        if picked.as_ref().is_none_or(|(loaded, _)| loaded != path) {
            let spec = ClassifierSpec::classifier_at(path.clone());
            let slot = ModelSlot::resting(ModelTask::Sentiment, spec, *self.model.means());
            slot.let_go_after(*lock(&self.idle));
            *picked = Some((path.clone(), slot));
        }
        match &*picked {
            Some((_, slot)) => Classifier::on(slot.ready().await?).await,
            None => Err(ApiError::internal("a model that was picked is gone")),
        }
    }

    /// True where the model that is chosen for the task is the one in the program.
    pub(super) fn reads_with_starter(&self) -> bool {
        self.model.status().starter
    }

    /// Another sentence is asked about: the question before it is given up.
    pub(super) fn ask_why(&self) -> CancellationToken {
        let asked = CancellationToken::new();
        std::mem::replace(&mut *lock(&self.why), asked.clone()).cancel();
        asked
    }

    /// A number that no reading has had.
    pub(super) fn next_id(&self) -> MoodReadingId {
        MoodReadingId(self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Keeps a reading in memory; the oldest of too many is stopped and goes.
    pub(super) fn add(&self, reading: Arc<Reading>) {
        let mut readings = lock(&self.readings);
        readings.push_back(reading);
        if readings.len() > MOST_READINGS
            && let Some(oldest) = readings.pop_front()
        {
            oldest.cancel.cancel();
        }
    }

    /// A reading that is in memory.
    pub(super) fn reading(&self, id: MoodReadingId) -> Result<Arc<Reading>, ApiError> {
        let readings = lock(&self.readings);
        readings.iter().find(|reading| reading.id == id).cloned().ok_or_else(reading_gone)
    }

    /// Stops all readings. For the end of the program.
    pub fn stop_all(&self) {
        lock(&self.readings).iter().for_each(|reading| reading.cancel.cancel());
        lock(&self.why).cancel();
    }
}

impl Desk {
    /// Tells `sink` where the model that reads moods is, at once and whenever that changes.
    pub fn watch_mood_model(&self, sink: impl Fn(ModelStatus) + Send + 'static) {
        self.moods().model.watch(sink);
    }

    /// Stops reading; what has been scored stays.
    pub fn stop_mood(&self, reading: MoodReadingId) {
        if let Ok(reading) = self.moods().reading(reading) {
            reading.cancel.cancel();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
