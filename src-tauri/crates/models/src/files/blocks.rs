//! A quantised tensor as its file has it.

use std::borrow::Cow;
use std::ops::Range;

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{Device, Result, Tensor, bail};

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
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// All numbers as f32.
    pub fn dequantize(&self) -> Result<Tensor> {
        // The copy is aligned as candle's blocks want it; the file's bytes need not be.
        let storage =
            QStorage::from_data(Cow::Owned(self.bytes.to_vec()), &Device::Cpu, self.dtype)?;
        QTensor::new(storage, self.shape.as_slice())?.dequantize(&Device::Cpu)
    }

    /// These rows of a matrix.
    pub fn rows(&self, rows: Range<usize>) -> Result<Blocks<'_>> {
        let [_, columns] = self.shape[..] else { bail!("{:?} is no matrix", self.shape) };
        let row = columns / self.dtype.block_size() * self.dtype.type_size();
        let bytes = &self.bytes[rows.start * row..rows.end * row];
        Blocks::new(self.dtype, vec![rows.len(), columns], Cow::Borrowed(bytes))
    }
}
