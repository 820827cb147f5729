//! A weight matrix in the form that its device multiplies fastest.

use std::borrow::Cow;
use std::sync::Arc;

use bimo_kernels::{InstructionSet, PackedMatrix, Product, multiply};
use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{D, DType, Device, Result, Tensor, bail};

use super::packed::{dtype_of, look_up_packed, multiply_packed, pack, rows_and_columns};
use super::{Activation, Placement, Precision, numbers, with_numbers};
use crate::threads::pool;
use crate::{Blocks, Weight, WeightResult};

/// candle's kernels want whole super-blocks of 256 columns and tiles of 16 rows; anything else falls to a row-by-row
/// product that is many times slower.
const COLUMNS_MULTIPLE: usize = 256;
const ROWS_MULTIPLE: usize = 16;

/// On Arm processors that have no products of bytes candle's kernels are faster than the plain loops of ours.
fn candle_is_faster() -> bool {
    cfg!(target_arch = "aarch64") && InstructionSet::chosen() == InstructionSet::PORTABLE
}

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
    /// Few bits, on the processor.
    Packed(Arc<PackedMatrix>),
    /// Few bits, where candle multiplies; padded with zeros to what its fast kernels want.
    Blocks(Arc<QTensor>),
}

/// A product that is wanted as numbers: `bend(x matrix^T + bias)`.
pub(super) struct Wanted<'a> {
    pub matrix: &'a Matrix,
    pub bias: Option<&'a Tensor>,
    /// The same numbers.
    pub bias_numbers: Option<&'a [f32]>,
    pub bend: Option<Activation>,
    /// As many numbers as the matrix has rows, for each row of `x`.
    pub output: &'a mut [f32],
}

impl Matrix {
    /// Puts a weight of shape `[rows, columns]` on the device.
    pub fn new(weight: &Weight<'_>, placement: &Placement) -> WeightResult<Self> {
        let shape = match weight {
            Weight::Float(floats) => floats.shape(),
            Weight::Quantized(blocks) => blocks.shape(),
        };
        let (rows, columns) = rows_and_columns(shape)?;
        let form = match (placement.precision, weight) {
            (Precision::Exact, weight) => Form::Float(to_float(weight, &placement.device)?),
            (Precision::Fast, weight) if placement.device.is_cpu() && !candle_is_faster() => {
                Form::Packed(Arc::new(pack(weight, placement.wide_blocks)?))
            }
            (Precision::Fast, Weight::Quantized(blocks)) if is_fast(blocks.dtype()) => {
                Form::Blocks(Arc::new(pad_blocks(blocks, rows, columns, &placement.device)?))
            }
            (Precision::Fast, weight) => {
                let padded = pad_float(&to_float(weight, &Device::Cpu)?, rows, columns)?;
                let blocks = QTensor::quantize_onto(&padded, GgmlDType::Q8_0, &placement.device)?;
                Form::Blocks(Arc::new(blocks))
            }
        };
        Ok(Self { form, rows, columns })
    }

    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Where it is.
    pub fn device(&self) -> Device {
        match &self.form {
            Form::Float(tensor) => tensor.device().clone(),
            Form::Packed(_) => Device::Cpu,
            Form::Blocks(blocks) => blocks.device(),
        }
    }

    /// The kind of its numbers in memory.
    pub fn dtype(&self) -> GgmlDType {
        match &self.form {
            Form::Float(_) => GgmlDType::F32,
            Form::Packed(matrix) => dtype_of(matrix),
            Form::Blocks(blocks) => blocks.dtype(),
        }
    }

    /// `[n, columns]` to `[n, rows]`.
    pub fn multiply(&self, x: &Tensor) -> Result<Tensor> {
        self.multiply_adding(x, None)
    }

    /// The same with a vector added to each row.
    pub fn multiply_adding(&self, x: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
        self.multiply_bending(x, bias, None)
    }

