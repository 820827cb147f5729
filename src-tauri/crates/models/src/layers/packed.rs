//! Products on the processor: from tensors to slices and back.

use bimo_kernels::{Curve, Format, InstructionSet, PackedMatrix, Product, multiply};
use candle_core::quantized::GgmlDType;
use candle_core::{DType, Device, Result, Tensor, bail};

use super::rows::with_numbers;
use crate::threads::pool;
use crate::{Blocks, Floats, Weight, WeightResult};

/// Packs a matrix; what has no kernels becomes Q8_0, and floats Q8_K where `is_wide`.
pub(super) fn pack(weight: &Weight<'_>, is_wide: bool) -> WeightResult<PackedMatrix> {
    match weight {
        Weight::Float(floats) => pack_floats(floats, is_wide),
        Weight::Quantized(blocks) => {
            let (rows, columns) = rows_and_columns(blocks.shape())?;
            match format_of(blocks.dtype()) {
                Some(format) => {
                    PackedMatrix::read_blocks(format, rows, columns, |rows| blocks.row_bytes(rows))
                }
                None => pack_others(blocks, rows, columns),
            }
        }
    }
}

fn format_of(dtype: GgmlDType) -> Option<Format> {
    match dtype {
        GgmlDType::Q8_0 => Some(Format::Q8_0),
        GgmlDType::Q4K => Some(Format::Q4K),
        GgmlDType::Q6K => Some(Format::Q6K),
        _ => None,
    }
}

/// The name that files have for what a matrix is kept as.
pub(super) fn dtype_of(matrix: &PackedMatrix) -> GgmlDType {
    match matrix.format() {
        Format::Q8_0 => GgmlDType::Q8_0,
        Format::Q4K => GgmlDType::Q4K,
        Format::Q6K => GgmlDType::Q6K,
        Format::Q8K => GgmlDType::Q8K,
    }
}

fn pack_floats(floats: &Floats<'_>, is_wide: bool) -> WeightResult<PackedMatrix> {
    let (rows, columns) = rows_and_columns(floats.shape())?;
    let set = InstructionSet::chosen();
    PackedMatrix::from_rows(set, is_wide, rows, columns, |rows, to| floats.write_rows(rows, to))
}

/// Rounds blocks to Q8_0, some rows at a time.
fn pack_others(blocks: &Blocks<'_>, rows: usize, columns: usize) -> WeightResult<PackedMatrix> {
    let set = InstructionSet::chosen();
    PackedMatrix::from_rows(set, false, rows, columns, |rows, to| {
        let floats = blocks.rows(rows)?.dequantize()?;
        Ok(with_numbers(&floats, |floats| to.copy_from_slice(floats))?)
    })
}

/// The size of a matrix of that shape.
pub(super) fn rows_and_columns(shape: &[usize]) -> Result<(usize, usize)> {
    let &[rows, columns] = shape else { bail!("{shape:?} is no matrix") };
    Ok((rows, columns))
}

/// A packed matrix, what is added to its product, and what that goes through.
pub(super) type Layer<'a> = (&'a PackedMatrix, Option<&'a Tensor>, Option<Curve>);

/// `curve(x matrix^T + bias)` for each, row after row.
pub(super) fn multiply_packed(x: &Tensor, layers: &[Layer<'_>]) -> Result<Vec<Vec<f32>>> {
    let columns = x.dims().last().copied().unwrap_or_default();
    if layers.iter().any(|(matrix, ..)| matrix.columns() != columns) {
        bail!("rows of {columns} numbers are not as wide as the matrices");
    }
    let inputs = x.elem_count() / columns.max(1);
    let biases = layers.iter().map(|(_, bias, _)| bias.map(Tensor::to_vec1::<f32>).transpose());
    let biases = biases.collect::<Result<Vec<_>>>()?;
    let room = |(matrix, ..): &Layer<'_>| vec![0.0f32; inputs * matrix.rows()];
    let mut outputs: Vec<Vec<f32>> = layers.iter().map(room).collect();
    let places = layers.iter().zip(&biases).zip(&mut outputs);
    let mut products: Vec<Product<'_>> = places
        .map(|((&(matrix, _, curve), bias), output)| Product {
            matrix,
            bias: bias.as_deref(),
            curve,
            output,
        })
        .collect();
    with_numbers(x, |x| multiply(pool(), InstructionSet::chosen(), x, &mut products))?;
    Ok(outputs)
}

/// The rows with these numbers.
pub(super) fn look_up_packed(matrix: &PackedMatrix, numbers: &Tensor) -> Result<Tensor> {
    let (numbers, columns) = (numbers.to_dtype(DType::U32)?.to_vec1::<u32>()?, matrix.columns());
    if let Some(number) = numbers.iter().find(|&&number| number as usize >= matrix.rows()) {
        bail!("there is no row {number} in a matrix of {}", matrix.rows());
    }
    let mut rows = vec![0.0; numbers.len() * columns];
    for (&number, row) in numbers.iter().zip(rows.chunks_exact_mut(columns)) {
        matrix.row(number as usize, row);
    }
    Tensor::from_vec(rows, (numbers.len(), columns), &Device::Cpu)
}
