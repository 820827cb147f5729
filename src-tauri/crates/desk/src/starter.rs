//! Where models come from: the one that is part of the program, or the person's own files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bimo_models::{DescribedModel, LoadOptions, ModelSource, Precision, TextTokenizer};

use crate::ModelSpec;
use crate::checking::load_checked;
use crate::model::{Loader, Means};
use crate::wire::ApiError;

const NAME: &str = "Bimo story starter";
const WEIGHTS: &[u8] = include_bytes!("../../../starter/story/story.gguf");
const CARD: &str = include_str!("../../../starter/story/card.md");

impl ModelSpec {
    /// The model that is part of the program: it writes before anything has been downloaded.
    #[must_use]
    pub fn starter() -> Self {
        let source = ModelSource::Embedded { name: NAME, bytes: WEIGHTS };
        let load: Loader<_> =
            Arc::new(move |means| bimo_models::load(&source, &means.of_a_small_model()));
        Self::in_program(NAME, WEIGHTS, CARD, load)
    }

    /// A GGUF file, or a folder in Hugging Face layout.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self::reading(path, None)
    }

    /// The same, with fewer tokens to read than it could.
    pub(crate) fn reading(path: PathBuf, context_length: Option<usize>) -> Self {
        let at = path.clone();
        let load: Loader<_> = Arc::new(move |Means { threads, device, cache }| {
            let precision = Precision::default();
            load_checked(&at, &LoadOptions { precision, threads, device, context_length, cache })
        });
        Self::of_file(&path, load)
    }
}

/// The tokenizer of a model, whose weights are not needed; of the program's own where no path is given.
pub fn open_tokenizer(model: Option<&Path>) -> Result<TextTokenizer, ApiError> {
    Ok(match model {
        Some(path) => bimo_models::open_tokenizer(path)?,
        None => bimo_models::open_bytes(NAME, WEIGHTS)?.tokenizer()?,
    })
}

/// What a model on the disk is for, from its headers alone.
pub fn describe_model(path: &Path) -> Result<DescribedModel, ApiError> {
    Ok(bimo_models::describe(path)?)
}

/// Size of a file, or of the files directly in a folder.
pub(crate) fn bytes_of(path: &Path) -> u64 {
    let file = |path: &Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().map(|entry| file(&entry.path())).sum(),
        Err(_) => file(path),
    }
}
