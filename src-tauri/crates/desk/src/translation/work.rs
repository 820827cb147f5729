//! What translations share while the desk is open: the model, who is told, and which of them are at work.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bimo_engine::{CancellationToken, Seq2Seq};
use bimo_store::TranslationId;

use super::dictionary::Dictionary;
use super::job::Job;
use super::models::TranslatorSpec;
use super::translator::{Translator, only_direction};
use crate::Desk;
use crate::model::{Means, ModelSlot};
use crate::wire::{ApiError, ModelStatus, ModelTask, TargetLanguage, TranslationEvent};

type Tell = Arc<dyn Fn(TranslationEvent) + Send + Sync>;

/// All that translations share.
pub(crate) struct Translations {
    built_in: TranslatorSpec,
    model: ModelSlot<dyn Seq2Seq>,
    /// For the direction that the chosen model does not know: many models know only one.
    other_way: tokio::sync::Mutex<Option<(PathBuf, ModelSlot<dyn Seq2Seq>)>>,
    /// See [`ModelSlot::let_go_after`].
    idle: Mutex<Duration>,
    /// The window; the last one that asked to be told.
    tell: Mutex<Option<Tell>>,
    at_work: Mutex<HashMap<TranslationId, CancellationToken>>,
    /// Held while the segments of a translation or its state are changed as a whole.
    pub changing: tokio::sync::Mutex<()>,
    pub dictionary: tokio::sync::Mutex<Option<Arc<Dictionary>>>,
}

impl Translations {
    /// Loads no model before something is to be translated.
    pub fn with(built_in: TranslatorSpec, chosen: Option<TranslatorSpec>, means: Means) -> Self {
        let spec = chosen.unwrap_or_else(|| built_in.clone());
        Self {
            built_in,
            model: ModelSlot::resting(ModelTask::Translate, spec, means),
            other_way: tokio::sync::Mutex::default(),
            idle: Mutex::default(),
            tell: Mutex::default(),
            at_work: Mutex::default(),
            changing: tokio::sync::Mutex::default(),
            dictionary: tokio::sync::Mutex::default(),
        }
    }

    /// The model that is part of the program.
    pub fn built_in(&self) -> &TranslatorSpec {
        &self.built_in
    }

    /// Translates with another model from now on; with the one in the program where none is given.
    pub fn use_model(&self, chosen: Option<TranslatorSpec>) {
        self.model.rest(chosen.unwrap_or_else(|| self.built_in.clone()));
    }

    /// See [`ModelSlot::let_go_after`].
    pub fn let_go_after(&self, idle: Duration) {
        self.model.let_go_after(idle);
        *lock(&self.idle) = idle;
        // While the other model is being loaded it is in use, and the next one gets the new time.
        if let Ok(other_way) = self.other_way.try_lock()
            && let Some((_, slot)) = &*other_way
        {
            slot.let_go_after(idle);
        }
    }

    /// Computes with other means from now on.
    pub async fn compute_with(&self, means: Means) {
        self.model.move_to(means);
        if let Some((_, slot)) = &*self.other_way.lock().await {
            slot.move_to(means);
        }
    }

    /// Lets go of the model that translates.
    pub async fn unload(&self) {
        self.model.unload();
        *self.other_way.lock().await = None;
    }

    /// A model that writes a language, loaded now where it was not: the chosen one, or where that does not know the
    /// direction, one of `others` whose name says that it does.
    pub async fn translator(
        &self,
        to: TargetLanguage,
        others: &[PathBuf],
    ) -> Result<Translator, ApiError> {
        let chosen = Translator::on(self.model.ready().await?).await?;
        let Err(refused) = chosen.check_language(to) else { return Ok(chosen) };
        let Some(path) = others.iter().find(|path| writes(path, to)) else { return Err(refused) };
        let mut other_way = self.other_way.lock().await;
        if other_way.as_ref().is_none_or(|(loaded, _)| loaded != path) {
            let spec = TranslatorSpec::translator_at(path.clone());
            let slot = ModelSlot::resting(ModelTask::Translate, spec, *self.model.means());
            slot.let_go_after(*lock(&self.idle));
            *other_way = Some((path.clone(), slot));
        }
        let Some((_, slot)) = &*other_way else { return Err(refused) };
        let other = Translator::on(slot.ready().await?).await?;
        other.check_language(to).map(|()| other)
    }

    /// Tells whoever listens.
    pub fn tell(&self, event: TranslationEvent) {
        let tell = lock(&self.tell).clone();
        if let Some(tell) = tell {
            tell(event);
        }
    }

    /// Has a translation worked on, if it is not.
    pub fn go_on(&self, desk: &Desk, translation: TranslationId) {
        let mut at_work = lock(&self.at_work);
        let is_working = at_work.get(&translation).is_some_and(|cancel| !cancel.is_cancelled());
        if !is_working {
            let cancel = CancellationToken::new();
            at_work.insert(translation, cancel.clone());
            tokio::spawn(Job::new(desk.clone(), translation, cancel).run());
        }
    }

    /// True until the work on a translation has ended or was stopped.
    pub fn is_at_work(&self, translation: TranslationId) -> bool {
        lock(&self.at_work).get(&translation).is_some_and(|cancel| !cancel.is_cancelled())
    }

    /// Stops the work on a translation.
    pub fn stop(&self, translation: TranslationId) {
        if let Some(cancel) = lock(&self.at_work).remove(&translation) {
            cancel.cancel();
        }
    }

    /// Stops all work. For the end of the program: at the next start it can go on.
    pub fn stop_all(&self) {
        lock(&self.at_work).drain().for_each(|(_, cancel)| cancel.cancel());
    }

    /// The work of a job has ended by itself.
    pub fn ended(&self, translation: TranslationId, cancel: &CancellationToken) {
        // One that was cancelled has been taken out, and another may be in its place.
        if !cancel.is_cancelled() {
            lock(&self.at_work).remove(&translation);
        }
    }
}

impl Desk {
    /// See [`Translations::translator`].
    pub(crate) async fn translator(&self, to: TargetLanguage) -> Result<Translator, ApiError> {
        let others = self.own_model_paths().await?;
        self.translations_at_work().translator(to, &others).await
    }

    /// Tells `sink` whatever happens to any translation from now on, in the place of whoever was told before.
    pub fn watch_translations(&self, sink: impl Fn(TranslationEvent) + Send + Sync + 'static) {
        *lock(&self.translations_at_work().tell) = Some(Arc::new(sink));
    }

    /// Tells `sink` where the model that translates is, at once and whenever that changes.
    pub fn watch_translator(&self, sink: impl Fn(ModelStatus) + Send + 'static) {
        self.translations_at_work().model.watch(sink);
    }
}

/// True where a model's own name, or its folder's, says that it writes a language and no other.
fn writes(path: &Path, to: TargetLanguage) -> bool {
    let names = path.ancestors().take(2).filter_map(Path::file_name);
    let ways = names.filter_map(|name| only_direction(&name.to_string_lossy()));
    ways.take(1).any(|chinese| chinese == to.is_chinese())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
