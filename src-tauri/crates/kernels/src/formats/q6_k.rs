//! Q6_K: blocks of 256 with a scale of 16 bits, and for each 16 of them one of 8 bits; weights of 6 bits.
//!
//! Source: ggml's `block_q6_K`. 6.56 bits a weight, as in the file. A tile has first all weights with their small scales,
//! then all scales of 16 bits.

use super::{
    Block, GROUP, SUPER, Scales, TILE_ROWS, Tile, four, groups, half_at, quads, step, whole_lines,
};
use crate::activations::{BLOCK, Place};
use crate::simd::Simd;

/// Bytes of a block in a file.
pub(crate) const FILE_BLOCK: usize = 210;
const SUBS: usize = SUPER / BLOCK;
/// Columns that share a small scale, and how many of them a block of 32 has.
const FINE: usize = 16;
const HALVES: usize = BLOCK / FINE;
const GROUPS: usize = BLOCK / 4;
/// Four bits of each weight, then two.
const LOW_BYTES: usize = BLOCK / 2 * TILE_ROWS;
const SUB_BYTES: usize = LOW_BYTES + BLOCK / 4 * TILE_ROWS;
const SUB_GROUPS: usize = SUB_BYTES / GROUP;
const SMALL_SCALES: usize = SUBS * SUB_BYTES;
const SUPER_BYTES: usize = SMALL_SCALES + SUBS * HALVES * TILE_ROWS;
const SCALE_BYTES: usize = 2 * TILE_ROWS;

pub(crate) struct Q6K;

/// A row's 32 columns. 128 columns share 64 bytes of lower bits and 32 bytes of upper bits; which bits, the quarter says.
#[inline(always)]
fn pack_sub(
    groups: &mut [[[u8; 4]; TILE_ROWS]; SUB_GROUPS],
    row: usize,
    block: &[u8; FILE_BLOCK],
    sub: usize,
) {
    let (half, quarter) = (sub / 4, sub % 4);
    let low = &block[half * 64 + quarter % 2 * BLOCK..][..BLOCK];
    let high = &block[128 + half * BLOCK..][..BLOCK];
    let (mut lower, mut upper) = ([0; GROUPS], [0; GROUPS]);
    for (group, (low, high)) in quads(low).zip(quads(high)).enumerate() {
        lower[group] = low >> (quarter / 2 * 4) & four(15);
        upper[group] = high >> (quarter * 2) & four(3);
    }
    for pair in 0..GROUPS / 2 {
        groups[pair][row] = (lower[pair] | lower[pair + GROUPS / 2] << 4).to_ne_bytes();
    }
    for (place, upper) in upper.as_chunks::<4>().0.iter().enumerate() {
        let bits = upper[0] | upper[1] << 2 | upper[2] << 4 | upper[3] << 6;
        groups[GROUPS / 2 + place][row] = bits.to_ne_bytes();
    }
}

impl Tile for Q6K {
    fn bytes(columns: usize) -> usize {
        whole_lines(columns / SUPER * (SUPER_BYTES + SCALE_BYTES))
    }

    fn pack(tile: &mut [u8], row: usize, file: &[u8]) {
        assert!(row < TILE_ROWS, "a row of the tile");
        let blocks = file.as_chunks::<FILE_BLOCK>().0;
        let (wholes, scales) = tile.split_at_mut(blocks.len() * SUPER_BYTES);
        let wholes = wholes.as_chunks_mut::<SUPER_BYTES>().0;
        let scales = scales.as_chunks_mut::<SCALE_BYTES>().0;
        for ((block, whole), scales) in blocks.iter().zip(wholes).zip(scales) {
            scales[2 * row..][..2].copy_from_slice(&block[208..]);
            let (weights, small) = whole.split_at_mut(SMALL_SCALES);
            let small = small.as_chunks_mut::<TILE_ROWS>().0;
            for (small, scale) in small.iter_mut().zip(&block[192..208]) {
                small[row] = *scale;
            }
            let subs = groups(weights).as_chunks_mut::<SUB_GROUPS>().0;
            for (sub, groups) in subs.iter_mut().enumerate() {
                pack_sub(groups, row, block, sub);
            }
        }
    }

    fn unpack(tile: &[u8], row: usize, numbers: &mut [f32]) {
        let scales = numbers.len() / SUPER * SUPER_BYTES;
        for (place, numbers) in numbers.chunks_mut(SUPER).enumerate() {
            let scale = half_at(tile, scales + place * SCALE_BYTES + 2 * row);
            let tile = &tile[place * SUPER_BYTES..][..SUPER_BYTES];
            for (column, number) in numbers.iter_mut().enumerate() {
                let small = tile[SMALL_SCALES + column / FINE * TILE_ROWS + row] as i8;
                let (sub, group, at) = (column / BLOCK, column % BLOCK / 4, column % 4);
                let byte = |start: usize, group: usize| {
                    tile[sub * SUB_BYTES + start + group * GROUP + 4 * row + at]
                };
                let low = byte(0, group % 4) >> (group / 4 * 4) & 15;
                let high = byte(LOW_BYTES, group / 4) >> (group % 4 * 2) & 3;
                *number = scale * f32::from(small) * (f32::from(low | high << 4) - 32.0);
            }
        }
    }

