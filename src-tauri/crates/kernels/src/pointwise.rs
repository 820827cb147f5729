//! What happens to rows between two products: norms, what bends, sums.
//!
//! **Invariant**: a row's numbers depend on that row only, to the last bit, and are the same on every instruction set.

use crate::formats::TILE_ROWS;
use crate::simd::{Simd, Work, exp, gated, gelu, gelu_erf};
use crate::{InstructionSet, Pool};

/// Numbers that are worked on side by side, whatever the instruction set.
const LANES: usize = TILE_ROWS;
/// Below so many numbers other threads take longer to wake than to help.
const WORTH_SHARING: usize = 1 << 16;

/// A function of single numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// `x / (1 + e^-x)`.
    Silu,
    /// GELU in its tanh form (Hendrycks and Gimpel 2016).
    Gelu,
    /// GELU with the error function, within 2e-7 of the larger of 1 and the number.
    GeluErf,
    /// Nothing below zero.
    Relu,
    /// e to the power of the number, within 2 units of the last place.
    Exp,
}

/// Puts every number through a curve.
pub fn bend(pool: &Pool, set: InstructionSet, curve: Curve, numbers: &mut [f32]) {
    in_parts(pool, numbers, &|numbers, _| set.run(Bend { curve, numbers, factors: None }));
}

/// The same, and multiplies each with the factor at its place.
///
/// # Panics
/// If there is not a factor for each.
pub fn bend_and_multiply(
    pool: &Pool,
    set: InstructionSet,
    curve: Curve,
    numbers: &mut [f32],
    factors: &[f32],
) {
    assert_eq!(numbers.len(), factors.len(), "a factor for each number");
    in_parts(pool, numbers, &|numbers, start| {
        let factors = Some(&factors[start..][..numbers.len()]);
        set.run(Bend { curve, numbers, factors });
    });
}

/// How rows are brought to a common scale.
#[derive(Clone, Copy)]
pub enum Scaling<'a> {
    /// By the root of the mean of squares (Zhang and Sennrich 2019).
    RootMeanSquare {
        /// A factor for each place of a row.
        weight: &'a [f32],
        /// Added to the mean.
        eps: f32,
    },
    /// By mean and variance (Ba, Kiros and Hinton 2016).
    Layer {
        /// A factor for each place of a row.
        weight: &'a [f32],
        /// Added to each place of a row.
        bias: &'a [f32],
        /// Added to the variance.
        eps: f32,
    },
}

/// Scales rows in place; they are as wide as the weights.
///
/// # Panics
/// If the numbers are not whole rows.
pub fn normalise(set: InstructionSet, scaling: Scaling<'_>, rows: &mut [f32]) {
    check(scaling, rows);
    set.run(Normalise { scaling, rows, added: None });
}

/// Adds to rows, in place, and scales the sums.
///
/// # Panics
/// If the numbers are not whole rows, or there is not one to add to each.
pub fn add_and_normalise(
    set: InstructionSet,
    scaling: Scaling<'_>,
    rows: &mut [f32],
    added: &[f32],
) {
    check(scaling, rows);
    assert_eq!(rows.len(), added.len(), "something to add to each number");
    set.run(Normalise { scaling, rows, added: Some(added) });
}

fn check(scaling: Scaling<'_>, rows: &[f32]) {
    let (Scaling::RootMeanSquare { weight, .. } | Scaling::Layer { weight, .. }) = scaling;
    assert!(rows.len().is_multiple_of(weight.len()), "whole rows");
    if let Scaling::Layer { bias, .. } = scaling {
        assert_eq!(bias.len(), weight.len(), "a bias for each place");
    }
}

fn in_parts(pool: &Pool, numbers: &mut [f32], work: &(dyn Fn(&mut [f32], usize) + Sync)) {
    let count = numbers.len();
    if count < WORTH_SHARING || pool.threads() == 1 {
        return work(numbers, 0);
    }
    let size = count.div_ceil(4 * pool.threads()).next_multiple_of(LANES);
    let parts: Vec<std::sync::Mutex<&mut [f32]>> =
        numbers.chunks_mut(size).map(std::sync::Mutex::new).collect();
    pool.run(parts.len(), &|part| {
        if let Ok(mut numbers) = parts[part].lock() {
            work(&mut numbers, part * size);
        }
    });
}

