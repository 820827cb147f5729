//! A GGUF and its tensors, in one file or in several.

use std::borrow::Cow;
use std::path::Path;

use bimo_engine::EngineError;
use candle_core::DType;
use candle_core::quantized::GgmlDType;

use super::bytes::Bytes;
use super::digest::Original;
use super::gguf_header::Header;
use super::{Blocks, Floats, Weight, Weights, gguf_parts};
use crate::layers::compute;

/// Files with their headers read.
pub(super) struct Gguf {
    /// In the order of their parts.
    files: Vec<Bytes>,
    header: Header,
}

impl Gguf {
    /// From one file that is in memory.
    pub fn read(bytes: Bytes) -> Result<Self, EngineError> {
        Ok(Self { header: Header::read(&bytes)?, files: vec![bytes] })
    }

    /// From the disk, with all parts where it is split.
    pub fn open(path: &Path) -> Result<Self, EngineError> {
        let (files, header) = gguf_parts::read(path)?;
        Ok(Self { files, header })
    }

    pub fn header(&self) -> &Header {
        &self.header
    }

    /// What its digest is made of, in the order of the parts.
    pub fn originals(&self) -> Vec<Original> {
        self.files.iter().map(Bytes::original).collect()
    }

    /// Bytes of all tensors.
    pub fn weight_bytes(&self) -> u64 {
        self.header.tensors.values().map(|place| place.bytes as u64).sum()
    }

    /// Number of weights.
    pub fn parameters(&self) -> u64 {
        let numbers = |shape: &[usize]| shape.iter().map(|&size| size as u64).product::<u64>();
        self.header.tensors.values().map(|place| numbers(&place.shape)).sum()
    }
}

impl Weights for Gguf {
    fn contains(&self, name: &str) -> bool {
        self.header.tensors.contains_key(name)
    }

    fn get(&self, name: &str) -> Result<Weight<'_>, EngineError> {
        let place = self.header.tensors.get(name).ok_or_else(|| missing(name))?;
        let data = &self.files[place.part][place.start..place.start + place.bytes];
        let float = match place.dtype {
            GgmlDType::F32 => Some(DType::F32),
            GgmlDType::F16 => Some(DType::F16),
            GgmlDType::BF16 => Some(DType::BF16),
            _ => None,
        };
        let weight = match (float, place.dtype) {
            (Some(dtype), _) => {
                Floats::new(dtype, place.shape.clone(), Cow::Borrowed(data)).map(Weight::Float)
            }
            (None, dtype) => {
                Blocks::new(dtype, place.shape.clone(), Cow::Borrowed(data)).map(Weight::Quantized)
            }
        };
        weight.map_err(compute)
    }

    fn release(&self, name: &str) {
        if let Some(place) = self.header.tensors.get(name) {
            self.files[place.part].release(place.start..place.start + place.bytes);
        }
    }
}

/// The error where a tensor is not there.
pub(super) fn missing(name: &str) -> EngineError {
    EngineError::ModelIncomplete(format!("the tensor {name} is not in the file; download it again"))
}
