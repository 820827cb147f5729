//! Q8_K: blocks of 256 signed bytes with a scale of 32 bits.
//!
//! The name is ggml's, whose files do not have it; weights that come as floats become it. A tile has first all its bytes, 128
//! added, then all its scales: 8.125 bits a weight. The last block may be shorter, by whole blocks of 32.
//!
//! A block's products are summed up in integers to its end, of numbers that were rounded with one scale, too: of what
//! a block of 32 costs a third is its scales.

use super::q8_0::{self, BLOCK_BYTES, GROUPS, round_numbers, top_of};
use super::{
    Block, GROUP, STRETCH, SUPER, Scales, TILE_ROWS, Tile, four, groups, quads, step, whole_lines,
};
use crate::activations::{BLOCK, Place};
use crate::simd::Simd;

/// Bytes of a block of a row that is to be packed.
pub(crate) const FILE_BLOCK: usize = 4 + SUPER;
const SCALE_BYTES: usize = 4 * TILE_ROWS;

pub(crate) struct Q8K;

/// A block of up to 256 numbers: a 127th of the largest as the scale.
#[inline(always)]
pub(crate) fn round_block(numbers: &[[f32; BLOCK]]) -> [u8; FILE_BLOCK] {
    let top = numbers.iter().map(top_of).fold(0.0, |a, b| if b > a { b } else { a });
    let scale = top / 127.0;
    let mut block = [0; FILE_BLOCK];
    block[..4].copy_from_slice(&scale.to_le_bytes());
    for (numbers, bytes) in numbers.iter().zip(block[4..].as_chunks_mut().0) {
        *bytes = round_numbers(numbers, scale);
    }
    block
}

/// Blocks of 256 columns, the last of which may be shorter.
const fn blocks(columns: usize) -> usize {
    columns.div_ceil(SUPER)
}

impl Tile for Q8K {
    fn bytes(columns: usize) -> usize {
        whole_lines(columns / BLOCK * BLOCK_BYTES + blocks(columns) * SCALE_BYTES)
    }

    fn pack(tile: &mut [u8], row: usize, file: &[u8]) {
        assert!(row < TILE_ROWS, "a row of the tile");
        let blocks = file.as_chunks::<FILE_BLOCK>().0;
        let (weights, scales) = tile.split_at_mut(tile.len() - blocks.len() * SCALE_BYTES);
        let weights = groups(weights).chunks_mut(STRETCH * GROUPS);
        let scales = scales.as_chunks_mut::<SCALE_BYTES>().0;
        for ((block, weights), scales) in blocks.iter().zip(weights).zip(scales) {
            scales[4 * row..][..4].copy_from_slice(&block[..4]);
            for (group, quad) in weights.iter_mut().zip(quads(&block[4..])) {
                group[row] = (quad ^ four(128)).to_ne_bytes();
            }
        }
    }

    fn unpack(tile: &[u8], row: usize, numbers: &mut [f32]) {
        let scales = &tile[numbers.len() / BLOCK * BLOCK_BYTES..];
        for (block, numbers) in numbers.chunks_mut(SUPER).enumerate() {
            let scale = &scales[block * SCALE_BYTES + 4 * row..][..4];
            let scale = f32::from_le_bytes([scale[0], scale[1], scale[2], scale[3]]);
            for (column, number) in numbers.iter_mut().enumerate() {
                let at = block * STRETCH * BLOCK_BYTES + column / 4 * GROUP + 4 * row + column % 4;
                *number = scale * (f32::from(tile[at]) - 128.0);
            }
        }
    }

    const SHARE: usize = BLOCK_BYTES + SCALE_BYTES / STRETCH;
    const IN_PAIRS: bool = true;

    #[inline(always)]
    unsafe fn begin<S: Simd, const R: usize, const T: usize>(
        record: *const u32,
    ) -> [[S::Ints; R]; T] {
        // SAFETY: the caller's.
        unsafe { q8_0::begin::<S, R, T>(record) }
    }

    #[inline(always)]
    unsafe fn add_block<S: Simd, const R: usize, const T: usize>(
        tiles: [*const u8; T],
        at: Block,
        record: *const u32,
        products: &mut [[S::Ints; R]; T],
        _sums: &mut [[S::Floats; R]; T],
    ) {
        // SAFETY: every offset is within the bytes and records that the caller promises.
        unsafe {
            let mut blocks = tiles;
            for tile in 0..T {
                let stretch =
                    step(tiles[tile].add(4 * at.first), at.stretch, STRETCH * BLOCK_BYTES);
                blocks[tile] = step(stretch, at.number, BLOCK_BYTES);
            }
            S::dot_block::<R, T>(blocks, record.add(Place::quad(0, 0)), products);
        }
    }

    #[inline(always)]
    unsafe fn end<S: Simd, const R: usize, const T: usize>(
        tiles: [*const u8; T],
        at: Block,
        record: *const u32,
        products: &[[S::Ints; R]; T],
        sums: &mut [[S::Floats; R]; T],
    ) {
        // SAFETY: as above.
        unsafe {
            for tile in 0..T {
                let stored = step(tiles[tile].add(4 * at.first), at.count, BLOCK_BYTES);
                let scale = S::load(step(stored, at.stretch, SCALE_BYTES).cast());
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
