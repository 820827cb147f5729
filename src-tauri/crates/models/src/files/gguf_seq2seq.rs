//! The shape of an encoder-decoder from a GGUF file's metadata.
//!
//! `t5` is as llama.cpp writes it. `marian` is this project's own container: keys under `marian.` are
//! `context_length`, `embedding_length`, `block_count`, `decoder_block_count`, `feed_forward_length`,
//! `attention.head_count`, `attention.layer_norm_epsilon`, `vocab_size`, `activation`, `scale_embedding` and
//! `decoder_start_token_id`; the settings of a search are `generation.num_beams`, `.max_length`, `.length_penalty`,
//! `.early_stopping`, `.no_repeat_ngram_size`, `.repetition_penalty` and `.bad_token_ids`. Its tensors have T5's names
//! and biases; positions are waves and not stored. The vocabulary is a unigram one for both sides
//! (`tokenizer.ggml.model` is `t5`), and a control token such as `>>zh<<` opens the source and says what to write.

use bimo_engine::{EarlyStopping, EngineError, TokenId};

use super::gguf::{Gguf, missing};
use super::gguf_config::end_tokens;
use super::gguf_header::{Header, Value, invalid};
use super::hf_seq2seq;
use super::purpose::gguf_family;
use crate::layers::Activation;
use crate::limits::{MAX_BIASED_HEADS, MAX_CONTEXT, MAX_LAYERS, MAX_WIDTH};
use crate::seq2seq::{
    Frames, Positions, SearchSettings, Seq2SeqArchitecture, Seq2SeqConfig, SideConfig,
};

/// The distance from which on T5's distances are of one kind; files do not state it.
const T5_LONGEST_DISTANCE: usize = 128;

/// The model's shape, as the metadata and the tensors state it.
pub(super) fn read(file: &Gguf) -> Result<Seq2SeqConfig, EngineError> {
    let (architecture, name) = gguf_family(file.header(), |name| match name {
        "marian" | "t5" => Seq2SeqArchitecture::from_name(name),
        _ => None,
    })?;
    let shape = Shape { file, header: file.header(), name };
    let hidden_size = shape.required("embedding_length", MAX_WIDTH)?;
    let heads = shape.required("attention.head_count", MAX_BIASED_HEADS)?;
    let layers = shape.required("block_count", MAX_LAYERS)?;
    let head_dim = match shape.optional("attention.key_length", MAX_WIDTH)? {
        Some(width) => width,
        None if hidden_size.is_multiple_of(heads) => hidden_size / heads,
        None => return Err(invalid(&shape.key("attention.head_count"), "it divides no width")),
    };
    let vocabulary = shape.vocabulary()?;
    let side = |layers| -> Result<SideConfig, EngineError> {
        let ffn_size = shape.required("feed_forward_length", MAX_WIDTH)?;
        Ok(SideConfig { layers, heads, ffn_size, vocabulary })
    };
    let written = shape.optional("decoder_block_count", MAX_LAYERS)?.unwrap_or(layers);
    let is_t5 = architecture == Seq2SeqArchitecture::T5;
    let is_gated = shape.contains("enc.blk.0.ffn_gate.weight");
    let root = (hidden_size as f64).sqrt();
    let scaled = shape.header.bool(&shape.key("scale_embedding"))?.unwrap_or(false);
    let start =
        shape.header.integer(&shape.key("decoder_start_token_id"), 0, vocabulary as i128 - 1)?;
    Ok(Seq2SeqConfig {
        architecture,
        hidden_size,
        head_dim,
        encoder: side(layers)?,
        decoder: side(written)?,
        context_length: shape.required("context_length", MAX_CONTEXT)?,
        activation: match (is_t5, is_gated) {
            (true, true) => Activation::Gelu,
            (true, false) => Activation::Relu,
            (false, _) => shape.activation()?,
        },
        is_gated,
        norm_eps: shape.norm_eps(is_t5)?,
        embedding_scale: if scaled { root } else { 1.0 },
        // A T5 without an output projection of its own was trained so.
        output_scale: if is_t5 && !shape.contains("output.weight") { root.recip() } else { 1.0 },
        positions: match is_t5 {
            true => shape.distances()?,
            false => Positions::Waves,
        },
        start_token: start.unwrap_or(0) as TokenId,
        end_tokens: end_tokens(file.header(), vocabulary)?,
        search: shape.search(vocabulary)?,
    })
}

