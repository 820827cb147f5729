//! The whole transformer, from tokens to logits.

use bimo_engine::{EngineError, TokenId};
use candle_core::{self as candle, Device, Tensor};
use rayon::prelude::*;

use super::block::Block;
use super::context::Context;
use super::families;
use super::layers::Norm;
use super::loader::{Loader, Placement, compute};
use super::matrix::Matrix;
use super::rope::{Rotary, Rotation};
use super::{DecoderConfig, Rope, families::Family};
use crate::Weights;

/// A decoder-only transformer on its device.
pub struct Decoder {
    config: DecoderConfig,
    device: Device,
    embedding: Matrix,
    /// Learned positions; nothing where heads are rotated.
    positions: Option<Matrix>,
    /// One for each of the configuration's ropes.
    rotaries: Vec<Rotary>,
    blocks: Vec<Block>,
    norm: Norm,
    head: Matrix,
    quantization: String,
}

/// Tokens to read after those that a context holds.
pub struct Run<'a> {
    /// What was read before. The tokens are added to it.
    pub context: &'a mut Context,
    /// At least one, and no more than the model's context has room for.
    pub tokens: &'a [TokenId],
}

/// Which places of a batch want logits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// The last of each run.
    Last,
    /// Every one.
    All,
}

/// What the layers of one forward pass share.
pub(super) struct Pass<'p, 'r> {
    pub runs: &'p mut [Run<'r>],
    rotations: Vec<Rotation>,
}

impl Decoder {
    /// Reads the weights of a model of this shape.
    pub fn load(
        config: &DecoderConfig,
        weights: &dyn Weights,
        placement: &Placement,
    ) -> Result<Self, EngineError> {
        let loader = Loader::new(config, weights, placement);
        let family = families::of(config.architecture);
        let (hidden, vocabulary) = (config.hidden_size, config.vocabulary);
        let embedding = loader.matrix("token_embd.weight", vocabulary, hidden)?;
        let head = match config.tied_embeddings {
            true => embedding.clone(),
            false => loader.matrix("output.weight", vocabulary, hidden)?,
        };
        Ok(Self {
            embedding,
            positions: load_positions(&loader)?,
            rotaries: load_rotaries(&loader)?,
            blocks: load_blocks(&loader, family)?,
            norm: family.norm(&loader, "output_norm")?,
            head,
            config: config.clone(),
            device: placement.device.clone(),
            quantization: loader.finish(),
        })
    }

    /// The model's shape.
    pub fn config(&self) -> &DecoderConfig {
        &self.config
    }

    /// How most of the weights are kept in memory, `Q8_0` for instance.
    pub fn quantization(&self) -> &str {
        &self.quantization
    }

    /// A context that has read nothing.
    pub fn context(&self) -> Result<Context, EngineError> {
        Context::new(&self.config, &self.device).map_err(compute)
    }

    /// Reads the tokens of all runs at once and answers the logits of each row wanted, run after run.
    ///
    /// After a failure no run has read anything.
    pub fn forward(&self, runs: &mut [Run<'_>], rows: Rows) -> Result<Vec<Vec<f32>>, EngineError> {
        for run in runs.iter() {
            let total = run.context.tokens().len() + run.tokens.len();
            if run.tokens.is_empty() || total > self.config.context_length {
                return Err(EngineError::PromptTooLong {
                    prompt_tokens: total,
                    context_length: self.config.context_length,
                });
            }
        }
        self.compute(runs, rows).map_err(compute)
    }

    fn compute(&self, runs: &mut [Run<'_>], rows: Rows) -> candle::Result<Vec<Vec<f32>>> {
        let tokens: Vec<TokenId> = runs.iter().flat_map(|run| run.tokens).copied().collect();
        let positions: Vec<usize> = runs.iter().flat_map(Run::positions).collect();
        let mut x = self.embedding.look_up(&Tensor::new(tokens, &self.device)?)?;
        if let Some(learned) = &self.positions {
            let positions: Vec<u32> = positions.iter().map(|&position| position as u32).collect();
            x = (x + learned.look_up(&Tensor::new(positions, &self.device)?)?)?;
        }
        let mut pass = self.start_pass(runs, &positions)?;
        for (layer, block) in self.blocks.iter().enumerate() {
            x = block.forward(&x, layer, &mut pass)?;
        }
        if rows == Rows::Last {
            x = self.last_rows(&x, pass.runs)?;
        }
        let logits = self.head.multiply(&self.norm.forward(&x)?)?.to_vec2()?;
        for run in runs {
            run.context.push(run.tokens);
        }
        Ok(logits)
    }

    fn start_pass<'p, 'r>(
        &self,
        runs: &'p mut [Run<'r>],
        positions: &[usize],
    ) -> candle::Result<Pass<'p, 'r>> {
        for run in runs.iter_mut() {
            run.context.reserve(run.tokens.len())?;
        }
        let rotations = self.rotaries.iter().map(|rotary| rotary.at(positions, &self.device));
        Ok(Pass { rotations: rotations.collect::<candle::Result<_>>()?, runs })
    }

    fn last_rows(&self, x: &Tensor, runs: &[Run<'_>]) -> candle::Result<Tensor> {
        let ends = runs.iter().scan(0, |end, run| {
            *end += run.tokens.len() as u32;
            Some(*end - 1)
        });
        x.index_select(&Tensor::new(ends.collect::<Vec<u32>>(), &self.device)?, 0)
    }
}

impl Run<'_> {
    fn positions(&self) -> std::ops::Range<usize> {
        let start = self.context.tokens().len();
        start..start + self.tokens.len()
    }
}

impl Pass<'_, '_> {
    /// Turns `[heads, rows, head_dim]` by the rows' positions, where the layer has a rope.
    pub fn rotate(&self, x: &Tensor, rope: Option<usize>) -> candle::Result<Tensor> {
        match rope {
            Some(rope) => self.rotations[rope].apply(&x.unsqueeze(0)?)?.squeeze(0),
            None => Ok(x.clone()),
        }
    }
}

fn load_blocks(loader: &Loader<'_>, family: &dyn Family) -> Result<Vec<Block>, EngineError> {
    let layers = (0..loader.config.layers.len()).into_par_iter();
    layers.map(|layer| family.block(loader, layer)).collect()
}

fn load_positions(loader: &Loader<'_>) -> Result<Option<Matrix>, EngineError> {
    let config = loader.config;
    if !config.ropes.is_empty() {
        return Ok(None);
    }
    let name = "position_embd.weight";
    loader.matrix(name, config.context_length, config.hidden_size).map(Some)
}

fn load_rotaries(loader: &Loader<'_>) -> Result<Vec<Rotary>, EngineError> {
    let name = "rope_freqs.weight";
    let load = |rope: &Rope| {
        let divisors = match loader.contains(name) {
            true => Some(loader.vector(name, rope.width / 2)?.to_vec1().map_err(compute)?),
            false => None,
        };
        Ok(Rotary::new(rope, divisors.as_deref()))
    };
    loader.config.ropes.iter().map(load).collect()
}
