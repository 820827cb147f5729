//! Keys and values of what was read, as attention wants them.
//!
//! Keys lie in tiles of 16, so that a vector takes an element of each: `[head][tile][element][key]`. Values lie row after
//! row, `[head][place][element]`, each row filled up with zeros to whole vectors.
//!
//! Texts that begin alike share what they have of the beginning ([`KvCache::branch`]): it is in memory once, and read from
//! there once for all of them.

use std::sync::Arc;

use half::f16;
use half::slice::HalfFloatSliceExt;

/// Keys of a tile, and what a row of values is filled up to.
pub(crate) const TILE: usize = 16;

/// In how many bits numbers are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kept {
    /// As they are, in 32.
    #[default]
    Whole,
    /// In 16, each within a 2048th of itself, or the largest half: half the memory, and half of it to read for every token.
    Halves,
}

impl Kept {
    /// Bytes of a number.
    pub const fn number_bytes(self) -> usize {
        match self {
            Self::Whole => size_of::<f32>(),
            Self::Halves => size_of::<f16>(),
        }
    }
}

/// The keys and values of a layer.
pub struct KvCache {
    heads: usize,
    width: usize,
    /// Places of its own there is room for; whole tiles.
    capacity: usize,
    pub(crate) numbers: Numbers,
    beginning: Option<Beginning>,
}

/// What other texts have, too: whole tiles, before all places of one's own.
#[derive(Clone)]
struct Beginning {
    cache: Arc<KvCache>,
    places: usize,
}

pub(crate) enum Numbers {
    Whole { keys: Vec<f32>, values: Vec<f32> },
    Halves { keys: Vec<u16>, values: Vec<u16> },
}

impl KvCache {
    /// For so many heads of so many elements; there is no room yet.
    pub fn new(heads: usize, width: usize, kept: Kept) -> Self {
        let numbers = match kept {
            Kept::Whole => Numbers::Whole { keys: Vec::new(), values: Vec::new() },
            Kept::Halves => Numbers::Halves { keys: Vec::new(), values: Vec::new() },
        };
        Self { heads, width, capacity: 0, numbers, beginning: None }
    }

    /// Key heads.
    pub fn heads(&self) -> usize {
        self.heads
    }

    /// Elements of a head.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Bytes that it takes; of a beginning that is shared, its part.
    pub fn bytes(&self) -> usize {
        let own = match &self.numbers {
            Numbers::Whole { keys, values } => 4 * (keys.len() + values.len()),
            Numbers::Halves { keys, values } => 2 * (keys.len() + values.len()),
        };
        let beginning = self.beginning.as_ref();
        own + beginning.map_or(0, |shared| shared.cache.bytes() / Arc::strong_count(&shared.cache))
    }

    /// Makes room for so many places; what the first `filled` hold is kept. The others are its own from then on.
    pub fn grow(&mut self, capacity: usize, filled: usize) {
        let is_left_alone = |shared: &Beginning| Arc::strong_count(&shared.cache) == 1;
        let wants_room = capacity > self.capacity();
        if filled < self.shared()
            || (wants_room && self.beginning.as_ref().is_some_and(is_left_alone))
        {
            self.unite(filled);
        }
        if capacity > self.capacity() {
            let (shared, capacity) = (self.shared(), capacity.next_multiple_of(TILE));
            let mut larger = self.empty(capacity - shared);
            larger.copy(0, self, 0, filled - shared);
            (self.numbers, self.capacity) = (larger.numbers, larger.capacity);
        }
    }

    /// Another that holds the same in its first `filled` places, with room for so many. Nothing of the length of a text is
    /// copied: what was read so far is shared from then on.
    pub fn branch(&mut self, capacity: usize, filled: usize) -> Self {
        let places = filled / TILE * TILE;
        let room = capacity.max(filled).next_multiple_of(TILE) - places;
        if places != self.shared() {
            self.unite(filled);
            let own = self.empty(room);
            let whole = std::mem::replace(self, own);
            self.copy(0, &whole, places, filled - places);
            self.beginning = Some(Beginning { cache: Arc::new(whole), places });
        }
        let mut other = self.empty(room);
        other.copy(0, self, 0, filled - places);
        other.beginning = self.beginning.clone();
        other
    }

    /// Shares nothing any more, but has the first `filled` places for itself.
    fn unite(&mut self, filled: usize) {
        let Some(Beginning { cache, places }) = self.beginning.take() else { return };
        let mut whole = Arc::try_unwrap(cache).unwrap_or_else(|cache| {
            let mut copy = cache.empty(filled.max(places).next_multiple_of(TILE));
            copy.copy(0, &cache, 0, places);
            copy
        });
        whole.grow(filled, places.min(filled));
        whole.copy(places, self, 0, filled.saturating_sub(places));
        *self = whole;
    }

    /// One of the same kind with room for so many places.
    fn empty(&self, capacity: usize) -> Self {
        let (keys, values) =
            (self.heads * capacity * self.width, self.heads * capacity * self.row());
        let numbers = match self.numbers {
            Numbers::Whole { .. } => {
                Numbers::Whole { keys: vec![0.0; keys], values: vec![0.0; values] }
            }
            Numbers::Halves { .. } => {
                Numbers::Halves { keys: vec![0; keys], values: vec![0; values] }
            }
        };
        Self { heads: self.heads, width: self.width, capacity, numbers, beginning: None }
    }

