//! The heart of attention: each query looks at the keys up to its own place and takes a mean of their values.
//!
//! **Invariant**: on the processor, a row's numbers depend on its own query and the keys it sees, not on the rows that
//! are computed with it. Rounding is the same whether a text is read at once or token by token; the quantised layers
//! around would turn even the last bit into another text.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};
use candle_nn::ops;
use rayon::prelude::*;

/// Below so many multiplications one thread is faster than waking others.
const WORTH_SHARING: usize = 1 << 20;

/// Sums run over so many lanes side by side, whatever the processor's own width.
const LANES: usize = 16;

/// The last `n` places look back: queries `[heads, n, width]`, keys and values `[kv_heads, length, width]`; answers
/// `[heads, n, width]`. Query heads that share a key head lie one after another.
pub(super) fn attend(query: &Tensor, keys: &Tensor, values: &Tensor) -> Result<Tensor> {
    if query.device().is_cpu() {
        query.contiguous()?.apply_op3_no_bwd(keys, values, &LookBack)
    } else {
        attend_by_products(query, keys, values)
    }
}

/// The same on any device: all heads are one batched product of `kv_heads` matrices.
fn attend_by_products(query: &Tensor, keys: &Tensor, values: &Tensor) -> Result<Tensor> {
    let (heads, count, width) = query.dims3()?;
    let (kv_heads, length, _) = keys.dims3()?;
    let grouped = query.reshape((kv_heads, heads / kv_heads * count, width))?;
    let scores = (grouped * scale(width))?.matmul(&keys.transpose(1, 2)?)?;
    let scores = scores.reshape((heads, count, length))?.broadcast_add(&mask(query, length)?)?;
    let weights = ops::softmax_last_dim(&scores.reshape((kv_heads, (), length))?)?;
    weights.matmul(&values.contiguous()?)?.reshape((heads, count, width))
}

/// `[n, length]`: minus infinity where a place would look ahead.
fn mask(query: &Tensor, length: usize) -> Result<Tensor> {
    let count = query.dim(1)?;
    let ahead = (length - count..length).flat_map(|place| {
        (0..length).map(move |seen| if seen <= place { 0.0f32 } else { f32::NEG_INFINITY })
    });
    Tensor::from_vec(ahead.collect(), (count, length), query.device())
}

fn scale(width: usize) -> f64 {
    (width as f64).powf(-0.5)
}

struct LookBack;

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
        let group = heads / keys.heads;
        let row = |scores: &mut Vec<f32>, place: usize, output: &mut [f32]| {
            let (head, row) = (place / count, place % count);
            let seen = keys.length - count + row + 1;
            let query = &query[place * width..][..width];
            look_back(
                query,
                keys.rows(head / group, seen),
                values.rows(head / group, seen),
                scores,
                output,
            );
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

    /// The first `count` rows of a head.
    fn rows(&self, head: usize, count: usize) -> &'a [f32] {
        &self.numbers[head * self.stride..][..count * self.width]
    }
}

/// One query over the rows that it sees.
fn look_back(
    query: &[f32],
    keys: &[f32],
    values: &[f32],
    scores: &mut Vec<f32>,
    output: &mut [f32],
) {
    with_wide_registers(
        #[inline(always)]
        || {
            let width = query.len();
            let scale = scale(width) as f32;
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

/// Compiles the work a second time for AVX2 and runs that where the processor has it. The numbers are the same.
#[inline(always)]
fn with_wide_registers(work: impl FnOnce()) {
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = pulp::x86::V3::try_new() {
        return pulp::Simd::vectorize(avx2, work);
    }
    work();
}

#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0; LANES];
    let (a_whole, a_rest) = a.as_chunks::<LANES>();
    let (b_whole, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_whole.iter().zip(b_whole) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
        half /= 2;
    }
    lanes[0] + rest
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
        for (heads, kv_heads, count, length, width) in
            [(4, 4, 7, 7, 16), (6, 2, 3, 50, 20), (4, 1, 1, 33, 8), (8, 2, 40, 300, 64)]
        {
            let query = numbers((heads, count, width), 1);
            // A cache has more room than text.
            let cached =
                |seed| numbers((kv_heads, length + 9, width), seed).narrow(1, 0, length).unwrap();
            let (keys, all_values) = (cached(2), cached(3));
            let ours = values(&attend(&query, &keys, &all_values).unwrap());
            let products = values(&attend_by_products(&query, &keys, &all_values).unwrap());
            let far = ours.iter().zip(&products).fold(0.0f32, |far, (a, b)| far.max((a - b).abs()));
            assert!(far < 1e-5, "{heads} {kv_heads} {count} {length} {width}: {far}");
        }
    }

    #[test]
    fn a_row_has_the_same_bits_alone_and_among_others() {
        let (query, keys, all_values) =
            (numbers((4, 50, 24), 1), numbers((2, 90, 24), 2), numbers((2, 90, 24), 3));
        let together = attend(&query, &keys, &all_values).unwrap();
        for row in [0, 17, 49] {
            let seen = 90 - 50 + row + 1;
            let alone = attend(
                &query.narrow(1, row, 1).unwrap(),
                &keys.narrow(1, 0, seen).unwrap(),
                &all_values.narrow(1, 0, seen).unwrap(),
            );
            assert_eq!(values(&alone.unwrap()), values(&together.narrow(1, row, 1).unwrap()));
        }
    }
}
