//! Some queries of a key head, on one thread.

use std::ops::Range;

use super::{Seen, Text};
use crate::cache::{KvCache, Numbers, TILE};
use crate::pointwise::{fold, largest, powers};
use crate::simd::{Simd, Work};

/// Some queries of one key head, counted place by place and within a place head by head.
pub(super) struct Chunk<'a> {
    pub text: &'a Text<'a>,
    pub head: usize,
    pub from: usize,
    pub to: usize,
    pub scratch: &'a mut Vec<f32>,
}

impl Work for Chunk<'_> {
    #[inline(always)]
    fn run<S: Simd>(mut self) {
        match &self.text.look.cache.numbers {
            Numbers::Whole { .. } => self.all::<S, f32>(),
            Numbers::Halves { .. } => self.all::<S, u16>(),
        }
    }
}

/// A number of a cache.
trait Element: Copy {
    /// Keys and values, where they are such numbers.
    fn of(numbers: &Numbers) -> Option<[&[Self]; 2]>;

    /// # Safety
    /// That of [`Simd`].
    unsafe fn load<S: Simd>(from: *const Self) -> S::Floats;
}

impl Element for f32 {
    fn of(numbers: &Numbers) -> Option<[&[Self]; 2]> {
        match numbers {
            Numbers::Whole { keys, values } => Some([keys, values]),
            Numbers::Halves { .. } => None,
        }
    }

    #[inline(always)]
    unsafe fn load<S: Simd>(from: *const Self) -> S::Floats {
        // SAFETY: the caller's.
        unsafe { S::load(from) }
    }
}

impl Element for u16 {
    fn of(numbers: &Numbers) -> Option<[&[Self]; 2]> {
        match numbers {
            Numbers::Whole { .. } => None,
            Numbers::Halves { keys, values } => Some([keys, values]),
        }
    }

    #[inline(always)]
    unsafe fn load<S: Simd>(from: *const Self) -> S::Floats {
        // SAFETY: the caller's.
        unsafe { S::load_halves(from) }
    }
}

/// Places of a key head that lie together: those that are shared with other texts, or a text's own.
#[derive(Clone, Copy)]
struct Piece<'a, E> {
    keys: &'a [E],
    values: &'a [E],
    /// The first place, and the one behind the last.
    first: usize,
    end: usize,
}

impl<'a, E: Element> Piece<'a, E> {
    fn new(cache: Option<&'a KvCache>, head: usize, first: usize, places: usize) -> Self {
        let end = first + places;
        let head_of = |cache: &'a KvCache| {
            let [keys, values] = E::of(&cache.numbers)?;
            let (key_head, value_head) = (cache.key_head(), cache.value_head());
            let keys = &keys[head * key_head..][..key_head];
            Some(Self { keys, values: &values[head * value_head..][..value_head], first, end })
        };
        cache.and_then(head_of).unwrap_or(Self { keys: &[], values: &[], first, end })
    }

    /// The part of it from one place to another.
    fn between(&self, from: usize, to: usize) -> Range<usize> {
        from.clamp(self.first, self.end) - self.first..to.clamp(self.first, self.end) - self.first
    }
}

