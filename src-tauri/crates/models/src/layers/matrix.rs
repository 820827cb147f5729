//! A weight matrix in the form that its device multiplies fastest.

use std::borrow::Cow;
use std::sync::Arc;

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{D, Device, Result, Tensor};

use super::{Placement, Precision};
use crate::Weight;

/// The fast kernels want whole super-blocks of 256 columns and tiles of 16 rows; anything else falls to a
/// row-by-row product that is many times slower.
const COLUMNS_MULTIPLE: usize = 256;
const ROWS_MULTIPLE: usize = 16;

/// A matrix `[rows, columns]`: it turns vectors of `columns` numbers into vectors of `rows` numbers, and its own rows
/// can be looked up.
#[derive(Clone)]
pub(crate) struct Matrix {
    form: Form,
    rows: usize,
    columns: usize,
}

#[derive(Clone)]
enum Form {
    /// f32, `[rows, columns]`.
    Float(Tensor),
    /// Blocks of small integers; padded with zeros to what the fast kernels want.
    Blocks(Arc<QTensor>),
}

impl Matrix {
    /// Puts a weight of shape `[rows, columns]` on the device.
    pub fn new(weight: Weight, placement: &Placement) -> Result<Self> {
        let (rows, columns) = match &weight {
            Weight::Float(tensor) => tensor.dims2()?,
            Weight::Quantized(tensor) => tensor.shape().dims2()?,
        };
        let form = match (placement.precision, weight) {
            (Precision::Exact, weight) => Form::Float(to_float(&weight, &placement.device)?),
            (Precision::Fast, Weight::Quantized(tensor)) if is_fast(tensor.dtype()) => {
                Form::Blocks(Arc::new(pad_blocks(tensor, rows, columns, &placement.device)?))
            }
            (Precision::Fast, weight) => {
                let padded = pad_float(&to_float(&weight, &Device::Cpu)?, rows, columns)?;
                let blocks = QTensor::quantize_onto(&padded, GgmlDType::Q8_0, &placement.device)?;
                Form::Blocks(Arc::new(blocks))
            }
        };
        Ok(Self { form, rows, columns })
    }

    /// The kind of its numbers in memory.
    pub fn dtype(&self) -> GgmlDType {
        match &self.form {
            Form::Float(_) => GgmlDType::F32,
            Form::Blocks(blocks) => blocks.dtype(),
        }
    }

    /// `[n, columns]` to `[n, rows]`.
    pub fn multiply(&self, x: &Tensor) -> Result<Tensor> {
        match &self.form {
            Form::Float(weight) => x.matmul(&weight.t()?),
            Form::Blocks(blocks) => {
                let (padded_rows, padded_columns) = blocks.shape().dims2()?;
                let x = match padded_columns - self.columns {
                    0 => x.contiguous()?,
                    missing => x.pad_with_zeros(D::Minus1, 0, missing)?,
                };
                let product = x.apply_op1_no_bwd(blocks.as_ref())?;
                if padded_rows == self.rows {
                    Ok(product)
                } else {
                    product.narrow(D::Minus1, 0, self.rows)
                }
            }
        }
    }

    /// The rows with these numbers, `[n]` to `[n, columns]`.
    pub fn look_up(&self, numbers: &Tensor) -> Result<Tensor> {
        match &self.form {
            Form::Float(weight) => weight.index_select(numbers, 0),
            Form::Blocks(blocks) => {
                blocks.embedding(numbers)?.narrow(D::Minus1, 0, self.columns)?.contiguous()
            }
        }
    }
}

/// True for the kinds that candle multiplies with vector instructions on every processor it knows.
fn is_fast(dtype: GgmlDType) -> bool {
    matches!(dtype, GgmlDType::Q4K | GgmlDType::Q6K | GgmlDType::Q8_0)
}

fn to_float(weight: &Weight, device: &Device) -> Result<Tensor> {
    match weight {
        Weight::Float(tensor) => tensor.to_dtype(candle_core::DType::F32)?.to_device(device),
        Weight::Quantized(tensor) => tensor.dequantize(&Device::Cpu)?.to_device(device),
    }
}

fn padded(rows: usize, columns: usize) -> (usize, usize) {
    (rows.next_multiple_of(ROWS_MULTIPLE), columns.next_multiple_of(COLUMNS_MULTIPLE))
}

fn pad_float(tensor: &Tensor, rows: usize, columns: usize) -> Result<Tensor> {
    let (padded_rows, padded_columns) = padded(rows, columns);
    tensor
        .pad_with_zeros(1, 0, padded_columns - columns)?
        .pad_with_zeros(0, 0, padded_rows - rows)?
        .contiguous()
}

