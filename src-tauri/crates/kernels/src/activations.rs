//! What goes into a product, rounded to 8 bits.
//!
//! Each block of 32 numbers of a row has a scale of its own, or several blocks share one: a 127th of the largest number. Beside
//! the rounded numbers lie the sums that formats with an offset take away. Rows are kept in panels: a few rows whose blocks
//! lie interleaved, so that a kernel reads one stream.

use crate::InstructionSet;
use crate::simd::{Simd, Work};

/// Numbers that share a scale.
pub(crate) const BLOCK: usize = 32;
/// Words of a block for each row of its panel: eight of four bytes each, then what [`Place`] names.
pub(crate) const RECORD: usize = 13;
const QUADS: usize = BLOCK / 4;

/// Where in the record of a block of a panel of `R` rows a row's numbers lie, in words.
pub(crate) struct Place;

impl Place {
    /// Four rounded numbers: a row's lie together.
    #[inline(always)]
    pub const fn quad(group: usize, row: usize) -> usize {
        row * QUADS + group
    }
    /// The scale, f32.
    #[inline(always)]
    pub const fn scale(rows: usize, row: usize) -> usize {
        QUADS * rows + row
    }
    /// -128 times the sum of the rounded numbers, i32; in the first of several blocks that share a scale, of them all.
    #[inline(always)]
    pub const fn offset(rows: usize, row: usize) -> usize {
        (QUADS + 1) * rows + row
    }
    /// The scale times the sum, f32.
    #[inline(always)]
    pub const fn scaled_sum(rows: usize, row: usize) -> usize {
        (QUADS + 2) * rows + row
    }
    /// -32 times the sum of 16 of the numbers, as [`Simd::small_offset`] has it.
    #[inline(always)]
    pub const fn half_offset(rows: usize, half: usize, row: usize) -> usize {
        (QUADS + 3 + half) * rows + row
    }
}

/// Rows rounded to 8 bits. A number that is none makes nothing but such of its row's products.
#[derive(Default)]
pub struct Activations {
    words: Vec<u32>,
    rows: usize,
    blocks: usize,
    /// Most rows of a panel.
    panel: usize,
    /// Blocks that share a scale.
    sharing: usize,
}

impl Activations {
    /// Rounds rows of `columns` numbers, of which so many blocks share a scale: one, or eight of whole blocks. Memory of
    /// an earlier use is used again.
    ///
    /// # Panics
    /// If `x` is not whole rows.
    pub fn fill(&mut self, set: InstructionSet, x: &[f32], columns: usize, sharing: usize) {
        debug_assert!(
            sharing == 1 || (columns.is_multiple_of(BLOCK) && TOGETHER.is_multiple_of(sharing))
        );
        assert!(columns > 0 && x.len().is_multiple_of(columns), "rows of {columns} numbers");
        self.rows = x.len() / columns;
        self.blocks = columns.div_ceil(BLOCK);
        self.sharing = sharing;
        self.words.resize(self.rows * self.blocks * RECORD, 0);
        set.run(Round { x, columns, to: self });
    }

    /// How many.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Blocks of a row.
    pub(crate) fn blocks(&self) -> usize {
        self.blocks
    }

    /// The panels: first row, how many rows, and their words.
    pub(crate) fn panels(&self) -> impl Iterator<Item = (usize, usize, &[u32])> {
        let row = self.blocks * RECORD;
        panels(self.rows, self.panel)
            .map(move |(first, count)| (first, count, &self.words[first * row..][..count * row]))
    }
}

/// As many rows at a time as there may be, then 4, 3, 2 or 1: kernels are compiled for these only.
fn panels(rows: usize, most: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut first = 0;
    std::iter::from_fn(move || {
        let left = rows - first;
        let count = match left {
            _ if left >= most => most,
            3 => 3,
            _ => 1 << left.checked_ilog2()?,
        };
        first += count;
        Some((first - count, count))
    })
}

struct Round<'a> {
    x: &'a [f32],
    columns: usize,
    to: &'a mut Activations,
}

impl Work for Round<'_> {
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Self { x, columns, to } = self;
        to.panel = S::PANEL;
        let sharing = to.sharing;
        let row_words = to.blocks * RECORD;
        for (first, count) in panels(to.rows, S::PANEL) {
            let words = &mut to.words[first * row_words..][..count * row_words];
            for row in 0..count {
                let x = &x[(first + row) * columns..][..columns];
                let (whole, rest) = x.as_chunks::<BLOCK>();
                let mut records = words.chunks_exact_mut(count * RECORD);
                for blocks in whole.chunks(TOGETHER) {
                    round_blocks::<S>(blocks, sharing, &mut records, count, row);
                }
                if !rest.is_empty() {
                    let mut block = [0.0; BLOCK];
                    block[..rest.len()].copy_from_slice(rest);
                    round_blocks::<S>(&[block], 1, &mut records, count, row);
                }
            }
            if sharing > 1 {
                let shared = words.chunks_mut(sharing * count * RECORD);
                shared.for_each(|records| gather(records, count));
            }
        }
    }
}

