//! The whole network: texts in, and the logits of what could be written next.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use bimo_engine::{EngineError, TokenId};
use candle_core::{self as candle, Device, Tensor};

use super::attention::Kept;
use super::block::{DecoderBlock, EncoderBlock};
use super::config::Seq2SeqConfig;
use super::distances::Distances;
use super::parts;
use super::positions::Places;
use crate::Weights;
use crate::layers::{
    Linear, Loader, Matrix, Norm, Placement, Spread, compute, numbers, rows, share_parts,
    share_rows, with_scratch,
};

/// Logits that are computed at a time, of as many texts as that is.
const LOGITS_AT_A_TIME: usize = 4 << 20;

/// An encoder-decoder on its device.
pub struct EncoderDecoder {
    pub(super) config: Seq2SeqConfig,
    pub(super) device: Device,
    pub(super) encoder: Side<EncoderBlock>,
    pub(super) decoder: Side<DecoderBlock>,
    pub(super) head: Linear,
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
    /// Room for the logits of some texts.
    logits: Vec<f32>,
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
        self.check_sources(texts)?;
        let encoded = self.encode_checked(texts);
        encoded.and_then(|encoded| rows(encoded, self.config.hidden_size)).map_err(compute)
    }

    /// Reads texts.
    pub fn read(&self, texts: &[&[TokenId]]) -> Result<Memory, EngineError> {
        self.check_sources(texts)?;
        let layers = self.encode_checked(texts).and_then(|encoded| self.keep(encoded));
        Ok(Memory { texts: spans(texts), layers: layers.map_err(compute)? })
    }

    fn check_sources(&self, texts: &[&[TokenId]]) -> Result<(), EngineError> {
        let vocabulary = self.config.encoder.vocabulary;
        texts.iter().try_for_each(|text| self.check(text.len(), text, vocabulary))
    }

    /// Begins to write a text for each that was read.
    pub fn begin(&self, memory: &Memory) -> Writing {
        let texts = memory.texts.len();
        Writing {
            layers: self.decoder.blocks.iter().map(|_| Kept::default()).collect(),
            sources: (0..texts).collect(),
            places: vec![Vec::new(); texts],
            written: 0,
            logits: Vec::new(),
        }
    }

    /// Adds a token to each text and answers the logits of the next.
    pub fn step(
        &self,
        memory: &Memory,
        writing: &mut Writing,
        tokens: &[TokenId],
    ) -> Result<Vec<Vec<f32>>, EngineError> {
        self.step_with(memory, writing, tokens, |_, logits| logits.to_vec())
    }

    /// Adds a token to each text and answers what `look` makes of the logits of the next, given the text's number. It is
    /// called on many threads, where the logits still are in the cache, and may change them.
    pub fn step_with<R: Send>(
        &self,
        memory: &Memory,
        writing: &mut Writing,
        tokens: &[TokenId],
        look: impl Fn(usize, &mut [f32]) -> R + Sync,
    ) -> Result<Vec<R>, EngineError> {
        let longest = writing.places.iter().map(Vec::len).max().unwrap_or_default() + 1;
        self.check(longest, tokens, self.config.decoder.vocabulary)?;
        let x = self.step_checked(memory, writing, tokens);
        x.and_then(|x| self.look_at_logits(x, writing, look)).map_err(compute)
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

    fn spread(&self) -> Spread {
        if self.device.is_cpu() { Spread::Threads } else { Spread::Whole }
    }

    fn encode_checked(&self, texts: &[&[TokenId]]) -> candle::Result<Vec<f32>> {
        let side = &self.encoder;
        let places: Vec<usize> = texts.iter().flat_map(|text| 0..text.len()).collect();
        let texts_rows = spans(texts);
        let mut x = self.embed(side, &texts.concat(), &places)?;
        let (hidden, row) =
            (self.config.hidden_size, self.config.encoder.heads * self.config.head_dim);
        let [mut query, mut key, mut value, mut seen] =
            [(); 4].map(|()| vec![0.0; places.len() * row]);
        for block in &side.blocks {
            let (attention, inner) = (&block.attention, &block.attention.part);
            let buffers =
                [(&mut x[..], hidden), (&mut query, row), (&mut key, row), (&mut value, row)];
            share_rows(self.spread(), buffers, |_, [x, query, key, value]| {
                attention.with_input(x, |x| inner.project(x, [query, key, value]))
            })?;
            let distances = side.distances.as_ref();
            inner.within([&query, &key, &value], &texts_rows, distances, &mut seen)?;
            share_rows(self.spread(), [(&mut x, hidden), (&mut seen, row)], |_, [x, seen]| {
                attention.add_found(x, |part, found| part.output.write(seen, None, found))?;
                block.feed_forward.add_to(x, |part, x, found| part.write(x, found))
            })?;
        }
        self.normalise(side.last_norm.as_ref(), &mut x)?;
        Ok(x)
    }

    /// What each layer of the decoder looks at of texts that were read.
    fn keep(&self, mut encoded: Vec<f32>) -> candle::Result<Vec<Kept>> {
        let hidden = self.config.hidden_size;
        let keep = |block: &DecoderBlock| {
            let attention = &block.cross_attention.part;
            let (mut kept, row) = (Kept::default(), attention.row());
            let [keys, values] = kept.extend(encoded.len() / hidden * row);
            let buffers = [(&mut encoded[..], hidden), (keys, row), (values, row)];
            share_rows(self.spread(), buffers, |_, [x, keys, values]| {
                attention.keep(x, [keys, values])
            })?;
            Ok(kept)
        };
        self.decoder.blocks.iter().map(keep).collect()
    }

    fn step_checked(
        &self,
        memory: &Memory,
        writing: &mut Writing,
        tokens: &[TokenId],
    ) -> candle::Result<Vec<f32>> {
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
            let kept = (&mut writing.layers[layer], &memory.layers[layer]);
            self.write_on(block, &mut x, kept, &writing.places, &sources)?;
        }
        self.normalise(side.last_norm.as_ref(), &mut x)?;
        let scale = self.config.output_scale as f32;
        x.iter_mut().for_each(|number| *number *= scale);
        Ok(x)
    }

    /// A row of each text through a layer, in place.
    fn write_on(
        &self,
        block: &DecoderBlock,
        x: &mut [f32],
        (written, read): (&mut Kept, &Kept),
        places: &[Vec<u32>],
        sources: &[Range<usize>],
    ) -> candle::Result<()> {
        let (hidden, row) = (self.config.hidden_size, block.attention.part.row());
        let room = places.len() * row;
        with_scratch(room, |query| {
            let [keys, values] = written.extend(room);
            let buffers =
                [(&mut *x, hidden), (&mut *query, row), (&mut *keys, row), (&mut *values, row)];
            share_rows(self.spread(), buffers, |_, [x, query, key, value]| {
                let project = |x: &[f32]| block.attention.part.project(x, [query, key, value]);
                block.attention.with_input(x, project)
            })?;
            let distances = self.decoder.distances.as_ref();
            share_rows(self.spread(), [(x, hidden), (query, row)], |first, [x, query]| {
                let texts = first..first + x.len() / hidden;
                let (places, sources) = (&places[texts.clone()], &sources[texts]);
                block.attention.add_found(x, |attention, found| {
                    attention.along(query, written, places, distances, found)
                })?;
                block
                    .cross_attention
                    .add_to(x, |attention, x, found| attention.across(x, read, sources, found))?;
                block.feed_forward.add_to(x, |part, x, found| part.write(x, found))
            })
        })
    }

    fn look_at_logits<R: Send>(
        &self,
        mut x: Vec<f32>,
        writing: &mut Writing,
        look: impl Fn(usize, &mut [f32]) -> R + Sync,
    ) -> candle::Result<Vec<R>> {
        let (hidden, vocabulary) = (self.config.hidden_size, self.config.decoder.vocabulary);
        let texts = x.len() / hidden;
        let at_a_time = (LOGITS_AT_A_TIME / vocabulary).clamp(1, texts.max(1));
        writing.logits.resize(at_a_time * vocabulary, 0.0);
        let found: Vec<Mutex<Option<R>>> = (0..texts).map(|_| Mutex::new(None)).collect();
        for (chunk, x) in x.chunks_mut(at_a_time * hidden).enumerate() {
            let logits = &mut writing.logits[..x.len() / hidden * vocabulary];
            let buffers = [(x, hidden), (logits, vocabulary)];
            share_rows(self.spread(), buffers, |first, [x, logits]| {
                self.head.write(x, None, logits)?;
                let rows = logits.chunks_exact_mut(vocabulary).enumerate();
                share_parts(rows.collect(), |(row, logits)| {
                    let text = chunk * at_a_time + first + row;
                    let made = look(text, logits);
                    *found[text].lock().unwrap_or_else(PoisonError::into_inner) = Some(made);
                    Ok(())
                })
            })?;
        }
        let found = found.into_iter();
        Ok(found
            .filter_map(|made| made.into_inner().unwrap_or_else(PoisonError::into_inner))
            .collect())
    }

    fn embed<B>(
        &self,
        side: &Side<B>,
        tokens: &[TokenId],
        places: &[usize],
    ) -> candle::Result<Vec<f32>> {
        let mut x = numbers(&side.embedding.look_up(&Tensor::new(tokens, &self.device)?)?)?;
        let scale = self.config.embedding_scale as f32;
        x.iter_mut().for_each(|number| *number *= scale);
        side.places.add_to(&mut x, self.config.hidden_size, places)?;
        self.normalise(side.embedding_norm.as_ref(), &mut x)?;
        Ok(x)
    }

    fn normalise(&self, norm: Option<&Norm>, x: &mut [f32]) -> candle::Result<()> {
        let Some(norm) = norm else { return Ok(()) };
        let rows = [(x, self.config.hidden_size)];
        share_rows(self.spread(), rows, |_, [x]| norm.normalise(x))
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
