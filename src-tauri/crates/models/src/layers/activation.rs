//! What bends between two linear layers.

use bimo_kernels::{Curve, InstructionSet, bend, bend_and_multiply};
use candle_core::{Result, Tensor};

use super::rows::numbers;
use crate::threads::pool;

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
        if x.device().is_cpu() {
            let mut bent = numbers(x)?;
            bend(pool(), InstructionSet::chosen(), self.curve(), &mut bent);
            return Tensor::from_vec(bent, x.dims(), x.device());
        }
        match self {
            Self::Silu => x.silu(),
            Self::Relu => x.relu(),
            Self::Gelu => x.gelu(),
            Self::GeluErf => x.gelu_erf(),
        }
    }

    /// The activation of each number of `gate` times that of `factors`, in the gate's place.
    pub(crate) fn gate(self, gate: &mut [f32], factors: &[f32]) {
        bend_and_multiply(pool(), InstructionSet::chosen(), self.curve(), gate, factors);
    }

    pub(super) fn curve(self) -> Curve {
        match self {
            Self::Silu => Curve::Silu,
            Self::Relu => Curve::Relu,
            Self::Gelu => Curve::Gelu,
            Self::GeluErf => Curve::GeluErf,
        }
    }
}
