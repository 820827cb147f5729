//! Tensors as slices and back, for kernels.

use candle_core::{Device, Result, Storage, Tensor, bail};

/// A copy of a tensor's numbers, row after row, from any device.
pub(crate) fn numbers(tensor: &Tensor) -> Result<Vec<f32>> {
    with_numbers(tensor, <[f32]>::to_vec)
}

/// Looks at a tensor's numbers, row after row, from any device.
pub(crate) fn with_numbers<R>(tensor: &Tensor, look: impl FnOnce(&[f32]) -> R) -> Result<R> {
    let tensor = tensor.contiguous()?.to_device(&Device::Cpu)?;
    let (storage, layout) = tensor.storage_and_layout();
    let Storage::Cpu(storage) = &*storage else { bail!("numbers of another device") };
    Ok(look(&storage.as_slice::<f32>()?[layout.start_offset()..][..layout.shape().elem_count()]))
}

/// Rows of `width` numbers.
pub(crate) fn rows(numbers: Vec<f32>, width: usize) -> Result<Tensor> {
    let count = numbers.len() / width;
    Tensor::from_vec(numbers, (count, width), &Device::Cpu)
}
