//! Keys and values of what was read, as attention wants them.
//!
//! Keys lie in tiles of 16, so that a vector takes an element of each: `[head][tile][element][key]`. Values lie row after
//! row, `[head][place][element]`, each row filled up with zeros to whole vectors.

use half::f16;

/// Keys of a tile, and what a row of values is filled up to.
pub(crate) const TILE: usize = 16;

/// In how many bits numbers are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kept {
    /// As they are, in 32.
    #[default]
    Whole,
    /// In 16, each within a 2048th of itself: half the memory, and half of it to read for every token.
    Halves,
}

/// The keys and values of a layer.
pub struct KvCache {
    heads: usize,
    width: usize,
    /// Places there is room for; whole tiles.
    capacity: usize,
    pub(crate) numbers: Numbers,
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
        Self { heads, width, capacity: 0, numbers }
    }

    /// Key heads.
    pub fn heads(&self) -> usize {
        self.heads
    }

    /// Elements of a head.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        match &self.numbers {
            Numbers::Whole { keys, values } => 4 * (keys.len() + values.len()),
            Numbers::Halves { keys, values } => 2 * (keys.len() + values.len()),
        }
    }

    /// Makes room for so many places; what the first `filled` hold is kept.
    pub fn grow(&mut self, capacity: usize, filled: usize) {
        if capacity.next_multiple_of(TILE) > self.capacity {
            *self = self.with_room(capacity, filled);
        }
    }

    /// A copy of what the first `filled` places hold, with room for so many.
    pub fn with_room(&self, capacity: usize, filled: usize) -> Self {
        let capacity = capacity.next_multiple_of(TILE);
        let (keys_of, values_of) = (self.key_head(), self.value_head());
        let (new_keys, new_values) = (capacity * self.width, capacity * self.row());
        let filled_keys = filled.next_multiple_of(TILE) * self.width;
        let filled_values = filled * self.row();
        let numbers = match &self.numbers {
            Numbers::Whole { keys, values } => Numbers::Whole {
                keys: moved(keys, keys_of, new_keys, filled_keys, self.heads),
                values: moved(values, values_of, new_values, filled_values, self.heads),
            },
            Numbers::Halves { keys, values } => Numbers::Halves {
                keys: moved(keys, keys_of, new_keys, filled_keys, self.heads),
                values: moved(values, values_of, new_values, filled_values, self.heads),
            },
        };
        Self { heads: self.heads, width: self.width, capacity, numbers }
    }

    /// Writes the keys and values of places from `first` on, row after row.
    ///
    /// # Panics
    /// If there is no room, or they are not whole rows.
    pub fn write_all(&mut self, first: usize, keys: &[f32], values: &[f32]) {
        let row = self.heads * self.width;
        assert!(keys.len() == values.len() && keys.len().is_multiple_of(row), "whole rows");
        let rows = keys.chunks_exact(row).zip(values.chunks_exact(row));
        rows.enumerate().for_each(|(place, (key, value))| self.write(first + place, key, value));
    }

    /// Writes a place's key and value, all heads one after another.
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
                    for (element, number) in key.iter().enumerate() {
                        keys[first_key + element * TILE] = f16::from_f32(*number).to_bits();
                    }
                    for (to, number) in values[first_value..][..width].iter_mut().zip(value) {
                        *to = f16::from_f32(*number).to_bits();
                    }
                }
            }
        }
    }

    /// Places there is room for.
    pub fn capacity(&self) -> usize {
        self.capacity
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

/// Each head's first numbers at its new place.
fn moved<T: Copy + Default>(
    old: &[T],
    old_head: usize,
    new_head: usize,
    filled: usize,
    heads: usize,
) -> Vec<T> {
    let mut new = vec![T::default(); heads * new_head];
    if filled > 0 {
        for head in 0..heads {
            new[head * new_head..][..filled].copy_from_slice(&old[head * old_head..][..filled]);
        }
    }
    new
}