    /// Takes over places of another of the same kind; they begin at a tile in both.
    fn copy(&mut self, to: usize, from: &Self, first: usize, count: usize) {
        let (width, row, tiles) = (self.width, self.row(), count.next_multiple_of(TILE));
        let keys_at = [(to * width, self.key_head()), (first * width, from.key_head())];
        let values_at = [(to * row, self.value_head()), (first * row, from.value_head())];
        let heads = self.heads;
        match (&mut self.numbers, &from.numbers) {
            (Numbers::Whole { keys, values }, Numbers::Whole { keys: k, values: v }) => {
                copy_heads(heads, keys, k, keys_at, tiles * width);
                copy_heads(heads, values, v, values_at, count * row);
            }
            (Numbers::Halves { keys, values }, Numbers::Halves { keys: k, values: v }) => {
                copy_heads(heads, keys, k, keys_at, tiles * width);
                copy_heads(heads, values, v, values_at, count * row);
            }
            _ => unreachable!("caches of one kind"),
        }
    }

    /// What is shared of it, with the number of places, and its own.
    pub(crate) fn pieces(&self) -> [(Option<&Self>, usize); 2] {
        let beginning = self.beginning.as_ref();
        let own = (Some(self), self.capacity);
        [beginning.map_or((None, 0), |shared| (Some(&*shared.cache), shared.places)), own]
    }

    /// Places that other texts have, too: they cannot be written, but after [`KvCache::grow`] has made them its own.
    pub fn shared(&self) -> usize {
        self.beginning.as_ref().map_or(0, |beginning| beginning.places)
    }

    /// Writes the keys and values of places from `first` on, row after row.
    ///
    /// # Panics
    /// If there is no room, or they are not whole rows.
    pub fn write_all(&mut self, first: usize, keys: &[f32], values: &[f32]) {
        let row = self.heads * self.width;
        assert!(first >= self.shared(), "places of its own");
        let first = first - self.shared();
        assert!(keys.len() == values.len() && keys.len().is_multiple_of(row), "whole rows");
        let rows = keys.chunks_exact(row).zip(values.chunks_exact(row));
        rows.enumerate().for_each(|(place, (key, value))| self.write(first + place, key, value));
    }

    /// Writes the key and value of a place of one's own, all heads one after another.
    fn write(&mut self, place: usize, key: &[f32], value: &[f32]) {
        assert!(place < self.capacity, "room for place {place}");
        let (key_head, value_head, row) = (self.key_head(), self.value_head(), self.row());
        let width = self.width;
        for head in 0..self.heads {
            let key = &key[head * width..][..width];
            let value = &value[head * width..][..width];
            let first_key = head * key_head + place / TILE * TILE * width + place % TILE;
            let first_value = head * value_head + place * row;
            match &mut self.numbers {
                Numbers::Whole { keys, values } => {
                    for (element, number) in key.iter().enumerate() {
                        keys[first_key + element * TILE] = *number;
                    }
                    values[first_value..][..width].copy_from_slice(value);
                }
                Numbers::Halves { keys, values } => {
                    let tiles = keys[first_key..].chunks_mut(TILE);
                    halves(key, tiles.map(|numbers| &mut numbers[0]));
                    halves(value, values[first_value..][..width].iter_mut());
                }
            }
        }
    }

    /// Places there is room for.
    pub fn capacity(&self) -> usize {
        self.shared() + self.capacity
    }

    /// Numbers of a row of values.
    pub(crate) fn row(&self) -> usize {
        self.width.next_multiple_of(TILE)
    }

    /// Numbers of a head's keys.
    pub(crate) fn key_head(&self) -> usize {
        self.capacity * self.width
    }

    /// Numbers of a head's values.
    pub(crate) fn value_head(&self) -> usize {
        self.capacity * self.row()
    }
}

/// Writes numbers as halves, the nearest there are.
fn halves<'a>(numbers: &[f32], mut to: impl Iterator<Item = &'a mut u16>) {
    const AT_A_TIME: usize = 64;
    let (mut within, mut halves) = ([0.0; AT_A_TIME], [f16::ZERO; AT_A_TIME]);
    for numbers in numbers.chunks(AT_A_TIME) {
        for (within, number) in within.iter_mut().zip(numbers) {
            *within = number.clamp(f16::MIN.to_f32_const(), f16::MAX.to_f32_const());
        }
        halves.convert_from_f32_slice(&within);
        let halves = halves[..numbers.len()].iter();
        halves.zip(to.by_ref()).for_each(|(half, to)| *to = half.to_bits());
    }
}

/// Copies so many numbers of each head; `at` is where they begin in the first head, and how many a head has, there and here.
fn copy_heads<T: Copy>(
    heads: usize,
    to: &mut [T],
    from: &[T],
    [(to_first, to_head), (from_first, from_head)]: [(usize, usize); 2],
    count: usize,
) {
    if count > 0 {
        for head in 0..heads {
            to[head * to_head + to_first..][..count]
                .copy_from_slice(&from[head * from_head + from_first..][..count]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_the_nearest_and_what_is_larger_than_any_is_the_largest() {
        let width = 70;
        let mut row: Vec<f32> = (0..2 * width).map(|at| at as f32 / 7.0 - 9.0).collect();
        (row[3], row[66], row[139]) = (1e6, -1e6, 65_519.0);
        let mut cache = KvCache::new(2, width, Kept::Halves);
        cache.grow(20, 0);
        cache.write_all(17, &row, &row);
        let Numbers::Halves { keys, values } = &cache.numbers else { panic!("halves") };
        for (at, number) in row.iter().enumerate() {
            let (head, element) = (at / width, at % width);
            let expected = f16::from_f32(number.clamp(-65_504.0, 65_504.0)).to_bits();
            assert_eq!(keys[head * cache.key_head() + TILE * width + element * TILE + 1], expected);
            assert_eq!(values[head * cache.value_head() + 17 * cache.row() + element], expected);
        }
        assert_eq!(
            keys.iter().filter(|&&bits| bits != 0).count(),
            values.iter().filter(|&&b| b != 0).count()
        );
    }
}
