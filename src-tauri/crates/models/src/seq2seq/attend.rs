//! The heart of attention over rows that lie anywhere: each query takes a mean of the values of the rows that it is
//! given.
//!
//! **Invariant**: a query's numbers depend on its own rows only, not on what is computed with it, to the last bit.

use std::ops::Range;

use bimo_kernels::{InstructionSet, soften};
use candle_core::Result;

use crate::layers::{Spread, dot, share_rows, with_scratch, with_wide_registers};

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

/// What is added to the product of a query's row, in a head, with the row at an index of those that it looks at.
pub(super) type Bias<'a> = &'a (dyn Fn(usize, usize, usize) -> f32 + Sync);

/// Looks: the query at each row looks at what `rows` says, in keys and values. Products are multiplied by `scale`. Writes
/// rows like the queries'.
pub(super) fn attend<'r>(
    [query, keys, values]: [Table<'_>; 3],
    scale: f32,
    rows: &(impl Fn(usize) -> Rows<'r> + Sync),
    bias: Option<Bias<'_>>,
    output: &mut [f32],
) -> Result<()> {
    let (heads, width) = (query.heads, query.width);
    let count = query.numbers.len() / (heads * width).max(1);
    let work: usize = (0..count).map(|row| rows(row).len()).sum::<usize>() * heads * width;
    let look_some = |first: usize, output: &mut [f32]| {
        for (place, output) in output.chunks_exact_mut(width).enumerate() {
            let (row, head) = ((first + place) / heads, (first + place) % heads);
            let looked_at = rows(row);
            with_scratch(looked_at.len(), |scores| {
                match bias {
                    Some(bias) => (0..).zip(&mut *scores).for_each(|(index, score)| {
                        *score = bias(row, head, index);
                    }),
                    None => scores.fill(0.0),
                }
                look(query.head(row, head), keys, values, head, scale, &looked_at, scores, output);
            });
        }
        Ok(())
    };
    match work < WORTH_SHARING {
        true => look_some(0, output),
        false => share_rows(Spread::Threads, [(output, width)], |first, [output]| {
            look_some(first, output)
        }),
    }
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
            output.fill(0.0);
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
