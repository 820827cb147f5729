//! The models that a person can choose from: the one in the program, files of their own, and what was fetched from a hub.
//!
//! A model that is brought stays where it is; only its path is kept, in the library. Files are looked at, headers
//! only, each time the shelf is shown, because they may have changed or gone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bimo_store::Store;
use serde::{Deserialize, Serialize};

use crate::servers::{KeptServers, ServerAccess};
use crate::settings::bounded_writing;
use crate::shelved::{built_in, examine, unreadable};
use crate::summarize::Rewriter;
use crate::tasks::{DONE, not_done, not_for};
use crate::wire::{
    ApiError, ModelShelf, ModelTask, ShelvedFrom, ShelvedModel, TaskModel, WritingParams,
};
use crate::{Desk, ModelSpec, TranslatorSpec};

const KEY: &str = "models";
/// More would only be a list that nobody reads.
const MOST_MODELS: usize = 100;
/// Less context than this holds no page.
const LEAST_CONTEXT: u32 = 256;

/// What the person brought and chose, as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Shelf {
    /// The model for each task; none for the one in the program.
    pub used: BTreeMap<ModelTask, PathBuf>,
    /// In the order in which they were brought.
    pub brought: Vec<PathBuf>,
    /// How a model writes unless the person says otherwise; an empty path is the one in the program.
    pub defaults: BTreeMap<PathBuf, WritingParams>,
    /// Most tokens that a model is given to read, where the person wants fewer than it could.
    pub context: BTreeMap<PathBuf, u32>,
}

/// A model of the person's own.
struct OwnModel {
    path: PathBuf,
    from: ShelvedFrom,
    address: Option<String>,
}

impl Shelf {
    /// What is kept; an empty shelf where that cannot be understood.
    pub async fn load(store: &Store) -> Result<Self, ApiError> {
        let value = store.setting(KEY).await?.unwrap_or_default();
        Ok(serde_json::from_value(value).unwrap_or_default())
    }

    /// The model of the person's own that writes; none for the one in the program.
    pub fn story(&self) -> Option<ModelSpec> {
        self.used.get(&ModelTask::Story).map(|path| self.spec(path))
    }

    /// The model of the person's own that translates; none for the one in the program.
    pub fn translator(&self) -> Option<TranslatorSpec> {
        let path = self.used.get(&ModelTask::Translate)?;
        Some(TranslatorSpec::translator_reading(path.clone(), self.limit(path)))
    }

    fn limit(&self, path: &Path) -> Option<usize> {
        self.context.get(path).map(|tokens| *tokens as usize)
    }

    /// What was chosen for summaries: a server, else a model of the person's own.
    pub fn summarizer(&self, access: &ServerAccess, servers: &KeptServers) -> Option<Rewriter> {
        if let Some(server) = access.summarizer(servers) {
            return Some(Rewriter::Server(server));
        }
        let path = self.used.get(&ModelTask::Summarize)?;
        Some(Rewriter::Here(path.clone(), self.limit(path)))
    }

    /// The model of the person's own that reads moods; none for the one in the program.
    pub fn classifier(&self) -> Option<PathBuf> {
        self.used.get(&ModelTask::Sentiment).cloned()
    }

    /// The encoder that places sentences, if one was chosen.
    pub fn encoder(&self) -> Option<PathBuf> {
        self.used.get(&ModelTask::Embed).cloned()
    }

    fn spec(&self, path: &Path) -> ModelSpec {
        ModelSpec::reading(path.to_owned(), self.limit(path))
    }

    async fn keep(&self, store: &Store) -> Result<(), ApiError> {
        let value = serde_json::to_value(self).map_err(ApiError::internal)?;
        Ok(store.set_setting(KEY, &value).await?)
    }

    /// What the model at `path` is used for.
    fn uses(&self, path: &Path) -> Vec<ModelTask> {
        let used = self.used.iter().filter(|(_, used)| *used == path);
        used.map(|(task, _)| *task).collect()
    }

    /// Forgets all about a model. Answers what it was used for.
    fn strike(&mut self, path: &Path) -> Vec<ModelTask> {
        let uses = self.uses(path);
        self.brought.retain(|brought| brought != path);
        self.used.retain(|_, used| used != path);
        self.defaults.remove(path);
        self.context.remove(path);
        uses
    }
}

