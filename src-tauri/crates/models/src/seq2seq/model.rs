//! The whole network: texts in, and the logits of what could be written next.

use std::ops::Range;

use bimo_engine::{EngineError, TokenId};
use candle_core::{self as candle, Device, Tensor};

use super::attention::Kept;
use super::block::{DecoderBlock, EncoderBlock};
use super::config::Seq2SeqConfig;
use super::distances::Distances;
use super::parts;
use super::positions::Places;
use crate::Weights;
use crate::layers::{Loader, Matrix, Norm, Placement, compute};

/// An encoder-decoder on its device.
pub struct EncoderDecoder {
    pub(super) config: Seq2SeqConfig,
    pub(super) device: Device,
    pub(super) encoder: Side<EncoderBlock>,
    pub(super) decoder: Side<DecoderBlock>,
    pub(super) head: Matrix,
    pub(super) head_bias: Option<Tensor>,
    pub(super) quantization: String,
}

/// What reads, or what writes.
pub(super) struct Side<Block> {
    pub embedding: Matrix,
    pub places: Places,
    pub embedding_norm: Option<Norm>,
    pub distances: Option<Distances>,
    pub blocks: Vec<Block>,
    pub last_norm: Option<Norm>,
}

/// Texts that were read: what the other side looks at.
pub struct Memory {
    /// Where each text's rows lie.
    texts: Vec<Range<usize>>,
    /// For each layer of the decoder.
    layers: Vec<Kept>,
}

/// Texts that are being written, any number for each text that was read.
///
/// Keys and values of every token that was written lie one after another, in the order of writing. A text knows the
/// places of its own, so that texts that begin alike share them, and going on with another text copies no numbers.
pub struct Writing {
    layers: Vec<Kept>,
    /// For each text that is being written, the one that was read.
    sources: Vec<usize>,
    /// For each, the places of its tokens.
    places: Vec<Vec<u32>>,
    written: u32,
}

impl EncoderDecoder {
    /// Reads the weights of a model of this shape.
    pub fn load(
        config: &Seq2SeqConfig,
        weights: &dyn Weights,
        placement: &Placement,
    ) -> Result<Self, EngineError> {
        parts::load(Loader::new(config, config.norm_eps, weights, placement), placement)
    }

    /// The model's shape.
    pub fn config(&self) -> &Seq2SeqConfig {
        &self.config
    }

    /// How most of the weights are kept in memory, `Q8_0` for instance.
    pub fn quantization(&self) -> &str {
        &self.quantization
    }

    /// What the encoder makes of each text, `[tokens of all texts, hidden]`, text after text. No text disturbs another.
    pub fn encode(&self, texts: &[&[TokenId]]) -> Result<Tensor, EngineError> {
        for text in texts {
            self.check(text.len(), text, self.config.encoder.vocabulary)?;
        }
        self.encode_checked(texts).map_err(compute)
    }

    /// Reads texts.
    pub fn read(&self, texts: &[&[TokenId]]) -> Result<Memory, EngineError> {
        let encoded = self.encode(texts)?;
        let blocks = self.decoder.blocks.iter();
        let layers = blocks.map(|block| block.cross_attention.part.keep(&encoded));
        let layers = layers.collect::<candle::Result<_>>().map_err(compute)?;
        Ok(Memory { texts: spans(texts), layers })
    }

    /// Begins to write a text for each that was read.
    pub fn begin(&self, memory: &Memory) -> Writing {
        let texts = memory.texts.len();
        Writing {
            layers: self.decoder.blocks.iter().map(|_| Kept::default()).collect(),
            sources: (0..texts).collect(),
            places: vec![Vec::new(); texts],
            written: 0,
        }
    }

    /// Adds a token to each text and answers the logits of the next.
    pub fn step(
        &self,
        memory: &Memory,
        writing: &mut Writing,
        tokens: &[TokenId],
    ) -> Result<Vec<Vec<f32>>, EngineError> {
        let longest = writing.places.iter().map(Vec::len).max().unwrap_or_default() + 1;
        self.check(longest, tokens, self.config.decoder.vocabulary)?;
        self.step_checked(memory, writing, tokens).map_err(compute)
    }