/// Rounds up to [`TOGETHER`] blocks of a row into the next records of its panel.
#[inline(always)]
fn round_blocks<'a, S: Simd>(
    blocks: &[[f32; BLOCK]],
    sharing: usize,
    records: &mut impl Iterator<Item = &'a mut [u32]>,
    rows: usize,
    row: usize,
) {
    // To find the largest number takes a chain of steps: processors go along several chains at once, if they are near.
    let mut tops = [0.0; TOGETHER];
    for (top, block) in tops.iter_mut().zip(blocks) {
        *top = largest::<S>(block);
    }
    if sharing > 1 {
        for tops in tops.chunks_mut(sharing) {
            let top = tops.iter().fold(0.0, |a, &b| if b > a { b } else { a });
            tops.fill(top);
        }
    }
    for ((block, top), record) in blocks.iter().zip(tops).zip(records) {
        round::<S>(block, top).write::<S>(record, rows, row);
    }
}

/// Puts into the first record of several that share a scale what is to be taken away for them all, and whether all are numbers.
#[inline(always)]
fn gather(records: &mut [u32], rows: usize) {
    let (first, others) = records.split_at_mut(rows * RECORD);
    for record in others.chunks(rows * RECORD) {
        for row in 0..rows {
            let at = Place::offset(rows, row);
            first[at] = first[at].wrapping_add(record[at]);
            let at = Place::scale(rows, row);
            let spoiled = f32::from_bits(record[at]) * 0.0;
            first[at] = (f32::from_bits(first[at]) + spoiled).to_bits();
        }
    }
}

struct Rounded {
    /// Those of the numbers, as their bytes.
    numbers: [u8; BLOCK],
    scale: f32,
    sums: [i32; 2],
}

impl Rounded {
    #[inline(always)]
    fn write<S: Simd>(&self, record: &mut [u32], rows: usize, row: usize) {
        let sum = self.sums[0] + self.sums[1];
        let quads = &mut record[Place::quad(0, row)..][..QUADS];
        for (word, quad) in quads.iter_mut().zip(self.numbers.as_chunks::<4>().0) {
            *word = u32::from_ne_bytes(*quad);
        }
        record[Place::scale(rows, row)] = self.scale.to_bits();
        record[Place::offset(rows, row)] = (-128 * sum) as u32;
        record[Place::scaled_sum(rows, row)] = (self.scale * sum as f32).to_bits();
        for (half, numbers) in self.numbers.as_chunks().0.iter().enumerate() {
            // SAFETY: `S` is the set that runs this work.
            let offset = unsafe { S::small_offset(numbers, self.sums[half]) };
            record[Place::half_offset(rows, half, row)] = offset as u32;
        }
    }
}

/// Added to a small number it leaves the nearest integer in the lowest bits, ties to even.
pub(crate) const ROUNDING: f32 = 12_582_912.0;
/// What is smaller than this in all its numbers counts as less than it is.
const TINY: f32 = 1e-30;
/// Blocks that are rounded together.
const TOGETHER: usize = 16;
/// Numbers that are folded to one.
const LANES: usize = BLOCK / 2;

/// The size of the largest number.
#[inline(always)]
fn largest<S: Simd>(block: &[f32; BLOCK]) -> f32 {
    let mut tops = [0.0f32; LANES];
    // SAFETY: `LANES` of the set divide 16, so every vector lies within its array, and `S` is the set that runs this work.
    unsafe {
        let mut top = S::splat(0.0);
        for vector in 0..BLOCK / S::LANES {
            let x = S::load(block.as_ptr().add(vector * S::LANES));
            top = S::max(S::max(x, S::multiply(x, S::splat(-1.0))), top);
        }
        S::store(tops.as_mut_ptr(), top);
    }
    fold(tops, |a, b| if b > a { b } else { a })
}

