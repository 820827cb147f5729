//! Q4_K: blocks of 256 with a scale and a smallest number of 16 bits, and for each 32 of them one of 6 bits.
//!
//! Source: ggml's `block_q4_K`. The 6-bit numbers lie in bytes here: 4.625 bits a weight, against 4.5 in the file.

use super::{Block, GROUP, SUPER, Scales, TILE_ROWS, Tile, four, groups, half_at, quads, step};
use crate::activations::{BLOCK, Place};
use crate::simd::Simd;

/// Bytes of a block in a file.
pub(crate) const FILE_BLOCK: usize = 144;
const SUBS: usize = SUPER / BLOCK;
const GROUPS: usize = BLOCK / 4;
/// Scales and smallest numbers of the blocks of 256.
const HALVES_BYTES: usize = 2 * 2 * TILE_ROWS;
/// Those of a block of 32.
const SUB_SCALES: usize = 2 * TILE_ROWS;
const SUB_BYTES: usize = BLOCK / 2 * TILE_ROWS;
const QUANTS: usize = HALVES_BYTES + SUBS * SUB_SCALES;
const SUPER_BYTES: usize = QUANTS + SUBS * SUB_BYTES;

pub(crate) struct Q4K;

/// The scale and the smallest number of a block of 32, from the twelve bytes that have all of them.
fn scale_and_least(bytes: &[u8], sub: usize) -> (u8, u8) {
    if sub < 4 {
        return (bytes[sub] & 63, bytes[sub + 4] & 63);
    }
    let low = bytes[sub + 4];
    ((low & 15) | (bytes[sub - 4] >> 6) << 4, (low >> 4) | (bytes[sub] >> 6) << 4)
}

impl Tile for Q4K {
    fn bytes(columns: usize) -> usize {
        columns / SUPER * SUPER_BYTES
    }

    fn pack(tile: &mut [u8], row: usize, file: &[u8]) {
        assert!(row < TILE_ROWS, "a row of the tile");
        const LOWER: u32 = four(15);
        let blocks = file.as_chunks::<FILE_BLOCK>().0;
        for (block, tile) in blocks.iter().zip(tile.as_chunks_mut::<SUPER_BYTES>().0) {
            let (heads, weights) = tile.split_at_mut(QUANTS);
            heads[2 * row..][..2].copy_from_slice(&block[..2]);
            heads[2 * TILE_ROWS + 2 * row..][..2].copy_from_slice(&block[2..4]);
            let scales = heads[HALVES_BYTES..].as_chunks_mut::<SUB_SCALES>().0;
            for (sub, scales) in scales.iter_mut().enumerate() {
                let (scale, least) = scale_and_least(&block[4..16], sub);
                scales[row] = scale;
                scales[TILE_ROWS + row] = least;
            }
            // 64 columns share 32 bytes of a file: the first half of them has the lower bits.
            let weights = groups(weights).as_chunks_mut::<GROUPS>().0;
            for (bytes, groups) in block[16..].as_chunks::<BLOCK>().0.iter().zip(weights) {
                let (first, second) = bytes.split_at(BLOCK / 2);
                for (pair, (first, second)) in quads(first).zip(quads(second)).enumerate() {
                    groups[pair][row] = (first & LOWER | (second & LOWER) << 4).to_ne_bytes();
                    groups[pair + GROUPS / 2][row] =
                        (first >> 4 & LOWER | second & !LOWER).to_ne_bytes();
                }
            }
        }
    }

