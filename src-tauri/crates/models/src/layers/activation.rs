//! What bends between two linear layers.

use bimo_kernels::{Curve, InstructionSet, bend, bend_and_multiply};
use candle_core::{Result, Tensor};

use super::rows::{numbers, with_numbers};
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
        match (self.curve(), self) {
            (Some(curve), _) if x.device().is_cpu() => {
                let mut bent = numbers(x)?;
                bend(pool(), InstructionSet::chosen(), curve, &mut bent);
                Tensor::from_vec(bent, x.dims(), x.device())
            }
            (_, Self::Silu) => x.silu(),
            (_, Self::Relu) => x.relu(),
            (_, Self::Gelu) => x.gelu(),
            (_, Self::GeluErf) => x.gelu_erf(),
        }
    }

    /// The activation of `gate` times `x`.
    pub(crate) fn bend_and_multiply(self, gate: &Tensor, x: &Tensor) -> Result<Tensor> {
        match self.curve() {
            Some(curve) if gate.device().is_cpu() => {
                let mut bent = numbers(gate)?;
                with_numbers(x, |x| {
                    bend_and_multiply(pool(), InstructionSet::chosen(), curve, &mut bent, x);
                })?;
                Tensor::from_vec(bent, gate.dims(), gate.device())
            }
            _ => self.bend(gate)? * x,
        }
    }

    fn curve(self) -> Option<Curve> {
        match self {
            Self::Silu => Some(Curve::Silu),
            Self::Gelu => Some(Curve::Gelu),
            Self::GeluErf => Some(Curve::GeluErf),
            Self::Relu => None,
        }
    }
}
