//! From a path on disk to the checked configuration, weights and tokenizer of an encoder.

use std::path::{Path, PathBuf};

use bimo_engine::EngineError;

use super::bytes::Bytes;
use super::folder::read_tokenizer;
use super::gguf::Gguf;
use super::hf_weights::HfWeights;
use super::{
    Weights, encoder_names, file_name, gguf_encoder, gguf_tokenizer, hf_encoder, read_json,
};
use crate::TextTokenizer;
use crate::encoder::EncoderConfig;

/// The files of an encoder, checked.
pub struct EncoderFiles {
    name: String,
    config: EncoderConfig,
    layout: Layout,
}

enum Layout {
    Gguf(Gguf),
    Folder { path: PathBuf, weights: HfWeights },
}

/// Opens a GGUF file, or a folder in Hugging Face layout, with an encoder in it.
pub fn open_encoder(path: &Path) -> Result<EncoderFiles, EngineError> {
    if !path.is_dir() {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        return EncoderFiles::of_gguf(&name, Gguf::open(path)?);
    }
    let config = hf_encoder::read(path, &read_json(&path.join("config.json"))?)?;
    let architecture = config.architecture;
    let naming = move |canonical: &str| encoder_names::names(architecture, canonical);
    let weights = HfWeights::open(path, Box::new(naming))?;
    let layout = Layout::Folder { path: path.to_owned(), weights };
    Ok(EncoderFiles { name: file_name(path), config, layout })
}

/// Opens a GGUF with an encoder that is in memory.
pub fn open_encoder_bytes(name: &str, bytes: &'static [u8]) -> Result<EncoderFiles, EngineError> {
    EncoderFiles::of_gguf(name, Gguf::read(Bytes::Embedded(bytes))?)
}

impl EncoderFiles {
    fn of_gguf(name: &str, gguf: Gguf) -> Result<Self, EngineError> {
        let name = gguf.header().text("general.name")?.unwrap_or(name).to_owned();
        Ok(Self { name, config: gguf_encoder::read(&gguf)?, layout: Layout::Gguf(gguf) })
    }

    /// The model's shape and task.
    pub fn config(&self) -> &EncoderConfig {
        &self.config
    }

    /// Its tensors, by llama.cpp's names for BERT; `cls` is a classifier's layer over the first token, `cls.output` the
    /// one that scores, and `span`, which llama.cpp does not have, that of answers.
    pub fn weights(&self) -> &dyn Weights {
        match &self.layout {
            Layout::Gguf(gguf) => gguf,
            Layout::Folder { weights, .. } => weights,
        }
    }

    /// Its tokenizer.
    pub fn tokenizer(&self) -> Result<TextTokenizer, EngineError> {
        let tokenizer = match &self.layout {
            Layout::Gguf(gguf) => gguf_tokenizer::read(gguf.header())?,
            Layout::Folder { path, .. } => read_tokenizer(path, Vec::new())?,
        };
        let (tokens, rows) = (tokenizer.vocabulary_size(), self.config.vocabulary);
        if tokens > rows {
            let words = format!("the tokenizer has {tokens} tokens and the embedding {rows} rows");
            return Err(EngineError::ModelIncomplete(words));
        }
        Ok(tokenizer)
    }

    /// The name by which a person knows it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256 of the weights file, in hex; for several files, of their digests in the order of their names.
    pub fn sha256(&self) -> Result<String, EngineError> {
        match &self.layout {
            Layout::Gguf(gguf) => Ok(gguf.sha256()),
            Layout::Folder { weights, .. } => weights.sha256(),
        }
    }

    /// Bytes of all tensors.
    pub fn weight_bytes(&self) -> u64 {
        match &self.layout {
            Layout::Gguf(gguf) => gguf.weight_bytes(),
            Layout::Folder { weights, .. } => weights.bytes,
        }
    }

    /// Number of weights.
    pub fn parameters(&self) -> u64 {
        match &self.layout {
            Layout::Gguf(gguf) => gguf.parameters(),
            Layout::Folder { weights, .. } => weights.parameters,
        }
    }
}
