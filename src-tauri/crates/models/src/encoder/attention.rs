//! Attention in both directions (Vaswani et al. 2017).

use std::ops::Range;

use candle_core::{Result, Tensor};
use candle_nn::ops::softmax_last_dim;

use crate::layers::Linear;

/// The part of a block that looks along the text.
pub(super) struct Attention {
    pub query: Linear,
    pub key: Linear,
    pub value: Linear,
    pub output: Linear,
    pub heads: usize,
}

impl Attention {
    /// `[rows, hidden]` to the same; each range of rows is a text of its own.
    pub fn forward(&self, x: &Tensor, texts: &[Range<usize>]) -> Result<Tensor> {
        let query = self.split_heads(&self.query.forward(x)?)?;
        let key = self.split_heads(&self.key.forward(x)?)?;
        let value = self.split_heads(&self.value.forward(x)?)?;
        let hidden = x.dim(1)?;
        let scale = ((hidden / self.heads) as f64).powf(-0.5);
        let seen = texts.iter().map(|rows| {
            let of = |tensor: &Tensor| tensor.narrow(1, rows.start, rows.len())?.contiguous();
            let products =
                (of(&query)?.matmul(&of(&key)?.transpose(1, 2)?.contiguous()?)? * scale)?;
            let found = softmax_last_dim(&products)?.matmul(&of(&value)?)?;
            found.transpose(0, 1)?.reshape((rows.len(), hidden))
        });
        self.output.forward(&Tensor::cat(&seen.collect::<Result<Vec<_>>>()?, 0)?)
    }

    /// `[rows, hidden]` to `[heads, rows, hidden / heads]`.
    fn split_heads(&self, x: &Tensor) -> Result<Tensor> {
        x.reshape(((), self.heads, x.dim(1)? / self.heads))?.transpose(0, 1)?.contiguous()
    }
}
