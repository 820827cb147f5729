//! The models that translate: the one in the program, or the person's own.

use std::path::PathBuf;
use std::sync::Arc;

use bimo_engine::{EngineError, Seq2Seq, Seq2SeqWorker};
use bimo_models::{ModelKind, ModelSource, load_seq2seq};

use super::by_prompt::PromptedTranslator;
use super::translator::Translator;
use crate::ModelSpec;
use crate::checking::survives;
use crate::model::{Loader, Means};
use crate::wire::ApiError;

const STARTER_NAME: &str = "Bimo translator starter";
const STARTER: &[u8] = include_bytes!("../../../../starter/translator/translator.gguf");
const STARTER_CARD: &str = include_str!("../../../../starter/translator/card.md");

/// A model that translates.
pub type TranslatorSpec = ModelSpec<dyn Seq2Seq>;

impl ModelSpec<dyn Seq2Seq> {
    /// The small one that is part of the program, for short everyday sentences.
    #[must_use]
    pub fn translator_starter() -> Self {
        let source = ModelSource::Embedded { name: STARTER_NAME, bytes: STARTER };
        let load: Loader<_> =
            Arc::new(move |means| load_seq2seq(&source, &means.of_a_small_model()));
        Self::in_program(STARTER_NAME, STARTER, STARTER_CARD, load)
    }

    /// A GGUF file, or a folder in Hugging Face layout: a translator, or a model that answers in a conversation and is
    /// asked for translations.
    #[must_use]
    pub fn translator_at(path: PathBuf) -> Self {
        Self::translator_reading(path, None)
    }

    /// The same, with fewer tokens to read than it could, where it is asked for translations.
    pub(crate) fn translator_reading(path: PathBuf, context_length: Option<usize>) -> Self {
        let at = path.clone();
        let load: Loader<_> = Arc::new(move |means: Means| {
            if bimo_models::describe(&at)?.kind == ModelKind::Continues {
                return prompted(&ModelSpec::reading(at.clone(), context_length), means);
            }
            let options = means.of_a_small_model();
            survives(&at, &options)?;
            load_seq2seq(&ModelSource::Path(at.clone()), &options)
        });
        Self::of_file(&path, load)
    }

    /// A model that answers in a conversation, and is asked for translations.
    #[must_use]
    pub fn asking(model: ModelSpec) -> Self {
        Self {
            name: model.name.clone(),
            starter: false,
            bytes: model.bytes,
            card: model.card.clone(),
            goes_to: model.goes_to.clone(),
            load: Arc::new(move |means| prompted(&model, means)),
        }
    }
}

fn prompted(model: &ModelSpec, means: Means) -> Result<Box<dyn Seq2Seq>, EngineError> {
    Ok(Box::new(PromptedTranslator::of((model.load)(means)?)?))
}

impl Translator {
    /// Loads a translator.
    pub async fn of(spec: TranslatorSpec) -> Result<Self, ApiError> {
        Self::on(Seq2SeqWorker::spawn(move || (spec.load)(Means::default())).await?).await
    }
}
