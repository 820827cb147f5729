//! The model of a task: loaded in the background, waited for only when something is to be written, and let go of when
//! nothing has been written for long.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bimo_engine::{DeviceKind, EngineError, Loaded, ModelCard, ModelDigest, TextGenerator, Worker};
use bimo_models::{CacheBits, DeviceWish, LoadOptions, Precision, kept_bytes};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::starter::bytes_of;
use crate::wire::{ApiError, Destination, ModelState, ModelStatus, ModelTask};

/// How long a request waits for a model that is still loading.
const PATIENCE: Duration = Duration::from_secs(3);
/// The same for a model that the request itself has called back. The window says meanwhile that it is being read.
const PATIENCE_WITH_A_RETURN: Duration = Duration::from_secs(60);
/// Longest time between two looks at whether the model is idle.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Loads a model that may use these means.
pub(crate) type Loader<M> = Arc<dyn Fn(Means) -> Result<Box<M>, EngineError> + Send + Sync>;

/// What a model may compute with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Means {
    /// Cores; 0 lets it choose.
    pub threads: usize,
    /// The device.
    pub device: DeviceWish,
    /// How it keeps what it has read.
    pub cache: CacheBits,
}

impl Means {
    /// True where a model has to be loaded once more to have these instead. Cores are counted at the start only.
    pub(crate) fn need_another_load(self, before: Self) -> bool {
        self != Self { threads: self.threads, ..before }
    }

    /// For a model that any processor is good enough for: where the fastest device fails the next best computes, and
    /// nobody needs to be asked.
    pub(crate) fn of_a_small_model(self) -> LoadOptions {
        let device = match self.device {
            DeviceWish::FastestOrAsk => DeviceWish::Fastest,
            other => other,
        };
        let (threads, cache) = (self.threads, self.cache);
        LoadOptions { threads, device, cache, ..LoadOptions::default() }
    }
}

/// A model to load: one that writes, unless another kind is named.
pub struct ModelSpec<M: ?Sized = dyn TextGenerator> {
    /// Its name while it is loading.
    pub name: String,
    /// True for the model that is part of the program.
    pub starter: bool,
    /// Bytes of its weights.
    pub bytes: u64,
    /// Its card in Markdown; empty where it has none.
    pub card: String,
    /// Who gets the text, where it is not computed inside the program.
    pub goes_to: Option<Destination>,
    /// Loads it. Runs on a thread of its own.
    pub load: Loader<M>,
}

impl<M: ?Sized> Clone for ModelSpec<M> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            starter: self.starter,
            bytes: self.bytes,
            card: self.card.clone(),
            goes_to: self.goes_to.clone(),
            load: self.load.clone(),
        }
    }
}

impl<M: ?Sized> ModelSpec<M> {
    /// A model that is part of the program.
    pub(crate) fn in_program(name: &str, weights: &[u8], card: &str, load: Loader<M>) -> Self {
        Self {
            name: name.to_owned(),
            starter: true,
            bytes: weights.len() as u64,
            card: card.to_owned(),
            goes_to: None,
            load,
        }
    }

    /// A GGUF file, or a folder in Hugging Face layout.
    pub(crate) fn of_file(path: &Path, load: Loader<M>) -> Self {
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned());
        Self {
            name: name.unwrap_or_default(),
            starter: false,
            bytes: bytes_of(path),
            card: String::new(),
            goes_to: None,
            load,
        }
    }
}

/// Where the model is, and the model once it is there. Another can take its place at any time.
pub(crate) struct ModelSlot<M: ?Sized = dyn TextGenerator> {
    means: Mutex<Means>,
    now: Arc<watch::Sender<Now<M>>>,
    /// Milliseconds without work after which a model is let go of; 0 keeps it.
    idle_after_ms: Arc<AtomicU64>,
}

struct Now<M: ?Sized> {
    /// Counts the models that were asked for: one that is overtaken while it loads is dropped.
    asked: u32,
    /// What it is for.
    task: ModelTask,
    spec: ModelSpec<M>,
    status: ModelStatus,
    worker: Option<Worker<M>>,
    /// Of the model that was there last: it may come back.
    digest: Option<ModelDigest>,
    /// When it was seen at work last.
    used: Instant,
}

