//! Reads a model's parts out of its weights and puts them on the device.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use bimo_engine::EngineError;
use bimo_kernels::{InstructionSet, Kept};
use candle_core::{DType, Device, Tensor};

use super::{Linear, Matrix, Norm};
use crate::{Weight, Weights};

/// How exactly a model computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// Weights in few bits: as the file has them where that is fast, else Q8_0, or Q8_K if [`Placement::wide_blocks`]. Keys and
    /// values in 16 bits.
    #[default]
    Fast,
    /// f32 throughout: for checking, several times slower and larger.
    Exact,
}

impl Precision {
    /// How a decoder keeps the keys and values of what it has read. Weights in few bits err by far more than a half does.
    pub(crate) fn kept(self) -> Kept {
        match self {
            // Plain loops take longer to make floats of halves than to read floats.
            Self::Fast if InstructionSet::chosen() != InstructionSet::PORTABLE => Kept::Halves,
            Self::Fast | Self::Exact => Kept::Whole,
        }
    }
}

/// In how many bits a decoder keeps the keys and values of what it has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CacheBits {
    /// As suits its [`Precision`] and the processor.
    #[default]
    Automatic,
    /// Half the memory; each number is within a 2048th of itself, or the largest half.
    Sixteen,
    /// As they were computed.
    ThirtyTwo,
}

impl CacheBits {
    /// What is asked for, whatever would suit.
    pub(crate) fn stated(self) -> Option<Kept> {
        match self {
            Self::Automatic => None,
            Self::Sixteen => Some(Kept::Halves),
            Self::ThirtyTwo => Some(Kept::Whole),
        }
    }
}

/// Where a model computes and how exactly.
#[derive(Debug, Clone)]
pub struct Placement {
    /// The device that holds the weights and the caches.
    pub device: Device,
    /// How exactly it computes.
    pub precision: Precision,
    /// Whether weights that come as floats, and what they are multiplied with, are rounded in blocks of 256 numbers instead of
    /// 32, where that is faster. In large decoders a few numbers stand out by so much that the others in their block vanish.
    pub wide_blocks: bool,
}

/// Whether a linear layer adds a vector to its product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bias {
    /// The family always has one.
    Required,
    /// One is used where the file has it.
    IfThere,
}

/// Reads the parts of one model; `Config` is the shape of its kind.
pub(crate) struct Loader<'a, Config> {
    pub config: &'a Config,
    norm_eps: f32,
    weights: &'a dyn Weights,
    placement: &'a Placement,
    tally: Mutex<Tally>,
}

/// What the loaded matrices are kept as.
#[derive(Default)]
struct Tally {
    /// Numbers of each kind.
    numbers: BTreeMap<String, usize>,
    conversions: BTreeSet<String>,
}

impl<'a, Config> Loader<'a, Config> {
    /// `norm_eps` is added to a variance before its root is taken.
    pub fn new(
        config: &'a Config,
        norm_eps: f64,
        weights: &'a dyn Weights,
        placement: &'a Placement,
    ) -> Self {
        Self { config, norm_eps: norm_eps as f32, weights, placement, tally: Mutex::default() }
    }

    /// Whether the file has this tensor.
    pub fn contains(&self, name: &str) -> bool {
        self.weights.contains(name)
    }

    /// The tensor `name`, `[rows, columns]`.
    pub fn matrix(&self, name: &str, rows: usize, columns: usize) -> Result<Matrix, EngineError> {
        let weight = self.weights.get(name)?;
        let (shape, kind) = match &weight {
            Weight::Float(floats) => (floats.shape(), format!("{:?}", floats.dtype())),
            Weight::Quantized(blocks) => (blocks.shape(), format!("{:?}", blocks.dtype())),
        };
        check_shape(name, shape, &[rows, columns])?;
        let matrix = Matrix::new(&weight, self.placement)
            .map_err(|error| error.of(&self.weights.stored_name(name)))?;
        self.weights.release(name);
        let kept = format!("{:?}", matrix.dtype());
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        if kept != kind {
            tally.conversions.insert(format!("{kind} to {kept}"));
        }
        *tally.numbers.entry(kept).or_default() += rows * columns;
        Ok(matrix)
    }

