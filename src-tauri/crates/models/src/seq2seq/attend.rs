//! The heart of attention over rows that lie anywhere: each query takes a mean of the values of the rows that it is
//! given.
//!
//! **Invariant**: a query's numbers depend on its own rows only, not on what is computed with it, to the last bit.

use std::ops::Range;

use bimo_kernels::{InstructionSet, soften};
use rayon::prelude::*;

use crate::layers::{dot, with_wide_registers};

/// Below so many multiplications one thread is faster than waking others.
const WORTH_SHARING: usize = 1 << 18;

/// Numbers in rows of all heads one after another.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    pub numbers: &'a [f32],
    pub heads: usize,
    /// Of a head.
    pub width: usize,
}

impl<'a> Table<'a> {
    fn head(&self, row: usize, head: usize) -> &'a [f32] {
        &self.numbers[(row * self.heads + head) * self.width..][..self.width]
    }
}

/// The rows that a query looks at.
pub(super) enum Rows<'a> {
    /// One after another.
    Span(Range<usize>),
    /// Anywhere.
    Places(&'a [u32]),
}

impl Rows<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Span(span) => span.len(),
            Self::Places(places) => places.len(),
        }
    }

    fn at(&self, index: usize) -> usize {
        match self {
            Self::Span(span) => span.start + index,
            Self::Places(places) => places[index] as usize,
        }
    }
}

/// Looks: `query` has a row for each entry of `rows`. Products are multiplied by `scale`; `bias(query row, head, index)`
/// is added to the product with the row at that index. Answers rows like the queries'.
pub(super) fn attend<'r>(
    query: Table<'_>,
    keys: Table<'_>,
    values: Table<'_>,
    scale: f32,
    rows: &(impl Fn(usize) -> Rows<'r> + Sync),
    bias: Option<&(dyn Fn(usize, usize, usize) -> f32 + Sync)>,
) -> Vec<f32> {
    let (heads, width) = (query.heads, query.width);
    let mut output = vec![0.0; query.numbers.len()];
    let count = query.numbers.len() / (heads * width).max(1);
    let work: usize = (0..count).map(|row| rows(row).len()).sum::<usize>() * heads * width;
    let row = |scores: &mut Vec<f32>, place: usize, output: &mut [f32]| {
        let (row, head) = (place / heads, place % heads);
        let looked_at = rows(row);
        scores.clear();
        scores.resize(looked_at.len(), 0.0);
        if let Some(bias) = bias {
            for (index, score) in scores.iter_mut().enumerate() {
                *score = bias(row, head, index);
            }
        }
        look(query.head(row, head), keys, values, head, scale, &looked_at, scores, output);
    };
    if work < WORTH_SHARING {
        let mut scores = Vec::new();
        let places = output.chunks_exact_mut(width).enumerate();
        places.for_each(|(place, output)| row(&mut scores, place, output));
    } else {
        let places = output.par_chunks_exact_mut(width).enumerate();
        places.for_each_init(Vec::new, |scores, (place, output)| row(scores, place, output));
    }
    output
}

#[expect(clippy::too_many_arguments, reason = "the inner loop is given everything it touches")]
fn look(
    query: &[f32],
    keys: Table<'_>,
    values: Table<'_>,
    head: usize,
    scale: f32,
    rows: &Rows<'_>,
    scores: &mut [f32],
    output: &mut [f32],
) {
    with_wide_registers(
        #[inline(always)]
        || {
            for (index, score) in scores.iter_mut().enumerate() {
                *score += dot(query, keys.head(rows.at(index), head)) * scale;
            }
        },
    );
    let sum = soften(InstructionSet::chosen(), scores);
    with_wide_registers(
        #[inline(always)]
        || {
            for (index, weight) in scores.iter().enumerate() {
                let value = values.head(rows.at(index), head);
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