impl Desk {
    /// The models that can be chosen, those in the program first, and which does what. Where the folder of those that
    /// were fetched cannot be read, the others are there all the same.
    pub async fn models(&self) -> Result<ModelShelf, ApiError> {
        let shelf = Shelf::load(self.store()).await?;
        let servers = KeptServers::load(self.store()).await?;
        let by_server = |task: &ModelTask| servers.name_for(*task).is_some();
        let mut models = self.built_in_models();
        for model in &mut models {
            model.used_for = model.tasks.clone();
            model.used_for.retain(|task| !by_server(task) && !shelf.used.contains_key(task));
            if model.tasks.contains(&ModelTask::Story) {
                model.defaults = shelf.defaults.get(Path::new("")).cloned();
            }
        }
        let (own, folder_problem) = self.own_models(&shelf);
        let cache = self.model().means().cache;
        for OwnModel { path, from, address } in own {
            let mut used_for = shelf.uses(&path);
            used_for.retain(|task| !by_server(task));
            let defaults = shelf.defaults.get(&path).cloned();
            let limit = shelf.context.get(&path).copied();
            let is_loaded = used_for.contains(&ModelTask::Story);
            let examined = examine(path, limit, cache, is_loaded).await;
            models.push(ShelvedModel { from, address, used_for, defaults, ..examined });
        }
        let tasks = DONE.map(|task| {
            let server = servers.name_for(task).map(str::to_owned);
            doing(task, &shelf, &models, server)
        });
        let folder = self.fetched_models().folder().display().to_string();
        Ok(ModelShelf { tasks: tasks.into(), models, folder, folder_problem })
    }

    /// The models that are part of the program.
    fn built_in_models(&self) -> Vec<ShelvedModel> {
        let (story, translator) = (self.built_in(), self.translations_at_work().built_in());
        let classifier = self.moods().built_in();
        vec![
            built_in(ModelTask::Story, &story.name, story.bytes),
            built_in(ModelTask::Translate, &translator.name, translator.bytes),
            built_in(ModelTask::Sentiment, &classifier.name, classifier.bytes),
        ]
    }

    /// The person's models, and why those that were fetched cannot be listed.
    fn own_models(&self, shelf: &Shelf) -> (Vec<OwnModel>, Option<ApiError>) {
        let brought = |path: &PathBuf| OwnModel {
            path: path.clone(),
            from: ShelvedFrom::Brought,
            address: None,
        };
        let mut own: Vec<OwnModel> = shelf.brought.iter().map(brought).collect();
        match self.fetched_models().installed() {
            Ok(fetched) => {
                let fetched = fetched.into_iter().map(|model| OwnModel {
                    path: model.path(),
                    from: ShelvedFrom::Fetched,
                    address: Some(model.record.name()),
                });
                own.extend(fetched.filter(|model| !shelf.brought.contains(&model.path)));
                (own, None)
            }
            Err(problem) => (own, Some(problem)),
        }
    }

    /// Where the person's own models lie.
    pub(crate) async fn own_model_paths(&self) -> Result<Vec<PathBuf>, ApiError> {
        let shelf = Shelf::load(self.store()).await?;
        Ok(self.own_models(&shelf).0.into_iter().map(|own| own.path).collect())
    }

    /// Puts a GGUF file or a folder in Hugging Face layout on the shelf, where it is. Refused, with the reason, where
    /// it is no model that anything here uses.
    pub async fn bring_model(&self, path: String) -> Result<ModelShelf, ApiError> {
        let path = Path::new(path.trim());
        let whole = path.canonicalize().map_err(|error| unreadable(path, &error))?;
        let cache = self.model().means().cache;
        let model = examine(whole.clone(), None, cache, false).await;
        // What does not fit now may fit later.
        if let Some(problem) = model.problem.filter(|problem| problem.code != "model_too_large") {
            return Err(problem);
        }
        let mut shelf = Shelf::load(self.store()).await?;
        if !shelf.brought.contains(&whole) {
            if shelf.brought.len() >= MOST_MODELS {
                let message = "The list of models is full: take one away first.";
                return Err(ApiError::new("too_many_models", message));
            }
            shelf.brought.push(whole);
            shelf.keep(self.store()).await?;
        }
        self.models().await
    }

    /// Takes a model that was brought off the shelf; its files stay. If it was the one that writes, the one in the program does again.
    pub async fn forget_model(&self, path: String) -> Result<ModelShelf, ApiError> {
        self.strike_model(Path::new(&path)).await?;
        self.models().await
    }

    /// Removes a model that was fetched from the disk. If it was the one that writes, the one in the program does again.
    pub async fn remove_model(&self, address: String) -> Result<ModelShelf, ApiError> {
        let model = self.fetched_models().find(&address)?;
        self.strike_model(&model.path()).await?;
        self.fetched_models().remove(&address)?;
        self.models().await
    }

