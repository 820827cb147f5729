//! From a path on disk to checked configuration, weights and tokenizer.

mod blocks;
mod bytes;
mod decoder;
mod describe;
mod digest;
mod encoder;
mod encoder_names;
mod floats;
mod folder;
mod folder_pieces;
mod gguf;
mod gguf_config;
mod gguf_encoder;
mod gguf_header;
mod gguf_parts;
mod gguf_seq2seq;
mod gguf_tokenizer;
mod hf_config;
mod hf_encoder;
mod hf_gemma;
mod hf_generation;
mod hf_names;
mod hf_refusals;
mod hf_rope;
mod hf_seq2seq;
mod hf_weights;
mod marian_pieces;
mod numbers;
mod opened;
mod pickle;
mod purpose;
mod pytorch;
mod pytorch_parts;
mod sentencepiece_file;
mod seq2seq;
mod seq2seq_names;
mod stored_zip;
mod task_settings;

use std::path::Path;

use bimo_engine::EngineError;

use crate::TextTokenizer;
use crate::layers::compute;
use crate::limits::MAX_TEXT_FILE;
pub use blocks::Blocks;
pub use decoder::{ModelFiles, open, open_bytes};
pub use describe::{DescribedModel, ModelKind, describe};
pub use encoder::{EncoderFiles, open_encoder, open_encoder_bytes};
pub use floats::Floats;
use gguf::Gguf;
use gguf_header::invalid;
pub use opened::OpenedFiles;
pub use seq2seq::{Seq2SeqFiles, open_seq2seq, open_seq2seq_bytes};
pub use task_settings::TaskSettings;

/// A tensor of a model, on the CPU, in the precision of its file.
pub enum Weight<'a> {
    /// F32, F16 or BF16.
    Float(Floats<'a>),
    /// Blocks of few bits.
    Quantized(Blocks<'a>),
}

/// The numbers of a tensor, or why they cannot be had.
pub type WeightResult<Numbers> = Result<Numbers, WeightError>;

/// Why the numbers of a tensor cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum WeightError {
    /// Some of them are infinite, or none.
    #[error("it has values that are not numbers")]
    NotNumbers,
    /// A failure of the tensor library.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

impl WeightError {
    /// Said of the tensor of that name.
    pub(crate) fn of(self, name: &str) -> EngineError {
        match self {
            Self::NotNumbers => invalid(name, self.to_string()),
            Self::Tensor(error) => compute(error),
        }
    }
}

/// Tensors by canonical name.
///
/// The names are GGUF's (`token_embd.weight`, `blk.3.attn_q.weight`, `blk.3.attn_qkv.weight` for GPT-2,
/// `position_embd.weight`, `output_norm.weight`, `output.weight`, `rope_freqs.weight`); Hugging Face names are
/// translated. Weights of linear layers are always `[out, in]`.
pub trait Weights: Send + Sync {
    /// True if the file has this tensor.
    fn contains(&self, name: &str) -> bool;
    /// Finds it; a missing one is [`EngineError::ModelIncomplete`]. Its numbers are looked at when they are read.
    fn get(&self, name: &str) -> Result<Weight<'_>, EngineError>;
    /// What the file calls it, for a person who is to find it there.
    fn stored_name(&self, name: &str) -> String {
        name.to_owned()
    }
    /// Says that it will not be read again soon: memory that only shows its file need not be kept.
    fn release(&self, _name: &str) {}
}

/// Opens only the tokenizer; a file or folder without weights will do, and so will a `tokenizer.json`.
pub fn open_tokenizer(path: &Path) -> Result<TextTokenizer, EngineError> {
    let beside_others = ["json", "txt", "model"];
    let in_folder = path.is_dir()
        || path.extension().is_some_and(|kind| beside_others.iter().any(|other| kind == *other));
    if in_folder {
        let folder = if path.is_dir() { Some(path) } else { path.parent() };
        return folder::read_tokenizer(folder.unwrap_or(path), Vec::new());
    }
    gguf_tokenizer::read(Gguf::open(path)?.header())
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A text file beside the weights.
fn read_text(path: &Path) -> Result<String, EngineError> {
    let unreadable =
        |reason: String| EngineError::Unreadable { path: path.display().to_string(), reason };
    let size = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?.len();
    let named = file_name(path);
    if size > MAX_TEXT_FILE {
        return Err(invalid(&named, format!("it has {size} bytes, {MAX_TEXT_FILE} are allowed")));
    }
    let bytes = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| invalid(&named, "it is not UTF-8"))
}

fn read_json(path: &Path) -> Result<serde_json::Value, EngineError> {
    let named = file_name(path);
    serde_json::from_str(&read_text(path)?).map_err(|error| invalid(&named, error.to_string()))
}