    fn check(
        &self,
        length: usize,
        tokens: &[TokenId],
        vocabulary: usize,
    ) -> Result<(), EngineError> {
        let context_length = self.config.context_length;
        if tokens.is_empty() || length > context_length {
            return Err(EngineError::PromptTooLong { prompt_tokens: length, context_length });
        }
        match tokens.iter().find(|&&token| token as usize >= vocabulary) {
            Some(token) => {
                let value = token.to_string();
                Err(EngineError::InvalidParameter { name: "a token of the text", value })
            }
            None => Ok(()),
        }
    }

    fn encode_checked(&self, texts: &[&[TokenId]]) -> candle::Result<Tensor> {
        let side = &self.encoder;
        let places: Vec<usize> = texts.iter().flat_map(|text| 0..text.len()).collect();
        let spans = spans(texts);
        let mut x = self.embed(side, &texts.concat(), &places)?;
        for block in &side.blocks {
            x = block
                .attention
                .add_to(&x, |attention, x| attention.within(x, &spans, side.distances.as_ref()))?;
            x = block.feed_forward.add_to(&x, |part, x| part.forward(x))?;
        }
        normalised(x, side.last_norm.as_ref())
    }

    fn step_checked(
        &self,
        memory: &Memory,
        writing: &mut Writing,
        tokens: &[TokenId],
    ) -> candle::Result<Vec<Vec<f32>>> {
        let side = &self.decoder;
        let at: Vec<usize> = writing.places.iter().map(Vec::len).collect();
        for places in &mut writing.places {
            places.push(writing.written);
            writing.written += 1;
        }
        let sources: Vec<Range<usize>> =
            writing.sources.iter().map(|&source| memory.texts[source].clone()).collect();
        let mut x = self.embed(side, tokens, &at)?;
        for (layer, block) in side.blocks.iter().enumerate() {
            let kept = &mut writing.layers[layer];
            x = block.attention.add_to(&x, |attention, x| {
                attention.along(x, kept, &writing.places, side.distances.as_ref())
            })?;
            x = block
                .cross_attention
                .add_to(&x, |attention, x| attention.across(x, &memory.layers[layer], &sources))?;
            x = block.feed_forward.add_to(&x, |part, x| part.forward(x))?;
        }
        let x = (normalised(x, side.last_norm.as_ref())? * self.config.output_scale)?;
        let logits = self.head.multiply(&x)?;
        match &self.head_bias {
            Some(bias) => logits.broadcast_add(bias)?.to_vec2(),
            None => logits.to_vec2(),
        }
    }

    fn embed<B>(
        &self,
        side: &Side<B>,
        tokens: &[TokenId],
        places: &[usize],
    ) -> candle::Result<Tensor> {
        let x = side.embedding.look_up(&Tensor::new(tokens, &self.device)?)?;
        let x = side.places.add_to(&(x * self.config.embedding_scale)?, places)?;
        normalised(x, side.embedding_norm.as_ref())
    }
}

impl Writing {
    /// Goes on with these texts, in this order; a text may go on several times, or not at all.
    pub fn choose(&mut self, texts: &[usize]) {
        self.sources = texts.iter().map(|&text| self.sources[text]).collect();
        self.places = texts.iter().map(|&text| self.places[text].clone()).collect();
    }
}

fn spans(texts: &[&[TokenId]]) -> Vec<Range<usize>> {
    let starts = texts.iter().scan(0, |end, text| {
        *end += text.len();
        Some(*end - text.len()..*end)
    });
    starts.collect()
}

fn normalised(x: Tensor, norm: Option<&Norm>) -> candle::Result<Tensor> {
    match norm {
        Some(norm) => norm.forward(&x),
        None => Ok(x),
    }
}
