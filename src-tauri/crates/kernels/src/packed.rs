//! A matrix in packed tiles.
//!
//! Tiles are packed by the threads of rayon, which share the work of loading a model, and not by the [`crate::Pool`]: several
//! matrices are packed at once, and who is through with one helps with another.

use std::convert::Infallible;
use std::ops::Range;

use rayon::prelude::*;

use crate::InstructionSet;
use crate::activations::BLOCK;
use crate::buffer::Buffer;
use crate::formats::q4_k::{self, Q4K};
use crate::formats::q6_k::{self, Q6K};
use crate::formats::q8_0::{self, Q8_0};
use crate::formats::q8_k::{self, Q8K};
use crate::formats::{STRETCH, SUPER, TILE_ROWS, Tile};
use crate::simd::{Simd, Work};

/// A kind of block. The names are GGUF's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// 8 bits and a scale for 32.
    Q8_0,
    /// 4 bits; scales of scales.
    Q4K,
    /// 6 bits; scales of scales.
    Q6K,
    /// 8 bits and a scale for 256, or fewer at the end of a row; its input is rounded with as few scales. Multiplied faster than
    /// [`Format::Q8_0`] by many rows, and less exactly: for models whose inputs have no numbers that stand out.
    Q8K,
}

impl Format {
    /// Columns of a block; a row is whole blocks.
    pub const fn block_columns(self) -> usize {
        match self {
            Self::Q8_0 => BLOCK,
            Self::Q4K | Self::Q6K | Self::Q8K => SUPER,
        }
    }

    /// Bytes of a block in a file.
    pub const fn block_bytes(self) -> usize {
        match self {
            Self::Q8_0 => q8_0::FILE_BLOCK,
            Self::Q4K => q4_k::FILE_BLOCK,
            Self::Q6K => q6_k::FILE_BLOCK,
            Self::Q8K => q8_k::FILE_BLOCK,
        }
    }

    /// Blocks of 32 of the input that are rounded with one scale.
    pub(crate) const fn input_blocks(self) -> usize {
        match self {
            Self::Q8_0 | Self::Q4K | Self::Q6K => 1,
            Self::Q8K => STRETCH,
        }
    }

    /// Bytes of a row in a file.
    fn row_bytes(self, columns: usize) -> usize {
        assert!(columns > 0 && columns.is_multiple_of(self.block_columns()), "whole blocks");
        columns / self.block_columns() * self.block_bytes()
    }

    fn tile_bytes(self, columns: usize) -> usize {
        match self {
            Self::Q8_0 => Q8_0::bytes(columns),
            Self::Q4K => Q4K::bytes(columns),
            Self::Q6K => Q6K::bytes(columns),
            Self::Q8K => Q8K::bytes(columns),
        }
    }

    fn pack(self, tile: &mut [u8], row: usize, file: &[u8]) {
        match self {
            Self::Q8_0 => Q8_0::pack(tile, row, file),
            Self::Q4K => Q4K::pack(tile, row, file),
            Self::Q6K => Q6K::pack(tile, row, file),
            Self::Q8K => Q8K::pack(tile, row, file),
        }
    }
}

/// A matrix `[rows, columns]` of few bits, in tiles of 16 rows. Rows that fill the last tile up are zeros.
pub struct PackedMatrix {
    format: Format,
    rows: usize,
    columns: usize,
    tile_bytes: usize,
    bytes: Buffer,
}

impl PackedMatrix {
    /// Packs blocks as a file has them, row after row. Nothing is rounded again, and the file's bytes are not needed any
    /// more.
    ///
    /// # Panics
    /// If a row is not whole blocks, or the bytes are not those of so many.
    pub fn from_blocks(format: Format, rows: usize, columns: usize, file: &[u8]) -> Self {
        let per_row = format.row_bytes(columns);
        let read = |rows: Range<usize>| Ok(&file[rows.start * per_row..rows.end * per_row]);
        let Ok::<_, Infallible>(matrix) = Self::read_blocks(format, rows, columns, read);
        matrix
    }

