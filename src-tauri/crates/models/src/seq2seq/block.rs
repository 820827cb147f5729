//! A layer of either side.

use candle_core::{Result, Tensor};

use super::attention::Attention;
use crate::layers::{Activation, Linear, Norm, rows};

/// A part of a block with its norm; what it finds is added to the stream.
pub(super) struct Part<P> {
    pub norm: Norm,
    /// The norm is taken before the part, not over the sum.
    pub norm_first: bool,
    pub part: P,
}

impl<P> Part<P> {
    /// `[rows, hidden]` to the same.
    pub fn add_to(
        &self,
        x: &Tensor,
        find: impl FnOnce(&P, &Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        if self.norm_first {
            x + find(&self.part, &self.norm.forward(x)?)?
        } else {
            self.norm.forward(&(x + find(&self.part, x)?)?)
        }
    }
}

/// A layer of the side that reads.
pub(super) struct EncoderBlock {
    pub attention: Part<Attention>,
    pub feed_forward: Part<FeedForward>,
}

/// A layer of the side that writes.
pub(super) struct DecoderBlock {
    pub attention: Part<Attention>,
    pub cross_attention: Part<Attention>,
    pub feed_forward: Part<FeedForward>,
}

/// Widens, bends, narrows; with a gate, what is bent is multiplied by a second widening.
pub(super) struct FeedForward {
    pub up: Linear,
    pub gate: Option<Linear>,
    pub activation: Activation,
    pub down: Linear,
}

impl FeedForward {
    /// `[rows, hidden]` to the same.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let bent = match &self.gate {
            Some(gate) => {
                let [mut gate, up] = Linear::forward_all([gate, &self.up], x)?;
                self.activation.gate(&mut gate, &up);
                rows(gate, up.len() / x.dim(0)?)?.to_device(x.device())?
            }
            None => self.up.forward_bent(x, self.activation)?,
        };
        self.down.forward(&bent)
    }
}