    /// A linear layer from `inputs` to `outputs`: `name.weight` and `name.bias`.
    pub fn linear(
        &self,
        name: &str,
        inputs: usize,
        outputs: usize,
        bias: Bias,
    ) -> Result<Linear, EngineError> {
        let matrix = self.matrix(&format!("{name}.weight"), outputs, inputs)?;
        let bias_name = format!("{name}.bias");
        let bias = match bias {
            Bias::IfThere if !self.contains(&bias_name) => None,
            Bias::IfThere | Bias::Required => Some(self.vector(&bias_name, outputs)?),
        };
        Linear::new(matrix, bias).map_err(compute)
    }

    /// Root-mean-square norm over `width` numbers: `name.weight`.
    pub fn rms_norm(&self, name: &str, width: usize) -> Result<Norm, EngineError> {
        Ok(Norm::RootMeanSquare {
            weight: self.vector(&format!("{name}.weight"), width)?,
            eps: self.norm_eps,
        })
    }

    /// Layer norm over `width` numbers: `name.weight` and `name.bias`.
    pub fn layer_norm(&self, name: &str, width: usize) -> Result<Norm, EngineError> {
        Ok(Norm::Layer {
            weight: self.vector(&format!("{name}.weight"), width)?,
            bias: self.vector(&format!("{name}.bias"), width)?,
            eps: self.norm_eps,
        })
    }

    /// The tensor `name`, `[width]`, always f32.
    pub fn vector(&self, name: &str, width: usize) -> Result<Tensor, EngineError> {
        self.numbers(name, &[width])
    }

    /// The tensor `name` of this shape, always f32.
    pub fn numbers(&self, name: &str, shape: &[usize]) -> Result<Tensor, EngineError> {
        let tensor = match self.weights.get(name)? {
            Weight::Float(floats) => floats.tensor(),
            Weight::Quantized(blocks) => blocks.dequantize(),
        };
        let tensor = tensor.map_err(|error| error.of(&self.weights.stored_name(name)))?;
        check_shape(name, tensor.dims(), shape)?;
        let tensor = tensor.to_dtype(DType::F32).and_then(|t| t.to_device(&self.placement.device));
        tensor.map_err(compute)
    }

    /// Says which weights are kept in another form than the file's, and answers the form of most.
    pub fn finish(self) -> String {
        let tally = self.tally.into_inner().unwrap_or_else(PoisonError::into_inner);
        if !tally.conversions.is_empty() {
            let conversions: Vec<_> = tally.conversions.into_iter().collect();
            tracing::info!(
                "weights without a fast path were converted: {}",
                conversions.join(", ")
            );
        }
        let most = tally.numbers.into_iter().max_by_key(|(_, numbers)| *numbers);
        most.map(|(kind, _)| kind).unwrap_or_default()
    }
}

fn check_shape(name: &str, found: &[usize], expected: &[usize]) -> Result<(), EngineError> {
    if found == expected {
        return Ok(());
    }
    if let (true, [found, _], [expected, _]) =
        (name.ends_with("token_embd.weight"), found, expected)
        && found != expected
    {
        let words = format!("the vocabulary has {expected} tokens and {name} {found} rows");
        return Err(EngineError::ModelIncomplete(words));
    }
    Err(EngineError::ModelInvalid {
        field: name.to_owned(),
        reason: format!("its shape is {found:?} and the model's is {expected:?}"),
    })
}

/// A failure of the tensor library.
pub(crate) fn compute(error: candle_core::Error) -> EngineError {
    EngineError::Compute(error.to_string())
}