    /// The same of blocks that `read` is asked for up to 16 rows at a time, by several threads.
    ///
    /// # Errors
    /// The first of `read`.
    ///
    /// # Panics
    /// If a row is not whole blocks, or the bytes are not those of the rows that were asked for.
    pub fn read_blocks<'f, Error: Send>(
        format: Format,
        rows: usize,
        columns: usize,
        read: impl Fn(Range<usize>) -> Result<&'f [u8], Error> + Sync,
    ) -> Result<Self, Error> {
        let per_row = format.row_bytes(columns);
        let mut matrix = Self::zeros(format, rows, columns);
        matrix.fill(
            || (),
            |(), tile, rows| {
                let file = read(rows.clone())?;
                assert_eq!(file.len(), rows.len() * per_row, "the bytes of {} rows", rows.len());
                for (row, file) in file.chunks_exact(per_row).enumerate() {
                    format.pack(tile, row, file);
                }
                Ok(())
            },
        )?;
        Ok(matrix)
    }

    /// Rounds rows of floats to Q8_0, or where `is_wide` to Q8_K; what has no whole blocks of 32 columns becomes Q8_0 in any
    /// case. `write` is asked for up to 16 rows at a time, by several threads.
    ///
    /// # Errors
    /// The first of `write`.
    pub fn from_rows<Error: Send>(
        set: InstructionSet,
        is_wide: bool,
        rows: usize,
        columns: usize,
        write: impl Fn(Range<usize>, &mut [f32]) -> Result<(), Error> + Sync,
    ) -> Result<Self, Error> {
        assert!(columns > 0, "rows of numbers");
        let is_wide = is_wide && columns.is_multiple_of(BLOCK);
        let format = if is_wide { Format::Q8K } else { Format::Q8_0 };
        let mut matrix = Self::zeros(format, rows, columns);
        let room = || vec![0.0; TILE_ROWS * columns];
        matrix.fill(room, |numbers, tile, rows| {
            let numbers = &mut numbers[..rows.len() * columns];
            write(rows, numbers)?;
            set.run(Round { format, numbers, columns, tile });
            Ok(())
        })?;
        Ok(matrix)
    }

    /// Has several threads fill the tiles with their rows, each with a room of its own.
    fn fill<Room, Error: Send>(
        &mut self,
        room: impl Fn() -> Room + Send + Sync,
        fill: impl Fn(&mut Room, &mut [u8], Range<usize>) -> Result<(), Error> + Send + Sync,
    ) -> Result<(), Error> {
        let rows = self.rows;
        let tiles = self.bytes.par_chunks_exact_mut(self.tile_bytes).enumerate();
        tiles.try_for_each_init(room, |room, (place, tile)| {
            let first = place * TILE_ROWS;
            fill(room, tile, first..(first + TILE_ROWS).min(rows))
        })?;
        self.bytes.settle();
        Ok(())
    }

    fn zeros(format: Format, rows: usize, columns: usize) -> Self {
        let tile_bytes = format.tile_bytes(columns);
        let bytes = Buffer::zeros(rows.div_ceil(TILE_ROWS) * tile_bytes);
        Self { format, rows, columns, tile_bytes, bytes }
    }

    /// Its kind of block.
    pub fn format(&self) -> Format {
        self.format
    }

    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns it has.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Bytes of memory that it takes.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Writes the numbers of a row.
    ///
    /// # Panics
    /// If there is no such row, or `numbers` are not as many as there are columns.
    pub fn row(&self, row: usize, numbers: &mut [f32]) {
        assert!(row < self.rows && numbers.len() == self.columns, "row {row} of {}", self.rows);
        let (tile, row) = (self.tile(row / TILE_ROWS), row % TILE_ROWS);
        match self.format {
            Format::Q8_0 => Q8_0::unpack(tile, row, numbers),
            Format::Q4K => Q4K::unpack(tile, row, numbers),
            Format::Q6K => Q6K::unpack(tile, row, numbers),
            Format::Q8K => Q8K::unpack(tile, row, numbers),
        }
    }

    pub(crate) fn tiles(&self) -> usize {
        self.rows.div_ceil(TILE_ROWS)
    }

    pub(crate) fn tile(&self, tile: usize) -> &[u8] {
        &self.bytes[tile * self.tile_bytes..][..self.tile_bytes]
    }
}

/// Rounds the rows of a tile.
struct Round<'a> {
    format: Format,
    numbers: &'a [f32],
    columns: usize,
    tile: &'a mut [u8],
}

impl Work for Round<'_> {
    #[inline(always)]
    fn run<S: Simd>(self) {
        let mut file = Vec::with_capacity(self.columns.div_ceil(BLOCK) * q8_0::FILE_BLOCK);
        for (row, numbers) in self.numbers.chunks_exact(self.columns).enumerate() {
            file.clear();
            let (blocks, rest) = numbers.as_chunks::<BLOCK>();
            if self.format == Format::Q8K {
                for blocks in blocks.chunks(STRETCH) {
                    file.extend_from_slice(&q8_k::round_block(blocks));
                }
            } else {
                for block in blocks {
                    file.extend_from_slice(&q8_0::round_block(block));
                }
            }
            if !rest.is_empty() {
                let mut block = [0.0; BLOCK];
                block[..rest.len()].copy_from_slice(rest);
                file.extend_from_slice(&q8_0::round_block(&block));
            }
            self.format.pack(self.tile, row, &file);
        }
    }
}
