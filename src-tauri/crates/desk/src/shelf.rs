//! The models that a person can choose from: the one in the program, files of their own, and what was fetched from a hub.
//!
//! A model that is brought stays where it is; only its path is kept, in the library. Files are looked at, headers
//! only, each time the shelf is shown, because they may have changed or gone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bimo_models::{MemoryNeed, Precision, free_memory};
use bimo_store::Store;
use serde::{Deserialize, Serialize};

use crate::servers::KeptServers;
use crate::settings::bounded_writing;
use crate::wire::{ApiError, ModelShelf, ModelTask, ShelvedFrom, ShelvedModel, WritingParams};
use crate::{Desk, ModelSpec};

const KEY: &str = "models";
/// More would only be a list that nobody reads.
const MOST_MODELS: usize = 100;

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

    /// The model that writes; none for the one in the program.
    pub fn story(&self) -> Option<&PathBuf> {
        self.used.get(&ModelTask::Story)
    }

    async fn keep(&self, store: &Store) -> Result<(), ApiError> {
        let value = serde_json::to_value(self).map_err(ApiError::internal)?;
        Ok(store.set_setting(KEY, &value).await?)
    }

    /// What the model at `path` is used for; the one in the program where there is no path.
    fn uses(&self, path: Option<&Path>) -> Vec<ModelTask> {
        match path {
            None if self.story().is_none() => vec![ModelTask::Story],
            None => Vec::new(),
            Some(path) => {
                let used = self.used.iter().filter(|(_, used)| *used == path);
                used.map(|(task, _)| *task).collect()
            }
        }
    }

    /// Forgets all about a model. Answers whether it was the one that writes.
    fn strike(&mut self, path: &Path) -> bool {
        let wrote = self.story().is_some_and(|story| story == path);
        self.brought.retain(|brought| brought != path);
        self.used.retain(|_, used| used != path);
        self.defaults.remove(path);
        wrote
    }
}

impl Desk {
    /// The models that can be chosen, the one in the program first. Where the folder of those that were fetched
    /// cannot be read, the others are there all the same.
    pub async fn models(&self) -> Result<ModelShelf, ApiError> {
        let shelf = Shelf::load(self.store()).await?;
        let by_server = KeptServers::load(self.store()).await?.writes();
        let uses = |path: Option<&Path>| {
            let mut uses = shelf.uses(path);
            uses.retain(|task| !(by_server && *task == ModelTask::Story));
            uses
        };
        let mut models = vec![ShelvedModel {
            used_for: uses(None),
            defaults: shelf.defaults.get(Path::new("")).cloned(),
            ..unexamined(self.built_in())
        }];
        let (own, folder_problem) = self.own_models(&shelf);
        for OwnModel { path, from, address } in own {
            let used_for = uses(Some(&path));
            let defaults = shelf.defaults.get(&path).cloned();
            let examined = examine(path, used_for.contains(&ModelTask::Story)).await;
            models.push(ShelvedModel { from, address, used_for, defaults, ..examined });
        }
        let folder = self.fetched_models().folder().display().to_string();
        Ok(ModelShelf { models, folder, folder_problem })
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

    /// Puts a GGUF file or a folder in Hugging Face layout on the shelf, where it is. Refused, with the reason, where
    /// it is no model that can write here.
    pub async fn bring_model(&self, path: String) -> Result<ModelShelf, ApiError> {
        let path = Path::new(path.trim());
        let whole = path.canonicalize().map_err(|error| unreadable(path, &error))?;
        let model = examine(whole.clone(), false).await;
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
        let wrote = shelf.strike(path);
        shelf.keep(self.store()).await?;
        if wrote && !KeptServers::load(self.store()).await?.writes() {
            self.load_model(self.built_in().clone()).await;
        }
        Ok(())
    }

    /// Uses another model for a task, from now on and after the next start: one of the shelf, or the one in the program
    /// where no path is given. What is being written is stopped and kept. Answers at once;
    /// [`Desk::watch_model`] tells when the model that writes is ready.
    pub async fn use_model(&self, task: ModelTask, path: Option<String>) -> Result<(), ApiError> {
        let path = path.map(PathBuf::from);
        let mut shelf = Shelf::load(self.store()).await?;
        if let Some(path) = &path {
            if !self.is_shelved(&shelf, path) {
                return Err(not_shelved(path));
            }
            if let Some(problem) = examine(path.clone(), false).await.problem {
                return Err(problem);
            }
        }
        match path.clone() {
            Some(path) => shelf.used.insert(task, path),
            None => shelf.used.remove(&task),
        };
        shelf.keep(self.store()).await?;
        if task == ModelTask::Story {
            self.leave_servers().await?;
            self.load_model(path.map_or_else(|| self.built_in().clone(), ModelSpec::at)).await;
        }
        Ok(())
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

/// All that is known of a model before its files are looked at.
fn unexamined(spec: &ModelSpec) -> ShelvedModel {
    ShelvedModel {
        path: None,
        name: spec.name.clone(),
        from: if spec.starter { ShelvedFrom::Starter } else { ShelvedFrom::Brought },
        address: None,
        used_for: Vec::new(),
        defaults: None,
        architecture: String::new(),
        parameters: 0.0,
        bytes: spec.bytes as f64,
        need_bytes: 0.0,
        free_bytes: free_memory() as f64,
        problem: None,
    }
}

/// Looks at a model's headers, on a thread where a faulty file harms nobody.
async fn examine(path: PathBuf, is_loaded: bool) -> ShelvedModel {
    let unexamined = ShelvedModel {
        path: Some(path.display().to_string()),
        ..unexamined(&ModelSpec::at(path.clone()))
    };
    let model = unexamined.clone();
    let examined = tokio::task::spawn_blocking(move || describe(&path, model, is_loaded)).await;
    examined.unwrap_or_else(|error| ShelvedModel {
        problem: Some(ApiError::internal(error)),
        ..unexamined
    })
}

fn describe(path: &Path, mut model: ShelvedModel, is_loaded: bool) -> ShelvedModel {
    let files = match bimo_models::open(path) {
        Ok(files) => files,
        Err(error) => {
            model.problem = Some(error.into());
            return model;
        }
    };
    let (bytes, parameters) = (files.weight_bytes(), files.parameters());
    let need = MemoryNeed::of(files.config(), bytes, parameters, Precision::default());
    files.name().clone_into(&mut model.name);
    files.config().architecture.name().clone_into(&mut model.architecture);
    model.parameters = parameters as f64;
    model.bytes = bytes as f64;
    model.need_bytes = need.bytes() as f64;
    // The model that writes has its memory already.
    if !is_loaded {
        model.problem = need.check(free_memory()).err().map(ApiError::from);
    }
    model
}

fn unreadable(path: &Path, error: &std::io::Error) -> ApiError {
    let message =
        "The model's file cannot be read: see whether it is there and whether you may open it.";
    ApiError::new("model_unreadable", message).with_detail(format!("{}: {error}", path.display()))
}

fn not_shelved(path: &Path) -> ApiError {
    let message = "This model is not in the list: choose its file again.";
    ApiError::new("model_not_listed", message).with_detail(path.display())
}
