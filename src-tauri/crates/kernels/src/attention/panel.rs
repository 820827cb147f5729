//! A few queries that meet the places of a block together.
//!
//! Nothing is kept of the places that were met but the largest product so far, the sum of e to the power of each product
//! less that, and the sum of the values that these weigh: where a larger product is found, both are scaled down
//! (Milakov and Gimelshein 2018; Dao et al. 2022).

use std::ops::Range;

use super::Seen;
use super::places::{BLOCK, Block, Element};
use crate::cache::TILE;
use crate::pointwise::{fold, largest, powers};
use crate::simd::Simd;

/// Numbers that are kept of a query, beside its own and the sum of values.
const KEPT: usize = TILE + 1;

/// Queries of a key head, and what they have found so far.
pub(super) struct Panel<'a> {
    /// Element by element.
    queries: &'a mut [f32],
    /// For each query the sum of the weighed values.
    values: &'a mut [f32],
    /// For each query the sums of the weights, 16 side by side.
    sums: &'a mut [[f32; TILE]],
    /// For each query the largest product.
    tops: &'a mut [f32],
    width: usize,
    row: usize,
}

impl<'a> Panel<'a> {
    /// Numbers of memory for each query of so many elements.
    pub const fn numbers(width: usize, row: usize) -> usize {
        width + row + KEPT
    }

    /// So many queries, in memory of as many numbers as they want.
    pub fn new(memory: &'a mut [f32], count: usize, width: usize, row: usize) -> Self {
        let (queries, rest) = memory.split_at_mut(count * width);
        let (values, rest) = rest.split_at_mut(count * row);
        let (sums, tops) = rest.split_at_mut(count * TILE);
        Self { queries, values, sums: sums.as_chunks_mut().0, tops, width, row }
    }

    /// Takes up a query, which has found nothing yet.
    pub fn begin(&mut self, query: usize, numbers: &[f32]) {
        let places = self.queries[query..].iter_mut().step_by(self.tops.len());
        places.zip(numbers).for_each(|(to, number)| *to = *number);
        self.values[query * self.row..][..self.row].fill(0.0);
        (self.sums[query], self.tops[query]) = ([0.0; TILE], f32::NEG_INFINITY);
    }

    /// Looks at a block, of which each of the `R` queries sees some places.
    #[inline(always)]
    pub fn meet<S: Simd, E: Element, const R: usize>(
        &mut self,
        block: &Block<'_, E>,
        seen: [Seen; R],
        scale: f32,
    ) {
        let mut weights = [[0.0; BLOCK]; R];
        let end = seen.iter().fold(0, |end, seen| end.max(seen.end));
        let tiles = end.div_ceil(TILE);
        self.products::<S, E, R>(block, tiles, scale, &mut weights);
        let mut factors = [1.0; R];
        let queries = weights.iter_mut().zip(&seen).zip(&mut factors);
        let kept = self.sums.iter_mut().zip(self.tops.iter_mut());
        for (((weights, seen), factor), (sums, top)) in queries.zip(kept) {
            let weights = &mut weights[..tiles * TILE];
            *factor = weigh::<S>(weights, seen.start..seen.end, top, sums);
        }
        let vectors = self.row / S::LANES;
        let mut done = 0;
        while done < vectors {
            // As many sums as there are registers for.
            done += match R {
                1 | 2 if vectors - done >= 4 => {
                    self.add::<S, E, R, 4>(block, end, &weights, factors, done)
                }
                4 | 8 if vectors - done >= 2 => {
                    self.add::<S, E, R, 2>(block, end, &weights, factors, done)
                }
                _ => self.add::<S, E, R, 1>(block, end, &weights, factors, done),
            };
        }
    }

    #[inline(always)]
    fn products<S: Simd, E: Element, const R: usize>(
        &self,
        block: &Block<'_, E>,
        tiles: usize,
        scale: f32,
        weights: &mut [[f32; BLOCK]; R],
    ) {
        let mut done = 0;
        while done < tiles {
            // The fewer queries, the more tiles at once: additions to one sum wait for each other.
            done += match (R, tiles - done) {
                (1 | 2, 4..) => self.product::<S, E, R, 4>(block, done, scale, weights),
                (4 | 8, 2..) => self.product::<S, E, R, 2>(block, done, scale, weights),
                _ => self.product::<S, E, R, 1>(block, done, scale, weights),
            };
        }
    }

