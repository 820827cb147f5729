//! The heart of attention on a GPU: each query looks at the keys up to its own place and takes a mean of their values.

use std::ops::Range;

use candle_core::{Result, Tensor};
use candle_nn::ops;

/// The last `n` places look back: queries `[heads, n, width]`, keys and values `[kv_heads, length, width]`; answers
/// `[heads, n, width]`. Query heads that share a key head lie one after another: all are one batched product of
/// `kv_heads` matrices. Products are multiplied by `scale`; with a `window`, a place sees only so many, its own being the
/// last.
pub(super) fn attend(
    query: &Tensor,
    keys: &Tensor,
    values: &Tensor,
    scale: f64,
    window: Option<usize>,
) -> Result<Tensor> {
    let (heads, count, width) = query.dims3()?;
    let (kv_heads, length, _) = keys.dims3()?;
    let grouped = query.contiguous()?.reshape((kv_heads, heads / kv_heads * count, width))?;
    let scores = (grouped * scale)?.matmul(&keys.transpose(1, 2)?)?;
    let scores = scores.reshape((heads, count, length))?;
    let scores = scores.broadcast_add(&mask(query, length, window)?)?;
    let weights = ops::softmax_last_dim(&scores.reshape((kv_heads, (), length))?)?;
    weights.matmul(&values.contiguous()?)?.reshape((heads, count, width))
}

/// `[n, length]`: minus infinity where a place would look ahead or out of its window.
fn mask(query: &Tensor, length: usize, window: Option<usize>) -> Result<Tensor> {
    let count = query.dim(1)?;
    let hidden = (length - count..length).flat_map(|place| {
        let seen = seen(place, window);
        (0..length).map(move |other| if seen.contains(&other) { 0.0f32 } else { f32::NEG_INFINITY })
    });
    Tensor::from_vec(hidden.collect(), (count, length), query.device())
}

/// The places that a place sees.
fn seen(place: usize, window: Option<usize>) -> Range<usize> {
    (place + 1).saturating_sub(window.unwrap_or(usize::MAX))..place + 1
}

#[cfg(test)]
mod tests {
    use bimo_kernels::{InstructionSet, Kept, KvCache, LookBack, Pool, Sees};
    use candle_core::Device;

    use super::*;

    fn numbers(shape: (usize, usize, usize), seed: usize) -> Tensor {
        let count = shape.0 * shape.1 * shape.2;
        let numbers = (0..count).map(|i| ((i + seed) * 7919 % 1009) as f32 / 504.5 - 1.0);
        Tensor::from_vec(numbers.collect(), shape, &Device::Cpu).unwrap()
    }

    /// `[heads, n, width]` as rows of all heads.
    fn rows(tensor: &Tensor) -> Vec<f32> {
        tensor
            .transpose(0, 1)
            .unwrap()
            .contiguous()
            .unwrap()
            .flatten_all()
            .unwrap()
            .to_vec1()
            .unwrap()
    }

    #[test]
    fn it_is_the_attention_of_the_cpu() {
        let shapes = [(4, 4, 7, 7, 16), (6, 2, 3, 50, 20), (4, 1, 1, 33, 8), (8, 2, 40, 300, 64)];
        for ((heads, kv_heads, count, length, width), window) in
            shapes.into_iter().flat_map(|shape| [None, Some(1), Some(17)].map(|w| (shape, w)))
        {
            let query = numbers((heads, count, width), 1);
            let [keys, values] = [2, 3].map(|seed| numbers((kv_heads, length, width), seed));
            let found = rows(&attend(&query, &keys, &values, 0.25, window).unwrap());
            let mut cache = KvCache::new(kv_heads, width, Kept::Whole);
            cache.grow(length, 0);
            cache.write_all(0, &rows(&keys), &rows(&values));
            let first = length - count;
            let sees = Sees::Back { window };
            let look = LookBack { cache: &cache, first, heads, scale: 0.25, sees };
            let mut processor = vec![0.0; found.len()];
            let (pool, set) = (Pool::new(1), InstructionSet::chosen());
            bimo_kernels::attend(&pool, set, &look, &rows(&query), &mut processor);
            let far =
                found.iter().zip(&processor).fold(0.0f32, |far, (a, b)| far.max((a - b).abs()));
            assert!(far < 1e-5, "{heads} {kv_heads} {count} {length} {width} {window:?}: {far}");
        }
    }
}
