//! What bends between two linear layers.

use candle_core::{Result, Tensor};

/// An activation, number by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// `x * sigmoid(x)`; swish is the same.
    Silu,
    /// Nothing below zero.
    Relu,
    /// GELU in its tanh form (Hendrycks and Gimpel 2016).
    Gelu,
    /// GELU with the error function itself.
    GeluErf,
}

impl Activation {
    pub(crate) fn bend(self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Silu => x.silu(),
            Self::Relu => x.relu(),
            Self::Gelu => x.gelu(),
            Self::GeluErf => x.gelu_erf(),
        }
    }
}
