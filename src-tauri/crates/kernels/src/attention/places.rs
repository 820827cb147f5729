//! The places of a key head, tile by tile, wherever they lie and in however many bits.

use crate::cache::{KvCache, Numbers, TILE};
use crate::simd::Simd;

/// Tiles that queries go over at a time: in the second-level cache there is room for them beside what queries have found.
pub(super) const TILES: usize = 4;
/// The same in places.
pub(super) const BLOCK: usize = TILES * TILE;

/// A number of a cache.
pub(super) trait Element: Copy {
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

/// The places of a key head: those that are shared with other texts, then a text's own.
pub(super) struct Places<'a> {
    pieces: [(Option<&'a KvCache>, usize); 2],
    head: usize,
}

/// Some tiles, one after another.
pub(super) struct Block<'a, E> {
    pub keys: [&'a [E]; TILES],
    pub values: [&'a [E]; TILES],
}

/// The same in the numbers that there are.
pub(super) enum Found<'a> {
    Whole(Block<'a, f32>),
    Halves(Block<'a, u16>),
}

impl<'a> Places<'a> {
    pub fn new(cache: &'a KvCache, head: usize) -> Self {
        Self { pieces: cache.pieces(), head }
    }

    /// Those from `first` on, where a tile begins, up to a whole block or the tile that `end` is in.
    pub fn find(&self, first: usize, end: usize) -> Found<'a> {
        let [_, (own, _)] = self.pieces;
        match own.map(|cache| &cache.numbers) {
            Some(Numbers::Halves { .. }) => Found::Halves(self.block(first, end)),
            _ => Found::Whole(self.block(first, end)),
        }
    }

    fn block<E: Element>(&self, first: usize, end: usize) -> Block<'a, E> {
        let [(shared, count), (own, _)] = self.pieces;
        let mut block = Block { keys: [&[]; TILES], values: [&[]; TILES] };
        for tile in 0..(end - first).div_ceil(TILE).min(TILES) {
            let place = first + tile * TILE;
            let (cache, place) = match place < count {
                true => (shared, place),
                false => (own, place - count),
            };
            let Some(cache) = cache else { continue };
            let Some([keys, values]) = E::of(&cache.numbers) else { continue };
            let (width, row) = (cache.width(), cache.row());
            let keys = &keys[self.head * cache.key_head() + place * width..];
            let values = &values[self.head * cache.value_head() + place * row..];
            (block.keys[tile], block.values[tile]) = (&keys[..TILE * width], &values[..TILE * row]);
        }
        block
    }
}

/// Bytes of a cache line, and its numbers.
const LINE_BYTES: usize = 64;
const LINE: usize = LINE_BYTES / size_of::<f32>();

impl<E: Element> Block<'_, E> {
    /// The same in 32 bits, in memory where no vector lies across two cache lines.
    #[inline(always)]
    pub fn widen<'r, S: Simd>(&self, room: &'r mut Vec<f32>) -> Block<'r, f32> {
        let from = self.keys.iter().chain(&self.values);
        room.resize(LINE + from.clone().map(|numbers| numbers.len()).sum::<usize>(), 0.0);
        let start = room.as_ptr().align_offset(LINE_BYTES).min(LINE);
        let mut rest = &mut room[start..];
        let mut block = Block { keys: [&[]; TILES], values: [&[]; TILES] };
        for (from, to) in from.zip(block.keys.iter_mut().chain(&mut block.values)) {
            let (numbers, others) = std::mem::take(&mut rest).split_at_mut(from.len());
            write::<S, E>(from, numbers);
            (*to, rest) = (numbers, others);
        }
        block
    }
}

/// Writes whole tiles of numbers.
#[inline(always)]
fn write<S: Simd, E: Element>(from: &[E], to: &mut [f32]) {
    let tiles = from.as_chunks::<TILE>().0.iter().zip(to.as_chunks_mut::<TILE>().0);
    for (from, to) in tiles {
        for part in 0..TILE / S::LANES {
            // SAFETY: `LANES` divide a tile, and `S` is the set that runs this work.
            unsafe {
                let numbers = E::load::<S>(from.as_ptr().add(part * S::LANES));
                S::store(to.as_mut_ptr().add(part * S::LANES), numbers);
            }
        }
    }
}
