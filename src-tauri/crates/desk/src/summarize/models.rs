//! The model that says texts in its own words: the one that was chosen for summaries, or the one for stories where that
//! follows instructions.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bimo_engine::{GeneratorWorker, Seq2Seq, Seq2SeqWorker, TextGenerator};
use bimo_models::seq2seq::Seq2SeqArchitecture;
use bimo_models::{ModelKind, TaskSettings, describe, open_seq2seq};

use super::making::no_summarizer;
use super::reading::on_thread;
use super::writer::Writer;
use crate::error::too_large_for;
use crate::model::{Means, ModelSlot};
use crate::shelf::Shelf;
use crate::tasks::not_for;
use crate::wire::{ApiError, ModelStatus, ModelTask, Summarizer};
use crate::{Desk, ModelSpec, TranslatorSpec};

/// What the files of such models call the task.
const TASK: &str = "summarization";

type Watcher = Arc<dyn Fn(ModelStatus) + Send + Sync>;

/// A model that can be chosen for summaries.
#[derive(Clone)]
pub enum Rewriter {
    /// On this computer: its file or folder, and how much it is given to read at most.
    Here(PathBuf, Option<usize>),
    /// On a server, which is asked.
    Server(ModelSpec),
}

/// The model that was chosen for summaries, loaded when it is first asked.
pub(super) struct Chosen {
    means: Mutex<Means>,
    /// See [`ModelSlot::let_go_after`].
    idle: Mutex<Duration>,
    rewriter: Mutex<Option<Rewriter>>,
    slot: tokio::sync::Mutex<Option<Arc<Slot>>>,
    watcher: Mutex<Option<Watcher>>,
}

/// A model of one kind or the other.
enum Slot {
    Rewrites(ModelSlot<dyn Seq2Seq>, TaskSettings),
    Asked(ModelSlot<dyn TextGenerator>),
}

impl Chosen {
    pub fn new(rewriter: Option<Rewriter>, means: Means) -> Self {
        Self {
            means: Mutex::new(means),
            idle: Mutex::default(),
            rewriter: Mutex::new(rewriter),
            slot: tokio::sync::Mutex::default(),
            watcher: Mutex::default(),
        }
    }

    /// Takes another model from now on, or none.
    pub async fn choose(&self, rewriter: Option<Rewriter>) {
        let mut slot = self.slot.lock().await;
        *lock(&self.rewriter) = rewriter;
        *slot = None;
    }

    /// See [`ModelSlot::let_go_after`].
    pub fn let_go_after(&self, idle: Duration) {
        *lock(&self.idle) = idle;
        // While it is being loaded it is in use, and the next one gets the new time.
        if let Ok(slot) = self.slot.try_lock()
            && let Some(slot) = &*slot
        {
            slot.let_go_after(idle);
        }
    }

    /// Computes with other means from now on: a model that has none of them is let go of.
    pub async fn compute_with(&self, means: Means) {
        let mut slot = self.slot.lock().await;
        let before = std::mem::replace(&mut *lock(&self.means), means);
        if means.need_another_load(before) {
            *slot = None;
        }
    }

    /// Lets go of the model.
    pub async fn unload(&self) {
        *self.slot.lock().await = None;
    }

    /// Tells where the model is whenever that changes, from the next time that it is loaded on.
    pub fn watch(&self, watcher: impl Fn(ModelStatus) + Send + Sync + 'static) {
        *lock(&self.watcher) = Some(Arc::new(watcher));
    }

    /// The model that was chosen, loaded; nothing where none was.
    pub async fn writer(&self) -> Result<Option<Writer>, ApiError> {
        let slot = {
            let mut slot = self.slot.lock().await;
            let Some(rewriter) = lock(&self.rewriter).clone() else { return Ok(None) };
            let loaded = slot.clone();
            match loaded {
                Some(loaded) => loaded,
                None => slot.insert(Arc::new(self.open(rewriter).await?)).clone(),
            }
        };
        slot.writer().await.map(Some)
    }

    async fn open(&self, rewriter: Rewriter) -> Result<Slot, ApiError> {
        let (task, means) = (ModelTask::Summarize, *lock(&self.means));
        let slot = match rewriter {
            Rewriter::Server(spec) => Slot::Asked(ModelSlot::resting(task, spec, means)),
            Rewriter::Here(path, limit) => {
                let looked_at = path.clone();
                match on_thread(move || kind_of(&looked_at)).await? {
                    Kind::Rewrites(settings) => {
                        let spec = TranslatorSpec::translator_at(path);
                        Slot::Rewrites(ModelSlot::resting(task, spec, means), settings)
                    }
                    Kind::Asked => {
                        let spec = ModelSpec::reading(path, limit);
                        Slot::Asked(ModelSlot::resting(task, spec, means))
                    }
                }
            }
        };
        slot.let_go_after(*lock(&self.idle));
        if let Some(watcher) = lock(&self.watcher).clone() {
            slot.watch(move |status| watcher(status));
        }
        Ok(slot)
    }
}

impl Slot {
    async fn writer(&self) -> Result<Writer, ApiError> {
        match self {
            Self::Rewrites(slot, settings) => {
                Ok(Writer::Rewrites(slot.ready().await?, settings.clone()))
            }
            Self::Asked(slot) => asked(slot.ready().await?),
        }
    }

