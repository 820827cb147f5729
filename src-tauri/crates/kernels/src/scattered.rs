//! Attention of a single query over rows that lie anywhere, as those of beams do.
//!
//! **Invariant**: what a query finds depends on its own rows only, and has the same bits on every instruction set.

use std::ops::Range;

use crate::InstructionSet;
use crate::pointwise::{Soften, fold};
use crate::simd::{Simd, Work};

/// Numbers that are worked on side by side, whatever the instruction set.
const LANES: usize = 16;

/// The rows that a query looks at.
#[derive(Debug, Clone)]
pub enum Rows<'a> {
    /// One after another.
    Span(Range<usize>),
    /// Anywhere.
    Places(&'a [u32]),
}

impl Rows<'_> {
    /// How many.
    pub fn count(&self) -> usize {
        match self {
            Self::Span(span) => span.len(),
            Self::Places(places) => places.len(),
        }
    }

    #[inline(always)]
    fn at(&self, index: usize) -> usize {
        match self {
            Self::Span(span) => span.start + index,
            Self::Places(places) => places[index] as usize,
        }
    }
}

/// A query with what it looks at, a head of it.
pub struct Glance<'a> {
    /// The numbers of the query's head.
    pub query: &'a [f32],
    /// Rows of all heads, one row after another.
    pub keys: &'a [f32],
    /// The same.
    pub values: &'a [f32],
    /// Numbers of a row.
    pub row: usize,
    /// Where in a row the head begins.
    pub head: usize,
    /// Products of the query and keys are multiplied by it.
    pub scale: f32,
    /// What is looked at.
    pub rows: Rows<'a>,
}

/// Writes the mean of the values, weighed by how alike their keys are to the query. `scores` has a number for each row, which
/// is added to its product.
///
/// # Panics
/// If a row is not there, or sizes do not fit each other.
pub fn glance(set: InstructionSet, glance: &Glance<'_>, scores: &mut [f32], output: &mut [f32]) {
    assert_eq!(scores.len(), glance.rows.count(), "a number for each row");
    assert_eq!(output.len(), glance.query.len(), "room for the mean");
    set.run(Looking { glance, scores, output });
}

struct Looking<'a> {
    glance: &'a Glance<'a>,
    scores: &'a mut [f32],
    output: &'a mut [f32],
}

impl Work for Looking<'_> {
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Self { glance, scores, output } = self;
        let Glance { query, keys, values, row, head, scale, rows } = glance;
        let of = |numbers: &'_ [f32], index: usize| -> Range<usize> {
            let start = rows.at(index) * row + head;
            assert!(start + query.len() <= numbers.len(), "a row that is there");
            start..start + query.len()
        };
        for (index, score) in scores.iter_mut().enumerate() {
            *score += dot::<S>(query, &keys[of(keys, index)]) * scale;
        }
        let mut sum = 0.0;
        Soften { numbers: scores, sum: &mut sum }.run::<S>();
        output.fill(0.0);
        for (index, weight) in scores.iter().enumerate() {
            add::<S>(output, *weight, &values[of(values, index)]);
        }
        for number in output {
            *number /= sum;
        }
    }
}

/// The sum of products, 16 side by side.
#[inline(always)]
fn dot<S: Simd>(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut lanes = [0.0; LANES];
    for part in 0..LANES / S::LANES {
        let at = part * S::LANES;
        // SAFETY: `LANES` of the set divide 16, so every vector lies within its chunk, and `S` is the set that runs this work.
        unsafe {
            let mut sum = S::splat(0.0);
            for (a, b) in a.iter().zip(b) {
                let (a, b) = (S::load(a.as_ptr().add(at)), S::load(b.as_ptr().add(at)));
                sum = S::multiply_add(a, b, sum);
            }
            S::store(lanes.as_mut_ptr().add(at), sum);
        }
    }
    for (lane, (a, b)) in a_rest.iter().zip(b_rest).enumerate() {
        lanes[lane] = a.mul_add(*b, lanes[lane]);
    }
    fold(lanes)
}

/// Adds `weight` times a row.
#[inline(always)]
fn add<S: Simd>(to: &mut [f32], weight: f32, row: &[f32]) {
    let ((to, to_rest), (row, row_rest)) = (to.as_chunks_mut::<LANES>(), row.as_chunks::<LANES>());
    for (to, row) in to.iter_mut().zip(row) {
        for part in 0..LANES / S::LANES {
            // SAFETY: as in `dot`.
            unsafe {
                let to = to.as_mut_ptr().add(part * S::LANES);
                let row = S::load(row.as_ptr().add(part * S::LANES));
                S::store(to, S::multiply_add(S::splat(weight), row, S::load(to)));
            }
        }
    }
    for (to, number) in to_rest.iter_mut().zip(row_rest) {
        *to = weight.mul_add(*number, *to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|i| ((i + seed) * 7919 % 1009) as f32 / 504.5 - 1.0).collect()
    }

    #[test]
    fn it_is_the_mean_of_its_rows_computed_in_f64_with_the_same_bits_everywhere() {
        for (width, heads) in [(64, 2), (16, 1), (8, 3), (20, 2), (40, 1)] {
            let row = width * heads;
            let (keys, values) = (numbers(30 * row, 1), numbers(30 * row, 2));
            let query = numbers(width, 3);
            let places: Vec<u32> = (0..19).map(|i| i * 11 % 30).collect();
            for rows in [Rows::Span(3..29), Rows::Places(&places), Rows::Places(&places[..1])] {
                let head = (heads - 1) * width;
                let bias = numbers(rows.count(), 4);
                let look = Glance {
                    query: &query,
                    keys: &keys,
                    values: &values,
                    row,
                    head,
                    scale: 0.3,
                    rows,
                };
                let mut expected = vec![0.0f64; width];
                let score = |index: usize| {
                    let key = &keys[look.rows.at(index) * row + head..][..width];
                    let product: f64 =
                        key.iter().zip(&query).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
                    (product * f64::from(0.3f32) + f64::from(bias[index])).exp()
                };
                let sum: f64 = (0..bias.len()).map(score).sum();
                for index in 0..bias.len() {
                    let value = &values[look.rows.at(index) * row + head..][..width];
                    for (mean, value) in expected.iter_mut().zip(value) {
                        *mean += score(index) / sum * f64::from(*value);
                    }
                }
                let mut first = vec![0.0; width];
                glance(InstructionSet::PORTABLE, &look, &mut bias.clone(), &mut first);
                for (found, expected) in first.iter().zip(&expected) {
                    assert!(
                        (f64::from(*found) - expected).abs() < 1e-5,
                        "{width} {found} {expected}"
                    );
                }
                for set in InstructionSet::all() {
                    let mut found = vec![f32::NAN; width];
                    glance(set, &look, &mut bias.clone(), &mut found);
                    assert_eq!(found, first, "{width} {}", set.name());
                }
            }
        }
    }
}
