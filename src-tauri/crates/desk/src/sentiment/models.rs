//! The models that read moods: the one in the program, or a classifier of the person's own.

use std::path::PathBuf;
use std::sync::Arc;

use bimo_engine::{ClassifierWorker, EngineError, SequenceClassifier};
use bimo_models::{ModelSource, load_classifier};

use super::Classifier;
use crate::ModelSpec;
use crate::checking::survives;
use crate::error::too_large_for;
use crate::model::{Loader, Means};
use crate::wire::{ApiError, ModelTask};

const STARTER_NAME: &str = "Bimo sentiment starter";
const STARTER: &[u8] = include_bytes!("../../../../starter/sentiment/sentiment.gguf");
const STARTER_CARD: &str = include_str!("../../../../starter/sentiment/card.md");

/// A model that sorts texts into classes.
pub type ClassifierSpec = ModelSpec<dyn SequenceClassifier>;

impl ModelSpec<dyn SequenceClassifier> {
    /// The small one that is part of the program: three moods, English and Chinese.
    #[must_use]
    pub fn classifier_starter() -> Self {
        let source = ModelSource::Embedded { name: STARTER_NAME, bytes: STARTER };
        let load: Loader<dyn SequenceClassifier> = Arc::new(move |means| {
            Ok(Box::new(load_classifier(&source, &means.of_a_small_model())?))
        });
        Self::in_program(STARTER_NAME, STARTER, STARTER_CARD, load)
    }

    /// A GGUF file, or a folder in Hugging Face layout.
    #[must_use]
    pub fn classifier_at(path: PathBuf) -> Self {
        let at = path.clone();
        let load: Loader<dyn SequenceClassifier> = Arc::new(move |means| {
            let options = means.of_a_small_model();
            survives(&at, &options)?;
            Ok(Box::new(load_classifier(&ModelSource::Path(at.clone()), &options)?))
        });
        Self::of_file(&path, load)
    }
}

impl Classifier {
    /// Loads a classifier from a GGUF file or a folder in Hugging Face layout.
    pub async fn load(path: PathBuf) -> Result<Self, ApiError> {
        Self::of(ClassifierSpec::classifier_at(path)).await
    }

    /// The small one that is part of the program, for English and Chinese.
    pub async fn starter() -> Result<Self, ApiError> {
        Self::of(ClassifierSpec::classifier_starter()).await
    }

    async fn of(spec: ClassifierSpec) -> Result<Self, ApiError> {
        let load = spec.load;
        let loaded = ClassifierWorker::spawn(move || load(Means::default())).await;
        let too_large = |error: EngineError| too_large_for(ModelTask::Sentiment, error);
        Self::on(loaded.map_err(too_large)?).await
    }
}
