//! From a path on disk to the checked configuration, weights and tokenizer of an encoder.

use std::path::Path;

use bimo_engine::EngineError;

use super::folder::read_tokenizer;
use super::opened::{Folder, Layout, OpenedFiles, within_rows};
use super::{encoder_names, gguf_encoder, gguf_tokenizer, hf_encoder};
use crate::TextTokenizer;
use crate::encoder::EncoderConfig;

/// The files of an encoder, checked. Their tensors have llama.cpp's names for BERT; `cls` is a classifier's layer over the
/// first token, `cls.output` the one that scores, and `span`, which llama.cpp does not have, that of answers.
pub type EncoderFiles = OpenedFiles<EncoderConfig>;

/// Opens a GGUF file, or a folder in Hugging Face layout, with an encoder in it.
pub fn open_encoder(path: &Path) -> Result<EncoderFiles, EngineError> {
    if !path.is_dir() {
        return OpenedFiles::of_gguf_file(path, gguf_encoder::read);
    }
    let folder = Folder::open(path, |settings| {
        let architecture = hf_encoder::kind(settings)?;
        Ok(Box::new(move |canonical| encoder_names::names(architecture, canonical)))
    })?;
    let config = hf_encoder::read(path, &folder.settings)?;
    Ok(OpenedFiles::of_folder(folder, config))
}

/// Opens a GGUF with an encoder that is in memory.
pub fn open_encoder_bytes(name: &str, bytes: &'static [u8]) -> Result<EncoderFiles, EngineError> {
    OpenedFiles::of_gguf_bytes(name, bytes, gguf_encoder::read)
}

impl EncoderFiles {
    /// Its tokenizer.
    pub fn tokenizer(&self) -> Result<TextTokenizer, EngineError> {
        let tokenizer = match &self.layout {
            Layout::Gguf(gguf) => gguf_tokenizer::read(gguf.header())?,
            Layout::Folder(folder) => read_tokenizer(&folder.path, Vec::new())?,
        };
        within_rows(tokenizer, self.config.vocabulary)
    }
}
