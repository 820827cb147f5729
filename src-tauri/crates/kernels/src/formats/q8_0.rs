//! Q8_0: blocks of 32 signed bytes with a scale.
//!
//! Source: ggml's `block_q8_0`. A tile has first all its bytes, 128 added, then all its scales: 8.5 bits a weight.

use half::f16;

use super::{
    Block, GROUP, STRETCH, Scales, TILE_ROWS, Tile, four, groups, half_at, quads, step, whole_lines,
};
use crate::activations::{BLOCK, Place, ROUNDING};
use crate::simd::Simd;

/// Bytes of a block in a file.
pub(crate) const FILE_BLOCK: usize = 2 + BLOCK;
pub(super) const GROUPS: usize = BLOCK / 4;
pub(super) const BLOCK_BYTES: usize = GROUPS * GROUP;
const SCALE_BYTES: usize = 2 * TILE_ROWS;

pub(crate) struct Q8_0;

/// A block as a file has it: a 127th of the largest number as the scale; halves are rounded away from zero.
#[inline(always)]
pub(crate) fn round_block(numbers: &[f32; BLOCK]) -> [u8; FILE_BLOCK] {
    let scale = top_of(numbers) / 127.0;
    let mut block = [0; FILE_BLOCK];
    block[..2].copy_from_slice(&f16::from_f32(scale).to_le_bytes());
    block[2..].copy_from_slice(&round_numbers(numbers, scale));
    block
}

/// The size of the largest number.
#[inline(always)]
pub(super) fn top_of(numbers: &[f32; BLOCK]) -> f32 {
    let mut top = [0.0; BLOCK];
    for at in 0..BLOCK {
        top[at] = numbers[at].abs();
    }
    let mut width = BLOCK / 2;
    while width > 0 {
        for lane in 0..width {
            let other = top[lane + width];
            top[lane] = if other > top[lane] { other } else { top[lane] };
        }
        width /= 2;
    }
    top[0]
}

/// How many times the scale each number is, as signed bytes.
#[inline(always)]
pub(super) fn round_numbers(numbers: &[f32; BLOCK], scale: f32) -> [u8; BLOCK] {
    let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
    let mut bytes = [0; BLOCK];
    for at in 0..BLOCK {
        let number = numbers[at] * inverse;
        let shifted = number + ROUNDING;
        // What was half way went to the even side. With a branch, or a sum that may overflow, there would be no vectors.
        let rest = number - (shifted - ROUNDING);
        let up = if (rest == 0.5) & (number > 0.0) { 1.0 } else { 0.0 };
        let down = if (rest == -0.5) & (number < 0.0) { 1.0 } else { 0.0 };
        bytes[at] = (shifted + (up - down)).to_bits() as u8;
    }
    bytes
}

/// What the products of bytes with 128 added begin with.
///
/// # Safety
/// The record is of a panel of `R` rows, and the processor has the instructions of `S`.
#[inline(always)]
pub(super) unsafe fn begin<S: Simd, const R: usize, const T: usize>(
    record: *const u32,
) -> [[S::Ints; R]; T] {
    // SAFETY: the place is the record's.
    unsafe {
        let mut products = [[S::splat_int(0); R]; T];
        if S::KEEPS_OFFSET {
            for row in 0..R {
                let offset = S::splat_int(*record.add(Place::offset(R, row)) as i32);
                for products in &mut products {
                    products[row] = offset;
                }
            }
        }
        products
    }
}

impl Tile for Q8_0 {
    fn bytes(columns: usize) -> usize {
        whole_lines(columns.div_ceil(BLOCK) * (BLOCK_BYTES + SCALE_BYTES))
    }

    fn pack(tile: &mut [u8], row: usize, file: &[u8]) {
        assert!(row < TILE_ROWS, "a row of the tile");
        let blocks = file.as_chunks::<FILE_BLOCK>().0;
        let (weights, scales) = tile.split_at_mut(blocks.len() * BLOCK_BYTES);
        let weights = groups(weights).as_chunks_mut::<GROUPS>().0;
        let scales = scales.as_chunks_mut::<SCALE_BYTES>().0;
        for ((block, weights), scales) in blocks.iter().zip(weights).zip(scales) {
            scales[2 * row..][..2].copy_from_slice(&block[..2]);
            for (group, quad) in weights.iter_mut().zip(quads(&block[2..])) {
                group[row] = (quad ^ four(128)).to_ne_bytes();
            }
        }
    }

