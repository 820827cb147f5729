//! The whole encoder, from tokens to what its head says of them.

use std::ops::Range;

use bimo_engine::{CancellationToken, EngineError, TokenId};
use candle_core::{self as candle, Device, Tensor};

use super::block::{Block, Stream};
use super::head::Head;
use super::{EncoderConfig, HeadConfig};
use crate::Weights;
use crate::layers::{Loader, Matrix, Norm, Placement, compute, numbers, rows};

/// An encoder on its device.
pub struct Encoder {
    config: EncoderConfig,
    device: Device,
    embedding: Matrix,
    positions: Tensor,
    types: Option<Tensor>,
    embedding_norm: Norm,
    blocks: Vec<Block>,
    head: Head,
    quantization: String,
}

/// A text as the model reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Input {
    /// At least one, and no more than the model reads at once.
    pub tokens: Vec<TokenId>,
    /// For each token the text it belongs to, 0 or 1.
    pub types: Vec<u32>,
}

impl Encoder {
    /// Reads the weights of a model of this shape.
    pub fn load(
        config: &EncoderConfig,
        weights: &dyn Weights,
        placement: &Placement,
    ) -> Result<Self, EngineError> {
        let loader = Loader::new(config, config.norm_eps, weights, placement);
        let hidden = config.hidden_size;
        let types = match config.token_types {
            0 => None,
            rows => Some(loader.numbers("token_types.weight", &[rows, hidden])?),
        };
        let blocks = (0..config.layers).map(|layer| Block::load(&loader, layer));
        Ok(Self {
            embedding: loader.matrix("token_embd.weight", config.vocabulary, hidden)?,
            positions: loader.numbers("position_embd.weight", &[config.position_rows, hidden])?,
            types,
            embedding_norm: loader.layer_norm("token_embd_norm", hidden)?,
            blocks: blocks.collect::<Result<_, _>>()?,
            head: Head::load(&loader)?,
            config: config.clone(),
            device: placement.device.clone(),
            quantization: loader.finish(),
        })
    }

    /// The model's shape.
    pub fn config(&self) -> &EncoderConfig {
        &self.config
    }

    /// How most of the weights are kept in memory, `Q8_0` for instance.
    pub fn quantization(&self) -> &str {
        &self.quantization
    }

    /// What the head says of each text: a classifier one row of logits, a span head a row for each token with its
    /// logits as beginning and end, a sentence's head the last layer's row for each token. Nothing where it was
    /// cancelled, which is looked at before every layer.
    pub fn forward(
        &self,
        inputs: &[Input],
        cancel: &CancellationToken,
    ) -> Result<Option<Vec<Vec<Vec<f32>>>>, EngineError> {
        if let Some(input) = inputs.iter().find(|input| !self.has_room(input)) {
            return Err(EngineError::PromptTooLong {
                prompt_tokens: input.tokens.len(),
                context_length: self.config.context_length,
            });
        }
        if inputs.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let rows = self.compute(inputs, cancel).map_err(compute)?;
        match rows {
            Some(rows) if rows.iter().flatten().flatten().any(|number| !number.is_finite()) => {
                Err(EngineError::NotANumber)
            }
            rows => Ok(rows),
        }
    }

    fn has_room(&self, input: &Input) -> bool {
        (1..=self.config.context_length).contains(&input.tokens.len())
            && input.tokens.iter().all(|&token| (token as usize) < self.config.vocabulary)
            && input.types.len() == input.tokens.len()
    }

    fn compute(
        &self,
        inputs: &[Input],
        cancel: &CancellationToken,
    ) -> candle::Result<Option<Vec<Vec<Vec<f32>>>>> {
        let texts = ranges(inputs);
        let Some(x) = self.through_blocks(self.embed(inputs)?, &texts, cancel)? else {
            return Ok(None);
        };
        if let HeadConfig::Classifier(_) = self.config.head {
            let firsts: Vec<u32> = texts.iter().map(|rows| rows.start as u32).collect();
            let firsts = x.index_select(&Tensor::new(firsts, &self.device)?, 0)?;
            let logits: Vec<Vec<f32>> = self.head.forward(&firsts)?.to_vec2()?;
            return Ok(Some(logits.into_iter().map(|row| vec![row]).collect()));
        }
        let mut rows = self.head.forward(&x)?.to_vec2()?.into_iter();
        Ok(Some(texts.into_iter().map(|text| rows.by_ref().take(text.len()).collect()).collect()))
    }

    fn through_blocks(
        &self,
        mut x: Tensor,
        texts: &[Range<usize>],
        cancel: &CancellationToken,
    ) -> candle::Result<Option<Tensor>> {
        let mut stream = match self.device.is_cpu() {
            true => Some(Stream::new(numbers(&x)?)),
            false => None,
        };
        for block in &self.blocks {
            if cancel.is_cancelled() {
                return Ok(None);
            }
            match &mut stream {
                Some(stream) => block.pass(stream, texts)?,
                None => x = block.forward(&x, texts)?,
            }
        }
        let passed = stream.map(|stream| rows(stream.x, self.config.hidden_size));
        passed.map_or(Ok(x), |passed| passed).map(Some)
    }

    fn embed(&self, inputs: &[Input]) -> candle::Result<Tensor> {
        let numbers = |numbers: Vec<u32>| Tensor::new(numbers, &self.device);
        let tokens = inputs.iter().flat_map(|input| input.tokens.iter().copied());
        let first = self.config.first_position as u32;
        let places = inputs.iter().flat_map(|input| (first..).take(input.tokens.len()));
        let mut x = self.embedding.look_up(&numbers(tokens.collect())?)?;
        if let Some(types) = &self.types {
            let last = self.config.token_types as u32 - 1;
            let kinds =
                inputs.iter().flat_map(|input| input.types.iter().map(|&kind| kind.min(last)));
            x = (x + types.index_select(&numbers(kinds.collect())?, 0)?)?;
        }
        x = (x + self.positions.index_select(&numbers(places.collect())?, 0)?)?;
        self.embedding_norm.forward(&x)
    }
}

/// The rows of each text, one behind another.
fn ranges(inputs: &[Input]) -> Vec<Range<usize>> {
    let mut end = 0;
    let range = |input: &Input| {
        let start = end;
        end += input.tokens.len();
        start..end
    };
    inputs.iter().map(range).collect()
}