    async fn strike_model(&self, path: &Path) -> Result<(), ApiError> {
        let mut shelf = Shelf::load(self.store()).await?;
        let uses = shelf.strike(path);
        shelf.keep(self.store()).await?;
        self.take_up(self.done_here(uses).await?).await
    }

    /// Uses another model for a task, from now on and after the next start: one of the shelf that can do it, or the one
    /// in the program where no path is given. What is being written is stopped and kept. Answers at once;
    /// [`Desk::watch_model`] tells when the model that writes is ready.
    pub async fn use_model(&self, task: ModelTask, path: Option<String>) -> Result<(), ApiError> {
        if !DONE.contains(&task) {
            return Err(not_done());
        }
        let path = path.map(PathBuf::from);
        let mut shelf = Shelf::load(self.store()).await?;
        if let Some(path) = &path {
            if !self.is_shelved(&shelf, path) {
                return Err(not_shelved(path));
            }
            let limit = shelf.context.get(path).copied();
            let cache = self.model().means().cache;
            let model = examine(path.clone(), limit, cache, false).await;
            if !model.tasks.is_empty() && !model.tasks.contains(&task) {
                return Err(not_for(task, &model.name));
            }
            if let Some(problem) = model.problem {
                return Err(problem);
            }
        }
        match path {
            Some(path) => shelf.used.insert(task, path),
            None => shelf.used.remove(&task),
        };
        shelf.keep(self.store()).await?;
        self.leave_server(task).await?;
        self.take_up([task]).await
    }

    /// Those of a model's tasks that no server does in its place.
    async fn done_here(&self, mut tasks: Vec<ModelTask>) -> Result<Vec<ModelTask>, ApiError> {
        let servers = KeptServers::load(self.store()).await?;
        tasks.retain(|task| servers.name_for(*task).is_none());
        Ok(tasks)
    }

    /// Gives a model fewer tokens to read than it could, which saves memory; or as many as it can.
    pub async fn limit_context(
        &self,
        path: String,
        tokens: Option<u32>,
    ) -> Result<ModelShelf, ApiError> {
        let path = PathBuf::from(path);
        let mut shelf = Shelf::load(self.store()).await?;
        if !self.is_shelved(&shelf, &path) {
            return Err(not_shelved(&path));
        }
        let uses = shelf.uses(&path);
        match tokens {
            Some(tokens) => shelf.context.insert(path, tokens.max(LEAST_CONTEXT)),
            None => shelf.context.remove(&path),
        };
        shelf.keep(self.store()).await?;
        self.take_up(self.done_here(uses).await?).await?;
        self.models().await
    }

    /// Keeps how a model writes unless the person says otherwise, or forgets that.
    pub async fn keep_defaults(
        &self,
        path: Option<String>,
        defaults: Option<WritingParams>,
    ) -> Result<ModelShelf, ApiError> {
        let path = path.map(PathBuf::from);
        let mut shelf = Shelf::load(self.store()).await?;
        if let Some(path) = path.as_ref().filter(|path| !self.is_shelved(&shelf, path)) {
            return Err(not_shelved(path));
        }
        if let Some(sampling) = defaults.as_ref().and_then(|defaults| defaults.sampling.as_ref()) {
            sampling.validate()?;
        }
        let path = path.unwrap_or_default();
        match defaults {
            Some(defaults) => shelf.defaults.insert(path, bounded_writing(defaults)),
            None => shelf.defaults.remove(&path),
        };
        shelf.keep(self.store()).await?;
        self.models().await
    }

    fn is_shelved(&self, shelf: &Shelf, path: &Path) -> bool {
        self.own_models(shelf).0.iter().any(|own| own.path == path)
    }

    pub(crate) async fn load_model(&self, spec: ModelSpec) {
        self.stop_writing().await;
        self.model().replace(spec);
    }
}

/// Which model does a task: the server of that name where one does.
fn doing(
    task: ModelTask,
    shelf: &Shelf,
    models: &[ShelvedModel],
    server: Option<String>,
) -> TaskModel {
    let by_server = server.is_some();
    let path = shelf.used.get(&task).filter(|_| !by_server);
    let path = path.map(|path| path.display().to_string());
    let shown = models.iter().find(|model| match &path {
        Some(_) => model.path == path,
        None => model.path.is_none() && model.tasks.contains(&task),
    });
    let name = server.or_else(|| shown.map(|model| model.name.clone())).or_else(|| path.clone());
    TaskModel { task, name, path, by_server }
}

fn not_shelved(path: &Path) -> ApiError {
    let message = "This model is not in the list: choose its file again.";
    ApiError::new("model_not_listed", message).with_detail(path.display())
}