/// Rounds numbers of which the largest is known.
#[inline(always)]
fn round<S: Simd>(block: &[f32; BLOCK], top: f32) -> Rounded {
    let (from, vectors) = (block.as_ptr(), BLOCK / S::LANES);
    let (mut numbers, mut sums) = ([0; BLOCK], [[0.0f32; LANES]; 2]);
    // SAFETY: as in `largest`.
    unsafe {
        let inverse = 127.0 / if top > TINY { top } else { TINY };
        for (half, sums) in sums.iter_mut().enumerate() {
            let mut sum = S::splat(0.0);
            for vector in half * vectors / 2..(half + 1) * vectors / 2 {
                let x = S::load(from.add(vector * S::LANES));
                let near = S::add(S::multiply(x, S::splat(inverse)), S::splat(ROUNDING));
                S::store_lowest_bytes(numbers.as_mut_ptr().add(vector * S::LANES), near);
                sum = S::add(sum, S::add(near, S::splat(-ROUNDING)));
            }
            S::store(sums.as_mut_ptr(), sum);
        }
        let sums = [fold(sums[0], |a, b| a + b), fold(sums[1], |a, b| a + b)];
        // Zero, unless one of the numbers is none.
        let spoiled = (sums[0] + sums[1]) * 0.0;
        let whole = |sum: f32| i32::from((sum + ROUNDING).to_bits() as i16);
        Rounded { numbers, scale: top / 127.0 + spoiled, sums: [whole(sums[0]), whole(sums[1])] }
    }
}

#[inline(always)]
fn fold(mut lanes: [f32; LANES], both: impl Fn(f32, f32) -> f32) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] = both(lanes[lane], lanes[lane + width]);
        }
        width /= 2;
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::Portable;

    fn round(block: &[f32; BLOCK]) -> Rounded {
        super::round::<Portable>(block, largest::<Portable>(block))
    }

    #[test]
    fn every_number_is_within_half_a_step_and_the_sums_are_theirs() {
        let block: [f32; BLOCK] = std::array::from_fn(|i| ((i * 37) % 31) as f32 / 7.0 - 2.0);
        let rounded = round(&block);
        assert_eq!(rounded.scale, (30.0f32 / 7.0 - 2.0) / 127.0);
        for (number, x) in rounded.numbers.iter().zip(block) {
            let back = f32::from(*number as i8) * rounded.scale;
            assert!((back - x).abs() <= rounded.scale * 0.5001, "{x} became {back}");
        }
        for half in 0..2 {
            let numbers = &rounded.numbers[half * 16..][..16];
            assert_eq!(
                rounded.sums[half],
                numbers.iter().map(|&n| i32::from(n as i8)).sum::<i32>()
            );
        }
    }

    #[test]
    fn every_block_of_a_row_lies_in_its_record() {
        let (rows, columns) = (3, (2 * TOGETHER + 1) * BLOCK + 5);
        let number = |at: usize| (at * 7919 % 1009) as f32 / 504.5 - 1.0;
        let x: Vec<f32> = (0..rows * columns).map(number).collect();
        let mut rounded = Activations::default();
        rounded.fill(InstructionSet::PORTABLE, &x, columns, 1);
        let (_, _, words) = rounded.panels().next().unwrap();
        for (row, x) in x.chunks(columns).enumerate() {
            for (x, record) in x.chunks(BLOCK).zip(words.chunks(rows * RECORD)) {
                let scale = f32::from_bits(record[Place::scale(rows, row)]);
                assert_eq!(scale, x.iter().fold(0.0f32, |top, x| top.max(x.abs())) / 127.0);
                for (place, x) in x.iter().enumerate() {
                    let quad = record[Place::quad(place / 4, row)].to_ne_bytes();
                    let back = f32::from(quad[place % 4] as i8) * scale;
                    assert!((back - x).abs() <= scale * 0.5001, "row {row}: {x} became {back}");
                }
            }
        }
        assert_eq!(words.len(), rows * RECORD * columns.div_ceil(BLOCK));
    }

    #[test]
    fn what_is_no_number_spoils_its_scale_and_zeros_have_none() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut block = [1.0; BLOCK];
            block[19] = bad;
            assert!(round(&block).scale.is_nan(), "{bad}");
        }
        let nothing = round(&[0.0; BLOCK]);
        assert_eq!((nothing.scale, nothing.numbers), (0.0, [0; BLOCK]));
    }

    #[test]
    fn panels_are_as_large_as_may_be_and_miss_no_row() {
        assert_eq!(panels(15, 8).collect::<Vec<_>>(), [(0, 8), (8, 4), (12, 3)]);
        assert_eq!(panels(6, 8).collect::<Vec<_>>(), [(0, 4), (4, 2)]);
        assert_eq!(panels(8, 4).collect::<Vec<_>>(), [(0, 4), (4, 4)]);
        assert_eq!(panels(0, 4).count(), 0);
    }
}
