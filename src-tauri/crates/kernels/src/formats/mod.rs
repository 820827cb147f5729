//! How each kind of block is packed, and what a tile of 16 rows does with a panel of input.
//!
//! The bytes of a tile lie so that a vector takes four columns of each row: byte `4 row + column` of 64. That is a
//! permutation of the file's bytes; nothing is rounded again.

pub(crate) mod q4_k;
pub(crate) mod q6_k;
pub(crate) mod q8_0;
pub(crate) mod q8_k;

use crate::activations::{Place, RECORD};
use crate::simd::Simd;

/// Rows of a tile.
pub(crate) const TILE_ROWS: usize = 16;
/// Bytes that a tile has for four columns.
pub(crate) const GROUP: usize = 4 * TILE_ROWS;
/// Columns of the blocks of blocks that the k-formats have.
pub(crate) const SUPER: usize = 256;
/// Parts of a tile at most: its rows by the fewest lanes of a processor.
const MOST_PARTS: usize = 2;

/// Blocks of 32 columns that each part of a tile goes through before the next part does: the parts together in one step
/// would want more registers than there are, and all columns at once more cache. It is a block of the k-formats, so that what
/// such a block has once is read once.
pub(crate) const STRETCH: usize = SUPER / 32;

/// With so few rows of input weights are used up faster than memory brings them: processors that are told what comes next keep
/// more of it on its way than they do by their own guess.
const FEW_ROWS: usize = 4;
/// How many bytes ahead.
const AHEAD: usize = 6 << 10;
/// Bytes of a cache line.
const LINE: usize = 64;

/// The products of `T` tiles with a panel of `R` rows: for each part of the tiles, each tile and each row of the panel the
/// sums of the part's rows.
pub(crate) type Sums<S, const R: usize, const T: usize> =
    [[[<S as Simd>::Floats; R]; T]; MOST_PARTS];

/// A kind of packed tile.
pub(crate) trait Tile {
    /// Bytes of a tile of so many columns.
    fn bytes(columns: usize) -> usize;

    /// Packs a row of the file into a tile of zeros. Reading and writing are in the order of memory, in a tile that
    /// stays in the first-level cache: this runs as fast as a file can be read.
    fn pack(tile: &mut [u8], row: usize, file: &[u8]);

    /// Writes a row's numbers.
    fn unpack(tile: &[u8], row: usize, numbers: &mut [f32]);

    /// Bytes of a tile for 32 columns with their share of the scales.
    const SHARE: usize;

    /// Whether a processor with many registers has enough of them for two tiles at once.
    const IN_PAIRS: bool;

    /// What a stretch's products begin with that have one scale, by its first record.
    ///
    /// # Safety
    /// That of [`multiply`], and the record is of its panel.
    #[inline(always)]
    unsafe fn begin<S: Simd, const R: usize, const T: usize>(
        _record: *const u32,
    ) -> [[S::Ints; R]; T] {
        // SAFETY: the caller's.
        unsafe { [[S::splat_int(0); R]; T] }
    }

    /// Adds the products of a block of `T` tiles with the record of a panel of `R` rows to the sums of a part of the tiles, or
    /// to the products that wait for the end of their stretch.
    ///
    /// # Safety
    /// That of [`multiply`], and the block and the part are theirs.
    unsafe fn add_block<S: Simd, const R: usize, const T: usize>(
        tiles: [*const u8; T],
        at: Block,
        record: *const u32,
        products: &mut [[S::Ints; R]; T],
        sums: &mut [[S::Floats; R]; T],
    );

    /// Adds the products that have waited to the sums, by the stretch's first block and record.
    ///
    /// # Safety
    /// As before.
    #[inline(always)]
    unsafe fn end<S: Simd, const R: usize, const T: usize>(
        _tiles: [*const u8; T],
        _at: Block,
        _record: *const u32,
        _products: &[[S::Ints; R]; T],
        _sums: &mut [[S::Floats; R]; T],
    ) {
    }
}

/// What sums of products are multiplied with, for each row of a part of a tile.
pub(crate) struct Scales<S: Simd> {
    pub scale: S::Floats,
    /// What is taken away of every weight, where that is anything.
    pub least: Option<S::Floats>,
}

