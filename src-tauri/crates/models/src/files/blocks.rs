//! A quantised tensor as its file has it.

use std::borrow::Cow;
use std::ops::Range;

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{Device, Result, Tensor, bail};

use super::WeightResult;
use super::numbers::check_blocks;

/// Blocks of few bits, usually where the file is mapped: what is made of them holds nothing of it.
#[derive(Clone)]
pub struct Blocks<'a> {
    dtype: GgmlDType,
    shape: Vec<usize>,
    bytes: Cow<'a, [u8]>,
}

impl<'a> Blocks<'a> {
    /// Whole blocks of this kind, as many as the shape wants.
    pub fn new(dtype: GgmlDType, shape: Vec<usize>, bytes: Cow<'a, [u8]>) -> Result<Self> {
        let blocks = shape.iter().product::<usize>() / dtype.block_size();
        let has_whole_rows = shape.last().is_some_and(|row| row.is_multiple_of(dtype.block_size()));
        if !has_whole_rows || bytes.len() != blocks * dtype.type_size() {
            bail!("{} bytes are not the {dtype:?} blocks of {shape:?}", bytes.len());
        }
        Ok(Self { dtype, shape, bytes })
    }

    /// The kind of block.
    pub fn dtype(&self) -> GgmlDType {
        self.dtype
    }

    /// The tensor's shape, rows before columns.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The blocks, row after row.
    pub fn bytes(&self) -> WeightResult<&[u8]> {
        check_blocks(&self.bytes, self.dtype)?;
        Ok(&self.bytes)
    }

    /// All numbers as f32.
    pub fn dequantize(&self) -> WeightResult<Tensor> {
        // The copy is aligned as candle's blocks want it; the file's bytes need not be.
        let bytes = Cow::Owned(self.bytes()?.to_vec());
        let storage = QStorage::from_data(bytes, &Device::Cpu, self.dtype)?;
        Ok(QTensor::new(storage, self.shape.as_slice())?.dequantize(&Device::Cpu)?)
    }

    /// These rows of a matrix.
    pub fn rows(&self, rows: Range<usize>) -> Result<Blocks<'_>> {
        let (columns, bytes) = self.columns_and_bytes(&rows)?;
        Blocks::new(self.dtype, vec![rows.len(), columns], Cow::Borrowed(bytes))
    }

    /// The blocks of these rows of a matrix.
    pub fn row_bytes(&self, rows: Range<usize>) -> WeightResult<&[u8]> {
        let (_, bytes) = self.columns_and_bytes(&rows)?;
        check_blocks(bytes, self.dtype)?;
        Ok(bytes)
    }

    fn columns_and_bytes(&self, rows: &Range<usize>) -> Result<(usize, &[u8])> {
        let [_, columns] = self.shape[..] else { bail!("{:?} is no matrix", self.shape) };
        let row = columns / self.dtype.block_size() * self.dtype.type_size();
        Ok((columns, &self.bytes[rows.start * row..rows.end * row]))
    }
}