/// Pads without touching the numbers: in every kind of block, zero bytes are zeros.
fn pad_blocks(blocks: QTensor, rows: usize, columns: usize, device: &Device) -> Result<QTensor> {
    let (padded_rows, padded_columns) = padded(rows, columns);
    if (padded_rows, padded_columns) == (rows, columns) && device.is_cpu() {
        return Ok(blocks);
    }
    let dtype = blocks.dtype();
    let row_bytes = |columns: usize| columns / dtype.block_size() * dtype.type_size();
    let mut bytes = vec![0; padded_rows * row_bytes(padded_columns)];
    let data = blocks.data()?;
    let places = bytes.chunks_exact_mut(row_bytes(padded_columns));
    for (place, row) in places.zip(data.chunks_exact(row_bytes(columns))) {
        place[..row.len()].copy_from_slice(row);
    }
    QTensor::new(
        QStorage::from_data(Cow::Owned(bytes), device, dtype)?,
        (padded_rows, padded_columns),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAST: Placement = Placement { device: Device::Cpu, precision: Precision::Fast };
    const EXACT: Placement = Placement { device: Device::Cpu, precision: Precision::Exact };

    /// Numbers without a pattern that a block could fit exactly.
    fn numbers(rows: usize, columns: usize) -> Tensor {
        let numbers = (0..rows * columns).map(|i| ((i * 7919) % 1009) as f32 / 504.5 - 1.0);
        Tensor::from_vec(numbers.collect(), (rows, columns), &Device::Cpu).unwrap()
    }

    /// Whole numbers up to 127, which every block has: the kernels round their input to 8 bits, and these stay exact.
    fn whole_numbers(rows: usize, columns: usize) -> Tensor {
        let number =
            |i: usize| if i.is_multiple_of(32) { 127.0 } else { (i * 37 % 255) as f32 - 127.0 };
        let numbers: Vec<f32> = (0..rows * columns).map(number).collect();
        Tensor::from_vec(numbers, (rows, columns), &Device::Cpu).unwrap()
    }

    fn largest_difference(a: &Tensor, b: &Tensor) -> f32 {
        let difference = (a - b).unwrap().abs().unwrap().flatten_all().unwrap();
        difference.max(0).unwrap().to_scalar().unwrap()
    }

    #[test]
    fn padding_changes_no_product_and_no_row() {
        for (rows, columns) in [(32, 256), (5, 96), (33, 896)] {
            let weight = numbers(rows, columns);
            let blocks = QTensor::quantize(&weight, GgmlDType::Q8_0).unwrap();
            let as_stored = blocks.dequantize(&Device::Cpu).unwrap();
            let matrix = Matrix::new(Weight::Quantized(blocks), &FAST).unwrap();
            let x = whole_numbers(3, columns);
            let expected = x.matmul(&as_stored.t().unwrap()).unwrap();
            let product = matrix.multiply(&x).unwrap();
            assert_eq!(product.dims(), [3, rows]);
            let largest = columns as f32 * 127.0;
            assert!(largest_difference(&product, &expected) < 1e-6 * largest, "{rows}x{columns}");
            let ids = Tensor::new(&[4u32, 0], &Device::Cpu).unwrap();
            let looked_up = matrix.look_up(&ids).unwrap();
            assert_eq!(
                looked_up.to_vec2::<f32>().unwrap(),
                as_stored.index_select(&ids, 0).unwrap().to_vec2::<f32>().unwrap()
            );
        }
    }

    #[test]
    fn what_has_no_fast_path_becomes_q8_0_and_exact_stays_exact() {
        let weight = numbers(4, 64);
        let slow = QTensor::quantize(&weight, GgmlDType::Q5_0).unwrap();
        let as_stored = slow.dequantize(&Device::Cpu).unwrap();
        let exact = Matrix::new(Weight::Float(weight.clone()), &EXACT).unwrap();
        assert_eq!(exact.dtype(), GgmlDType::F32);
        let ids = Tensor::new(&[0u32, 1, 2, 3], &Device::Cpu).unwrap();
        assert_eq!(largest_difference(&exact.look_up(&ids).unwrap(), &weight), 0.0);
        let fast = Matrix::new(Weight::Quantized(slow), &FAST).unwrap();
        assert_eq!(fast.dtype(), GgmlDType::Q8_0);
        // Q8_0 steps by 1/127 of a block's largest number and rounds to half a step.
        assert!(largest_difference(&fast.look_up(&ids).unwrap(), &as_stored) <= 1.01 / 254.0);
    }
}
