//! The heart of attention over rows that lie anywhere: each query takes a mean of the values of the rows that it is
//! given.
//!
//! **Invariant**: a query's numbers depend on its own rows only, not on what is computed with it, to the last bit.

use bimo_kernels::{Glance, InstructionSet, Rows, glance};
use candle_core::Result;

use crate::layers::{Spread, share_rows, with_scratch};

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
    let work: usize = (0..count).map(|row| rows(row).count()).sum::<usize>() * heads * width;
    let look_some = |first: usize, output: &mut [f32]| {
        for (place, output) in output.chunks_exact_mut(width).enumerate() {
            let (row, head) = ((first + place) / heads, (first + place) % heads);
            let looked_at = rows(row);
            with_scratch(looked_at.count(), |scores| {
                match bias {
                    Some(bias) => (0..).zip(&mut *scores).for_each(|(index, score)| {
                        *score = bias(row, head, index);
                    }),
                    None => scores.fill(0.0),
                }
                let look = Glance {
                    query: &query.numbers[(first + place) * width..][..width],
                    keys: keys.numbers,
                    values: values.numbers,
                    row: heads * width,
                    head: head * width,
                    scale,
                    rows: looked_at,
                };
                glance(InstructionSet::chosen(), &look, scores, output);
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