    /// The same, and every number goes through a curve.
    pub fn multiply_bending(
        &self,
        x: &Tensor,
        bias: Option<&Tensor>,
        activation: Option<Activation>,
    ) -> Result<Tensor> {
        let product = match &self.form {
            Form::Packed(matrix) => {
                let curve = activation.map(Activation::curve);
                let product = multiply_packed(x, &[(matrix, bias, curve)])?.pop();
                let mut shape = x.dims().to_vec();
                if let Some(width) = shape.last_mut() {
                    *width = self.rows;
                }
                return Tensor::from_vec(product.ok_or_else(none)?, shape, &Device::Cpu);
            }
            Form::Float(weight) => x.matmul(&weight.t()?)?,
            Form::Blocks(blocks) => self.multiply_blocks(blocks, x)?,
        };
        let product = match bias {
            Some(bias) => product.broadcast_add(bias)?,
            None => product,
        };
        match activation {
            Some(activation) => activation.bend(&product),
            None => Ok(product),
        }
    }

    /// Products of the same rows, each with a vector added or none, as numbers row after row.
    pub fn multiply_all<const N: usize>(
        layers: [(&Self, Option<&Tensor>); N],
        x: &Tensor,
    ) -> Result<[Vec<f32>; N]> {
        let packed: Option<Vec<_>> = layers
            .iter()
            .map(|(matrix, bias)| match &matrix.form {
                Form::Packed(matrix) => Some((&**matrix, *bias, None)),
                Form::Float(_) | Form::Blocks(_) => None,
            })
            .collect();
        let products = match packed {
            Some(packed) => multiply_packed(x, &packed)?,
            None => {
                let one = |(matrix, bias): (&Self, _)| numbers(&matrix.multiply_adding(x, bias)?);
                layers.into_iter().map(one).collect::<Result<_>>()?
            }
        };
        products.try_into().map_err(|_| none())
    }

