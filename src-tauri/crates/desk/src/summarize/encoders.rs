//! The encoder that was chosen to place sentences, loaded when it is first asked.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bimo_engine::{SentenceEncoder, SentenceEncoderWorker};
use bimo_models::{ModelSource, load_placer};

use super::placing::{Placed, Placer};
use crate::ModelSpec;
use crate::checking::survives;
use crate::error::too_large_for;
use crate::model::{Means, ModelSlot};
use crate::wire::{ApiError, ModelTask};

type Slot = ModelSlot<dyn SentenceEncoder>;

/// The person's encoder, if one was chosen: there is none in the program.
pub(super) struct Encoders {
    means: Mutex<Means>,
    slot: Mutex<Option<Arc<Slot>>>,
    idle: Mutex<Duration>,
    last: Arc<Mutex<Option<Placed>>>,
}

impl Encoders {
    pub fn new(chosen: Option<PathBuf>, means: Means) -> Self {
        let (slot, idle, last) = Default::default();
        let encoders = Self { means: Mutex::new(means), slot, idle, last };
        encoders.choose(chosen);
        encoders
    }

    /// Takes another encoder from now on, or none.
    pub fn choose(&self, chosen: Option<PathBuf>) {
        let slot = chosen.map(|path| {
            let spec = ModelSpec::placer_at(path);
            let slot = Slot::resting(ModelTask::Embed, spec, *lock(&self.means));
            slot.let_go_after(*lock(&self.idle));
            Arc::new(slot)
        });
        *lock(&self.slot) = slot;
        *lock(&self.last) = None;
    }

    pub fn is_chosen(&self) -> bool {
        lock(&self.slot).is_some()
    }

    /// See [`ModelSlot::let_go_after`].
    pub fn let_go_after(&self, idle: Duration) {
        *lock(&self.idle) = idle;
        if let Some(slot) = &*lock(&self.slot) {
            slot.let_go_after(idle);
        }
    }

    /// Computes with other means from now on.
    pub fn compute_with(&self, means: Means) {
        *lock(&self.means) = means;
        if let Some(slot) = &*lock(&self.slot) {
            slot.move_to(means);
        }
    }

    /// Lets go of the encoder, and of what it has placed.
    pub fn unload(&self) {
        *lock(&self.last) = None;
        if let Some(slot) = &*lock(&self.slot) {
            slot.unload();
        }
    }

    /// The encoder, loaded; nothing where none was chosen.
    pub async fn placer(&self) -> Result<Option<Placer>, ApiError> {
        let slot = lock(&self.slot).clone();
        let Some(slot) = slot else { return Ok(None) };
        Ok(Some(Placer::of(slot.ready().await?, self.last.clone())))
    }
}

impl ModelSpec<dyn SentenceEncoder> {
    /// A GGUF file, or a folder in Hugging Face layout.
    fn placer_at(path: PathBuf) -> Self {
        let at = path.clone();
        Self::of_file(
            &path,
            Arc::new(move |means| {
                let options = means.of_a_small_model();
                survives(&at, &options)?;
                Ok(Box::new(load_placer(&ModelSource::Path(at.clone()), &options)?))
            }),
        )
    }
}

impl Placer {
    /// Loads an encoder for one use.
    pub async fn load(path: PathBuf) -> Result<Self, ApiError> {
        let load = ModelSpec::placer_at(path).load;
        let loaded = SentenceEncoderWorker::spawn(move || load(Means::default())).await;
        let worker = loaded.map_err(|error| too_large_for(ModelTask::Embed, error))?;
        Ok(Self::of(worker, Arc::default()))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