impl Chunk<'_> {
    #[inline(always)]
    fn all<S: Simd, E: Element>(&mut self) {
        let [(shared, places), (own, room)] = self.text.look.cache.pieces();
        let shared = Piece::<E>::new(shared, self.head, 0, places);
        let pieces = [shared, Piece::new(own, self.head, places, room)];
        let mut at = self.from;
        while at < self.to {
            let count = 1 << (self.to - at).min(S::PANEL).ilog2();
            match count {
                8 => self.some::<S, E, 8>(at, pieces),
                4 => self.some::<S, E, 4>(at, pieces),
                2 => self.some::<S, E, 2>(at, pieces),
                _ => self.some::<S, E, 1>(at, pieces),
            }
            at += count;
        }
    }

    /// `R` queries together.
    #[inline(always)]
    fn some<S: Simd, E: Element, const R: usize>(&mut self, at: usize, pieces: [Piece<'_, E>; 2]) {
        let Text { look, queries, output, group, .. } = self.text;
        let (width, row) = (look.cache.width(), look.cache.row());
        let mut starts = [0; R];
        let mut rows = [Seen { start: 0, end: 0 }; R];
        for query in 0..R {
            let (place, head) = ((at + query) / group, (at + query) % group);
            starts[query] = (place * look.heads + self.head * group + head) * width;
            rows[query] = look.sees.from(look.first + place);
        }
        // Places grow with the queries.
        let (first, end) = (rows[0].start / TILE * TILE, rows[R - 1].end);
        let stride = (end - first).next_multiple_of(TILE);
        self.scratch.resize(R * (width + stride), 0.0);
        let (turned, weights) = self.scratch.split_at_mut(R * width);
        for (query, &start) in starts.iter().enumerate() {
            let numbers = &queries[start..][..width];
            for (element, number) in numbers.iter().enumerate() {
                turned[element * R + query] = *number;
            }
        }
        for piece in pieces {
            let places = piece.between(first, first + stride);
            if !places.is_empty() {
                let keys = &piece.keys[places.start * width..places.end * width];
                let done = (piece.first + places.start - first) / TILE;
                products::<S, E, R>(turned, keys, weights, look.scale, done);
            }
        }
        let mut sums = [0.0; R];
        for (query, row) in rows.iter().enumerate() {
            let weights = &mut weights[query * stride..][..stride];
            sums[query] = weigh::<S>(weights, row.start - first, row.end - first);
        }
        let mut to = [output.0; R];
        for query in 0..R {
            // SAFETY: the output has as many numbers as the queries.
            to[query] = unsafe { to[query].add(starts[query]) };
        }
        let of = |piece: Piece<'_, E>| {
            let places = piece.between(first, end);
            (places.start * row, places.end * row)
        };
        let [shared, own] = pieces;
        let ((shared_from, shared_to), (own_from, own_to)) = (of(shared), of(own));
        let values = [&shared.values[shared_from..shared_to], &own.values[own_from..own_to]];
        Means { weights, stride, row, width, to, sums }.write::<S, E>(values);
    }
}

/// The products of `R` queries, element by element, with tiles of keys; so many tiles are `done` before these.
#[inline(always)]
fn products<S: Simd, E: Element, const R: usize>(
    queries: &[f32],
    mut keys: &[E],
    weights: &mut [f32],
    scale: f32,
    mut done: usize,
) {
    let tile = queries.len() / R * TILE;
    while !keys.is_empty() {
        // The fewer queries, the more tiles at once: additions to one sum wait for each other.
        let count = match (R, keys.len() / tile) {
            (1 | 2, 4..) => product::<S, E, R, 4>(queries, keys, weights, scale, done),
            (4, 2..) => product::<S, E, R, 2>(queries, keys, weights, scale, done),
            _ => product::<S, E, R, 1>(queries, keys, weights, scale, done),
        };
        (keys, done) = (&keys[count * tile..], done + count);
    }
}

/// The same for the first `T` tiles; answers `T`.
#[inline(always)]
fn product<S: Simd, E: Element, const R: usize, const T: usize>(
    queries: &[f32],
    keys: &[E],
    weights: &mut [f32],
    scale: f32,
    done: usize,
) -> usize {
    let width = queries.len() / R;
    let tiles = weights.len() / (R * TILE);
    assert!(
        keys.len() >= T * width * TILE && weights.len() == R * tiles * TILE && done + T <= tiles
    );
    // SAFETY: the sizes are asserted, `LANES` divide a tile, and `S` is the set that runs this work.
    unsafe {
        for part in 0..TILE / S::LANES {
            let keys = keys.as_ptr().add(part * S::LANES);
            let mut sums = [[S::splat(0.0); R]; T];
            for element in 0..width {
                let queries = queries.as_ptr().add(element * R);
                for (tile, sums) in sums.iter_mut().enumerate() {
                    let keys = E::load::<S>(keys.add((tile * width + element) * TILE));
                    for (query, sum) in sums.iter_mut().enumerate() {
                        *sum = S::multiply_add(keys, S::splat(*queries.add(query)), *sum);
                    }
                }
            }
            for (tile, sums) in sums.iter().enumerate() {
                for (query, sum) in sums.iter().enumerate() {
                    let at = (query * tiles + done + tile) * TILE + part * S::LANES;
                    S::store(weights.as_mut_ptr().add(at), S::multiply(*sum, S::splat(scale)));
                }
            }
        }
    }
    T
}