/// The tokens around a source.
pub(super) fn frames(header: &Header, config: &Seq2SeqConfig) -> Result<Frames, EngineError> {
    let is_closed = header.bool("tokenizer.ggml.add_eos_token")?.unwrap_or(true);
    let end = config.end_tokens.first().copied().filter(|_| is_closed);
    Ok(Frames { before: Vec::new(), after: Vec::from_iter(end) })
}

struct Shape<'a> {
    file: &'a Gguf,
    header: &'a Header,
    name: &'a str,
}

impl Shape<'_> {
    fn key(&self, part: &str) -> String {
        format!("{}.{part}", self.name)
    }

    fn contains(&self, tensor: &str) -> bool {
        self.header.tensors.contains_key(tensor)
    }

    fn optional(&self, part: &str, limit: usize) -> Result<Option<usize>, EngineError> {
        self.header.integer(&self.key(part), 1, limit as i128)
    }

    fn required(&self, part: &str, limit: usize) -> Result<usize, EngineError> {
        let key = self.key(part);
        self.optional(part, limit)?.ok_or_else(|| invalid(&key, "it is missing"))
    }

    fn vocabulary(&self) -> Result<usize, EngineError> {
        let name = "token_embd.weight";
        let place = self.file.header().tensors.get(name).ok_or_else(|| missing(name))?;
        match place.shape[..] {
            [rows, _] if rows <= MAX_WIDTH => Ok(rows),
            _ => Err(invalid(name, "it is no matrix of a usable size")),
        }
    }

    fn activation(&self) -> Result<Activation, EngineError> {
        let key = self.key("activation");
        let name = self.header.text(&key)?.ok_or_else(|| invalid(&key, "it is missing"))?;
        hf_seq2seq::activation(name)
    }

    fn norm_eps(&self, is_t5: bool) -> Result<f64, EngineError> {
        let (key, usual) = match is_t5 {
            true => ("attention.layer_norm_rms_epsilon", 1e-6),
            false => ("attention.layer_norm_epsilon", 1e-5),
        };
        Ok(self.header.float(&self.key(key))?.filter(|eps| *eps >= 0.0).unwrap_or(usual))
    }

    fn distances(&self) -> Result<Positions, EngineError> {
        let key = "attention.relative_buckets_count";
        let buckets = self.required(key, 2 * T5_LONGEST_DISTANCE - 1)?;
        if buckets < 4 || !buckets.is_multiple_of(4) {
            return Err(invalid(&self.key(key), "it does not divide by four"));
        }
        Ok(Positions::Distances { buckets, longest: T5_LONGEST_DISTANCE })
    }

    fn search(&self, vocabulary: usize) -> Result<SearchSettings, EngineError> {
        let usual = SearchSettings::default();
        let number = |part: &str, usual: f32| -> Result<f32, EngineError> {
            let key = self.key(&format!("generation.{part}"));
            Ok(self.header.float(&key)?.map_or(usual, |number| number as f32))
        };
        let is_early = self.header.bool(&self.key("generation.early_stopping"))?.unwrap_or(false);
        Ok(SearchSettings {
            beams: self.optional("generation.num_beams", 64)?.unwrap_or(usual.beams),
            length_penalty: number("length_penalty", usual.length_penalty)?,
            early_stopping: match is_early {
                true => EarlyStopping::WhenFull,
                false => EarlyStopping::WhenUnlikely,
            },
            max_length: self
                .optional("generation.max_length", MAX_CONTEXT)?
                .unwrap_or(usual.max_length),
            no_repeat_ngram: self
                .header
                .integer(&self.key("generation.no_repeat_ngram_size"), 0, MAX_CONTEXT as i128)?
                .unwrap_or(0),
            repetition_penalty: match number("repetition_penalty", usual.repetition_penalty)? {
                penalty if penalty > 0.0 => penalty,
                _ => {
                    return Err(invalid(
                        &self.key("generation.repetition_penalty"),
                        "it is not above 0",
                    ));
                }
            },
            bad_words: self.bad_words(vocabulary)?,
            ..usual
        })
    }

    fn bad_words(&self, vocabulary: usize) -> Result<Vec<Vec<TokenId>>, EngineError> {
        let key = self.key("generation.bad_token_ids");
        let tokens = match self.header.metadata.get(&key) {
            None => return Ok(Vec::new()),
            Some(Value::Integers(tokens)) => tokens,
            Some(_) => return Err(invalid(&key, "it is no list of tokens")),
        };
        let word = |&token: &i64| match usize::try_from(token) {
            Ok(place) if place < vocabulary => Ok(vec![place as TokenId]),
            _ => Err(invalid(&key, format!("{token} is not a token of the vocabulary"))),
        };
        tokens.iter().map(word).collect()
    }
}
