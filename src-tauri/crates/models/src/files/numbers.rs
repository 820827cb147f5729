//! Whether the numbers of a tensor are numbers: one infinity among them makes nothing of every text, and eight-bit products
//! hide it.
//!
//! Source of the places: the blocks of ggml's quantised types.

use candle_core::DType;
use candle_core::quantized::GgmlDType;

use super::WeightError;

/// Refuses floats, little-endian.
pub(super) fn check_floats(data: &[u8], dtype: DType) -> Result<(), WeightError> {
    let is_finite = match dtype {
        DType::F16 => all(data, |bytes| u16::from_le_bytes(bytes) & F16_EXPONENT != F16_EXPONENT),
        DType::BF16 => {
            all(data, |bytes| u16::from_le_bytes(bytes) & BF16_EXPONENT != BF16_EXPONENT)
        }
        DType::F32 => all(data, |bytes| u32::from_le_bytes(bytes) & F32_EXPONENT != F32_EXPONENT),
        _ => true,
    };
    judge(is_finite)
}

/// Whether each number is good. Within a piece none is a reason to stop, so that vectors look at many at once.
fn all<const WIDTH: usize>(data: &[u8], is_good: impl Fn([u8; WIDTH]) -> bool) -> bool {
    const AT_A_TIME: usize = 1024;
    let mut pieces = data.as_chunks::<WIDTH>().0.chunks(AT_A_TIME);
    pieces.all(|piece| piece.iter().fold(true, |good, &number| good & is_good(number)))
}

/// The same for blocks, each of which has one or two scales in sixteen bits.
pub(super) fn check_blocks(data: &[u8], dtype: GgmlDType) -> Result<(), WeightError> {
    let scales: &[usize] = match dtype {
        GgmlDType::Q4_0 | GgmlDType::Q5_0 | GgmlDType::Q8_0 => &[0],
        GgmlDType::Q4_1 | GgmlDType::Q5_1 | GgmlDType::Q4K | GgmlDType::Q5K => &[0, 2],
        GgmlDType::Q2K => &[80, 82],
        GgmlDType::Q3K => &[108],
        GgmlDType::Q6K => &[208],
        _ => &[],
    };
    let is_finite = |block: &[u8]| {
        scales
            .iter()
            .all(|&at| halves(&block[at..at + 2]).all(|bits| bits & F16_EXPONENT != F16_EXPONENT))
    };
    judge(data.chunks_exact(dtype.type_size()).all(is_finite))
}

const F16_EXPONENT: u16 = 0x7C00;
const BF16_EXPONENT: u16 = 0x7F80;
const F32_EXPONENT: u32 = 0x7F80_0000;

fn halves(data: &[u8]) -> impl Iterator<Item = u16> {
    data.as_chunks().0.iter().map(|bytes| u16::from_le_bytes(*bytes))
}

fn judge(is_finite: bool) -> Result<(), WeightError> {
    if is_finite { Ok(()) } else { Err(WeightError::NotNumbers) }
}

#[cfg(test)]
mod tests {
    use candle_core::quantized::QTensor;
    use candle_core::{Device, Tensor};

    use super::*;

    #[test]
    fn a_value_that_is_no_number_is_found_in_every_kind_of_float() {
        for (dtype, one, infinite, none) in [
            (DType::F32, vec![0, 0, 0x80, 0x3F], vec![0, 0, 0x80, 0x7F], vec![1, 0, 0x80, 0xFF]),
            (DType::F16, vec![0, 0x3C], vec![0, 0x7C], vec![1, 0xFC]),
            (DType::BF16, vec![0x80, 0x3F], vec![0x80, 0x7F], vec![0xC0, 0xFF]),
        ] {
            let with =
                |last: &[u8]| check_floats(&[one.repeat(7), last.to_vec()].concat(), dtype).is_ok();
            assert_eq!((with(&one), with(&infinite), with(&none)), (true, false, false));
        }
    }

    /// Where a scale lies is seen from what the library writes: blocks that differ by their scale alone.
    #[test]
    fn a_scale_that_is_no_number_is_found_in_every_kind_of_block() {
        let numbers =
            (0..512).map(|i| ((i * 7919) % 1009) as f32 / 504.5 - 0.9).collect::<Vec<_>>();
        let tensor = Tensor::from_vec(numbers, (2, 256), &Device::Cpu).unwrap();
        for dtype in [
            GgmlDType::Q4_0,
            GgmlDType::Q4_1,
            GgmlDType::Q5_0,
            GgmlDType::Q5_1,
            GgmlDType::Q8_0,
            GgmlDType::Q2K,
            GgmlDType::Q3K,
            GgmlDType::Q4K,
            GgmlDType::Q5K,
            GgmlDType::Q6K,
        ] {
            let good = QTensor::quantize(&tensor, dtype).unwrap().data().unwrap().into_owned();
            assert!(check_blocks(&good, dtype).is_ok(), "{dtype:?}");
            let block = good.len() - dtype.type_size();
            let values = |data: &[u8]| {
                let storage = candle_core::quantized::QStorage::from_data(
                    std::borrow::Cow::Owned(data.to_vec()),
                    &Device::Cpu,
                    dtype,
                );
                let tensor = QTensor::new(storage.unwrap(), (2, 256)).unwrap();
                tensor
                    .dequantize(&Device::Cpu)
                    .unwrap()
                    .flatten_all()
                    .unwrap()
                    .to_vec1::<f32>()
                    .unwrap()
            };
            // Every byte pair that can make the block's values no numbers is one that is looked at.
            for at in (block..good.len() - 1).step_by(2) {
                let mut bad = good.clone();
                bad[at..at + 2].copy_from_slice(&[0x01, 0x7E]);
                let is_bad = values(&bad).iter().any(|value| !value.is_finite());
                assert_eq!(check_blocks(&bad, dtype).is_err(), is_bad, "{dtype:?} {at}");
            }
        }
    }
}