    /// With `T` tiles; answers `T`.
    #[inline(always)]
    fn product<S: Simd, E: Element, const R: usize, const T: usize>(
        &self,
        block: &Block<'_, E>,
        first: usize,
        scale: f32,
        weights: &mut [[f32; BLOCK]; R],
    ) -> usize {
        let keys = &block.keys[first..first + T];
        assert!(keys.iter().all(|keys| keys.len() == self.width * TILE));
        assert!(self.queries.len() == R * self.width);
        // SAFETY: the sizes are asserted, `LANES` divide a tile, and `S` is the set that runs this work.
        unsafe {
            let mut from = [keys[0].as_ptr(); T];
            for tile in 0..T {
                from[tile] = keys[tile].as_ptr();
            }
            for part in 0..TILE / S::LANES {
                let mut sums = [[S::splat(0.0); R]; T];
                for element in 0..self.width {
                    let queries = self.queries.as_ptr().add(element * R);
                    let mut keys = [S::splat(0.0); T];
                    for tile in 0..T {
                        keys[tile] = E::load::<S>(from[tile].add(element * TILE + part * S::LANES));
                    }
                    for query in 0..R {
                        let number = S::splat(*queries.add(query));
                        for tile in 0..T {
                            sums[tile][query] =
                                S::multiply_add(keys[tile], number, sums[tile][query]);
                        }
                    }
                }
                for tile in 0..T {
                    for query in 0..R {
                        let at = (first + tile) * TILE + part * S::LANES;
                        let product = S::multiply(sums[tile][query], S::splat(scale));
                        S::store(weights[query].as_mut_ptr().add(at), product);
                    }
                }
            }
        }
        T
    }

    /// Adds the weighed values up to place `end` to `V` vectors of each sum; answers `V`.
    #[inline(always)]
    fn add<S: Simd, E: Element, const R: usize, const V: usize>(
        &mut self,
        block: &Block<'_, E>,
        end: usize,
        weights: &[[f32; BLOCK]; R],
        factors: [f32; R],
        first: usize,
    ) -> usize {
        let start = first * S::LANES;
        assert!(start + V * S::LANES <= self.row && self.values.len() == R * self.row);
        // SAFETY: the sizes are asserted, here and for each tile; `S` is the set that runs this work.
        unsafe {
            let to = self.values.as_mut_ptr().add(start);
            let mut sums = [[S::splat(0.0); V]; R];
            for query in 0..R {
                for vector in 0..V {
                    let sum = S::load(to.add(query * self.row + vector * S::LANES));
                    sums[query][vector] = S::multiply(sum, S::splat(factors[query]));
                }
            }
            for tile in 0..end.div_ceil(TILE) {
                let values = block.values[tile];
                assert!(values.len() == TILE * self.row);
                let mut weights = weights.as_ptr().cast::<f32>().add(tile * TILE);
                let mut from = values.as_ptr().add(start);
                for _ in 0..(end - tile * TILE).min(TILE) {
                    let mut numbers = [S::splat(0.0); V];
                    for vector in 0..V {
                        numbers[vector] = E::load::<S>(from.add(vector * S::LANES));
                    }
                    for query in 0..R {
                        let weight = S::splat(*weights.add(query * BLOCK));
                        for vector in 0..V {
                            sums[query][vector] =
                                S::multiply_add(weight, numbers[vector], sums[query][vector]);
                        }
                    }
                    (from, weights) = (from.add(self.row), weights.add(1));
                }
            }
            for query in 0..R {
                for vector in 0..V {
                    S::store(to.add(query * self.row + vector * S::LANES), sums[query][vector]);
                }
            }
        }
        V
    }

    /// Writes the mean that a query has found.
    pub fn write_mean(&self, query: usize, to: &mut [f32]) {
        let sum = fold(self.sums[query]);
        for (to, value) in to.iter_mut().zip(&self.values[query * self.row..]) {
            *to = value / sum;
        }
    }
}

/// Turns the products of a query into weights, and adds them to its sums; only places that are seen weigh. Answers the
/// factor that scales down what was found before.
#[inline(always)]
fn weigh<S: Simd>(
    weights: &mut [f32],
    seen: Range<usize>,
    top: &mut f32,
    sums: &mut [f32; TILE],
) -> f32 {
    if seen.is_empty() {
        weights.fill(0.0);
        return 1.0;
    }
    weights[..seen.start].fill(f32::NEG_INFINITY);
    weights[seen.end..].fill(f32::NEG_INFINITY);
    let mut factor = 1.0;
    let found = largest(weights);
    if found > *top {
        let mut power = [*top; TILE];
        powers::<S>(&mut power, found);
        (factor, *top) = (power[0], found);
        for sum in sums.iter_mut() {
            *sum *= factor;
        }
    }
    for tile in weights.as_chunks_mut::<TILE>().0 {
        powers::<S>(tile, *top);
    }
    weights[..seen.start].fill(0.0);
    weights[seen.end..].fill(0.0);
    for tile in weights.as_chunks::<TILE>().0 {
        for lane in 0..TILE {
            sums[lane] += tile[lane];
        }
    }
    factor
}
