//! From a path on disk to the checked configuration, weights and tokenizer of an encoder-decoder.

use std::path::{Path, PathBuf};

use bimo_engine::EngineError;
use serde_json::Value;

use super::bytes::Bytes;
use super::folder::{optional_json, read_tokenizer};
use super::gguf::Gguf;
use super::hf_weights::HfWeights;
use super::{
    Weights, file_name, gguf_seq2seq, hf_seq2seq, marian_pieces, read_json, seq2seq_names,
};
use crate::seq2seq::{Frames, Seq2SeqArchitecture, Seq2SeqConfig, Seq2SeqTokenizer};

/// The files of an encoder-decoder, checked.
pub struct Seq2SeqFiles {
    name: String,
    config: Seq2SeqConfig,
    layout: Layout,
}

enum Layout {
    Gguf(Gguf),
    Folder { path: PathBuf, weights: HfWeights, settings: Value },
}

/// Opens a GGUF file, or a folder in Hugging Face layout, with an encoder-decoder in it.
pub fn open_seq2seq(path: &Path) -> Result<Seq2SeqFiles, EngineError> {
    if !path.is_dir() {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        return Seq2SeqFiles::of_gguf(&name, Gguf::open(path)?);
    }
    let settings = read_json(&path.join("config.json"))?;
    let (architecture, sharing) = hf_seq2seq::kind(&settings)?;
    let naming = move |canonical: &str| seq2seq_names::names(architecture, sharing, canonical);
    let weights = HfWeights::open(path, Box::new(naming))?;
    let generation = optional_json(&path.join("generation_config.json"))?;
    let config = hf_seq2seq::read(&settings, generation.as_ref())?;
    let layout = Layout::Folder { path: path.to_owned(), weights, settings };
    Ok(Seq2SeqFiles { name: file_name(path), config, layout })
}

/// Opens a GGUF with an encoder-decoder that is in memory.
pub fn open_seq2seq_bytes(name: &str, bytes: &'static [u8]) -> Result<Seq2SeqFiles, EngineError> {
    Seq2SeqFiles::of_gguf(name, Gguf::read(Bytes::Embedded(bytes))?)
}

impl Seq2SeqFiles {
    fn of_gguf(name: &str, gguf: Gguf) -> Result<Self, EngineError> {
        let name = gguf.header().text("general.name")?.unwrap_or(name).to_owned();
        Ok(Self { name, config: gguf_seq2seq::read(&gguf)?, layout: Layout::Gguf(gguf) })
    }

    /// The model's shape.
    pub fn config(&self) -> &Seq2SeqConfig {
        &self.config
    }

    /// Its tensors. Names are llama.cpp's for T5 (`enc.blk.3.attn_q.weight`, `dec.blk.0.cross_attn_k.weight`), with
    /// `enc.token_embd.weight`, `dec.token_embd.weight` where the sides have embeddings of their own,
    /// `enc.token_embd_norm.weight`, `enc.position_embd.weight` and `output.bias` for what T5 does not have.
    pub fn weights(&self) -> &dyn Weights {
        match &self.layout {
            Layout::Gguf(gguf) => gguf,
            Layout::Folder { weights, .. } => weights,
        }
    }

    /// Its tokenizer.
    pub fn tokenizer(&self) -> Result<Seq2SeqTokenizer, EngineError> {
        match &self.layout {
            Layout::Gguf(gguf) => gguf_seq2seq::tokenizer(gguf, &self.config),
            Layout::Folder { path, settings, .. } => {
                let ends = self.config.end_tokens.clone();
                let frames = Frames {
                    before: match self.config.architecture {
                        Seq2SeqArchitecture::Bart => bos(settings),
                        _ => Vec::new(),
                    },
                    after: self.config.end_tokens.first().copied().into_iter().collect(),
                };
                match self.config.architecture {
                    Seq2SeqArchitecture::Marian if !path.join("tokenizer.json").is_file() => {
                        let (source, target) = marian_pieces::read(path, &ends)?;
                        Ok(Seq2SeqTokenizer::new(source, target, frames))
                    }
                    _ => Ok(Seq2SeqTokenizer::new(read_tokenizer(path, ends)?, None, frames)),
                }
            }
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

fn bos(settings: &Value) -> Vec<u32> {
    let token = settings["bos_token_id"].as_u64().and_then(|token| u32::try_from(token).ok());
    Vec::from_iter(token)
}
