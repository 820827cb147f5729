//! Attention with grouped heads over a cache (Ainslie et al. 2023).

use bimo_kernels::{InstructionSet, Look, LookBack, Sees, attend_all};
use candle_core::{Result, Tensor};

use super::attend::attend as by_products;
use super::model::Pass;
use super::{DecoderConfig, LayerConfig};
use crate::layers::{Linear, Norm, numbers, rows};
use crate::threads::pool;

/// The part of a block that looks back along the text.
pub(super) struct Attention {
    pub projections: Projections,
    /// Norms of each query and key head, where the family has them.
    pub head_norms: Option<HeadNorms>,
    pub output: Linear,
    pub view: View,
}

/// How a layer's heads look back.
#[derive(Clone, Copy)]
pub(super) struct View {
    heads: usize,
    kv_heads: usize,
    head_dim: usize,
    scale: f64,
    layer: LayerConfig,
}

impl View {
    pub fn new(config: &DecoderConfig, layer: usize) -> Self {
        Self {
            heads: config.heads,
            kv_heads: config.kv_heads,
            head_dim: config.head_dim,
            scale: config.attention_scale,
            layer: config.layers[layer],
        }
    }
}

/// How queries, keys and values are made.
pub(super) enum Projections {
    /// A layer for each.
    Separate { query: Linear, key: Linear, value: Linear },
    /// One layer; queries, keys and values lie one after another in its output.
    Fused(Linear),
}

/// Over `head_dim` numbers each.
pub(super) struct HeadNorms {
    pub query: Norm,
    pub key: Norm,
}

impl Attention {
    /// `[rows, hidden]` to the same.
    pub fn forward(&self, x: &Tensor, layer: usize, pass: &mut Pass<'_, '_>) -> Result<Tensor> {
        let seen = match x.device().is_cpu() {
            true => self.look_back(self.project_numbers(x)?, layer, pass)?,
            false => self.look_back_on_gpu(self.project(x)?, layer, pass)?,
        };
        self.output.forward(&seen)
    }

    /// Rows of queries, keys and values to rows of what the queries find.
    fn look_back(
        &self,
        [mut query, mut key, value]: [Vec<f32>; 3],
        layer: usize,
        pass: &mut Pass<'_, '_>,
    ) -> Result<Tensor> {
        let View { heads, kv_heads, head_dim, scale, layer: LayerConfig { rope, window } } =
            self.view;
        if let Some(norms) = &self.head_norms {
            norms.query.normalise(&mut query)?;
            norms.key.normalise(&mut key)?;
        }
        pass.rotate_rows(&mut query, head_dim, rope);
        pass.rotate_rows(&mut key, head_dim, rope);
        let (row, kv_row) = (heads * head_dim, kv_heads * head_dim);
        let mut seen = vec![0.0; query.len()];
        let mut start = 0;
        for run in pass.runs.iter_mut() {
            let kv = start * kv_row..(start + run.tokens.len()) * kv_row;
            start += run.tokens.len();
            let first = run.context.tokens().len();
            run.context.cache_mut(layer)?.write_all(first, &key[kv.clone()], &value[kv]);
        }
        let (mut queries, mut output) = (&query[..], &mut seen[..]);
        let mut looks = Vec::with_capacity(pass.runs.len());
        for run in pass.runs.iter() {
            let numbers = run.tokens.len() * row;
            let ((own, others), (found, room)) =
                (queries.split_at(numbers), std::mem::take(&mut output).split_at_mut(numbers));
            (queries, output) = (others, room);
            let (cache, first) = (run.context.cache(layer)?, run.context.tokens().len());
            let sees = Sees::Back { window };
            let back = LookBack { cache, first, heads, scale: scale as f32, sees };
            looks.push(Look { back, queries: own, output: found });
        }
        attend_all(pool(), InstructionSet::chosen(), &mut looks);
        rows(seen, row)
    }

    fn look_back_on_gpu(
        &self,
        (query, key, value): (Tensor, Tensor, Tensor),
        layer: usize,
        pass: &mut Pass<'_, '_>,
    ) -> Result<Tensor> {
        let View { heads, kv_heads, head_dim, scale, layer: LayerConfig { rope, window } } =
            self.view;
        let norms = self.head_norms.as_ref();
        let query = self.split_heads(&query, heads, norms.map(|norms| &norms.query))?;
        let key = self.split_heads(&key, kv_heads, norms.map(|norms| &norms.key))?;
        let value = self.split_heads(&value, kv_heads, None)?;
        let (query, key) = (pass.rotate(&query, rope)?, pass.rotate(&key, rope)?);
        let mut seen = Vec::with_capacity(pass.runs.len());
        let mut first = 0;
        for run in pass.runs.iter_mut() {
            let count = run.tokens.len();
            let rows = |tensor: &Tensor| tensor.narrow(1, first, count)?.contiguous();
            let (keys, values) = run.context.write(layer, &rows(&key)?, &rows(&value)?)?;
            let found = by_products(&rows(&query)?, &keys, &values, scale, window)?;
            seen.push(found.transpose(0, 1)?.reshape((count, heads * head_dim))?);
            first += count;
        }
        Tensor::cat(&seen, 0)
    }

    /// Queries, keys and values as numbers, row after row.
    fn project_numbers(&self, x: &Tensor) -> Result<[Vec<f32>; 3]> {
        if let Projections::Separate { query, key, value } = &self.projections {
            return Linear::forward_all([query, key, value], x);
        }
        let (query, key, value) = self.project(x)?;
        Ok([numbers(&query)?, numbers(&key)?, numbers(&value)?])
    }

    fn project(&self, x: &Tensor) -> Result<(Tensor, Tensor, Tensor)> {
        match &self.projections {
            Projections::Separate { query, key, value } => {
                Ok((query.forward(x)?, key.forward(x)?, value.forward(x)?))
            }
            Projections::Fused(linear) => {
                let all = linear.forward(x)?;
                let View { heads, kv_heads, head_dim, .. } = self.view;
                let (query, key) = (heads * head_dim, kv_heads * head_dim);
                Ok((
                    all.narrow(1, 0, query)?,
                    all.narrow(1, query, key)?,
                    all.narrow(1, query + key, key)?,
                ))
            }
        }
    }

    /// `[rows, heads * head_dim]` to `[heads, rows, head_dim]`.
    fn split_heads(&self, x: &Tensor, heads: usize, norm: Option<&Norm>) -> Result<Tensor> {
        let x = x.reshape(((), heads, self.view.head_dim))?;
        let x = match norm {
            Some(norm) => norm.forward(&x)?,
            None => x,
        };
        x.transpose(0, 1)?.contiguous()
    }
}
