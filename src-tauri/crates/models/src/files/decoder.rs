//! From a path on disk to the checked configuration, weights, tokenizer and chat template of a decoder.

use std::path::Path;

use bimo_engine::EngineError;

use super::folder::{chat_template, optional_json, read_tokenizer};
use super::opened::{Folder, Layout, OpenedFiles, within_rows};
use super::{Weights, gguf_config, gguf_tokenizer, hf_config, hf_names};
use crate::TextTokenizer;
use crate::decoder::{Architecture, DecoderConfig};

/// The files of a decoder, checked; [`Weights`] has the names of their tensors.
pub type ModelFiles = OpenedFiles<DecoderConfig>;

/// Opens a GGUF file (any part of it, where it is split), or a folder in Hugging Face layout. Headers are checked against
/// [`crate::limits`].
pub fn open(path: &Path) -> Result<ModelFiles, EngineError> {
    if !path.is_dir() {
        return OpenedFiles::of_gguf_file(path, gguf_config::read);
    }
    let mut folder = Folder::open(path, |settings| {
        let architecture = hf_config::kind(settings)?;
        Ok(Box::new(move |canonical| Vec::from_iter(hf_names::hf_name(architecture, canonical))))
    })?;
    folder.template = chat_template(path)?;
    let generation = optional_json(&path.join("generation_config.json"))?;
    let tied = folder.settings["tie_word_embeddings"].as_bool();
    let usually_tied = matches!(
        hf_config::kind(&folder.settings)?,
        Architecture::Gpt2 | Architecture::SmolLm3 | Architecture::Gemma3
    );
    let untied = !tied.unwrap_or(usually_tied) && folder.weights.contains("output.weight");
    let config = hf_config::read(&folder.settings, generation.as_ref(), untied)?;
    Ok(OpenedFiles::of_folder(folder, config))
}

/// Opens a GGUF that is in memory.
pub fn open_bytes(name: &str, bytes: &'static [u8]) -> Result<ModelFiles, EngineError> {
    OpenedFiles::of_gguf_bytes(name, bytes, gguf_config::read)
}

impl ModelFiles {
    /// Its tokenizer.
    pub fn tokenizer(&self) -> Result<TextTokenizer, EngineError> {
        let tokenizer = match &self.layout {
            Layout::Gguf(gguf) => gguf_tokenizer::read(gguf.header())?,
            Layout::Folder(folder) => read_tokenizer(&folder.path, self.config.end_tokens.clone())?,
        };
        within_rows(tokenizer, self.config.vocabulary)
    }

    /// The chat template of an instruct model (Jinja).
    pub fn chat_template(&self) -> Option<&str> {
        match &self.layout {
            Layout::Gguf(gguf) => gguf.header().text("tokenizer.chat_template").ok().flatten(),
            Layout::Folder(folder) => folder.template.as_deref(),
        }
    }
}
