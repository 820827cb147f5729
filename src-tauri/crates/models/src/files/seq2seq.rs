//! From a path on disk to the checked configuration, weights and tokenizer of an encoder-decoder.

use std::path::Path;

use bimo_engine::EngineError;
use serde_json::Value;

use super::folder::{optional_json, read_tokenizer};
use super::opened::{Folder, Layout, OpenedFiles, within_rows};
use super::{gguf_seq2seq, gguf_tokenizer, hf_seq2seq, marian_pieces, seq2seq_names};
use crate::TextTokenizer;
use crate::seq2seq::{Frames, Seq2SeqArchitecture, Seq2SeqConfig, Seq2SeqTokenizer};

/// The files of an encoder-decoder, checked. Their tensors have llama.cpp's names for T5 (`enc.blk.3.attn_q.weight`,
/// `dec.blk.0.cross_attn_k.weight`), with `enc.token_embd.weight`, `dec.token_embd.weight` where the sides have embeddings
/// of their own, `enc.token_embd_norm.weight`, `enc.position_embd.weight` and `output.bias` for what T5 does not have.
pub type Seq2SeqFiles = OpenedFiles<Seq2SeqConfig>;

/// Opens a GGUF file, or a folder in Hugging Face layout, with an encoder-decoder in it.
pub fn open_seq2seq(path: &Path) -> Result<Seq2SeqFiles, EngineError> {
    if !path.is_dir() {
        return OpenedFiles::of_gguf_file(path, gguf_seq2seq::read);
    }
    let folder = Folder::open(path, |settings| {
        let (architecture, sharing) = hf_seq2seq::kind(settings)?;
        Ok(Box::new(move |canonical| seq2seq_names::names(architecture, sharing, canonical)))
    })?;
    let generation = optional_json(&path.join("generation_config.json"))?;
    let config = hf_seq2seq::read(&folder.settings, generation.as_ref())?;
    Ok(OpenedFiles::of_folder(folder, config))
}

/// Opens a GGUF with an encoder-decoder that is in memory.
pub fn open_seq2seq_bytes(name: &str, bytes: &'static [u8]) -> Result<Seq2SeqFiles, EngineError> {
    OpenedFiles::of_gguf_bytes(name, bytes, gguf_seq2seq::read)
}

impl Seq2SeqFiles {
    /// Its tokenizer.
    pub fn tokenizer(&self) -> Result<Seq2SeqTokenizer, EngineError> {
        let (source, target, frames) = match &self.layout {
            Layout::Gguf(gguf) => {
                let frames = gguf_seq2seq::frames(gguf.header(), &self.config)?;
                (gguf_tokenizer::read(gguf.header())?, None, frames)
            }
            Layout::Folder(folder) => {
                let (source, target) = self.read_tokenizers(folder)?;
                (source, target, self.frames(&folder.settings))
            }
        };
        let target_rows = self.config.decoder.vocabulary;
        let source = within_rows(source, self.config.encoder.vocabulary)?;
        let target = target.map(|target| within_rows(target, target_rows)).transpose()?;
        Ok(Seq2SeqTokenizer::new(source, target, frames))
    }

    fn read_tokenizers(
        &self,
        folder: &Folder,
    ) -> Result<(TextTokenizer, Option<TextTokenizer>), EngineError> {
        let ends = self.config.end_tokens.clone();
        match self.config.architecture {
            Seq2SeqArchitecture::Marian if !folder.path.join("tokenizer.json").is_file() => {
                marian_pieces::read(&folder.path, &ends)
            }
            _ => Ok((read_tokenizer(&folder.path, ends)?, None)),
        }
    }

    fn frames(&self, settings: &Value) -> Frames {
        Frames {
            before: match self.config.architecture {
                Seq2SeqArchitecture::Bart => bos(settings),
                _ => Vec::new(),
            },
            after: self.config.end_tokens.first().copied().into_iter().collect(),
        }
    }
}

fn bos(settings: &Value) -> Vec<u32> {
    let token = settings["bos_token_id"].as_u64().and_then(|token| u32::try_from(token).ok());
    Vec::from_iter(token)
}
