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
    let (Scaling::RootMeanSquare { weight, .. } | Scaling::Layer { weight, .. }) = scaling;
    assert!(rows.len().is_multiple_of(weight.len()), "whole rows");
    if let Scaling::Layer { bias, .. } = scaling {
        assert_eq!(bias.len(), weight.len(), "a bias for each place");
    }
    set.run(Normalise { scaling, rows });
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
        match self.curve {
            Curve::Silu => self.each::<S, 0>(),
            Curve::Gelu => self.each::<S, 1>(),
            Curve::GeluErf => self.each::<S, 2>(),
            Curve::Exp => self.each::<S, 3>(),
        }
    }
}

impl Bend<'_> {
    #[inline(always)]
    fn each<S: Simd, const CURVE: u8>(self) {
        let (whole, rest) = self.numbers.as_chunks_mut::<LANES>();
        let (factors, rest_factors) = self.factors.unwrap_or_default().as_chunks::<LANES>();
        for (place, numbers) in whole.iter_mut().enumerate() {
            some::<S, CURVE>(numbers, factors.get(place));
        }
        if !rest.is_empty() {
            let (mut numbers, mut factors) = ([0.0; LANES], [1.0; LANES]);
            numbers[..rest.len()].copy_from_slice(rest);
            factors[..rest_factors.len()].copy_from_slice(rest_factors);
            some::<S, CURVE>(&mut numbers, Some(&factors));
            rest.copy_from_slice(&numbers[..rest.len()]);
        }
    }
}

#[inline(always)]
fn some<S: Simd, const CURVE: u8>(numbers: &mut [f32; LANES], factors: Option<&[f32; LANES]>) {
    for part in 0..LANES / S::LANES {
        let at = part * S::LANES;
        // SAFETY: `LANES` of the set divide 16, so each part lies within the arrays; `S` is the set that runs this work.
        unsafe {
            let to = numbers.as_mut_ptr().add(at);
            let x = S::load(to);
            let bent = match CURVE {
                0 => gated::<S>(x, x),
                1 => gelu::<S>(x),
                2 => gelu_erf::<S>(x),
                _ => exp::<S>(x),
            };
            S::store(
                to,
                match factors {
                    Some(factors) => S::multiply(bent, S::load(factors.as_ptr().add(at))),
                    None => bent,
                },
            );
        }
    }
}

struct Normalise<'a> {
    scaling: Scaling<'a>,
    rows: &'a mut [f32],
}

impl Work for Normalise<'_> {
    #[inline(always)]
    fn run<S: Simd>(self) {
        match self.scaling {
            Scaling::RootMeanSquare { weight, eps } => {
                for row in self.rows.chunks_exact_mut(weight.len()) {
                    let squares = sum(row, |number| number * number);
                    let factor = 1.0 / (squares / row.len() as f32 + eps).sqrt();
                    for (number, weight) in row.iter_mut().zip(weight) {
                        *number = *number * factor * weight;
                    }
                }
            }
            Scaling::Layer { weight, bias, eps } => {
                for row in self.rows.chunks_exact_mut(weight.len()) {
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
fn sum(row: &[f32], of: impl Fn(f32) -> f32) -> f32 {
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
