//! The models that a person can choose from: the one in the program, files of their own, and what was fetched from a hub.
//!
//! A model that is brought stays where it is; only its path is kept, in the library. Files are looked at, headers
//! only, each time the shelf is shown, because they may have changed or gone.

use std::path::{Path, PathBuf};

use bimo_models::{MemoryNeed, Precision, free_memory};
use bimo_store::Store;
use serde::{Deserialize, Serialize};

use crate::wire::{ApiError, ShelvedModel};
use crate::{Desk, ModelSpec};

const KEY: &str = "models";
/// More would only be a list that nobody reads.
const MOST_MODELS: usize = 100;

/// What the person brought and chose, as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Shelf {
    /// The model that writes; none for the one in the program.
    pub writes: Option<PathBuf>,
    /// In the order in which they were brought.
    pub brought: Vec<PathBuf>,
}

impl Shelf {
    /// What is kept; an empty shelf where that cannot be understood.
    pub async fn load(store: &Store) -> Result<Self, ApiError> {
        let value = store.setting(KEY).await?.unwrap_or_default();
        Ok(serde_json::from_value(value).unwrap_or_default())
    }

    async fn keep(&self, store: &Store) -> Result<(), ApiError> {
        let value = serde_json::to_value(self).map_err(ApiError::internal)?;
        Ok(store.set_setting(KEY, &value).await?)
    }
}

impl Desk {
    /// The models that can be chosen, the one in the program first.
    pub async fn models(&self) -> Result<Vec<ShelvedModel>, ApiError> {
        let shelf = Shelf::load(self.store()).await?;
        let mut models = vec![unexamined(self.built_in(), shelf.writes.is_none())];
        for (path, brought) in self.own_models(&shelf)? {
            let writes = shelf.writes.as_ref() == Some(&path);
            models.push(ShelvedModel { brought, ..examine(path, writes).await });
        }
        Ok(models)
    }

    /// Where the person's models are, and whether they were brought; the others were fetched.
    fn own_models(&self, shelf: &Shelf) -> Result<Vec<(PathBuf, bool)>, ApiError> {
        let brought = shelf.brought.iter().map(|path| (path.clone(), true));
        let fetched = self.fetched_models().installed()?.into_iter().map(|model| model.path());
        let fetched = fetched.filter(|path| !shelf.brought.contains(path));
        Ok(brought.chain(fetched.map(|path| (path, false))).collect())
    }

    /// Puts a GGUF file or a folder in Hugging Face layout on the shelf, where it is. Refused, with the reason, where
    /// it is no model that can write here.
    pub async fn bring_model(&self, path: String) -> Result<Vec<ShelvedModel>, ApiError> {
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
    pub async fn forget_model(&self, path: String) -> Result<Vec<ShelvedModel>, ApiError> {
        let path = PathBuf::from(path);
        let mut shelf = Shelf::load(self.store()).await?;
        shelf.brought.retain(|brought| *brought != path);
        let wrote = shelf.writes.take_if(|writes| *writes == path).is_some();
        shelf.keep(self.store()).await?;
        if wrote {
            self.load_model(self.built_in().clone()).await;
        }
        self.models().await
    }

    /// Lets another model write, from now on and after the next start: one of the shelf, or the one in the program
    /// where no path is given. What is being written is stopped and kept. Answers at once;
    /// [`Desk::watch_model`] tells when the model is ready.
    pub async fn use_model(&self, path: Option<String>) -> Result<(), ApiError> {
        let path = path.map(PathBuf::from);
        let mut shelf = Shelf::load(self.store()).await?;
        if let Some(path) = &path {
            if !self.own_models(&shelf)?.iter().any(|(own, _)| own == path) {
                let message = "This model is not in the list: choose its file again.";
                return Err(ApiError::new("not_found", message).with_detail(path.display()));
            }
            if let Some(problem) = examine(path.clone(), false).await.problem {
                return Err(problem);
            }
        }
        shelf.writes.clone_from(&path);
        shelf.keep(self.store()).await?;
        self.load_model(path.map_or_else(|| self.built_in().clone(), ModelSpec::at)).await;
        Ok(())
    }

    async fn load_model(&self, spec: ModelSpec) {
        self.stop_writing().await;
        self.model().replace(spec);
    }
}

/// All that is known of a model before its files are looked at.
fn unexamined(spec: &ModelSpec, writes: bool) -> ShelvedModel {
    ShelvedModel {
        path: None,
        name: spec.name.clone(),
        starter: spec.starter,
        writes,
        brought: false,
        architecture: String::new(),
        parameters: 0.0,
        bytes: spec.bytes as f64,
        need_bytes: 0.0,
        free_bytes: free_memory() as f64,
        problem: None,
    }
}

/// Looks at a model's headers, on a thread where a faulty file harms nobody.
async fn examine(path: PathBuf, writes: bool) -> ShelvedModel {
    let unexamined = ShelvedModel {
        path: Some(path.display().to_string()),
        ..unexamined(&ModelSpec::at(path.clone()), writes)
    };
    let model = unexamined.clone();
    let examined = tokio::task::spawn_blocking(move || describe(&path, model)).await;
    examined.unwrap_or_else(|error| ShelvedModel {
        problem: Some(ApiError::internal(error)),
        ..unexamined
    })
}

fn describe(path: &Path, mut model: ShelvedModel) -> ShelvedModel {
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
    if !model.writes {
        model.problem = need.check(free_memory()).err().map(ApiError::from);
    }
    model
}

fn unreadable(path: &Path, error: &std::io::Error) -> ApiError {
    let message =
        "The model's file cannot be read: see whether it is there and whether you may open it.";
    ApiError::new("model_unreadable", message).with_detail(format!("{}: {error}", path.display()))
}
