//! Attention in both directions (Vaswani et al. 2017).

use std::ops::Range;

use bimo_kernels::{InstructionSet, Kept, KvCache, LookBack, Sees, attend};
use candle_core::{Result, Tensor};
use candle_nn::ops::softmax_last_dim;

use crate::layers::{Linear, rows};
use crate::threads::pool;

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
        let seen = match x.device().is_cpu() {
            true => self.look(x, texts)?,
            false => self.look_on_gpu(x, texts)?,
        };
        self.output.forward(&seen)
    }

    /// Rows to rows of what their queries find.
    fn look(&self, x: &Tensor, texts: &[Range<usize>]) -> Result<Tensor> {
        let [query, key, value] = Linear::forward_all([&self.query, &self.key, &self.value], x)?;
        let row = x.dim(1)?;
        let width = row / self.heads;
        let longest = texts.iter().map(Range::len).max().unwrap_or_default();
        let mut cache = KvCache::new(self.heads, width, Kept::Whole);
        cache.grow(longest, 0);
        let mut seen = vec![0.0; query.len()];
        for text in texts {
            let rows = text.start * row..text.end * row;
            cache.write_all(0, &key[rows.clone()], &value[rows.clone()]);
            let look = LookBack {
                cache: &cache,
                first: 0,
                heads: self.heads,
                scale: self.scale(row) as f32,
                sees: Sees::First(text.len()),
            };
            let set = InstructionSet::chosen();
            attend(pool(), set, &look, &query[rows.clone()], &mut seen[rows]);
        }
        rows(seen, row)
    }

    fn look_on_gpu(&self, x: &Tensor, texts: &[Range<usize>]) -> Result<Tensor> {
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
        Tensor::cat(&seen.collect::<Result<Vec<_>>>()?, 0)
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
