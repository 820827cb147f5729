//! What a model on the disk is for, from its headers alone.

use std::path::Path;

use bimo_engine::EngineError;

use super::{open, open_encoder, open_seq2seq};
use crate::encoder::HeadConfig;

/// A model as its files describe it.
#[derive(Debug, Clone, PartialEq)]
pub struct DescribedModel {
    /// The name by which a person knows it.
    pub name: String,
    /// Its task in words.
    pub task: &'static str,
    /// The family, `xlm-roberta` for instance.
    pub architecture: &'static str,
    /// Number of weights.
    pub parameters: u64,
    /// Most tokens that it reads at once.
    pub context_length: usize,
    /// A classifier's.
    pub labels: Vec<String>,
}

/// Describes a GGUF file or a folder in Hugging Face layout. Of a model that no task here can use, the refusal.
pub fn describe(path: &Path) -> Result<DescribedModel, EngineError> {
    let refusal = match open(path) {
        Ok(files) => {
            return Ok(DescribedModel {
                name: files.name().to_owned(),
                task: "a model that continues text",
                architecture: files.config().architecture.name(),
                parameters: files.parameters(),
                context_length: files.config().context_length,
                labels: Vec::new(),
            });
        }
        Err(error) => error,
    };
    if let Ok(files) = open_seq2seq(path) {
        return Ok(DescribedModel {
            name: files.name().to_owned(),
            task: "a model that turns texts into texts",
            architecture: files.config().architecture.name(),
            parameters: files.parameters(),
            context_length: files.config().context_length,
            labels: Vec::new(),
        });
    }
    match open_encoder(path) {
        Ok(files) => Ok(DescribedModel {
            name: files.name().to_owned(),
            task: files.config().head.task(),
            architecture: files.config().architecture.name(),
            parameters: files.parameters(),
            context_length: files.config().context_length,
            labels: match &files.config().head {
                HeadConfig::Classifier(config) => config.labels.clone(),
                _ => Vec::new(),
            },
        }),
        // An encoder's own fault says more than that it cannot write.
        Err(error)
            if error.code() != "model_unsupported" && refusal.code() == "model_unsupported" =>
        {
            Err(error)
        }
        Err(_) => Err(refusal),
    }
}