impl<M: ?Sized + Loaded + 'static> ModelSlot<M> {
    /// Begins to load.
    pub fn load(task: ModelTask, spec: ModelSpec<M>, means: Means) -> Self {
        let slot = Self::resting(task, spec.clone(), means);
        slot.replace(spec);
        slot
    }

    /// Loads nothing before the first request.
    pub fn resting(task: ModelTask, spec: ModelSpec<M>, means: Means) -> Self {
        let mut now = Now::of(task, spec, 0);
        now.status.state = ModelState::Unloaded;
        let now = Arc::new(watch::Sender::new(now));
        let idle_after_ms = Arc::new(AtomicU64::new(0));
        tokio::spawn(let_go_when_idle(Arc::downgrade(&now), idle_after_ms.clone()));
        Self { means: Mutex::new(means), now, idle_after_ms }
    }

    /// Lets go of the model that is there; another is loaded with the next request.
    pub fn rest(&self, spec: ModelSpec<M>) {
        self.now.send_modify(|now| {
            now.turn_to(spec);
            now.status.state = ModelState::Unloaded;
        });
    }

    /// Sets after how long without work a model is let go of; zero keeps it.
    pub fn let_go_after(&self, idle: Duration) {
        let milliseconds = u64::try_from(idle.as_millis()).unwrap_or(u64::MAX);
        self.idle_after_ms.store(milliseconds, Ordering::Relaxed);
    }

    /// Lets go of the model that is there; the next request calls it back.
    pub fn unload(&self) {
        self.now.send_if_modified(Now::unload);
    }

    /// Lets go of the model that is there and begins to load another.
    pub fn replace(&self, spec: ModelSpec<M>) {
        let mut asked = 0;
        self.now.send_modify(|now| {
            now.turn_to(spec.clone());
            asked = now.asked;
        });
        let ModelSpec { name, load, .. } = spec;
        // One that is still loading when the slot goes is of no use to anybody.
        let (change, means) = (Arc::downgrade(&self.now), *self.means());
        tokio::spawn(async move {
            let loaded = Worker::spawn(move || load(means)).await;
            let Some(change) = change.upgrade() else { return };
            change.send_if_modified(|now| {
                let is_wanted = now.asked == asked;
                if is_wanted {
                    now.settle(&name, loaded);
                }
                is_wanted
            });
        });
    }

    /// Lets go of the model and begins to load it once more.
    pub fn again(&self) {
        let spec = self.now.borrow().spec.clone();
        self.replace(spec);
    }

    /// Chooses what models that are loaded from now on compute with. Answers whether one that is there has other means.
    pub fn compute_with(&self, means: Means) -> bool {
        let before = std::mem::replace(&mut *self.means(), means);
        means.need_another_load(before)
    }

    /// The same, and lets go of a model that has other means: the next request calls it back with these.
    pub fn move_to(&self, means: Means) {
        if self.compute_with(means) {
            self.unload();
        }
    }

    /// What models that are loaded from now on may compute with.
    pub fn means(&self) -> MutexGuard<'_, Means> {
        self.means.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets go of a model whose device has failed: nothing that lies there can be used any more.
    pub fn note(&self, error: &EngineError) {
        if matches!(error, EngineError::DeviceFailed { .. }) {
            self.now.send_modify(|now| now.fail(error.clone()));
        }
    }

    /// Bytes of its weights and of its caches; zeros where no model is there.
    pub fn memory(&self) -> (u64, u64) {
        let now = self.now.borrow();
        now.worker.as_ref().map_or((0, 0), |worker| (now.status.bytes as u64, worker.cache_bytes()))
    }

    /// Whether the model that is there answers in a conversation; nothing where none is there.
    pub fn instruct(&self) -> Option<bool> {
        self.now.borrow().worker.as_ref().map(|worker| worker.card().instruct)
    }

    /// The model, if it is there.
    pub fn present(&self) -> Option<Worker<M>> {
        self.now.borrow().worker.clone()
    }

    /// Where it is now.
    pub fn status(&self) -> ModelStatus {
        self.now.borrow().status.clone()
    }

    /// Its card: the one it came with, or the facts of its file.
    pub fn card(&self) -> String {
        let now = self.now.borrow();
        if now.spec.card.is_empty() { facts(&now.status) } else { now.spec.card.clone() }
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

    /// The model; waits a little for one that is still loading, and calls back one that was let go of, or whose files have
    /// changed. A server that could not be reached is asked once more.
    pub async fn ready(&self) -> Result<Worker<M>, ApiError> {
        let (is_away, again) = {
            let now = self.now.borrow();
            let is_away = now.status.state == ModelState::Unloaded || now.is_unknown();
            (is_away, (is_away || now.is_unreached()).then(|| now.spec.clone()))
        };
        if let Some(spec) = again {
            self.replace(spec);
        }
        let patience = if is_away { PATIENCE_WITH_A_RETURN } else { PATIENCE };
        self.now.send_if_modified(|now| {
            now.used = Instant::now();
            false
        });
        let mut now = self.now.subscribe();
        let settled = now.wait_for(|now| now.status.state != ModelState::Loading);
        let Ok(settled) = tokio::time::timeout(patience, settled).await else {
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

/// Looks now and then, as long as the slot is there.
async fn let_go_when_idle<M: ?Sized + Loaded + 'static>(
    slot: Weak<watch::Sender<Now<M>>>,
    idle_after_ms: Arc<AtomicU64>,
) {
    loop {
        let after = Duration::from_millis(idle_after_ms.load(Ordering::Relaxed));
        let pause = if after.is_zero() { LOOK_EVERY } else { LOOK_EVERY.min(after / 4) };
        tokio::time::sleep(pause).await;
        let Some(now) = slot.upgrade() else { return };
        if !after.is_zero() {
            now.send_if_modified(|now| now.is_idle_for(after) && now.unload());
        }
    }
}

impl<M: ?Sized + Loaded + 'static> Now<M> {
    fn of(task: ModelTask, spec: ModelSpec<M>, asked: u32) -> Self {
        let status = loading(&spec);
        Self { asked, task, status, spec, worker: None, digest: None, used: Instant::now() }
    }

    /// Lets go of the model, if one is there, and waits for another.
    fn turn_to(&mut self, spec: ModelSpec<M>) {
        self.leave();
        let digest = self.digest.take();
        *self = Self { digest, ..Self::of(self.task, spec, self.asked + 1) };
    }

    /// Answers whether there was a model. What is known of its files is kept, and no file of it is kept open.
    fn leave(&mut self) -> bool {
        let Some(worker) = self.worker.take() else { return false };
        let digest = &worker.card().digest;
        self.digest = digest.settled().map(|_| digest.clone());
        true
    }

    /// True for a server that may answer if it is asked again.
    fn is_unreached(&self) -> bool {
        let may_come_back = self.status.error.as_ref().is_some_and(|error| error.retryable);
        self.spec.goes_to.is_some() && may_come_back
    }

    /// True for a model without a digest: its files have changed since, and nobody could say what wrote its texts.
    fn is_unknown(&self) -> bool {
        let digest = self.worker.as_ref().and_then(|worker| worker.card().digest.settled());
        digest.is_some_and(|settled| settled.is_err())
    }

    /// True where the model has done nothing for so long. The one in the program is small and stays.
    fn is_idle_for(&mut self, after: Duration) -> bool {
        let Some(worker) = self.worker.as_ref().filter(|_| !self.status.starter) else {
            return false;
        };
        if worker.is_shared() {
            self.used = Instant::now();
        }
        self.used.elapsed() >= after
    }

    /// Answers whether there was a model to let go of. One that is at work ends its work first.
    fn unload(&mut self) -> bool {
        let was_there = self.leave();
        if was_there {
            tracing::info!(name = self.status.name, "the model is let go of");
            self.status.state = ModelState::Unloaded;
        }
        was_there
    }

    fn settle(&mut self, name: &str, loaded: Result<Worker<M>, EngineError>) {
        match loaded {
            Ok(worker) => {
                tracing::info!(name, "the model is ready");
                tell_facts(&mut self.status, worker.card());
                if let Some(earlier) = &self.digest {
                    worker.card().digest.learn_from(earlier);
                }
                let kept = kept_bytes(self.spec.bytes, worker.card().parameters, Precision::Fast);
                self.status.bytes = kept as f64;
                self.worker = Some(worker);
                self.used = Instant::now();
            }
            Err(error) => {
                tracing::error!(name, %error, "the model could not be loaded");
                self.fail(error);
            }
        }
    }

    fn fail(&mut self, error: EngineError) {
        self.worker = None;
        self.status.state = ModelState::Failed;
        self.status.error = Some(ApiError::from(error).naming_smaller(self.task));
    }
}

fn loading<M: ?Sized>(spec: &ModelSpec<M>) -> ModelStatus {
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
        goes_to: spec.goes_to.clone(),
        error: None,
    }
}