    fn let_go_after(&self, idle: Duration) {
        match self {
            Self::Rewrites(slot, _) => slot.let_go_after(idle),
            Self::Asked(slot) => slot.let_go_after(idle),
        }
    }

    fn watch(&self, sink: impl Fn(ModelStatus) + Send + 'static) {
        match self {
            Self::Rewrites(slot, _) => slot.watch(sink),
            Self::Asked(slot) => slot.watch(sink),
        }
    }
}

/// What a model does with a text, where it can be summarised with it.
enum Kind {
    Rewrites(TaskSettings),
    Asked,
}

fn kind_of(path: &Path) -> Result<Kind, ApiError> {
    let described = describe(path)?;
    match described.kind {
        ModelKind::Rewrites(Seq2SeqArchitecture::Bart | Seq2SeqArchitecture::T5) => {
            Ok(Kind::Rewrites(open_seq2seq(path)?.task_settings(TASK)?))
        }
        ModelKind::Continues if described.instruct => Ok(Kind::Asked),
        _ => Err(not_for(ModelTask::Summarize, &described.name)),
    }
}

fn asked(worker: GeneratorWorker) -> Result<Writer, ApiError> {
    match worker.card().instruct {
        true => Ok(Writer::Asked(worker)),
        false => Err(not_for(ModelTask::Summarize, &worker.card().name)),
    }
}

impl Writer {
    /// Loads a model for one use.
    pub async fn load(rewriter: Rewriter) -> Result<Self, ApiError> {
        let failed = |error| too_large_for(ModelTask::Summarize, error);
        let spec = match rewriter {
            Rewriter::Server(spec) => spec,
            Rewriter::Here(path, limit) => {
                let looked_at = path.clone();
                match on_thread(move || kind_of(&looked_at)).await? {
                    Kind::Rewrites(settings) => {
                        let load = TranslatorSpec::translator_at(path).load;
                        let loaded = Seq2SeqWorker::spawn(move || load(Means::default())).await;
                        return Ok(Self::Rewrites(loaded.map_err(failed)?, settings));
                    }
                    Kind::Asked => ModelSpec::reading(path, limit),
                }
            }
        };
        let loaded = GeneratorWorker::spawn(move || (spec.load)(Means::default())).await;
        asked(loaded.map_err(failed)?)
    }
}

impl Desk {
    /// Which model would say a text in its own words.
    pub async fn summarizer(&self) -> Result<Summarizer, ApiError> {
        let chosen = lock(&self.summaries_at_work().chosen.rewriter).clone();
        let by_itself = |name, follows_instructions, goes_to| Summarizer {
            name,
            by_story_model: false,
            follows_instructions,
            goes_to,
        };
        match chosen {
            Some(Rewriter::Server(ModelSpec { name, goes_to, .. })) => {
                return Ok(by_itself(Some(name), true, goes_to));
            }
            Some(Rewriter::Here(path, _)) => {
                let name = path.file_stem().map(|name| name.to_string_lossy().into_owned());
                let described = on_thread(move || Ok(describe(&path)?)).await.ok();
                let follows = described.as_ref().is_some_and(|model| model.instruct);
                return Ok(by_itself(described.map(|model| model.name).or(name), follows, None));
            }
            None => {}
        }
        let status = self.model().status();
        let is_there = match self.model().instruct() {
            Some(instruct) => instruct,
            // While it is away its files say as much.
            None => self.story_model_converses().await?,
        };
        Ok(Summarizer {
            name: is_there.then_some(status.name),
            by_story_model: is_there,
            follows_instructions: is_there,
            goes_to: status.goes_to.filter(|_| is_there),
        })
    }

    /// Whether the files of the model for stories have a template for conversations.
    async fn story_model_converses(&self) -> Result<bool, ApiError> {
        let by_server = self.model().status().goes_to.is_some();
        let path = Shelf::load(self.store()).await?.used.remove(&ModelTask::Story);
        let Some(path) = path.filter(|_| !by_server) else { return Ok(false) };
        Ok(on_thread(move || Ok(describe(&path)?)).await.is_ok_and(|model| model.instruct))
    }

    /// Tells `sink` where the model that was chosen for summaries is, whenever that changes.
    pub fn watch_summarizer(&self, sink: impl Fn(ModelStatus) + Send + Sync + 'static) {
        self.summaries_at_work().chosen.watch(sink);
    }

    /// Refuses where it is known already that no model rewrites.
    pub(super) async fn summary_writer_is_there(&self) -> Result<(), ApiError> {
        let is_chosen = lock(&self.summaries_at_work().chosen.rewriter).is_some();
        match is_chosen || self.model().instruct() != Some(false) {
            true => Ok(()),
            false => Err(no_summarizer()),
        }
    }

    /// The model that was chosen for summaries, or the one for stories where that follows instructions.
    pub(super) async fn summary_writer(&self) -> Result<Writer, ApiError> {
        if let Some(writer) = self.summaries_at_work().chosen.writer().await? {
            return Ok(writer);
        }
        let story = self.model().ready().await?;
        match story.card().instruct {
            true => Ok(Writer::Asked(story)),
            false => Err(no_summarizer()),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
