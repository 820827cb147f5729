//! How each kind of block is packed, and what a tile of 16 rows does with a panel of input.
//!
//! The bytes of a tile lie so that a vector takes four columns of each row: byte `4 row + column` of 64. That is a
//! permutation of the file's bytes; nothing is rounded again.

pub(crate) mod q4_k;
pub(crate) mod q6_k;
pub(crate) mod q8_0;

use crate::simd::Simd;

/// Rows of a tile.
pub(crate) const TILE_ROWS: usize = 16;
/// Bytes that a tile has for four columns.
pub(crate) const GROUP: usize = 4 * TILE_ROWS;
/// Columns of the blocks of blocks that the k-formats have.
pub(crate) const SUPER: usize = 256;
/// Parts of a tile at most: its rows by the fewest lanes of a processor.
pub(crate) const MOST_PARTS: usize = 2;

/// The products of a tile: for each part of it, for each row of a panel, its rows' sums.
pub(crate) type Sums<S, const R: usize> = [[<S as Simd>::Floats; R]; MOST_PARTS];

/// A kind of packed tile.
pub(crate) trait Tile {
    /// Bytes of a tile of so many columns.
    fn bytes(columns: usize) -> usize;

    /// Packs a row of the file into a tile of zeros.
    fn pack(tile: &mut [u8], row: usize, file: &[u8]);

    /// Writes a row's numbers.
    fn unpack(tile: &[u8], row: usize, numbers: &mut [f32]);

    /// A tile times a panel of `R` rows.
    ///
    /// # Safety
    /// The tile has the bytes of `blocks` blocks of 32 columns, the panel their records for `R` rows, and the processor
    /// the instructions of `S`.
    unsafe fn multiply<S: Simd, const R: usize>(
        tile: *const u8,
        blocks: usize,
        panel: *const u32,
    ) -> Sums<S, R>;
}

/// Bytes up to the next cache line.
const fn whole_lines(bytes: usize) -> usize {
    bytes.next_multiple_of(64)
}

/// A half at a place of a tile.
fn half_at(bytes: &[u8], at: usize) -> f32 {
    half::f16::from_le_bytes([bytes[at], bytes[at + 1]]).to_f32()
}

/// Bytes of a file's row that belong to a column's group of four, in a tile.
fn place_quad(tile: &mut [u8], start: usize, group: usize, row: usize, quad: [u8; 4]) {
    tile[start + group * GROUP + 4 * row..][..4].copy_from_slice(&quad);
}
