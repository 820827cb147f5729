//! The smallest layers: linear and norm.

use bimo_kernels::{InstructionSet, Scaling, normalise};
use candle_core::{Result, Tensor};
use candle_nn::ops;

use super::{Activation, Matrix, numbers, with_numbers};

/// `x W^T + b`.
pub(crate) struct Linear {
    matrix: Matrix,
    bias: Option<Tensor>,
}

impl Linear {
    pub fn new(matrix: Matrix, bias: Option<Tensor>) -> Self {
        Self { matrix, bias }
    }

    /// `[n, inputs]` to `[n, outputs]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.matrix.multiply_adding(x, self.bias.as_ref())
    }

    /// The same, and every number goes through the activation.
    pub fn forward_bent(&self, x: &Tensor, activation: Activation) -> Result<Tensor> {
        self.matrix.multiply_bending(x, self.bias.as_ref(), Some(activation))
    }

    /// The outputs of several layers of one input, as numbers row after row.
    pub fn forward_all<const N: usize>(layers: [&Self; N], x: &Tensor) -> Result<[Vec<f32>; N]> {
        Matrix::multiply_all(layers.map(|layer| (&layer.matrix, layer.bias.as_ref())), x)
    }
}

/// Brings the numbers of the last dimension to a common scale.
pub(crate) enum Norm {
    /// Zhang and Sennrich 2019.
    RootMeanSquare { weight: Tensor, eps: f32 },
    /// Ba, Kiros and Hinton 2016.
    Layer { weight: Tensor, bias: Tensor, eps: f32 },
}

impl Norm {
    /// Any shape, the last dimension being the norm's width.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        if x.device().is_cpu() {
            let mut rows = numbers(x)?;
            self.normalise(&mut rows)?;
            return Tensor::from_vec(rows, x.dims(), x.device());
        }
        let x = x.contiguous()?;
        match self {
            Self::RootMeanSquare { weight, eps } => ops::rms_norm(&x, weight, *eps),
            Self::Layer { weight, bias, eps } => ops::layer_norm(&x, weight, bias, *eps),
        }
    }

    /// The same on the processor, in place.
    pub fn normalise(&self, rows: &mut [f32]) -> Result<()> {
        let set = InstructionSet::chosen();
        match self {
            Self::RootMeanSquare { weight, eps } => with_numbers(weight, |weight| {
                normalise(set, Scaling::RootMeanSquare { weight, eps: *eps }, rows);
            }),
            Self::Layer { weight, bias, eps } => with_numbers(weight, |weight| {
                with_numbers(bias, |bias| {
                    normalise(set, Scaling::Layer { weight, bias, eps: *eps }, rows);
                })
            })?,
        }
    }
}
