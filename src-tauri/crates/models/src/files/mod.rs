//! From a path on disk to checked configuration, weights and tokenizer.

mod bytes;
mod describe;
mod encoder;
mod encoder_names;
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
mod sentencepiece_file;
mod seq2seq;
mod seq2seq_names;

use std::path::Path;

use bimo_engine::EngineError;
use candle_core::{Tensor, quantized::QTensor};

use crate::limits::MAX_TEXT_FILE;
use crate::{TextTokenizer, decoder::DecoderConfig};
use bytes::Bytes;
pub use describe::{DescribedModel, describe};
pub use encoder::{EncoderFiles, open_encoder, open_encoder_bytes};
use folder::Folder;
use gguf::Gguf;
use gguf_header::invalid;
pub use seq2seq::{Seq2SeqFiles, open_seq2seq, open_seq2seq_bytes};

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
    layout: Layout,
}

/// How a model lies on disk.
enum Layout {
    /// All in one file, or in its parts.
    Gguf(Gguf),
    /// A folder as Hugging Face has it.
    Folder(Folder),
}

/// Opens a GGUF file (any part of it, where it is split), or a folder in Hugging Face layout. Headers are checked against
/// [`crate::limits`].
pub fn open(path: &Path) -> Result<ModelFiles, EngineError> {
    if !path.is_dir() {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        return ModelFiles::of_gguf(&name, Gguf::open(path)?);
    }
    let folder = Folder::open(path)?;
    let name = file_name(path);
    Ok(ModelFiles { name, config: folder.config.clone(), layout: Layout::Folder(folder) })
}

/// Opens a GGUF that is in memory.
pub fn open_bytes(name: &str, bytes: &'static [u8]) -> Result<ModelFiles, EngineError> {
    ModelFiles::of_gguf(name, Gguf::read(Bytes::Embedded(bytes))?)
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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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

impl ModelFiles {
    fn of_gguf(name: &str, gguf: Gguf) -> Result<Self, EngineError> {
        let name = gguf.header().text("general.name")?.unwrap_or(name).to_owned();
        Ok(Self { name, config: gguf.config()?, layout: Layout::Gguf(gguf) })
    }

    /// The model's shape.
    pub fn config(&self) -> &DecoderConfig {
        &self.config
    }

    /// Its tensors.
    pub fn weights(&self) -> &dyn Weights {
        match &self.layout {
            Layout::Gguf(gguf) => gguf,
            Layout::Folder(folder) => &folder.weights,
        }
    }

    /// Its tokenizer.
    pub fn tokenizer(&self) -> Result<TextTokenizer, EngineError> {
        match &self.layout {
            Layout::Gguf(gguf) => {
                let tokenizer = gguf_tokenizer::read(gguf.header())?;
                let (tokens, rows) = (tokenizer.vocabulary_size(), self.config.vocabulary);
                if tokens > rows {
                    let words =
                        format!("the tokenizer has {tokens} tokens and the embedding {rows} rows");
                    return Err(EngineError::ModelIncomplete(words));
                }
                Ok(tokenizer)
            }
            Layout::Folder(folder) => folder.tokenizer(),
        }
    }

    /// The chat template of an instruct model (Jinja).
    pub fn chat_template(&self) -> Option<&str> {
        match &self.layout {
            Layout::Gguf(gguf) => gguf.header().text("tokenizer.chat_template").ok().flatten(),
            Layout::Folder(folder) => folder.template.as_deref(),
        }
    }

    /// The name by which a person knows it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256 of the weights file, in hex; for several files, of their digests in the order of their names.
    pub fn sha256(&self) -> Result<String, EngineError> {
        match &self.layout {
            Layout::Gguf(gguf) => Ok(gguf.sha256()),
            Layout::Folder(folder) => folder.weights.sha256(),
        }
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
