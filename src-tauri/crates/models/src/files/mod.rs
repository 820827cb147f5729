//! From a path on disk to checked configuration, weights and tokenizer.
use std::path::Path;

use bimo_engine::EngineError;
use candle_core::{Tensor, quantized::QTensor};

use crate::{TextTokenizer, decoder::DecoderConfig};

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
    config: DecoderConfig,
    weights: Box<dyn Weights>,
}

/// Opens a GGUF file, or a folder in Hugging Face layout. Headers are checked against [`crate::limits`].
pub fn open(path: &Path) -> Result<ModelFiles, EngineError> {
    Err(EngineError::ModelUnsupported(path.display().to_string()))
}

/// Opens a GGUF that is in memory.
pub fn open_bytes(name: &str, _bytes: &'static [u8]) -> Result<ModelFiles, EngineError> {
    Err(EngineError::ModelUnsupported(name.to_owned()))
}

/// Opens only the tokenizer; a file or folder without weights will do.
pub fn open_tokenizer(path: &Path) -> Result<TextTokenizer, EngineError> {
    open(path)?.tokenizer()
}

impl ModelFiles {
    /// The model's shape.
    pub fn config(&self) -> &DecoderConfig {
        &self.config
    }

    /// Its tensors.
    pub fn weights(&self) -> &dyn Weights {
        self.weights.as_ref()
    }

    /// Its tokenizer.
    pub fn tokenizer(&self) -> Result<TextTokenizer, EngineError> {
        Err(EngineError::ModelUnsupported(String::new()))
    }

    /// The chat template of an instruct model (Jinja).
    pub fn chat_template(&self) -> Option<&str> {
        None
    }

    /// The name by which a person knows it.
    pub fn name(&self) -> &str {
        ""
    }

    /// SHA-256 of the weights file, in hex; for several files, of their digests in the order of their names.
    pub fn sha256(&self) -> Result<String, EngineError> {
        Ok(String::new())
    }

    /// Bytes of all tensors.
    pub fn weight_bytes(&self) -> u64 {
        0
    }

    /// How the weights are stored, `Q8_0` for instance: the type of most of them.
    pub fn quantization(&self) -> String {
        String::new()
    }

    /// Number of weights.
    pub fn parameters(&self) -> u64 {
        0
    }
}
