//! From a path on disk to checked configuration, weights and tokenizer.

mod bytes;
mod gguf;
mod gguf_header;
mod gguf_tokenizer;

use std::path::Path;

use bimo_engine::EngineError;
use candle_core::{Tensor, quantized::QTensor};

use crate::{TextTokenizer, decoder::DecoderConfig};
use bytes::Bytes;
use gguf::Gguf;

/// A tensor of a model, on the CPU, in the precision of its file.
pub enum Weight {
    /// F32, F16 or BF16.
    Float(Tensor),
    /// Blocks of few bits.
    Quantized(QTensor),
}

/// Tensors by canonical name.
///
/// The names are GGUF's (`token_embd.weight`, `blk.3.attn_q.weight`, `blk.3.attn_qkv.weight` for GPT-2,
/// `position_embd.weight`, `output_norm.weight`, `output.weight`, `rope_freqs.weight`); Hugging Face names are
/// translated. Weights of linear layers are always `[out, in]`.
pub trait Weights: Send + Sync {
    /// True if the file has this tensor.
    fn contains(&self, name: &str) -> bool;
    /// Reads it; a missing one is [`EngineError::ModelIncomplete`].
    fn get(&self, name: &str) -> Result<Weight, EngineError>;
}

/// A model's files, checked.
pub struct ModelFiles {
    name: String,
    config: DecoderConfig,
    gguf: Gguf,
}

/// Opens a GGUF file. Its header is checked against [`crate::limits`].
pub fn open(path: &Path) -> Result<ModelFiles, EngineError> {
    ModelFiles::new(&path.file_stem().unwrap_or_default().to_string_lossy(), open_gguf(path)?)
}

/// Opens a GGUF that is in memory.
pub fn open_bytes(name: &str, bytes: &'static [u8]) -> Result<ModelFiles, EngineError> {
    ModelFiles::new(name, Gguf::read(Bytes::Embedded(bytes))?)
}

/// Opens only the tokenizer; a file without weights will do.
pub fn open_tokenizer(path: &Path) -> Result<TextTokenizer, EngineError> {
    gguf_tokenizer::read(open_gguf(path)?.header())
}

fn open_gguf(path: &Path) -> Result<Gguf, EngineError> {
    if path.is_dir() {
        return Err(EngineError::ModelUnsupported(format!(
            "{} is a folder; choose a GGUF file",
            path.display()
        )));
    }
    Gguf::read(Bytes::of_file(path)?)
}

impl ModelFiles {
    fn new(name: &str, gguf: Gguf) -> Result<Self, EngineError> {
        let name = gguf.header().text("general.name")?.unwrap_or(name).to_owned();
        Ok(Self { name, config: gguf.config()?, gguf })
    }

    /// The model's shape.
    pub fn config(&self) -> &DecoderConfig {
        &self.config
    }

    /// Its tensors.
    pub fn weights(&self) -> &dyn Weights {
        &self.gguf
    }

    /// Its tokenizer.
    pub fn tokenizer(&self) -> Result<TextTokenizer, EngineError> {
        gguf_tokenizer::read(self.gguf.header())
    }

    /// The chat template of an instruct model (Jinja).
    pub fn chat_template(&self) -> Option<&str> {
        self.gguf.header().text("tokenizer.chat_template").ok().flatten()
    }

    /// The name by which a person knows it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256 of the weights file, in hex; for several files, of their digests in the order of their names.
    pub fn sha256(&self) -> Result<String, EngineError> {
        Ok(self.gguf.sha256())
    }

    /// Bytes of all tensors.
    pub fn weight_bytes(&self) -> u64 {
        self.gguf.header().tensors.values().map(|place| place.bytes as u64).sum()
    }

    /// Number of weights.
    pub fn parameters(&self) -> u64 {
        let numbers = |shape: &[usize]| shape.iter().map(|&size| size as u64).product::<u64>();
        self.gguf.header().tensors.values().map(|place| numbers(&place.shape)).sum()
    }
}