fn tell_facts(status: &mut ModelStatus, card: &ModelCard) {
    status.state = ModelState::Ready;
    status.name.clone_from(&card.name);
    status.architecture = match card.quantization.as_str() {
        "" => card.architecture.clone(),
        quantization => format!("{} · {quantization}", card.architecture),
    };
    status.parameters = card.parameters as f64;
    status.context_length = u32::try_from(card.context_length).unwrap_or(u32::MAX);
    status.device = match card.device {
        DeviceKind::Cpu => "CPU",
        DeviceKind::Cuda => "CUDA",
        DeviceKind::Metal => "Metal",
        DeviceKind::Server => "server",
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

#[cfg(test)]
mod tests {
    use bimo_engine::scripted::ScriptedGenerator;

    use super::*;

    fn slot(starter: bool) -> ModelSlot {
        let spec: ModelSpec = ModelSpec {
            name: "Scripted".into(),
            starter,
            bytes: 12,
            card: String::new(),
            goes_to: None,
            load: Arc::new(|_| Ok(Box::new(ScriptedGenerator::writing(["."])))),
        };
        ModelSlot::load(ModelTask::Story, spec, Means::default())
    }

    async fn reaches(slot: &ModelSlot, state: ModelState) -> bool {
        for _ in 0..200 {
            if slot.status().state == state {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }

    #[tokio::test]
    async fn an_idle_model_is_let_go_of_and_comes_back_with_the_next_request() {
        let slot = slot(false);
        let worker = slot.ready().await.expect("it is there");
        slot.let_go_after(Duration::from_millis(40));
        // The pause before the first look was chosen when models were kept for good.
        tokio::spawn(let_go_when_idle(Arc::downgrade(&slot.now), slot.idle_after_ms.clone()));
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(slot.status().state, ModelState::Ready, "it is at work");
        drop(worker);
        assert!(reaches(&slot, ModelState::Unloaded).await);
        slot.let_go_after(Duration::ZERO);
        slot.ready().await.expect("it is back");
        assert_eq!(slot.status().state, ModelState::Ready);
    }

    #[tokio::test]
    async fn a_person_can_let_go_of_any_model_and_the_clock_not_of_the_starter() {
        let slot = slot(true);
        slot.ready().await.expect("it is there");
        let idle =
            |now: &mut Now<dyn TextGenerator>| now.is_idle_for(Duration::ZERO) && now.unload();
        assert!(!slot.now.send_if_modified(idle));
        slot.unload();
        assert_eq!(slot.status().state, ModelState::Unloaded);
        slot.unload();
        assert_eq!(slot.status().state, ModelState::Unloaded);
        slot.ready().await.expect("it is back");
    }

    #[tokio::test]
    async fn a_model_that_does_not_fit_is_replaced_by_one_for_the_same_task() {
        let too_large = |task| {
            let spec: ModelSpec = ModelSpec {
                name: "Too large".into(),
                starter: false,
                bytes: 12,
                card: String::new(),
                goes_to: None,
                load: Arc::new(|_| {
                    Err(EngineError::ModelTooLarge { need_bytes: 1 << 50, have_bytes: 8 << 30 })
                }),
            };
            ModelSlot::load(task, spec, Means::default())
        };
        let mut offered = Vec::new();
        for task in [ModelTask::Story, ModelTask::Translate, ModelTask::Sentiment] {
            let error = too_large(task).ready().await.err().expect("it does not fit");
            let instead = error.shortage.expect("both numbers").instead;
            assert_eq!(instead, crate::catalogue::best_that_fits(task, 8 << 30), "{task:?}");
            offered.push(instead);
        }
        assert_ne!(offered[0], offered[1]);
    }

    #[tokio::test]
    async fn a_model_that_is_moved_to_another_device_is_loaded_there_with_the_next_request() {
        let (told, asked) = std::sync::mpsc::channel();
        let spec: ModelSpec = ModelSpec {
            name: "Scripted".into(),
            starter: true,
            bytes: 12,
            card: String::new(),
            goes_to: None,
            load: Arc::new(move |means: Means| {
                told.send(means.device).expect("it is heard");
                Ok(Box::new(ScriptedGenerator::writing(["."])))
            }),
        };
        let slot = ModelSlot::load(ModelTask::Story, spec, Means::default());
        slot.ready().await.expect("it is there");
        slot.move_to(Means::default());
        slot.ready().await.expect("it is there");
        slot.move_to(Means { device: DeviceWish::Processor, ..Means::default() });
        slot.ready().await.expect("it is back");
        assert_eq!(
            asked.try_iter().collect::<Vec<_>>(),
            [DeviceWish::default(), DeviceWish::Processor]
        );
    }
}
