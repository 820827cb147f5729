//! The tensors of PyTorch's own files, `pytorch_model.bin` for instance.
//!
//! **Invariant**: no tensor is larger than what lies in the file for it, and no number of it lies elsewhere.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use bimo_engine::EngineError;
use candle_core::DType;

use super::bytes::Bytes;
use super::digest::Original;
use super::gguf_header::invalid;
use super::pickle::{Place, Problem, Value};
use super::pytorch_parts::Parts;
use super::{Floats, file_name};
use crate::layers::compute;
use crate::limits::MAX_DIMENSIONS;

/// Before parameters could have hooks, and since.
const REBUILD: [&str; 2] = ["torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2"];
const REBUILD_PARAMETER: &str = "torch._utils._rebuild_parameter";
/// What every way to make a tensor is called.
const REBUILD_ANY: &str = "torch._utils._rebuild_";

/// A file with its tensors found.
pub(super) struct PytorchFile {
    bytes: Bytes,
    tensors: HashMap<String, Stored>,
}

/// A tensor in the file.
#[derive(Debug)]
pub(super) struct Stored {
    shape: Vec<usize>,
    /// Numbers from one place to the next, for each dimension.
    steps: Vec<usize>,
    /// What PyTorch calls its numbers, `Half` for instance.
    kind: String,
    /// Bytes of a number.
    pub width: usize,
    /// From its first number to the end of what it is a part of.
    place: Range<usize>,
}

impl PytorchFile {
    /// Opens it and finds its tensors.
    pub fn open(path: &Path) -> Result<Self, EngineError> {
        let named = file_name(path);
        let bytes = Bytes::of_file(path)?;
        let parts = Parts::of(&bytes).map_err(|problem| invalid(&named, problem))?;
        let Value::Map(pairs) = parts.pickle.value(parts.top) else {
            return Err(invalid(&named, "it is no mapping of names to tensors"));
        };
        let mut tensors = HashMap::new();
        for &(key, value) in pairs {
            let Some(name) = parts.pickle.text(key) else { continue };
            let found = arguments(&parts, value).map_err(|problem| {
                EngineError::ModelUnsupported(format!("{name} in {named}: {problem}"))
            })?;
            let Some(arguments) = found else { continue };
            let stored =
                Stored::read(&parts, arguments).map_err(|problem| invalid(name, problem))?;
            if !stored.fits() {
                let words = format!("{named} does not have all of {name}; download it again");
                return Err(EngineError::ModelIncomplete(words));
            }
            tensors.insert(name.to_owned(), stored);
        }
        drop(parts);
        Ok(Self { bytes, tensors })
    }

    /// Its tensors by their names.
    pub fn tensors(&self) -> impl Iterator<Item = (&String, &Stored)> {
        self.tensors.iter()
    }

    /// What its digest is made of.
    pub fn original(&self) -> Original {
        self.bytes.original()
    }

    /// A tensor's numbers.
    pub fn get(&self, name: &str) -> Result<Floats<'_>, EngineError> {
        let stored = self.tensors.get(name).ok_or_else(|| invalid(name, "it is not there"))?;
        let dtype = stored.dtype().ok_or_else(|| {
            EngineError::ModelUnsupported(format!("{name} is of type {}", stored.kind))
        })?;
        let data = &self.bytes[stored.place.clone()];
        let data = match stored.is_in_rows() {
            true => Cow::Borrowed(&data[..stored.elements() * stored.width]),
            false => Cow::Owned(stored.gather(data)),
        };
        Floats::new(dtype, stored.shape.clone(), data).map_err(compute)
    }

    /// Says that a tensor will not be read again soon.
    pub fn release(&self, name: &str) {
        if let Some(stored) = self.tensors.get(name) {
            let start = stored.place.start;
            self.bytes.release(start..start + stored.extent() * stored.width);
        }
    }
}

impl Stored {
    /// From storage, offset, sizes and steps.
    fn read(parts: &Parts, arguments: &[Place]) -> Result<Self, Problem> {
        let &[storage, offset, sizes, steps, ..] = arguments else {
            return Err("it is made of too little".to_owned());
        };
        let numbers = |place| -> Option<Vec<usize>> {
            let parts_of = parts.pickle.parts(place)?;
            let all = parts_of.iter().map(|&number| parts.pickle.number(number));
            if parts_of.len() <= MAX_DIMENSIONS { all.collect() } else { None }
        };
        let sizes = numbers(sizes)
            .filter(|sizes| product(sizes.iter().map(|&size| size.max(1))) < usize::MAX);
        let (shape, steps) = sizes.zip(numbers(steps)).ok_or("its sizes are no sizes")?;
        let Value::Outside(storage) = *parts.pickle.value(storage) else {
            return Err("its numbers are not in the file".to_owned());
        };
        let storage = parts.storage(storage)?;
        let offset = parts.pickle.number(offset).ok_or("it begins nowhere")?;
        let start = storage.place.start.saturating_add(offset.saturating_mul(storage.width));
        let place = start.min(storage.place.end)..storage.place.end;
        let stored = Self { shape, steps, kind: storage.kind, width: storage.width, place };
        if stored.shape.len() != stored.steps.len() || stored.elements() > stored.extent() {
            return Err("its numbers lie over each other".to_owned());
        }
        Ok(stored)
    }