struct Bend<'a> {
    curve: Curve,
    numbers: &'a mut [f32],
    factors: Option<&'a [f32]>,
}

impl Work for Bend<'_> {
    #[inline(always)]
    fn run<S: Simd>(self) {
        let (whole, rest) = self.numbers.as_chunks_mut::<LANES>();
        let (factors, rest_factors) = self.factors.unwrap_or_default().as_chunks::<LANES>();
        for (place, numbers) in whole.iter_mut().enumerate() {
            some::<S>(self.curve, numbers, factors.get(place));
        }
        if !rest.is_empty() {
            let (mut numbers, mut factors) = ([0.0; LANES], [1.0; LANES]);
            numbers[..rest.len()].copy_from_slice(rest);
            factors[..rest_factors.len()].copy_from_slice(rest_factors);
            some::<S>(self.curve, &mut numbers, Some(&factors));
            rest.copy_from_slice(&numbers[..rest.len()]);
        }
    }
}

impl Curve {
    /// # Safety
    /// That of [`Simd`].
    #[inline(always)]
    pub(crate) unsafe fn of<S: Simd>(self, x: S::Floats) -> S::Floats {
        // SAFETY: the caller's.
        unsafe {
            match self {
                Self::Silu => gated::<S>(x, x),
                Self::Gelu => gelu::<S>(x),
                Self::GeluErf => gelu_erf::<S>(x),
                Self::Relu => S::max(S::splat(0.0), x),
                Self::Exp => exp::<S>(x),
            }
        }
    }
}

#[inline(always)]
fn some<S: Simd>(curve: Curve, numbers: &mut [f32; LANES], factors: Option<&[f32; LANES]>) {
    for part in 0..LANES / S::LANES {
        let at = part * S::LANES;
        // SAFETY: `LANES` of the set divide 16, so each part lies within the arrays; `S` is the set that runs this work.
        unsafe {
            let to = numbers.as_mut_ptr().add(at);
            let bent = curve.of::<S>(S::load(to));
            let bent = match factors {
                Some(factors) => S::multiply(bent, S::load(factors.as_ptr().add(at))),
                None => bent,
            };
            S::store(to, bent);
        }
    }
}

/// Turns numbers into e to the power of each less the largest, and answers the sum of these: their shares of it are a
/// softmax.
pub fn soften(set: InstructionSet, numbers: &mut [f32]) -> f32 {
    let mut sum = 0.0;
    set.run(Soften { numbers, sum: &mut sum });
    sum
}

/// The logarithm of the sum of e to the power of each.
pub fn log_sum_exp(set: InstructionSet, numbers: &[f32]) -> f32 {
    let (mut top, mut sum) = (0.0, 0.0);
    set.run(LogSumExp { numbers, top: &mut top, sum: &mut sum });
    top + sum.ln() as f32
}

pub(crate) struct Soften<'a> {
    pub numbers: &'a mut [f32],
    pub sum: &'a mut f32,
}

impl Work for Soften<'_> {
    #[inline(always)]
    fn run<S: Simd>(self) {
        let top = largest(self.numbers);
        let (whole, rest) = self.numbers.as_chunks_mut::<LANES>();
        let mut sums = [0.0; LANES];
        for numbers in whole {
            powers::<S>(numbers, top);
            for lane in 0..LANES {
                sums[lane] += numbers[lane];
            }
        }
        let mut numbers = [f32::NEG_INFINITY; LANES];
        numbers[..rest.len()].copy_from_slice(rest);
        powers::<S>(&mut numbers, top);
        rest.copy_from_slice(&numbers[..rest.len()]);
        for lane in 0..rest.len() {
            sums[lane] += numbers[lane];
        }
        *self.sum = fold(sums);
    }
}

