//! The smallest layers: linear and norm.

use candle_core::{Result, Tensor};
use candle_nn::ops;

use super::Matrix;

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
        let product = self.matrix.multiply(x)?;
        match &self.bias {
            Some(bias) => product.broadcast_add(bias),
            None => Ok(product),
        }
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
        let x = x.contiguous()?;
        match self {
            Self::RootMeanSquare { weight, eps } => ops::rms_norm(&x, weight, *eps),
            Self::Layer { weight, bias, eps } => ops::layer_norm(&x, weight, bias, *eps),
        }
    }
}