    const SHARE: usize = (SUPER_BYTES + SCALE_BYTES) / SUBS;
    const IN_PAIRS: bool = false;

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
            for tile in 0..T {
                add_block::<S, R>(tiles[tile], at, record, &mut sums[tile]);
            }
        }
    }
}

/// [`Tile::add_block`] of a single tile.
///
/// # Safety
/// The same.
#[inline(always)]
unsafe fn add_block<S: Simd, const R: usize>(
    tile: *const u8,
    at: Block,
    record: *const u32,
    sums: &mut [S::Floats; R],
) {
    // SAFETY: every offset is within the bytes and records that the caller promises.
    unsafe {
        let whole = step(tile, at.stretch, SUPER_BYTES);
        let scales = step(tile.add(2 * at.first), at.count / SUBS, SUPER_BYTES);
        let low = step(whole.add(4 * at.first), at.number, SUB_BYTES);
        let high = low.add(LOW_BYTES);
        let scale = S::load_halves(step(scales, at.stretch, SCALE_BYTES).cast());
        for half in 0..HALVES {
            let bits = S::load_quads(high.add(half * GROUP));
            let mut nibbles = [bits; 4];
            for (pair, nibbles) in nibbles.iter_mut().enumerate() {
                let both = S::load_quads(low.add(pair * GROUP));
                *nibbles = match half {
                    0 => S::low_nibbles(both),
                    _ => S::high_nibbles(both),
                };
            }
            let weights = [
                S::with_two_bits::<0>(nibbles[0], bits),
                S::with_two_bits::<1>(nibbles[1], bits),
                S::with_two_bits::<2>(nibbles[2], bits),
                S::with_two_bits::<3>(nibbles[3], bits),
            ];
            // In 16 bits they may overflow on their way, but half a block's products of two columns of four, less 32 times
            // the input, are fewer: 4 * 2 * 32 * 127 < 2^15.
            let mut products = [S::splat_int(0); R];
            for (row, product) in products.iter_mut().enumerate() {
                let offset = *record.add(Place::half_offset(R, half, row));
                *product = S::splat_int(offset as i32);
            }
            for (group, weights) in weights.into_iter().enumerate() {
                for (row, product) in products.iter_mut().enumerate() {
                    let input = S::splat_quad(record.add(Place::quad(4 * half + group, row)));
                    *product = S::dot_small(*product, weights, input);
                }
            }
            let small = whole.add(SMALL_SCALES + half * TILE_ROWS + at.first);
            let small = step(small, at.number, HALVES * TILE_ROWS);
            let scale = S::multiply(scale, S::load_signed_bytes(small.cast()));
            let scales = Scales::<S> { scale, least: None };
            for row in 0..R {
                let products = S::small_to_floats(products[row]);
                sums[row] = scales.add::<R>(products, record, row, sums[row]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The six bits of a column, as the file has them.
    fn six_bits(block: &[u8; FILE_BLOCK], column: usize) -> u8 {
        let (half, place) = (column / 128, column % 128);
        let low = block[half * 64 + place % 64] >> (place / 64 * 4) & 15;
        let high = block[128 + half * 32 + place % 32] >> (place / 32 * 2) & 3;
        low | high << 4
    }

    #[test]
    fn every_bit_of_a_file_lies_where_the_tile_has_it() {
        let block: [u8; FILE_BLOCK] = std::array::from_fn(|at| (at * 89 % 251) as u8);
        for row in [0, 7, 15] {
            let mut tile = [0; 2 * (SUPER_BYTES + SCALE_BYTES)];
            Q6K::pack(&mut tile, row, &[[0; FILE_BLOCK], block].concat());
            let scale = 2 * SUPER_BYTES + SCALE_BYTES + 2 * row;
            assert_eq!(tile[scale..][..2], block[208..]);
            let whole = &tile[SUPER_BYTES..][..SUPER_BYTES];
            for column in 0..SUPER {
                let (sub, group, at) = (column / 32, column % 32 / 4, 4 * row + column % 4);
                let low = whole[sub * SUB_BYTES + group % 4 * 64 + at] >> (group / 4 * 4) & 15;
                let high =
                    whole[sub * SUB_BYTES + 256 + group / 4 * 64 + at] >> (group % 4 * 2) & 3;
                assert_eq!(low | high << 4, six_bits(&block, column), "row {row} column {column}");
                let small = whole[SMALL_SCALES + column / 16 * 16 + row];
                assert_eq!(small, block[192 + column / 16]);
            }
            // Nothing else was touched: 192 bytes of weights, 16 small scales, and the scale.
            assert!(tile.iter().filter(|&&byte| byte != 0).count() <= 192 + 16 + 2);
        }
    }
}