    /// Products of the same rows, which lie one after another on the processor, wherever the matrices are.
    pub(super) fn write_all<const N: usize>(x: &[f32], wanted: [Wanted<'_>; N]) -> Result<()> {
        let (mut products, mut others) = (Vec::with_capacity(N), Vec::new());
        for wanted in wanted {
            if !x.len().is_multiple_of(wanted.matrix.columns) {
                bail!("{} numbers are no rows of {}", x.len(), wanted.matrix.columns);
            }
            match &wanted.matrix.form {
                Form::Packed(matrix) => products.push(Product {
                    matrix,
                    bias: wanted.bias_numbers,
                    curve: wanted.bend.map(Activation::curve),
                    output: wanted.output,
                }),
                Form::Float(_) | Form::Blocks(_) => others.push(wanted),
            }
        }
        multiply(pool(), InstructionSet::chosen(), x, &mut products);
        for Wanted { matrix, bias, bend, output, .. } in others {
            let x = Tensor::from_slice(x, ((), matrix.columns), &matrix.device())?;
            let product = matrix.multiply_bending(&x, bias, bend)?;
            with_numbers(&product, |numbers| output.copy_from_slice(numbers))?;
        }
        Ok(())
    }

    fn multiply_blocks(&self, blocks: &QTensor, x: &Tensor) -> Result<Tensor> {
        let (padded_rows, padded_columns) = blocks.shape().dims2()?;
        let x = match padded_columns - self.columns {
            0 => x.contiguous()?,
            missing => x.pad_with_zeros(D::Minus1, 0, missing)?,
        };
        let product = x.apply_op1_no_bwd(blocks)?;
        if padded_rows == self.rows { Ok(product) } else { product.narrow(D::Minus1, 0, self.rows) }
    }

    /// The rows with these numbers, `[n]` to `[n, columns]`.
    pub fn look_up(&self, numbers: &Tensor) -> Result<Tensor> {
        match &self.form {
            Form::Float(weight) => weight.index_select(numbers, 0),
            Form::Packed(matrix) => look_up_packed(matrix, numbers),
            Form::Blocks(blocks) => {
                blocks.embedding(numbers)?.narrow(D::Minus1, 0, self.columns)?.contiguous()
            }
        }
    }
}

fn none() -> candle_core::Error {
    candle_core::Error::Msg("a product is missing".into())
}

/// True for the kinds that candle multiplies with vector instructions on every processor it knows.
fn is_fast(dtype: GgmlDType) -> bool {
    matches!(dtype, GgmlDType::Q4K | GgmlDType::Q6K | GgmlDType::Q8_0)
}

fn to_float(weight: &Weight<'_>, device: &Device) -> WeightResult<Tensor> {
    Ok(match weight {
        Weight::Float(floats) => floats.tensor()?.to_dtype(DType::F32)?.to_device(device)?,
        Weight::Quantized(blocks) => blocks.dequantize()?.to_device(device)?,
    })
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
fn pad_blocks(
    blocks: &Blocks<'_>,
    rows: usize,
    columns: usize,
    device: &Device,
) -> WeightResult<QTensor> {
    let (padded_rows, padded_columns) = padded(rows, columns);
    let dtype = blocks.dtype();
    let row_bytes = |columns: usize| columns / dtype.block_size() * dtype.type_size();
    let mut bytes = vec![0; padded_rows * row_bytes(padded_columns)];
    let places = bytes.chunks_exact_mut(row_bytes(padded_columns));
    for (place, row) in places.zip(blocks.bytes()?.chunks_exact(row_bytes(columns))) {
        place[..row.len()].copy_from_slice(row);
    }
    let storage = QStorage::from_data(Cow::Owned(bytes), device, dtype)?;
    Ok(QTensor::new(storage, (padded_rows, padded_columns))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAST: Placement =
        Placement { device: Device::Cpu, precision: Precision::Fast, wide_blocks: false };
    const EXACT: Placement =
        Placement { device: Device::Cpu, precision: Precision::Exact, wide_blocks: false };

    /// Numbers without a pattern that a block could fit exactly.
    fn made_up(rows: usize, columns: usize) -> Tensor {
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

    fn blocks(numbers: &Tensor, dtype: GgmlDType) -> Weight<'static> {
        let quantized = QTensor::quantize(numbers, dtype).unwrap();
        let bytes = Cow::Owned(quantized.data().unwrap().into_owned());
        Weight::Quantized(Blocks::new(dtype, numbers.dims().to_vec(), bytes).unwrap())
    }

    fn largest_difference(a: &Tensor, b: &Tensor) -> f32 {
        let difference = (a - b).unwrap().abs().unwrap().flatten_all().unwrap();
        difference.max(0).unwrap().to_scalar().unwrap()
    }

    #[test]
    fn products_and_rows_are_those_of_the_blocks_as_candle_reads_them() {
        for (dtype, rows, columns) in [
            (GgmlDType::Q8_0, 32, 256),
            (GgmlDType::Q8_0, 5, 96),
            (GgmlDType::Q8_0, 33, 896),
            (GgmlDType::Q4K, 19, 512),
            (GgmlDType::Q6K, 40, 256),
        ] {
            let weight = blocks(&made_up(rows, columns), dtype);
            let as_stored = to_float(&weight, &Device::Cpu).unwrap();
            let matrix = Matrix::new(&weight, &FAST).unwrap();
            assert_eq!(matrix.dtype(), dtype);
            let x = whole_numbers(3, columns);
            let expected = x.matmul(&as_stored.t().unwrap()).unwrap();
            let product = matrix.multiply(&x).unwrap();
            assert_eq!(product.dims(), [3, rows]);
            let largest = columns as f32 * 127.0;
            let far = largest_difference(&product, &expected);
            assert!(far < 1e-6 * largest, "{dtype:?} {rows}x{columns}: {far}");
            let ids = Tensor::new(&[4u32, 0], &Device::Cpu).unwrap();
            let looked_up = matrix.look_up(&ids).unwrap();
            assert!(
                largest_difference(&looked_up, &as_stored.index_select(&ids, 0).unwrap()) < 1e-6
            );
            assert!(matrix.look_up(&Tensor::new(&[rows as u32], &Device::Cpu).unwrap()).is_err());
        }
    }

    #[test]
    fn what_has_no_fast_path_becomes_q8_0_and_exact_stays_exact() {
        let weight = made_up(4, 64);
        let slow = blocks(&weight, GgmlDType::Q5_0);
        let as_stored = to_float(&slow, &Device::Cpu).unwrap();
        let exact =
            Matrix::new(&Weight::Float(weight.clone().try_into().unwrap()), &EXACT).unwrap();
        assert_eq!(exact.dtype(), GgmlDType::F32);
        let ids = Tensor::new(&[0u32, 1, 2, 3], &Device::Cpu).unwrap();
        assert_eq!(largest_difference(&exact.look_up(&ids).unwrap(), &weight), 0.0);
        let fast = Matrix::new(&slow, &FAST).unwrap();
        assert_eq!(fast.dtype(), GgmlDType::Q8_0);
        // Q8_0 steps by 1/127 of a block's largest number and rounds to half a step.
        assert!(largest_difference(&fast.look_up(&ids).unwrap(), &as_stored) <= 1.01 / 254.0);
    }
}
