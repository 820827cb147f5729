//! A matrix in packed tiles.

use crate::activations::BLOCK;
use crate::buffer::Buffer;
use crate::formats::q4_k::{self, Q4K};
use crate::formats::q6_k::{self, Q6K};
use crate::formats::q8_0::{self, Q8_0};
use crate::formats::{SUPER, TILE_ROWS, Tile};

/// A kind of block. The names are GGUF's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// 8 bits and a scale for 32.
    Q8_0,
    /// 4 bits; scales of scales.
    Q4K,
    /// 6 bits; scales of scales.
    Q6K,
}

impl Format {
    /// Columns of a block; a row is whole blocks.
    pub const fn block_columns(self) -> usize {
        match self {
            Self::Q8_0 => BLOCK,
            Self::Q4K | Self::Q6K => SUPER,
        }
    }

    /// Bytes of a block in a file.
    pub const fn block_bytes(self) -> usize {
        match self {
            Self::Q8_0 => q8_0::FILE_BLOCK,
            Self::Q4K => q4_k::FILE_BLOCK,
            Self::Q6K => q6_k::FILE_BLOCK,
        }
    }

    fn tile_bytes(self, columns: usize) -> usize {
        match self {
            Self::Q8_0 => Q8_0::bytes(columns),
            Self::Q4K => Q4K::bytes(columns),
            Self::Q6K => Q6K::bytes(columns),
        }
    }

    fn pack(self, tile: &mut [u8], row: usize, file: &[u8]) {
        match self {
            Self::Q8_0 => Q8_0::pack(tile, row, file),
            Self::Q4K => Q4K::pack(tile, row, file),
            Self::Q6K => Q6K::pack(tile, row, file),
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
        let per_row = columns / format.block_columns() * format.block_bytes();
        assert!(columns > 0 && columns.is_multiple_of(format.block_columns()), "whole blocks");
        assert_eq!(file.len(), rows * per_row, "the bytes of {rows} rows");
        let mut matrix = Self::zeros(format, rows, columns);
        let tiles = matrix.bytes.chunks_exact_mut(matrix.tile_bytes);
        for (tile, rows) in tiles.zip(file.chunks(TILE_ROWS * per_row)) {
            for (row, file) in rows.chunks_exact(per_row).enumerate() {
                format.pack(tile, row, file);
            }
        }
        matrix
    }

    /// Rounds rows of floats to Q8_0; they may have any number of columns. `write` is asked for one row after another.
    pub fn from_rows(
        rows: usize,
        columns: usize,
        mut write: impl FnMut(usize, &mut [f32]),
    ) -> Self {
        let mut matrix = Self::zeros(Format::Q8_0, rows, columns);
        let mut numbers = vec![0.0; columns];
        let mut file = Vec::new();
        for row in 0..rows {
            write(row, &mut numbers);
            file.clear();
            file.extend(numbers.chunks(BLOCK).flat_map(q8_0::round_block));
            let tile = &mut matrix.bytes[row / TILE_ROWS * matrix.tile_bytes..];
            Format::Q8_0.pack(&mut tile[..matrix.tile_bytes], row % TILE_ROWS, &file);
        }
        matrix
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
        }
    }

    pub(crate) fn tiles(&self) -> usize {
        self.rows.div_ceil(TILE_ROWS)
    }

    pub(crate) fn tile(&self, tile: usize) -> &[u8] {
        &self.bytes[tile * self.tile_bytes..][..self.tile_bytes]
    }
}
