//! The part of a block that looks at each place on its own.

use candle_core::{Result, Tensor};

use super::layers::Linear;

/// Widens, bends, narrows.
pub(super) enum FeedForward {
    /// `down(silu(gate(x)) * up(x))` (Shazeer 2020).
    Gated { gate: Linear, up: Linear, down: Linear },
    /// `down(gelu(up(x)))`, GELU in its tanh form (Hendrycks and Gimpel 2016).
    Plain { up: Linear, down: Linear },
}

impl FeedForward {
    /// `[rows, hidden]` to the same.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Gated { gate, up, down } => {
                down.forward(&(gate.forward(x)?.silu()? * up.forward(x)?)?)
            }
            Self::Plain { up, down } => down.forward(&up.forward(x)?.gelu()?),
        }
    }
}
