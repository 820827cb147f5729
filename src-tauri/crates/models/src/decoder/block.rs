//! A layer of the transformer.

use candle_core::{Result, Tensor};

use super::attention::Attention;
use super::feed_forward::FeedForward;
use super::model::Pass;
use crate::layers::Norm;

/// Attention and feed-forward, each over the norm of the stream and added back to it.
pub(super) struct Block {
    pub attention_norm: Norm,
    pub attention: Attention,
    pub feed_forward_norm: Norm,
    pub feed_forward: FeedForward,
    /// Norms of what the parts add, where the family has them.
    pub post_norms: Option<PostNorms>,
}

/// Over the width of the stream.
pub(super) struct PostNorms {
    pub attention: Norm,
    pub feed_forward: Norm,
}

impl Block {
    /// `[rows, hidden]` to the same.
    pub fn forward(&self, x: &Tensor, layer: usize, pass: &mut Pass<'_, '_>) -> Result<Tensor> {
        let norms = self.post_norms.as_ref();
        let added = self.attention.forward(&self.attention_norm.forward(x)?, layer, pass)?;
        let x = (x + normalised(added, norms.map(|norms| &norms.attention))?)?;
        let added = self.feed_forward.forward(&self.feed_forward_norm.forward(&x)?)?;
        x + normalised(added, norms.map(|norms| &norms.feed_forward))?
    }
}

fn normalised(x: Tensor, norm: Option<&Norm>) -> Result<Tensor> {
    match norm {
        Some(norm) => norm.forward(&x),
        None => Ok(x),
    }
}