impl<S: Simd> Scales<S> {
    /// The sum with the products of a row of a panel of `R` rows.
    ///
    /// # Safety
    /// The record is the block's, with `R` rows, and the processor has the instructions of `S`.
    #[inline(always)]
    pub unsafe fn add<const R: usize>(
        &self,
        products: S::Floats,
        record: *const u32,
        row: usize,
        sum: S::Floats,
    ) -> S::Floats {
        // SAFETY: the places are the record's.
        unsafe {
            let input = f32::from_bits(*record.add(Place::scale(R, row)));
            let scale = S::multiply(self.scale, S::splat(input));
            let sum = S::multiply_add(products, scale, sum);
            match self.least {
                Some(least) => {
                    let of_sum = f32::from_bits(*record.add(Place::scaled_sum(R, row)));
                    S::take_product(least, S::splat(of_sum), sum)
                }
                None => sum,
            }
        }
    }
}

/// A block of a part of tiles.
#[derive(Clone, Copy)]
pub(crate) struct Block {
    /// How many there are; which stretch it is in, and which of that.
    pub count: usize,
    pub stretch: usize,
    pub number: usize,
    /// The first row of the part.
    pub first: usize,
}

/// `T` tiles times a panel of `R` rows.
///
/// # Safety
/// Each tile has the bytes of `blocks` blocks of 32 columns, the panel their records for `R` rows, and the processor the
/// instructions of `S`.
#[inline(always)]
pub(crate) unsafe fn multiply<S: Simd, F: Tile, const R: usize, const T: usize>(
    tiles: [*const u8; T],
    blocks: usize,
    panel: *const u32,
) -> Sums<S, R, T> {
    // SAFETY: every block and part is within what the caller promises.
    unsafe {
        let mut sums = [[[S::splat(0.0); R]; T]; MOST_PARTS];
        for stretch in 0..blocks.div_ceil(STRETCH) {
            let records = step(panel, stretch, STRETCH * RECORD * R);
            for part in 0..TILE_ROWS / S::LANES {
                let mut some = sums[part];
                let first = Block { count: blocks, stretch, number: 0, first: part * S::LANES };
                let mut products = F::begin::<S, R, T>(records);
                for number in 0..STRETCH.min(blocks - stretch * STRETCH) {
                    let at = Block { number, ..first };
                    let record = step(records, number, RECORD * R);
                    if part == 0 && R <= FEW_ROWS {
                        let block = stretch * STRETCH + number;
                        fetch_ahead::<S>(step(tiles[0], block, F::SHARE), F::SHARE);
                    }
                    F::add_block::<S, R, T>(tiles, at, record, &mut products, &mut some);
                }
                F::end::<S, R, T>(tiles, first, records, &products, &mut some);
                sums[part] = some;
            }
        }
        sums
    }
}

/// Has the next bytes of weights on their way from memory when their turn comes.
///
/// # Safety
/// The processor has the instructions of `S`. There need not be so many bytes.
#[inline(always)]
unsafe fn fetch_ahead<S: Simd>(block: *const u8, bytes: usize) {
    for line in 0..bytes.div_ceil(LINE) {
        // SAFETY: the caller's.
        unsafe { S::prefetch(block.wrapping_add(AHEAD + line * LINE)) }
    }
}

/// So many strides on. What is reached lies within a tile or a panel, so their product cannot overflow, and in the innermost
/// loops nobody has to look whether it did.
///
/// # Safety
/// All up to there is part of what `from` points into.
#[inline(always)]
const unsafe fn step<N>(from: *const N, count: usize, stride: usize) -> *const N {
    // SAFETY: the caller's.
    unsafe { from.add(count.unchecked_mul(stride)) }
}

/// Bytes up to the next cache line.
const fn whole_lines(bytes: usize) -> usize {
    bytes.next_multiple_of(64)
}

/// A half at a place of a tile.
fn half_at(bytes: &[u8], at: usize) -> f32 {
    half::f16::from_le_bytes([bytes[at], bytes[at + 1]]).to_f32()
}

/// Bytes of a tile as groups of four columns: for each row four bytes.
fn groups(bytes: &mut [u8]) -> &mut [[[u8; 4]; TILE_ROWS]] {
    bytes.as_chunks_mut::<4>().0.as_chunks_mut().0
}

/// Bytes of a file in fours, so that one instruction shifts or masks four weights.
fn quads(bytes: &[u8]) -> impl ExactSizeIterator<Item = u32> {
    bytes.as_chunks().0.iter().map(|quad| u32::from_ne_bytes(*quad))
}

/// The same byte four times.
const fn four(byte: u8) -> u32 {
    u32::from_ne_bytes([byte; 4])
}
