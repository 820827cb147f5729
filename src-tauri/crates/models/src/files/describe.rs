//! What a model on the disk is for, from its headers alone.

use std::path::Path;

use bimo_engine::EngineError;

use super::{open, open_encoder, open_seq2seq};
use crate::encoder::HeadConfig;
use crate::fit::MemoryNeed;
use crate::layers::Precision;
use crate::seq2seq::Seq2SeqArchitecture;

/// A model as its files describe it.
#[derive(Debug, Clone, PartialEq)]
pub struct DescribedModel {
    /// The name by which a person knows it.
    pub name: String,
    /// What it does.
    pub kind: ModelKind,
    /// The family, `xlm-roberta` for instance.
    pub architecture: &'static str,
    /// Number of weights.
    pub parameters: u64,
    /// Most tokens that it reads at once.
    pub context_length: usize,
    /// It answers in a conversation: its files have a template for one.
    pub instruct: bool,
    /// A classifier's.
    pub labels: Vec<String>,
    /// Bytes of its weights in their files.
    pub weight_bytes: u64,
    /// The memory that it will take.
    pub need: MemoryNeed,
}

/// What a model does with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelKind {
    /// Continues it.
    Continues,
    /// Turns it into another text. What into, it has been taught, and only a translator's family says so.
    Rewrites(Seq2SeqArchitecture),
    /// Sorts it into classes.
    Classifies,
    /// Finds answers in it.
    FindsAnswers,
    /// Turns its sentences into vectors.
    PlacesSentences,
}

impl ModelKind {
    /// In a few words.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Continues => "a model that continues text",
            Self::Rewrites(_) => "a model that turns texts into texts",
            Self::Classifies => "a classifier",
            Self::FindsAnswers => "a model that finds answers in a text",
            Self::PlacesSentences => "a model that turns sentences into vectors",
        }
    }
}

/// Describes a GGUF file or a folder in Hugging Face layout. Of a model that no task here can use, the refusal.
pub fn describe(path: &Path) -> Result<DescribedModel, EngineError> {
    let refusal = match open(path) {
        Ok(files) => {
            let (weight_bytes, parameters) = (files.weight_bytes(), files.parameters());
            let precision = Precision::default();
            return Ok(DescribedModel {
                name: files.name().to_owned(),
                kind: ModelKind::Continues,
                architecture: files.config().architecture.name(),
                parameters,
                context_length: files.config().context_length,
                instruct: files.chat_template().is_some(),
                labels: Vec::new(),
                weight_bytes,
                need: MemoryNeed::of(files.config(), weight_bytes, parameters, precision),
            });
        }
        Err(error) => error,
    };
    if let Ok(files) = open_seq2seq(path) {
        let (weight_bytes, parameters) = (files.weight_bytes(), files.parameters());
        return Ok(DescribedModel {
            name: files.name().to_owned(),
            kind: ModelKind::Rewrites(files.config().architecture),
            architecture: files.config().architecture.name(),
            parameters,
            context_length: files.config().context_length,
            instruct: false,
            labels: Vec::new(),
            weight_bytes,
            need: MemoryNeed::of_weights(weight_bytes, parameters, Precision::default()),
        });
    }
    match open_encoder(path) {
        Ok(files) => {
            let (weight_bytes, parameters) = (files.weight_bytes(), files.parameters());
            let (kind, labels) = match &files.config().head {
                HeadConfig::Classifier(config) => (ModelKind::Classifies, config.labels.clone()),
                HeadConfig::Span => (ModelKind::FindsAnswers, Vec::new()),
                HeadConfig::Sentence(_) => (ModelKind::PlacesSentences, Vec::new()),
            };
            Ok(DescribedModel {
                name: files.name().to_owned(),
                kind,
                architecture: files.config().architecture.name(),
                parameters,
                context_length: files.config().context_length,
                instruct: false,
                labels,
                weight_bytes,
                need: MemoryNeed::of_weights(weight_bytes, parameters, Precision::default()),
            })
        }
        // An encoder's own fault says more than that it cannot write.
        Err(error)
            if error.code() != "model_unsupported" && refusal.code() == "model_unsupported" =>
        {
            Err(error)
        }
        Err(_) => Err(refusal),
    }
}