    fn unpack(tile: &[u8], row: usize, numbers: &mut [f32]) {
        let tiles = tile.as_chunks::<SUPER_BYTES>().0;
        for (tile, numbers) in tiles.iter().zip(numbers.chunks_mut(SUPER)) {
            let (scales, leasts) = (half_at(tile, 2 * row), half_at(tile, 2 * TILE_ROWS + 2 * row));
            for (sub, numbers) in numbers.chunks_mut(BLOCK).enumerate() {
                let at = HALVES_BYTES + sub * SUB_SCALES + row;
                let scale = scales * f32::from(tile[at]);
                let least = leasts * f32::from(tile[at + TILE_ROWS]);
                for (column, number) in numbers.iter_mut().enumerate() {
                    let (upper, column) = (column / (BLOCK / 2), column % (BLOCK / 2));
                    let at = QUANTS + sub * SUB_BYTES + column / 4 * GROUP + 4 * row + column % 4;
                    *number = scale * f32::from(tile[at] >> (4 * upper) & 15) - least;
                }
            }
        }
    }

    const SHARE: usize = SUPER_BYTES / SUBS;
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
            let (mut wholes, mut blocks) = (tiles, tiles);
            for tile in 0..T {
                wholes[tile] = step(tiles[tile], at.stretch, SUPER_BYTES);
                blocks[tile] = step(wholes[tile].add(QUANTS + 4 * at.first), at.number, SUB_BYTES);
            }
            // In 16 bits there is room for a block's products of two columns of four: 8 * 2 * 15 * 127 < 2^15.
            let mut products = [[S::splat_int(0); R]; T];
            for pair in 0..GROUPS / 2 {
                let both = S::load_quads(step(blocks[0], pair, GROUP));
                let (mut low, mut high) = ([S::low_nibbles(both); T], [S::high_nibbles(both); T]);
                for tile in 1..T {
                    let both = S::load_quads(step(blocks[tile], pair, GROUP));
                    (low[tile], high[tile]) = (S::low_nibbles(both), S::high_nibbles(both));
                }
                let fronts = record.add(pair);
                let backs = fronts.add(GROUPS / 2);
                for row in 0..R {
                    let front = S::splat_quad(fronts.add(Place::quad(0, row)));
                    let back = S::splat_quad(backs.add(Place::quad(0, row)));
                    for tile in 0..T {
                        let product = &mut products[tile][row];
                        *product = S::dot_small(*product, low[tile], front);
                        *product = S::dot_small(*product, high[tile], back);
                    }
                }
            }
            for tile in 0..T {
                let whole = wholes[tile];
                let subs = step(whole.add(HALVES_BYTES + at.first), at.number, SUB_SCALES);
                let scale = S::load_halves(whole.add(2 * at.first).cast());
                let scale = S::multiply(scale, S::load_bytes(subs));
                let least = S::load_halves(whole.add(2 * (TILE_ROWS + at.first)).cast());
                let least = S::multiply(least, S::load_bytes(subs.add(TILE_ROWS)));
                let scales = Scales::<S> { scale, least: Some(least) };
                for row in 0..R {
                    let sum = &mut sums[tile][row];
                    let products = S::small_to_floats(products[tile][row]);
                    *sum = scales.add::<R>(products, record, row, *sum);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_a_file_lies_where_the_tile_has_it() {
        let block: [u8; FILE_BLOCK] = std::array::from_fn(|at| (at * 89 % 251) as u8);
        for row in [0, 7, 15] {
            let mut tile = [0; 2 * SUPER_BYTES];
            Q4K::pack(&mut tile, row, &[[0; FILE_BLOCK], block].concat());
            let tile = &tile[SUPER_BYTES..];
            assert_eq!(tile[2 * row..][..2], block[..2]);
            assert_eq!(tile[32 + 2 * row..][..2], block[2..4]);
            for column in 0..SUPER {
                let nibble =
                    block[16 + column / 64 * 32 + column % 32] >> (column / 32 % 2 * 4) & 15;
                let (upper, place) = (column % 32 / 16, column % 16);
                let at = QUANTS + column / 32 * SUB_BYTES + place / 4 * 64 + 4 * row + place % 4;
                assert_eq!(tile[at] >> (4 * upper) & 15, nibble, "row {row} column {column}");
            }
            // Nothing else was touched: 128 bytes of weights, 16 of small scales and 4 of halves at most.
            assert!(tile.iter().filter(|&&byte| byte != 0).count() <= 128 + 16 + 4);
        }
    }
}
