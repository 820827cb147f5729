//! The part of a block that looks at each place on its own.

use candle_core::{Result, Tensor};

use crate::layers::{Activation, Linear, rows};

/// Widens, bends, narrows.
pub(super) enum FeedForward {
    /// `down(activation(gate(x)) * up(x))` (Shazeer 2020).
    Gated { gate: Gate, activation: Activation, down: Linear },
    /// `down(gelu(up(x)))`.
    Plain { up: Linear, down: Linear },
}

/// How the two sides of a gated part are made.
pub(super) enum Gate {
    /// A layer for each.
    Separate { gate: Linear, up: Linear },
    /// One layer; the gate lies before the other in its output.
    Fused(Linear),
}

impl FeedForward {
    /// `[rows, hidden]` to the same.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Gated { gate, activation, down } => down.forward(&gate.times_up(x, *activation)?),
            Self::Plain { up, down } => down.forward(&up.forward_bent(x, Activation::Gelu)?),
        }
    }
}

impl Gate {
    /// The activation of one side times the other.
    fn times_up(&self, x: &Tensor, activation: Activation) -> Result<Tensor> {
        match self {
            Self::Separate { gate, up } if x.device().is_cpu() => {
                let [mut gate, up] = Linear::forward_all([gate, up], x)?;
                activation.gate(&mut gate, &up);
                rows(gate, up.len() / x.dim(0)?)
            }
            Self::Separate { gate, up } => activation.bend(&gate.forward(x)?)? * up.forward(x)?,
            Self::Fused(linear) => {
                let both = linear.forward(x)?;
                let width = both.dim(1)? / 2;
                activation.bend(&both.narrow(1, 0, width)?)? * both.narrow(1, width, width)?
            }
        }
    }
}