/// Turns a row of products into weights: e to the power of each, less the largest. Nothing outside of `start..end` weighs.
/// Answers their sum.
#[inline(always)]
fn weigh<S: Simd>(weights: &mut [f32], start: usize, end: usize) -> f32 {
    weights[..start].fill(f32::NEG_INFINITY);
    weights[end..].fill(f32::NEG_INFINITY);
    let top = largest(weights);
    for tile in weights.as_chunks_mut::<TILE>().0 {
        powers::<S>(tile, top);
    }
    weights[..start].fill(0.0);
    weights[end..].fill(0.0);
    let mut sums = [0.0; TILE];
    for tile in weights.as_chunks::<TILE>().0 {
        for lane in 0..TILE {
            sums[lane] += tile[lane];
        }
    }
    fold(sums)
}

/// Where the means of `R` queries come from and go.
struct Means<'a, const R: usize> {
    weights: &'a [f32],
    /// From one query's weights to the next one's.
    stride: usize,
    /// Numbers of a row of values, and how many of them count.
    row: usize,
    width: usize,
    to: [*mut f32; R],
    sums: [f32; R],
}

impl<const R: usize> Means<'_, R> {
    /// The values lie in two pieces, one behind the other.
    #[inline(always)]
    fn write<S: Simd, E: Element>(&self, values: [&[E]; 2]) {
        let vectors = self.row / S::LANES;
        let mut done = 0;
        while done < vectors {
            // As many sums as there are registers for.
            done += match R {
                1 | 2 if vectors - done >= 4 => self.some::<S, E, 4>(values, done),
                4 | 8 if vectors - done >= 2 => self.some::<S, E, 2>(values, done),
                _ => self.some::<S, E, 1>(values, done),
            };
        }
    }

    /// `V` vectors of each mean; answers `V`.
    #[inline(always)]
    fn some<S: Simd, E: Element, const V: usize>(&self, values: [&[E]; 2], first: usize) -> usize {
        let places = values.map(|values| values.len() / self.row);
        assert!(places[0] + places[1] <= self.stride && self.weights.len() >= R * self.stride);
        let start = first * S::LANES;
        // SAFETY: the sizes are asserted and `first + V` vectors are in a row; `S` is the set that runs this work.
        let mut sums = [[unsafe { S::splat(0.0) }; V]; R];
        for piece in 0..2 {
            for place in 0..places[piece] {
                // SAFETY: as above.
                unsafe {
                    let from = values[piece].as_ptr().add(place * self.row + start);
                    let weights = self.weights.as_ptr().add(piece * places[0] + place);
                    let mut numbers = [S::splat(0.0); V];
                    for (vector, numbers) in numbers.iter_mut().enumerate() {
                        *numbers = E::load::<S>(from.add(vector * S::LANES));
                    }
                    for (query, sums) in sums.iter_mut().enumerate() {
                        let weight = S::splat(*weights.add(query * self.stride));
                        for (sum, numbers) in sums.iter_mut().zip(numbers) {
                            *sum = S::multiply_add(weight, numbers, *sum);
                        }
                    }
                }
            }
        }
        for (query, sums) in sums.iter().enumerate() {
            for (vector, sum) in sums.iter().enumerate() {
                let at = start + vector * S::LANES;
                let count = self.width.saturating_sub(at).min(S::LANES);
                let mut numbers = [0.0; TILE];
                // SAFETY: a vector is no longer than a tile; the `count` numbers are of a query that no other thread has.
                unsafe {
                    S::store(numbers.as_mut_ptr(), S::divide(*sum, S::splat(self.sums[query])));
                    self.to[query].add(at).copy_from_nonoverlapping(numbers.as_ptr(), count);
                }
            }
        }
        V
    }
}
