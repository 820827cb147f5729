//! A tensor of floats as its file has it.

use std::borrow::Cow;
use std::ops::Range;

use candle_core::{DType, Device, Result, Tensor, bail};
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};

use super::WeightResult;
use super::numbers::check_floats;

/// Numbers of 16 or 32 bits, little-endian, usually where the file is mapped: nothing is copied before it is known what is
/// to be made of them.
#[derive(Clone)]
pub struct Floats<'a> {
    dtype: DType,
    shape: Vec<usize>,
    bytes: Cow<'a, [u8]>,
}

impl<'a> Floats<'a> {
    /// F32, F16 or BF16, as many as the shape wants.
    pub fn new(dtype: DType, shape: Vec<usize>, bytes: Cow<'a, [u8]>) -> Result<Self> {
        let numbers = shape.iter().product::<usize>();
        if !matches!(dtype, DType::F32 | DType::F16 | DType::BF16)
            || bytes.len() != numbers * dtype.size_in_bytes()
        {
            bail!("{} bytes are not the {dtype:?} numbers of {shape:?}", bytes.len());
        }
        Ok(Self { dtype, shape, bytes })
    }

    /// How its numbers are kept.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// The tensor's shape, rows before columns.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// All numbers, in their precision.
    pub fn tensor(&self) -> WeightResult<Tensor> {
        check_floats(&self.bytes, self.dtype)?;
        Ok(Tensor::from_raw_buffer(&self.bytes, self.dtype, &self.shape, &Device::Cpu)?)
    }

    /// Writes some rows of a matrix as f32.
    ///
    /// # Errors
    /// If it is no matrix of such rows, or `to` is not as long as they are, or some are not numbers.
    pub fn write_rows(&self, rows: Range<usize>, to: &mut [f32]) -> WeightResult<()> {
        let bytes = self.bytes_of(rows, to.len())?;
        check_floats(bytes, self.dtype)?;
        match self.dtype {
            DType::F16 => write_halves(bytes, to, f16::from_le_bytes),
            DType::BF16 => write_halves(bytes, to, bf16::from_le_bytes),
            _ => {
                for (to, number) in to.iter_mut().zip(bytes.as_chunks().0) {
                    *to = f32::from_le_bytes(*number);
                }
            }
        }
        Ok(())
    }

    /// The bytes of some rows, which are so many numbers.
    fn bytes_of(&self, rows: Range<usize>, numbers: usize) -> Result<&[u8]> {
        let [all, columns] = self.shape[..] else { bail!("{:?} is no matrix", self.shape) };
        let places = rows.start * columns..rows.end * columns;
        if rows.end > all || numbers != places.len() {
            bail!("rows {rows:?} of {all} are not {numbers} numbers");
        }
        let width = self.dtype.size_in_bytes();
        Ok(&self.bytes[places.start * width..places.end * width])
    }
}

/// A file's halves need not be aligned as the conversion of many at once wants them.
fn write_halves<Half: Copy + Default>(bytes: &[u8], to: &mut [f32], read: impl Fn([u8; 2]) -> Half)
where
    [Half]: HalfFloatSliceExt,
{
    const AT_A_TIME: usize = 256;
    let mut halves = [Half::default(); AT_A_TIME];
    for (bytes, to) in bytes.chunks(2 * AT_A_TIME).zip(to.chunks_mut(AT_A_TIME)) {
        let halves = &mut halves[..to.len()];
        for (half, bytes) in halves.iter_mut().zip(bytes.as_chunks().0) {
            *half = read(*bytes);
        }
        halves.convert_to_f32_slice(to);
    }
}

impl TryFrom<Tensor> for Floats<'static> {
    type Error = candle_core::Error;

    fn try_from(tensor: Tensor) -> Result<Self> {
        let numbers = tensor.flatten_all()?;
        let bytes: Vec<u8> = match tensor.dtype() {
            DType::F16 => {
                numbers.to_vec1::<f16>()?.into_iter().flat_map(f16::to_le_bytes).collect()
            }
            DType::BF16 => {
                numbers.to_vec1::<bf16>()?.into_iter().flat_map(bf16::to_le_bytes).collect()
            }
            _ => numbers.to_vec1::<f32>()?.into_iter().flat_map(f32::to_le_bytes).collect(),
        };
        Self::new(tensor.dtype(), tensor.dims().to_vec(), Cow::Owned(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_those_of_the_tensor_in_every_kind_of_float() {
        let numbers = (0..7 * 300).map(|i| (i as f32 - 1000.0) / 8.0);
        let tensor = Tensor::from_vec(numbers.collect::<Vec<_>>(), (7, 300), &Device::Cpu).unwrap();
        for dtype in [DType::F32, DType::F16, DType::BF16] {
            let tensor = tensor.to_dtype(dtype).unwrap();
            let floats = Floats::try_from(tensor.clone()).unwrap();
            assert_eq!((floats.dtype(), floats.shape()), (dtype, &[7, 300][..]));
            let as_f32 = |tensor: &Tensor| {
                let floats = tensor.to_dtype(DType::F32).unwrap();
                floats.flatten_all().unwrap().to_vec1::<f32>().unwrap()
            };
            assert_eq!(as_f32(&floats.tensor().unwrap()), as_f32(&tensor));
            let mut rows = vec![0.0; 3 * 300];
            floats.write_rows(2..5, &mut rows).unwrap();
            assert_eq!(rows, as_f32(&tensor.narrow(0, 2, 3).unwrap()), "{dtype:?}");
            assert!(floats.write_rows(6..9, &mut rows).is_err());
        }
        assert!(Floats::new(DType::F32, vec![2], Cow::Borrowed(&[0; 7])).is_err());
        assert!(Floats::new(DType::U8, vec![2], Cow::Borrowed(&[0; 2])).is_err());
    }
}