    fn unpack(tile: &[u8], row: usize, numbers: &mut [f32]) {
        let scales = numbers.len().div_ceil(BLOCK) * BLOCK_BYTES;
        for (block, numbers) in numbers.chunks_mut(BLOCK).enumerate() {
            let scale = half_at(tile, scales + block * SCALE_BYTES + 2 * row);
            for (column, number) in numbers.iter_mut().enumerate() {
                let at = block * BLOCK_BYTES + column / 4 * GROUP + 4 * row + column % 4;
                *number = scale * (f32::from(tile[at]) - 128.0);
            }
        }
    }

    const SHARE: usize = BLOCK_BYTES + SCALE_BYTES;
    const IN_PAIRS: bool = true;

    #[inline(always)]
    unsafe fn add_block<S: Simd, const R: usize, const T: usize>(
        tiles: [*const u8; T],
        at: Block,
        record: *const u32,
        _products: &mut [[S::Ints; R]; T],
        sums: &mut [[S::Floats; R]; T],
    ) {
        // SAFETY: every offset is within the bytes and records that the caller promises.
        unsafe {
            let mut products = begin::<S, R, T>(record);
            let mut blocks = tiles;
            for tile in 0..T {
                let stretch =
                    step(tiles[tile].add(4 * at.first), at.stretch, STRETCH * BLOCK_BYTES);
                blocks[tile] = step(stretch, at.number, BLOCK_BYTES);
            }
            S::dot_block::<R, T>(blocks, record.add(Place::quad(0, 0)), &mut products);
            for tile in 0..T {
                let stored = step(tiles[tile].add(2 * at.first), at.count, BLOCK_BYTES);
                let stored = step(stored, at.stretch, STRETCH * SCALE_BYTES);
                let scale = S::load_halves(step(stored, at.number, SCALE_BYTES).cast());
                let scales = Scales::<S> { scale, least: None };
                for row in 0..R {
                    let sum = &mut sums[tile][row];
                    let products = S::to_floats(products[tile][row]);
                    *sum = scales.add::<R>(products, record, row, *sum);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the format's description has it, step by step.
    fn by_the_book(numbers: &[f32; BLOCK]) -> [u8; FILE_BLOCK] {
        let scale = numbers.iter().fold(0.0f32, |top, number| top.max(number.abs())) / 127.0;
        let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
        let mut block = [0; FILE_BLOCK];
        block[..2].copy_from_slice(&f16::from_f32(scale).to_le_bytes());
        for (byte, number) in block[2..].iter_mut().zip(numbers) {
            *byte = (number * inverse).round() as i8 as u8;
        }
        block
    }

    #[test]
    fn numbers_are_rounded_as_the_format_says_those_half_way_too() {
        // With 127 in the block the scale is 1, and every number stands for itself.
        let mut halves = [127.0; BLOCK];
        let before_half = f32::from_bits(0.5f32.to_bits() - 1);
        for (place, number) in halves.iter_mut().skip(1).enumerate() {
            let whole = (place / 4) as f32;
            *number =
                [whole + 0.5, -whole - 0.5, whole + before_half, -whole - before_half][place % 4];
        }
        assert_eq!(round_block(&halves), by_the_book(&halves));
        for seed in 0..2000u32 {
            let number = |place: usize| {
                let bits = seed.wrapping_mul(2_654_435_761).wrapping_add(place as u32 * 40_503);
                (bits.wrapping_mul(bits | 1) >> 8) as f32 / 8_388_608.0 - 1.0
            };
            let block: [f32; BLOCK] = std::array::from_fn(number);
            assert_eq!(round_block(&block), by_the_book(&block), "{seed}");
        }
        assert_eq!(round_block(&[0.0; BLOCK]), [0; FILE_BLOCK]);
    }
}
