//! Q8_0: blocks of 32 signed bytes with a scale.
//!
//! Source: ggml's `block_q8_0`. A tile has first all its bytes, 128 added, then all its scales: 8.5 bits a weight.

use half::f16;

use super::{Block, GROUP, TILE_ROWS, Tile, half_at, place_quad, whole_lines};
use crate::activations::{BLOCK, Place};
use crate::simd::Simd;

/// Bytes of a block in a file.
pub(crate) const FILE_BLOCK: usize = 2 + BLOCK;
const GROUPS: usize = BLOCK / 4;
const BLOCK_BYTES: usize = GROUPS * GROUP;
const SCALE_BYTES: usize = 2 * TILE_ROWS;

pub(crate) struct Q8_0;

/// A block as a file has it: a 127th of the largest number as the scale.
pub(crate) fn round_block(numbers: &[f32]) -> [u8; FILE_BLOCK] {
    let top = numbers.iter().fold(0.0f32, |top, number| top.max(number.abs()));
    let scale = top / 127.0;
    let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
    let mut block = [0; FILE_BLOCK];
    block[..2].copy_from_slice(&f16::from_f32(scale).to_le_bytes());
    for (byte, number) in block[2..].iter_mut().zip(numbers) {
        *byte = (number * inverse).round() as i8 as u8;
    }
    block
}

impl Tile for Q8_0 {
    fn bytes(columns: usize) -> usize {
        whole_lines(columns.div_ceil(BLOCK) * (BLOCK_BYTES + SCALE_BYTES))
    }

    fn pack(tile: &mut [u8], row: usize, file: &[u8]) {
        let (blocks, _) = file.as_chunks::<FILE_BLOCK>();
        let scales = blocks.len() * BLOCK_BYTES;
        for (block, bytes) in blocks.iter().enumerate() {
            let at = scales + block * SCALE_BYTES + 2 * row;
            tile[at..at + 2].copy_from_slice(&bytes[..2]);
            for (group, quad) in bytes[2..].as_chunks().0.iter().enumerate() {
                let offset = (u32::from_ne_bytes(*quad) ^ 0x8080_8080).to_ne_bytes();
                place_quad(tile, block * BLOCK_BYTES, group, row, offset);
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

    const IN_PAIRS: bool = true;

    #[inline(always)]
    unsafe fn add_block<S: Simd, const R: usize, const T: usize>(
        tiles: [*const u8; T],
        at: Block,
        record: *const u32,
        sums: &mut [[S::Floats; R]; T],
    ) {
        // SAFETY: every offset is within the bytes and records that the caller promises.
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
            for group in 0..S::steps(GROUPS) {
                let start = at.number * BLOCK_BYTES + group * GROUP + 4 * at.first;
                let mut weights = [S::load_quads(tiles[0].add(start)); T];
                for tile in 1..T {
                    weights[tile] = S::load_quads(tiles[tile].add(start));
                }
                for row in 0..R {
                    let input = S::splat_quad(record.add(Place::quad(R, group, row)));
                    for tile in 0..T {
                        let product = &mut products[tile][row];
                        *product = S::dot_offset(*product, weights[tile], input);
                    }
                }
            }
            let start = at.count * BLOCK_BYTES + at.number * SCALE_BYTES + 2 * at.first;
            for tile in 0..T {
                let scale = S::load_halves(tiles[tile].add(start).cast());
                for row in 0..R {
                    let input = f32::from_bits(*record.add(Place::scale(R, row)));
                    let scale = S::multiply(scale, S::splat(input));
                    let sum = &mut sums[tile][row];
                    *sum = S::multiply_add(S::to_floats(products[tile][row]), scale, *sum);
                }
            }
        }
    }
}
