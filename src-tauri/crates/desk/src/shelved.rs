//! A model's row on the shelf: what its headers say, and what stands against it.

use std::path::{Path, PathBuf};

use bimo_models::{CacheBits, Precision, free_memory};

use crate::ModelSpec;
use crate::tasks::{tasks_of, without_use};
use crate::wire::{ApiError, ModelTask, ShelvedFrom, ShelvedModel};

/// A model that is part of the program.
pub(crate) fn built_in(task: ModelTask, name: &str, bytes: u64) -> ShelvedModel {
    ShelvedModel { tasks: vec![task], ..unexamined(None, name, bytes) }
}

/// All that is known of a model before its files are looked at.
fn unexamined(path: Option<&Path>, name: &str, bytes: u64) -> ShelvedModel {
    let from = if path.is_some() { ShelvedFrom::Brought } else { ShelvedFrom::Starter };
    ShelvedModel {
        path: path.map(|path| path.display().to_string()),
        name: name.to_owned(),
        from,
        address: None,
        tasks: Vec::new(),
        used_for: Vec::new(),
        defaults: None,
        context_length: 0,
        context_limit: None,
        architecture: String::new(),
        parameters: 0.0,
        bytes: bytes as f64,
        need_bytes: 0.0,
        free_bytes: free_memory() as f64,
        problem: None,
    }
}

/// Looks at a model's headers, on a thread where a faulty file harms nobody. A model that is loaded has its memory
/// already.
pub(crate) async fn examine(
    path: PathBuf,
    context_limit: Option<u32>,
    cache: CacheBits,
    is_loaded: bool,
) -> ShelvedModel {
    let ModelSpec { name, bytes, .. } = ModelSpec::at(path.clone());
    let unexamined = ShelvedModel { context_limit, ..unexamined(Some(&path), &name, bytes) };
    let model = unexamined.clone();
    let examined =
        tokio::task::spawn_blocking(move || describe(&path, model, cache, is_loaded)).await;
    examined.unwrap_or_else(|error| ShelvedModel {
        problem: Some(ApiError::internal(error)),
        ..unexamined
    })
}

fn describe(
    path: &Path,
    mut model: ShelvedModel,
    cache: CacheBits,
    is_loaded: bool,
) -> ShelvedModel {
    let described = match bimo_models::describe(path) {
        Ok(described) => described,
        Err(error) => {
            model.problem = Some(error.into());
            return model;
        }
    };
    let longest = described.context_length;
    let need = described.need.keeping(Precision::default(), cache);
    let need = need.within(longest, model.context_limit.map(|limit| limit as usize));
    model.tasks = tasks_of(&described);
    model.name = described.name;
    described.architecture.clone_into(&mut model.architecture);
    model.parameters = described.parameters as f64;
    model.context_length = u32::try_from(longest).unwrap_or(u32::MAX);
    model.bytes = described.weight_bytes as f64;
    model.need_bytes = need.bytes() as f64;
    model.problem = match model.tasks.first() {
        None => Some(without_use(described.kind)),
        Some(_) if is_loaded => None,
        Some(task) => {
            let refused = need.check(free_memory()).err().map(ApiError::from);
            refused.map(|refused| refused.naming_smaller(*task))
        }
    };
    model
}

/// The refusal of a path at which nothing can be read.
pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> ApiError {
    let message =
        "The model's file cannot be read: see whether it is there and whether you may open it.";
    ApiError::new("model_unreadable", message).with_detail(format!("{}: {error}", path.display()))
}
