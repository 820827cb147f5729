//! The model that writes: loaded in the background, waited for only when something is to be written.

use std::sync::Arc;
use std::time::Duration;

use bimo_engine::{DeviceKind, EngineError, GeneratorWorker, ModelCard, TextGenerator};
use tokio::sync::watch;

use crate::wire::{ApiError, ModelState, ModelStatus};

/// How long a request waits for a model that is still loading.
const PATIENCE: Duration = Duration::from_secs(3);

/// Loads a model that may use so many cores; 0 lets it choose.
pub(crate) type Loader =
    Arc<dyn Fn(usize) -> Result<Box<dyn TextGenerator>, EngineError> + Send + Sync>;

/// A model to load.
#[derive(Clone)]
pub struct ModelSpec {
    /// Its name while it is loading.
    pub name: String,
    /// True for the model that is part of the program.
    pub starter: bool,
    /// Bytes of its weights.
    pub bytes: u64,
    /// Its card in Markdown; empty where it has none.
    pub card: String,
    /// Loads it, given the number of cores it may use (0: as many as it likes). Runs on a thread of its own.
    pub load: Loader,
}

/// Where the model is, and the model once it is there. Another can take its place at any time.
pub(crate) struct ModelSlot {
    threads: usize,
    now: watch::Sender<Now>,
}

struct Now {
    /// Counts the models that were asked for: one that is overtaken while it loads is dropped.
    asked: u32,
    card: String,
    status: ModelStatus,
    worker: Option<GeneratorWorker>,
}

impl ModelSlot {
    /// Begins to load.
    pub fn load(spec: ModelSpec, threads: usize) -> Self {
        let first = Now { asked: 0, card: String::new(), status: loading(&spec), worker: None };
        let slot = Self { threads, now: watch::Sender::new(first) };
        slot.replace(spec);
        slot
    }

    /// Lets go of the model that is there and begins to load another.
    pub fn replace(&self, spec: ModelSpec) {
        let mut asked = 0;
        self.now.send_modify(|now| {
            asked = now.asked + 1;
            *now = Now { asked, card: spec.card.clone(), status: loading(&spec), worker: None };
        });
        let ModelSpec { name, load, .. } = spec;
        let (change, threads) = (self.now.clone(), self.threads);
        tokio::spawn(async move {
            let loaded = GeneratorWorker::spawn(move || load(threads)).await;
            change.send_if_modified(|now| {
                let is_wanted = now.asked == asked;
                if is_wanted {
                    now.settle(&name, loaded);
                }
                is_wanted
            });
        });
    }

    /// Where it is now.
    pub fn status(&self) -> ModelStatus {
        self.now.borrow().status.clone()
    }

    /// Its card: the one it came with, or the facts of its file.
    pub fn card(&self) -> String {
        let now = self.now.borrow();
        if now.card.is_empty() { facts(&now.status) } else { now.card.clone() }
    }

    /// Tells `sink` at once and at every change, as long as the slot is there.
    pub fn watch(&self, sink: impl Fn(ModelStatus) + Send + 'static) {
        let mut now = self.now.subscribe();
        now.mark_changed();
        tokio::spawn(async move {
            while now.changed().await.is_ok() {
                let status = now.borrow_and_update().status.clone();
                sink(status);
            }
        });
    }

    /// The model; waits a little for one that is still loading.
    pub async fn ready(&self) -> Result<GeneratorWorker, ApiError> {
        let mut now = self.now.subscribe();
        let settled = now.wait_for(|now| now.status.state != ModelState::Loading);
        let Ok(settled) = tokio::time::timeout(PATIENCE, settled).await else {
            let message = "The model is still loading: try again in a moment.";
            return Err(ApiError::new("model_loading", message).worth_retrying());
        };
        let settled = settled.map_err(ApiError::internal)?;
        match (&settled.worker, &settled.status.error) {
            (Some(worker), _) => Ok(worker.clone()),
            (None, Some(error)) => Err(error.clone()),
            (None, None) => Err(ApiError::internal("the model has neither loaded nor failed")),
        }
    }
}

impl Now {
    fn settle(&mut self, name: &str, loaded: Result<GeneratorWorker, EngineError>) {
        match loaded {
            Ok(worker) => {
                tracing::info!(name, "the model is ready");
                tell_facts(&mut self.status, worker.card());
                self.worker = Some(worker);
            }
            Err(error) => {
                tracing::error!(name, %error, "the model could not be loaded");
                self.status.state = ModelState::Failed;
                self.status.error = Some(error.into());
            }
        }
    }
}

fn loading(spec: &ModelSpec) -> ModelStatus {
    ModelStatus {
        state: ModelState::Loading,
        name: spec.name.clone(),
        starter: spec.starter,
        architecture: String::new(),
        parameters: 0.0,
        context_length: 0,
        device: String::new(),
        device_reason: None,
        bytes: spec.bytes as f64,
        error: None,
    }
}

fn tell_facts(status: &mut ModelStatus, card: &ModelCard) {
    status.state = ModelState::Ready;
    status.name.clone_from(&card.name);
    status.architecture = format!("{} · {}", card.architecture, card.quantization);
    status.parameters = card.parameters as f64;
    status.context_length = u32::try_from(card.context_length).unwrap_or(u32::MAX);
    status.device = match card.device {
        DeviceKind::Cpu => "CPU",
        DeviceKind::Cuda => "CUDA",
        DeviceKind::Metal => "Metal",
    }
    .into();
    status.device_reason = Some(card.device_reason.clone());
}

fn facts(status: &ModelStatus) -> String {
    format!(
        "# {}\n\n- {}\n- {:.1} M parameters, {:.0} MB\n- context {} tokens\n",
        status.name,
        status.architecture,
        status.parameters / 1e6,
        status.bytes / 1e6,
        status.context_length,
    )
}