struct LogSumExp<'a> {
    numbers: &'a [f32],
    top: &'a mut f32,
    sum: &'a mut f64,
}

impl Work for LogSumExp<'_> {
    #[inline(always)]
    fn run<S: Simd>(self) {
        *self.top = largest(self.numbers);
        let (whole, rest) = self.numbers.as_chunks::<LANES>();
        let mut sums = [0.0f64; LANES];
        for numbers in whole {
            let mut numbers = *numbers;
            powers::<S>(&mut numbers, *self.top);
            for lane in 0..LANES {
                sums[lane] += f64::from(numbers[lane]);
            }
        }
        let mut numbers = [f32::NEG_INFINITY; LANES];
        numbers[..rest.len()].copy_from_slice(rest);
        powers::<S>(&mut numbers, *self.top);
        for lane in 0..rest.len() {
            sums[lane] += f64::from(numbers[lane]);
        }
        *self.sum = sums.iter().sum();
    }
}

/// The largest of all.
#[inline(always)]
pub(crate) fn largest(numbers: &[f32]) -> f32 {
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let mut tops = [f32::NEG_INFINITY; LANES];
    let (whole, rest) = numbers.as_chunks::<LANES>();
    for numbers in whole {
        for lane in 0..LANES {
            tops[lane] = larger(tops[lane], numbers[lane]);
        }
    }
    tops.iter().chain(rest).copied().fold(f32::NEG_INFINITY, larger)
}

/// e to the power of each less `top`.
#[inline(always)]
pub(crate) fn powers<S: Simd>(numbers: &mut [f32; LANES], top: f32) {
    for part in 0..LANES / S::LANES {
        // SAFETY: `LANES` of the set divide 16, and `S` is the set that runs this work.
        unsafe {
            let to = numbers.as_mut_ptr().add(part * S::LANES);
            S::store(to, exp::<S>(S::add(S::load(to), S::splat(-top))));
        }
    }
}

struct Normalise<'a> {
    scaling: Scaling<'a>,
    rows: &'a mut [f32],
    added: Option<&'a [f32]>,
}

impl Work for Normalise<'_> {
    #[inline(always)]
    fn run<S: Simd>(self) {
        let (Scaling::RootMeanSquare { weight, .. } | Scaling::Layer { weight, .. }) = self.scaling;
        for (place, row) in self.rows.chunks_exact_mut(weight.len()).enumerate() {
            if let Some(added) = self.added {
                for (number, added) in row.iter_mut().zip(&added[place * weight.len()..]) {
                    *number += added;
                }
            }
            match self.scaling {
                Scaling::RootMeanSquare { weight, eps } => {
                    let squares = sum(row, |number| number * number);
                    let factor = 1.0 / (squares / row.len() as f32 + eps).sqrt();
                    for (number, weight) in row.iter_mut().zip(weight) {
                        *number = *number * factor * weight;
                    }
                }
                Scaling::Layer { weight, bias, eps } => {
                    let mean = sum(row, |number| number) / row.len() as f32;
                    let squares = sum(row, |number| (number - mean) * (number - mean));
                    let factor = 1.0 / (squares / row.len() as f32 + eps).sqrt();
                    for ((number, weight), bias) in row.iter_mut().zip(weight).zip(bias) {
                        *number = (*number - mean) * factor * weight + bias;
                    }
                }
            }
        }
    }
}

/// In lanes, so that the compiler may add them side by side.
#[inline(always)]
pub(crate) fn sum(row: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let (whole, rest) = row.as_chunks::<LANES>();
    for numbers in whole {
        for lane in 0..LANES {
            lanes[lane] += of(numbers[lane]);
        }
    }
    for (lane, number) in rest.iter().enumerate() {
        lanes[lane] += of(*number);
    }
    fold(lanes)
}

/// The sum of lanes, always in the same order.
#[inline(always)]
pub(crate) fn fold(mut lanes: [f32; LANES]) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
        width /= 2;
    }
    lanes[0]
}
