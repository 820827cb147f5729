//! The part of a block that looks at each place on its own.

use candle_core::{Result, Tensor};

use crate::layers::{Activation, Linear};

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
            Self::Gated { gate, activation, down } => {
                let (gate, up) = gate.sides(x)?;
                down.forward(&activation.bend_and_multiply(&gate, &up)?)
            }
            Self::Plain { up, down } => down.forward(&Activation::Gelu.bend(&up.forward(x)?)?),
        }
    }
}

impl Gate {
    fn sides(&self, x: &Tensor) -> Result<(Tensor, Tensor)> {
        match self {
            Self::Separate { gate, up } => Linear::forward_all([gate, up], x).map(Into::into),
            Self::Fused(linear) => {
                let both = linear.forward(x)?;
                let width = both.dim(1)? / 2;
                Ok((both.narrow(1, 0, width)?, both.narrow(1, width, width)?))
            }
        }
    }
}