    /// Numbers in it.
    pub fn elements(&self) -> usize {
        product(self.shape.iter().copied())
    }

    /// Numbers from its first to its last, both counted.
    fn extent(&self) -> usize {
        if self.shape.contains(&0) {
            return 0;
        }
        self.shape.iter().zip(&self.steps).fold(1, |extent: usize, (&size, &step)| {
            extent.saturating_add((size - 1).saturating_mul(step))
        })
    }

    fn fits(&self) -> bool {
        self.extent().saturating_mul(self.width) <= self.place.len()
    }

    /// Whether its numbers lie in the order of its rows, with none between.
    fn is_in_rows(&self) -> bool {
        let mut expected = 1;
        self.shape.iter().zip(&self.steps).rev().all(|(&size, &step)| {
            let is_next = size <= 1 || step == expected;
            expected *= size.max(1);
            is_next
        })
    }

    /// Its numbers in the order of its rows.
    fn gather(&self, data: &[u8]) -> Vec<u8> {
        let mut rows = Vec::with_capacity(self.elements() * self.width);
        let mut index = vec![0; self.shape.len()];
        for _ in 0..self.elements() {
            let steps = index.iter().zip(&self.steps).map(|(at, step)| at * step);
            let start = steps.sum::<usize>() * self.width;
            rows.extend(&data[start..start + self.width]);
            for (at, &size) in index.iter_mut().zip(&self.shape).rev() {
                *at += 1;
                if *at < size {
                    break;
                }
                *at = 0;
            }
        }
        rows
    }

    fn dtype(&self) -> Option<DType> {
        match self.kind.as_str() {
            "Float" => Some(DType::F32),
            "Half" => Some(DType::F16),
            "BFloat16" => Some(DType::BF16),
            _ => None,
        }
    }
}

/// `usize::MAX` where it is that or larger.
fn product(sizes: impl Iterator<Item = usize>) -> usize {
    sizes.fold(1, usize::saturating_mul)
}

/// What a tensor is made of, whether it is a parameter or not; nothing where the value is no tensor.
fn arguments<'p>(parts: &'p Parts, value: Place) -> Result<Option<&'p [Place]>, Problem> {
    let call = |value| match *parts.pickle.value(value) {
        Value::Call { name, arguments } => {
            parts.pickle.name(name).zip(parts.pickle.parts(arguments))
        }
        _ => None,
    };
    let mut called = call(value);
    if let Some((REBUILD_PARAMETER, arguments)) = called {
        called = arguments.first().and_then(|&tensor| call(tensor));
    }
    match called {
        Some((name, arguments)) if REBUILD.contains(&name) => Ok(Some(arguments)),
        Some((name, _)) if name.starts_with(REBUILD_ANY) => {
            Err(format!("tensors made by {name} are not read"))
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::super::read_json;
    use super::*;

    fn fixture(file: &str) -> std::path::PathBuf {
        let folder = "../../../tests/reference/fixtures/pytorch";
        Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(file)
    }

    /// Both kinds of files, with tensors that are parts of others, turned, of every kind of number; as PyTorch reads them.
    #[test]
    fn every_tensor_has_the_numbers_that_pytorch_sees() {
        let expected = read_json(&fixture("expected.json")).unwrap();
        let expected = expected.as_object().unwrap();
        for file in ["archive.bin", "sequence.bin"] {
            let opened = PytorchFile::open(&fixture(file)).unwrap();
            assert_eq!(opened.tensors().count(), expected.len(), "{file}");
            for (name, tensor) in expected {
                let shape: Vec<usize> = serde_json::from_value(tensor["shape"].clone()).unwrap();
                assert_eq!(opened.tensors[name].shape, shape, "{file} {name}");
                let Json::Array(values) = &tensor["values"] else {
                    assert_eq!(opened.get(name).err().unwrap().code(), "model_unsupported");
                    continue;
                };
                let read = opened.get(name).unwrap().tensor().unwrap();
                let read = read.to_dtype(DType::F32).unwrap();
                let read = read.flatten_all().unwrap().to_vec1::<f32>().unwrap();
                let values: Vec<f32> =
                    values.iter().map(|value| value.as_f64().unwrap() as f32).collect();
                assert_eq!(read, values, "{file} {name}");
            }
        }
    }

    #[test]
    fn a_file_of_the_older_kind_that_was_cut_short_is_incomplete() {
        let bytes = std::fs::read(fixture("sequence.bin")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pytorch_model.bin");
        // Whichever storage is the last: one has no numbers, but each has eight bytes that say how many.
        std::fs::write(&path, &bytes[..bytes.len() - 9]).unwrap();
        assert_eq!(PytorchFile::open(&path).err().unwrap().code(), "model_incomplete");
    }

    /// A tensor over numbers that are there once only, and one that a file of another kind makes.
    #[test]
    fn tensors_that_are_larger_than_their_file_or_of_other_kinds_are_refused() {
        for (file, code) in [
            ("expanded.bin", "model_invalid"),
            ("sparse.bin", "model_unsupported"),
            ("list.bin", "model_invalid"),
        ] {
            let error = PytorchFile::open(&fixture(file)).err();
            assert_eq!(error.map(|error| error.code()), Some(code), "{file}");
        }
    }
}
