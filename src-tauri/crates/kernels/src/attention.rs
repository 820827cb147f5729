//! Attention: each query takes a mean of the values that it sees, weighed by how alike the keys are to it.
//!
//! A few queries of the same key head go over the cache together: of neighbouring places, and of the heads that share a
//! key head. A query's products are added element by element, its weights 16 side by side, its values place by place.
//!
//! **Invariant**: an output has the same bits whichever queries are computed with it, on however many threads, and on every
//! instruction set.

use std::cell::RefCell;

use crate::cache::{KvCache, Numbers, TILE};
use crate::pointwise::{fold, largest, powers};
use crate::simd::{Simd, Work};
use crate::{InstructionSet, Pool};

/// Queries that a thread takes at a time.
const QUERIES: usize = 8;
/// Below so many multiplications other threads take longer to wake than to help.
const WORTH_SHARING: usize = 1 << 20;

/// How queries look back.
#[derive(Clone, Copy)]
pub struct LookBack<'a> {
    /// What they look at. The place of each query is written already.
    pub cache: &'a KvCache,
    /// The place of the first query; the others follow it.
    pub first: usize,
    /// Query heads; those that share a key head lie one after another.
    pub heads: usize,
    /// Products of queries and keys are multiplied by it.
    pub scale: f32,
    /// Which places a query sees.
    pub sees: Sees,
}

/// Which places a query sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sees {
    /// Those up to its own.
    Back {
        /// At most so many.
        window: Option<usize>,
    },
    /// The first so many, wherever it stands.
    First(usize),
}

/// Looks back: rows of all query heads one after another to the same.
///
/// # Panics
/// If the rows are not those of whole queries, or there are more than the cache has room for.
pub fn attend(
    pool: &Pool,
    set: InstructionSet,
    look: &LookBack<'_>,
    queries: &[f32],
    output: &mut [f32],
) {
    let (cache, row) = (look.cache, look.heads * look.cache.width());
    assert_eq!(queries.len(), output.len(), "room for the answers");
    assert!(row > 0 && queries.len().is_multiple_of(row), "rows of whole queries");
    assert!(look.heads.is_multiple_of(cache.heads()), "as many query heads for each key head");
    let count = queries.len() / row;
    let seen = match look.sees {
        Sees::Back { .. } => look.first + count,
        Sees::First(seen) => seen,
    };
    assert!((1..=cache.capacity()).contains(&seen) || count == 0, "places that are in the cache");
    let group = look.heads / cache.heads();
    let chunks = (count * group).div_ceil(QUERIES);
    let output = Output(output.as_mut_ptr());
    let part = |part: usize| {
        thread_local! {
            static SCRATCH: RefCell<Vec<f32>> = RefCell::default();
        }
        SCRATCH.with_borrow_mut(|scratch| {
            let first = part % chunks * QUERIES;
            set.run(Chunk {
                look,
                head: part / chunks,
                group,
                from: first,
                to: (first + QUERIES).min(count * group),
                queries,
                output: &output,
                scratch,
            });
        });
    };
    let parts = cache.heads() * chunks;
    match seen * queries.len() < WORTH_SHARING {
        true => (0..parts).for_each(part),
        false => pool.run(parts, &part),
    }
}

struct Output(*mut f32);

// SAFETY: threads write through the pointer, each the rows of queries that are its own.
unsafe impl Sync for Output {}

/// Some queries of one key head, counted place by place and within a place head by head.
struct Chunk<'a> {
    look: &'a LookBack<'a>,
    head: usize,
    group: usize,
    from: usize,
    to: usize,
    queries: &'a [f32],
    output: &'a Output,
    scratch: &'a mut Vec<f32>,
}

impl Work for Chunk<'_> {
    #[inline(always)]
    fn run<S: Simd>(mut self) {
        match &self.look.cache.numbers {
            Numbers::Whole { keys, values } => self.all::<S, f32>(keys, values),
            Numbers::Halves { keys, values } => self.all::<S, u16>(keys, values),
        }
    }
}

/// A number of a cache.
trait Element: Copy {
    /// # Safety
    /// That of [`Simd`].
    unsafe fn load<S: Simd>(from: *const Self) -> S::Floats;
}

impl Element for f32 {
    #[inline(always)]
    unsafe fn load<S: Simd>(from: *const Self) -> S::Floats {
        // SAFETY: the caller's.
        unsafe { S::load(from) }
    }
}

impl Element for u16 {
    #[inline(always)]
    unsafe fn load<S: Simd>(from: *const Self) -> S::Floats {
        // SAFETY: the caller's.
        unsafe { S::load_halves(from) }
    }
}

