//! The whole transformer, from tokens to logits.

use bimo_engine::{EngineError, TokenId};
use bimo_kernels::Kept;
use candle_core::{self as candle, Device, Tensor};
use rayon::prelude::*;

use super::block::Block;
use super::context::Context;
use super::families;
use super::rope::{Place, Rotary, Rotation};
use super::{CacheBits, DecoderConfig, Loader, Rope, families::Family};
use crate::Weights;
use crate::layers::Norm;
use crate::layers::{Matrix, Placement, compute};

/// Tokens that are read again at a time.
const CHUNK_TOKENS: usize = 512;

/// A decoder-only transformer on its device.
pub struct Decoder {
    config: DecoderConfig,
    device: Device,
    /// How contexts keep keys and values.
    kept: Kept,
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
    /// None: more is read before something is asked.
    None,
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
        let loader = Loader::new(config, config.norm_eps, weights, placement);
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
            kept: placement.precision.kept(),
            quantization: loader.finish(),
        })
    }

    /// The same, whose contexts keep keys and values in so many bits.
    #[must_use]
    pub fn keeping(self, bits: CacheBits) -> Self {
        Self { kept: bits.stated().unwrap_or(self.kept), ..self }
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
        Context::new(&self.config, &self.device, self.kept).map_err(compute)
    }

    /// How many of `tokens`, from the first, a context has read in a way that serves a text of so many tokens.
    pub fn reusable(&self, context: &Context, tokens: &[TokenId]) -> usize {
        match self.is_long(tokens.len()) == context.is_long() {
            true => context.common_prefix(tokens),
            false => 0,
        }
    }

    /// How many tokens behind the next one may be read in the hope that they are right. Taken back, they leave no
    /// trace: a row's numbers are its own on the processor only, and the text must not become a long one by them.
    pub fn room_for_guesses(&self, context: &Context) -> usize {
        let next = context.length_with(1);
        let limit = self.config.context_length - next.min(self.config.context_length);
        match self.device.is_cpu() && self.is_long(next) == self.is_long(next + limit) {
            true => limit,
            false => 0,
        }
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
        for run in runs.iter_mut() {
            self.settle(run.context, run.tokens.len()).map_err(compute)?;
        }
        self.compute(runs, rows).map_err(compute)
    }

    fn is_long(&self, length: usize) -> bool {
        self.rotaries.iter().any(|rotary| rotary.is_long(length))
    }

    /// Reads a context again where `additional` tokens make its text long, or where it is not long any more: its heads
    /// turn otherwise then, and what was made of them is of no use.
    fn settle(&self, context: &mut Context, additional: usize) -> candle::Result<()> {
        let is_long = self.is_long(context.length_with(additional));
        if is_long == context.is_long() {
            return Ok(());
        }
        let tokens = context.begin_again(is_long);
        for tokens in tokens.chunks(CHUNK_TOKENS) {
            self.compute(&mut [Run { context: &mut *context, tokens }], Rows::None)?;
        }
        Ok(())
    }

    fn compute(&self, runs: &mut [Run<'_>], rows: Rows) -> candle::Result<Vec<Vec<f32>>> {
        let tokens: Vec<TokenId> = runs.iter().flat_map(|run| run.tokens).copied().collect();
        let places: Vec<Place> = runs.iter().flat_map(Run::places).collect();
        let mut x = self.embedding.look_up(&Tensor::new(tokens, &self.device)?)?;
        if let Some(scale) = self.config.embedding_scale {
            x = (x * scale)?;
        }
        if let Some(learned) = &self.positions {
            let positions: Vec<u32> = places.iter().map(|place| place.position as u32).collect();
            x = (x + learned.look_up(&Tensor::new(positions, &self.device)?)?)?;
        }
        let mut pass = self.start_pass(runs, &places)?;
        for (layer, block) in self.blocks.iter().enumerate() {
            x = block.forward(&x, layer, &mut pass)?;
        }
        let logits = match rows {
            Rows::None => Vec::new(),
            Rows::Last => self.logits(&self.last_rows(&x, pass.runs)?)?,
            Rows::All => self.logits(&x)?,
        };
        for run in runs {
            run.context.push(run.tokens);
        }
        Ok(logits)
    }

    fn logits(&self, x: &Tensor) -> candle::Result<Vec<Vec<f32>>> {
        let x = self.norm.forward(x)?;
        match x.sum_all()?.to_scalar::<f32>()?.is_finite() {
            true => self.head.multiply(&x)?.to_vec2(),
            // A product in eight bits would make numbers of them.
            false => Ok(vec![vec![f32::NAN; self.config.vocabulary]; x.dim(0)?]),
        }
    }

    fn start_pass<'p, 'r>(
        &self,
        runs: &'p mut [Run<'r>],
        places: &[Place],
    ) -> candle::Result<Pass<'p, 'r>> {
        for run in runs.iter_mut() {
            run.context.reserve(run.tokens.len())?;
        }
        let rotations = self.rotaries.iter().map(|rotary| rotary.at(places)).collect();
        Ok(Pass { rotations, runs })
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
    fn places(&self) -> impl Iterator<Item = Place> + use<> {
        let (start, is_long) = (self.context.tokens().len(), self.context.is_long());
        (start..start + self.tokens.len()).map(move |position| Place { position, is_long })
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

    /// The same for `[rows, heads * head_dim]`, in place.
    pub fn rotate_rows(&self, numbers: &mut [f32], head_dim: usize, rope: Option<usize>) {
        if let Some(rope) = rope {
            self.rotations[rope].turn_rows(numbers, head_dim);
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
