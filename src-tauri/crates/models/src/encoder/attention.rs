//! Attention in both directions (Vaswani et al. 2017).

use std::ops::Range;

use candle_core::{Result, Tensor};
use candle_nn::ops::softmax_last_dim;

use crate::layers::{Linear, TextRows, look_within};

/// The part of a block that looks along the text.
pub(super) struct Attention {
    pub query: Linear,
    pub key: Linear,
    pub value: Linear,
    pub output: Linear,
    pub heads: usize,
}

impl Attention {
    /// Queries, keys and values of rows.
    pub fn project(&self, x: &[f32], [query, key, value]: [&mut [f32]; 3]) -> Result<()> {
        Linear::write_all([&self.query, &self.key, &self.value], x, [query, key, value])
    }

    /// What the queries of each text find in it; each range of rows is a text.
    pub fn look(
        &self,
        [query, key, value]: [&[f32]; 3],
        texts: &[Range<usize>],
        seen: &mut [f32],
    ) -> Result<()> {
        let (heads, hidden) = (self.heads, self.query.outputs());
        let (width, scale) = (hidden / heads, self.scale(hidden) as f32);
        look_within(&TextRows { query, key, value, heads, width, scale }, texts, seen)
    }

    /// On a GPU, `[rows, hidden]` to the same; each range of rows is a text of its own.
    pub fn forward(&self, x: &Tensor, texts: &[Range<usize>]) -> Result<Tensor> {
        let hidden = x.dim(1)?;
        let query = self.split_heads(&self.query.forward(x)?)?;
        let key = self.split_heads(&self.key.forward(x)?)?;
        let value = self.split_heads(&self.value.forward(x)?)?;
        let seen = texts.iter().map(|rows| {
            let of = |tensor: &Tensor| tensor.narrow(1, rows.start, rows.len())?.contiguous();
            let products = of(&query)?.matmul(&of(&key)?.transpose(1, 2)?.contiguous()?)?;
            let products = (products * self.scale(hidden))?;
            let found = softmax_last_dim(&products)?.matmul(&of(&value)?)?;
            found.transpose(0, 1)?.reshape((rows.len(), hidden))
        });
        self.output.forward(&Tensor::cat(&seen.collect::<Result<Vec<_>>>()?, 0)?)
    }

    /// Products of queries and keys are multiplied by it.
    fn scale(&self, hidden: usize) -> f64 {
        ((hidden / self.heads) as f64).powf(-0.5)
    }

    /// `[rows, hidden]` to `[heads, rows, hidden / heads]`.
    fn split_heads(&self, x: &Tensor) -> Result<Tensor> {
        x.reshape(((), self.heads, x.dim(1)? / self.heads))?.transpose(0, 1)?.contiguous()
    }
}
