//! The heart of attention: each query looks at the keys up to its own place and takes a mean of their values.
//!
//! **Invariant**: on the processor, a row's numbers depend on its own query and the keys it sees, not on the rows that
//! are computed with it. Rounding is the same whether a text is read at once or token by token; the quantised layers
//! around would turn even the last bit into another text.

use std::ops::Range;

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};
use candle_nn::ops;
use rayon::prelude::*;

use crate::layers::{dot, with_wide_registers};

/// Below so many multiplications one thread is faster than waking others.
const WORTH_SHARING: usize = 1 << 20;

/// The last `n` places look back: queries `[heads, n, width]`, keys and values `[kv_heads, length, width]`; answers
/// `[heads, n, width]`. Query heads that share a key head lie one after another. Products are multiplied by `scale`;
/// with a `window`, a place sees only so many, its own being the last.
pub(super) fn attend(
    query: &Tensor,
    keys: &Tensor,
    values: &Tensor,
    scale: f64,
    window: Option<usize>,
) -> Result<Tensor> {
    let look_back = LookBack { scale, window: window.unwrap_or(usize::MAX) };
    if query.device().is_cpu() {
        query.contiguous()?.apply_op3_no_bwd(keys, values, &look_back)
    } else {
        look_back.by_products(query, keys, values)
    }
}

struct LookBack {
    scale: f64,
    window: usize,
}

impl LookBack {
    /// On any device: all heads are one batched product of `kv_heads` matrices.
    fn by_products(&self, query: &Tensor, keys: &Tensor, values: &Tensor) -> Result<Tensor> {
        let (heads, count, width) = query.dims3()?;
        let (kv_heads, length, _) = keys.dims3()?;
        let grouped = query.reshape((kv_heads, heads / kv_heads * count, width))?;
        let scores = (grouped * self.scale)?.matmul(&keys.transpose(1, 2)?)?;
        let scores = scores.reshape((heads, count, length))?;
        let scores = scores.broadcast_add(&self.mask(query, length)?)?;
        let weights = ops::softmax_last_dim(&scores.reshape((kv_heads, (), length))?)?;
        weights.matmul(&values.contiguous()?)?.reshape((heads, count, width))
    }

    /// `[n, length]`: minus infinity where a place would look ahead or out of its window.
    fn mask(&self, query: &Tensor, length: usize) -> Result<Tensor> {
        let count = query.dim(1)?;
        let hidden = (length - count..length).flat_map(|place| {
            let seen = self.seen(place);
            (0..length).map(
                move |other| {
                    if seen.contains(&other) { 0.0f32 } else { f32::NEG_INFINITY }
                },
            )
        });
        Tensor::from_vec(hidden.collect(), (count, length), query.device())
    }

    /// The places that a place sees.
    fn seen(&self, place: usize) -> Range<usize> {
        (place + 1).saturating_sub(self.window)..place + 1
    }
}

impl CustomOp3 for LookBack {
    fn name(&self) -> &'static str {
        "look-back"
    }

    fn cpu_fwd(
        &self,
        query: &CpuStorage,
        query_layout: &Layout,
        keys: &CpuStorage,
        keys_layout: &Layout,
        values: &CpuStorage,
        values_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (heads, count, width) = query_layout.shape().dims3()?;
        let keys = Heads::new(keys, keys_layout)?;
        let values = Heads::new(values, values_layout)?;
        let query = &query.as_slice::<f32>()?[query_layout.start_offset()..];
        let (group, scale) = (heads / keys.heads, self.scale as f32);
        let row = |scores: &mut Vec<f32>, place: usize, output: &mut [f32]| {
            let (head, row) = (place / count, place % count);
            let seen = self.seen(keys.length - count + row);
            let query = &query[place * width..][..width];
            let keys = keys.rows(head / group, &seen);
            look_back(query, keys, values.rows(head / group, &seen), scale, scores, output);
        };
        let mut output = vec![0.0; heads * count * width];
        if heads * count * keys.length * width < WORTH_SHARING {
            let mut scores = Vec::new();
            let rows = output.chunks_exact_mut(width).enumerate();
            rows.for_each(|(place, output)| row(&mut scores, place, output));
        } else {
            let rows = output.par_chunks_exact_mut(width).enumerate();
            rows.for_each_init(Vec::new, |scores, (place, output)| row(scores, place, output));
        }
        Ok((CpuStorage::F32(output), query_layout.shape().clone()))
    }
}

/// Keys or values: for each head, rows one after another.
struct Heads<'a> {
    numbers: &'a [f32],
    heads: usize,
    length: usize,
    width: usize,
    /// From one head to the next.
    stride: usize,
}

