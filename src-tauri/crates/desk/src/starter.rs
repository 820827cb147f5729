//! Where models come from: the one that is part of the program, or the person's own files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bimo_engine::TextGenerator;
use bimo_models::{DescribedModel, LoadOptions, ModelSource, Precision, TextTokenizer};

use crate::ModelSpec;
use crate::checking::load_checked;
use crate::model::Means;
use crate::wire::ApiError;

const NAME: &str = "Bimo story starter";
const WEIGHTS: &[u8] = include_bytes!("../../../starter/story/story.gguf");
const CARD: &str = include_str!("../../../starter/story/card.md");

impl ModelSpec {
    /// The model that is part of the program: it writes before anything has been downloaded.
    #[must_use]
    pub fn starter() -> Self {
        Self {
            name: NAME.into(),
            starter: true,
            bytes: WEIGHTS.len() as u64,
            card: CARD.into(),
            goes_to: None,
            load: loader(ModelSource::Embedded { name: NAME, bytes: WEIGHTS }),
        }
    }

    /// A GGUF file, or a folder in Hugging Face layout.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self::reading(path, None)
    }

    /// The same, with fewer tokens to read than it could.
    pub(crate) fn reading(path: PathBuf, context_length: Option<usize>) -> Self {
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned());
        Self {
            name: name.unwrap_or_default(),
            starter: false,
            bytes: bytes_of(&path),
            card: String::new(),
            goes_to: None,
            load: Arc::new(move |Means { threads, device }| {
                let precision = Precision::default();
                load_checked(&path, &LoadOptions { precision, threads, device, context_length })
            }),
        }
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

fn loader(source: ModelSource) -> crate::model::Loader<dyn TextGenerator> {
    Arc::new(move |means| bimo_models::load(&source, &means.of_a_small_model()))
}

/// Size of a file, or of the files directly in a folder.
pub(crate) fn bytes_of(path: &Path) -> u64 {
    let file = |path: &Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().map(|entry| file(&entry.path())).sum(),
        Err(_) => file(path),
    }
}
