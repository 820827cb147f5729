//! The files of a model of any kind: how they lie on the disk, and what is known of all of them.

use std::path::{Path, PathBuf};

use bimo_engine::{EngineError, ModelDigest};
use serde_json::Value;

use super::bytes::Bytes;
use super::digest::FilesDigest;
use super::gguf::Gguf;
use super::hf_weights::{HfWeights, Naming};
use super::{Weights, file_name, read_json};
use crate::TextTokenizer;

/// A model's files, checked. `Config` is the shape of its kind.
pub struct OpenedFiles<Config> {
    pub(super) name: String,
    pub(super) config: Config,
    pub(super) layout: Layout,
}

/// How a model lies on the disk.
pub(super) enum Layout {
    /// All in one file, or in its parts.
    Gguf(Gguf),
    /// A folder as Hugging Face has it.
    Folder(Folder),
}

/// A folder with its configuration read and its weights found.
pub(super) struct Folder {
    pub path: PathBuf,
    /// What `config.json` says.
    pub settings: Value,
    pub weights: HfWeights,
    /// The chat template of a model that has one.
    pub template: Option<String>,
}

impl Folder {
    /// Opens it. `naming` says what the family of these settings calls its tensors, or refuses it.
    pub fn open(
        path: &Path,
        naming: impl FnOnce(&Value) -> Result<Naming, EngineError>,
    ) -> Result<Self, EngineError> {
        let settings = read_json(&path.join("config.json"))?;
        let weights = HfWeights::open(path, naming(&settings)?)?;
        Ok(Self { path: path.to_owned(), settings, weights, template: None })
    }
}

impl<Config> OpenedFiles<Config> {
    /// From a GGUF on the disk, any of its parts where it is split.
    pub(super) fn of_gguf_file(
        path: &Path,
        config: impl FnOnce(&Gguf) -> Result<Config, EngineError>,
    ) -> Result<Self, EngineError> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        Self::of_gguf(&name, Gguf::open(path)?, config)
    }

    /// From a GGUF that is in memory.
    pub(super) fn of_gguf_bytes(
        name: &str,
        bytes: &'static [u8],
        config: impl FnOnce(&Gguf) -> Result<Config, EngineError>,
    ) -> Result<Self, EngineError> {
        Self::of_gguf(name, Gguf::read(Bytes::Embedded(bytes))?, config)
    }

    /// A file's own name for the model goes before the given one.
    fn of_gguf(
        name: &str,
        gguf: Gguf,
        config: impl FnOnce(&Gguf) -> Result<Config, EngineError>,
    ) -> Result<Self, EngineError> {
        let name = gguf.header().text("general.name")?.unwrap_or(name).to_owned();
        Ok(Self { name, config: config(&gguf)?, layout: Layout::Gguf(gguf) })
    }

    /// From a folder.
    pub(super) fn of_folder(folder: Folder, config: Config) -> Self {
        Self { name: file_name(&folder.path), config, layout: Layout::Folder(folder) }
    }

    /// The model's shape.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Its tensors, by the canonical names of its kind.
    pub fn weights(&self) -> &dyn Weights {
        match &self.layout {
            Layout::Gguf(gguf) => gguf,
            Layout::Folder(folder) => &folder.weights,
        }
    }

    /// The name by which a person knows it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256 of the weights file; for several files, of their digests in the order of their names. It is still to be
    /// computed, and the files stay open for it.
    pub fn digest(&self) -> ModelDigest {
        let originals = match &self.layout {
            Layout::Gguf(gguf) => gguf.originals(),
            Layout::Folder(folder) => folder.weights.originals(),
        };
        FilesDigest::of(originals)
    }

    /// Bytes of all tensors.
    pub fn weight_bytes(&self) -> u64 {
        match &self.layout {
            Layout::Gguf(gguf) => gguf.weight_bytes(),
            Layout::Folder(folder) => folder.weights.bytes,
        }
    }

    /// Number of weights.
    pub fn parameters(&self) -> u64 {
        match &self.layout {
            Layout::Gguf(gguf) => gguf.parameters(),
            Layout::Folder(folder) => folder.weights.parameters,
        }
    }
}

/// A tokenizer none of whose tokens is beyond an embedding of so many rows.
pub(super) fn within_rows(
    tokenizer: TextTokenizer,
    rows: usize,
) -> Result<TextTokenizer, EngineError> {
    let tokens = tokenizer.vocabulary_size();
    match tokens <= rows {
        true => Ok(tokenizer),
        false => {
            let words = format!("the tokenizer has {tokens} tokens and the embedding {rows} rows");
            Err(EngineError::ModelIncomplete(words))
        }
    }
}