impl<'a> Heads<'a> {
    fn new(storage: &'a CpuStorage, layout: &Layout) -> Result<Self> {
        let (heads, length, width) = layout.shape().dims3()?;
        let [stride, rows, 1] = layout.stride()[..] else { bail!("rows are not contiguous") };
        if rows != width {
            bail!("rows do not follow one another");
        }
        let numbers = &storage.as_slice::<f32>()?[layout.start_offset()..];
        Ok(Self { numbers, heads, length, width, stride })
    }

    /// These rows of a head.
    fn rows(&self, head: usize, rows: &Range<usize>) -> &'a [f32] {
        &self.numbers[head * self.stride..][rows.start * self.width..rows.end * self.width]
    }
}

/// One query over the rows that it sees.
fn look_back(
    query: &[f32],
    keys: &[f32],
    values: &[f32],
    scale: f32,
    scores: &mut Vec<f32>,
    output: &mut [f32],
) {
    with_wide_registers(
        #[inline(always)]
        || {
            let width = query.len();
            scores.clear();
            scores.extend(keys.chunks_exact(width).map(|key| dot(query, key) * scale));
            let top = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let mut sum = 0.0;
            for score in scores.iter_mut() {
                *score = (*score - top).exp();
                sum += *score;
            }
            for (weight, value) in scores.iter().zip(values.chunks_exact(width)) {
                for (output, value) in output.iter_mut().zip(value) {
                    *output += weight * value;
                }
            }
            for output in output.iter_mut() {
                *output /= sum;
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    fn numbers(shape: (usize, usize, usize), seed: usize) -> Tensor {
        let count = shape.0 * shape.1 * shape.2;
        let numbers = (0..count).map(|i| ((i + seed) * 7919 % 1009) as f32 / 504.5 - 1.0);
        Tensor::from_vec(numbers.collect(), shape, &Device::Cpu).unwrap()
    }

    fn values(tensor: &Tensor) -> Vec<f32> {
        tensor.flatten_all().unwrap().to_vec1().unwrap()
    }

    #[test]
    fn both_ways_agree() {
        let shapes = [(4, 4, 7, 7, 16), (6, 2, 3, 50, 20), (4, 1, 1, 33, 8), (8, 2, 40, 300, 64)];
        for ((heads, kv_heads, count, length, width), window) in
            shapes.into_iter().flat_map(|shape| [None, Some(1), Some(17)].map(|w| (shape, w)))
        {
            let query = numbers((heads, count, width), 1);
            // A cache has more room than text.
            let cached =
                |seed| numbers((kv_heads, length + 9, width), seed).narrow(1, 0, length).unwrap();
            let (keys, all_values) = (cached(2), cached(3));
            let ours = attend(&query, &keys, &all_values, 0.25, window).unwrap();
            let look_back = LookBack { scale: 0.25, window: window.unwrap_or(usize::MAX) };
            let products = look_back.by_products(&query, &keys, &all_values).unwrap();
            let (ours, products) = (values(&ours), values(&products));
            let far = ours.iter().zip(&products).fold(0.0f32, |far, (a, b)| far.max((a - b).abs()));
            assert!(far < 1e-5, "{heads} {kv_heads} {count} {length} {width} {window:?}: {far}");
        }
    }

    #[test]
    fn a_window_hides_what_is_before_it() {
        let (query, keys, all_values) =
            (numbers((2, 3, 8), 1), numbers((2, 9, 8), 2), numbers((2, 9, 8), 3));
        let found = attend(&query, &keys, &all_values, 0.3, Some(4)).unwrap();
        // Place 7 sees 4 to 7.
        let cut = |tensor: &Tensor| tensor.narrow(1, 4, 4).unwrap();
        let middle = query.narrow(1, 1, 1).unwrap();
        let expected = attend(&middle, &cut(&keys), &cut(&all_values), 0.3, None).unwrap();
        assert_eq!(values(&found.narrow(1, 1, 1).unwrap()), values(&expected));
    }

    #[test]
    fn a_row_has_the_same_bits_alone_and_among_others() {
        let (query, keys, all_values) =
            (numbers((4, 50, 24), 1), numbers((2, 90, 24), 2), numbers((2, 90, 24), 3));
        let together = attend(&query, &keys, &all_values, 0.2, None).unwrap();
        for row in [0, 17, 49] {
            let seen = 90 - 50 + row + 1;
            let alone = attend(
                &query.narrow(1, row, 1).unwrap(),
                &keys.narrow(1, 0, seen).unwrap(),
                &all_values.narrow(1, 0, seen).unwrap(),
                0.2,
                None,
            );
            assert_eq!(values(&alone.unwrap()), values(&together.narrow(1, row, 1).unwrap()));
        }
    }
}
