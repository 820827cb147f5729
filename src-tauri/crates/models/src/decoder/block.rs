//! A layer of the transformer.

use candle_core::{Result, Tensor};

use super::attention::Attention;
use super::feed_forward::FeedForward;
use super::layers::Norm;
use super::model::Pass;

/// Attention and feed-forward, each over the norm of the stream and added back to it.
pub(super) struct Block {
    pub attention_norm: Norm,
    pub attention: Attention,
    pub feed_forward_norm: Norm,
    pub feed_forward: FeedForward,
}

impl Block {
    /// `[rows, hidden]` to the same.
    pub fn forward(&self, x: &Tensor, layer: usize, pass: &mut Pass<'_, '_>) -> Result<Tensor> {
        let x = (x + self.attention.forward(&self.attention_norm.forward(x)?, layer, pass)?)?;
        let y = self.feed_forward.forward(&self.feed_forward_norm.forward(&x)?)?;
        x + y
    }
}