impl Chunk<'_> {
    #[inline(always)]
    fn all<S: Simd, E: Element>(&mut self, keys: &[E], values: &[E]) {
        let cache = self.look.cache;
        let keys = &keys[self.head * cache.key_head()..][..cache.key_head()];
        let values = &values[self.head * cache.value_head()..][..cache.value_head()];
        let mut at = self.from;
        while at < self.to {
            let count = 1 << (self.to - at).min(S::PANEL).ilog2();
            match count {
                8 => self.some::<S, E, 8>(at, keys, values),
                4 => self.some::<S, E, 4>(at, keys, values),
                2 => self.some::<S, E, 2>(at, keys, values),
                _ => self.some::<S, E, 1>(at, keys, values),
            }
            at += count;
        }
    }

    /// `R` queries together.
    #[inline(always)]
    fn some<S: Simd, E: Element, const R: usize>(&mut self, at: usize, keys: &[E], values: &[E]) {
        let (look, width) = (self.look, self.look.cache.width());
        let mut starts = [0; R];
        let mut rows = [Seen { start: 0, end: 0 }; R];
        for query in 0..R {
            let (place, head) = ((at + query) / self.group, (at + query) % self.group);
            starts[query] = (place * look.heads + self.head * self.group + head) * width;
            rows[query] = look.sees.from(look.first + place);
        }
        // Places grow with the queries.
        let (first, end) = (rows[0].start / TILE, rows[R - 1].end);
        let tiles = end.div_ceil(TILE) - first;
        self.scratch.resize(R * (width + tiles * TILE), 0.0);
        let (turned, weights) = self.scratch.split_at_mut(R * width);
        for (query, &start) in starts.iter().enumerate() {
            let numbers = &self.queries[start..][..width];
            for (element, number) in numbers.iter().enumerate() {
                turned[element * R + query] = *number;
            }
        }
        let keys = &keys[first * TILE * width..][..tiles * TILE * width];
        products::<S, E, R>(turned, keys, weights, look.scale);
        let mut sums = [0.0; R];
        for (query, row) in rows.iter().enumerate() {
            let weights = &mut weights[query * tiles * TILE..][..tiles * TILE];
            let start = row.start - first * TILE;
            sums[query] = weigh::<S>(weights, start, row.end - first * TILE);
        }
        let row = look.cache.row();
        let values = &values[first * TILE * row..end * row];
        let mut to = [self.output.0; R];
        for query in 0..R {
            // SAFETY: the output has as many numbers as the queries.
            to[query] = unsafe { to[query].add(starts[query]) };
        }
        let means = Means { weights, stride: tiles * TILE, row, width, to, sums };
        means.write::<S, E>(values);
    }
}

/// The places that a query sees.
#[derive(Clone, Copy)]
struct Seen {
    start: usize,
    end: usize,
}

impl Sees {
    fn from(self, place: usize) -> Seen {
        match self {
            Self::First(end) => Seen { start: 0, end },
            Self::Back { window } => {
                let end = place + 1;
                Seen { start: window.map_or(0, |window| end.saturating_sub(window)), end }
            }
        }
    }
}

/// The products of `R` queries, element by element, with tiles of keys.
#[inline(always)]
fn products<S: Simd, E: Element, const R: usize>(
    queries: &[f32],
    keys: &[E],
    weights: &mut [f32],
    scale: f32,
) {
    let tile = queries.len() / R * TILE;
    let tiles = keys.len() / tile;
    let mut done = 0;
    while done < tiles {
        let keys = &keys[done * tile..];
        // The fewer queries, the more tiles at once: additions to one sum wait for each other.
        done += match R {
            1 | 2 if tiles - done >= 4 => {
                product::<S, E, R, 4>(queries, keys, weights, scale, done, tiles)
            }
            4 if tiles - done >= 2 => {
                product::<S, E, R, 2>(queries, keys, weights, scale, done, tiles)
            }
            _ => product::<S, E, R, 1>(queries, keys, weights, scale, done, tiles),
        };
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
    tiles: usize,
) -> usize {
    let width = queries.len() / R;
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
    #[inline(always)]
    fn write<S: Simd, E: Element>(&self, values: &[E]) {
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
    fn some<S: Simd, E: Element, const V: usize>(&self, values: &[E], first: usize) -> usize {
        let places = values.len() / self.row;
        assert!(places <= self.stride && self.weights.len() >= R * self.stride);
        let start = first * S::LANES;
        // SAFETY: the sizes are asserted and `first + V` vectors are in a row; `S` is the set that runs this work.
        let mut sums = [[unsafe { S::splat(0.0) }; V]; R];
        for place in 0..places {
            // SAFETY: as above.
            unsafe {
                let from = values.as_ptr().add(place * self.row + start);
                let weights = self.weights.as_ptr().add(place);
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
