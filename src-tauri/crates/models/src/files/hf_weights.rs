//! The tensors of a Hugging Face folder: safetensors, or PyTorch's files read as tensors only.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use bimo_engine::EngineError;
use candle_core::DType;
use safetensors::tensor::{Dtype, Metadata};
use safetensors::{SafeTensorError, SafeTensors};
use serde_json::Value;

use super::bytes::Bytes;
use super::digest::Original;
use super::gguf_header::invalid;
use super::hf_names::{HfName, Kept};
use super::pytorch::PytorchFile;
use super::{Floats, Weight, Weights, file_name, read_json};
use crate::layers::compute;
use crate::limits::MAX_SHARDS;

/// Prefixes under which files keep the network without its output projection.
const PREFIXES: [&str; 6] = [
    "",
    "model.",
    "transformer.",
    // Models that see images too.
    "language_model.model.",
    "model.language_model.",
    "language_model.",
];

/// One file of weights.
enum WeightFile {
    Safetensors {
        bytes: Bytes,
        header: usize,
        metadata: Metadata,
    },
    /// Only tensors are read from a pickle, nothing in it is run.
    Pytorch(PytorchFile),
}

impl WeightFile {
    fn original(&self) -> Original {
        match self {
            Self::Safetensors { bytes, .. } => bytes.original(),
            Self::Pytorch(file) => file.original(),
        }
    }
}

/// What the files of an architecture may call a canonical tensor, the usual name first.
pub(super) type Naming = Box<dyn Fn(&str) -> Vec<HfName> + Send + Sync>;

/// The weights of a folder.
pub(super) struct HfWeights {
    naming: Naming,
    files: Vec<WeightFile>,
    /// File index by Hugging Face name.
    place: HashMap<String, usize>,
    pub parameters: u64,
    pub bytes: u64,
}

impl HfWeights {
    /// Opens all files of a folder; safetensors are preferred where both are there.
    pub fn open(folder: &Path, naming: Naming) -> Result<Self, EngineError> {
        let mut weights =
            Self { naming, files: Vec::new(), place: HashMap::new(), parameters: 0, bytes: 0 };
        for path in weight_files(folder)? {
            weights.add(path)?;
        }
        Ok(weights)
    }

    /// What their digest is made of, in the order of their names.
    pub fn originals(&self) -> Vec<Original> {
        self.files.iter().map(WeightFile::original).collect()
    }

    fn add(&mut self, path: PathBuf) -> Result<(), EngineError> {
        let index = self.files.len();
        let safe = path.extension().is_some_and(|extension| extension == "safetensors");
        let file = if safe {
            read_safetensors(&path)?
        } else {
            WeightFile::Pytorch(PytorchFile::open(&path)?)
        };
        let mut note = |name: &str, elements: usize, width: usize| {
            self.place.insert(name.to_owned(), index);
            self.parameters += elements as u64;
            self.bytes += (elements * width) as u64;
        };
        match &file {
            WeightFile::Safetensors { metadata, .. } => {
                for (name, info) in metadata.tensors() {
                    let (start, end) = info.data_offsets;
                    let elements = info.shape.iter().product::<usize>();
                    note(&name, elements, (end - start).checked_div(elements).unwrap_or(0));
                }
            }
            WeightFile::Pytorch(file) => {
                for (name, stored) in file.tensors() {
                    note(name, stored.elements(), stored.width);
                }
            }
        }
        self.files.push(file);
        Ok(())
    }

    /// The name in the files and how it is kept, if the files have this tensor.
    fn find(&self, canonical: &str) -> Option<(String, usize, Kept)> {
        (self.naming)(canonical).iter().find_map(|wanted| {
            PREFIXES.iter().find_map(|prefix| {
                let name = format!("{prefix}{}", wanted.name);
                self.place.get(&name).map(|&file| (name, file, wanted.kept))
            })
        })
    }
}

impl Weights for HfWeights {
    fn contains(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    fn get(&self, canonical: &str) -> Result<Weight<'_>, EngineError> {
        let (name, file, kept) = self.find(canonical).ok_or_else(|| {
            EngineError::ModelIncomplete(format!("the tensor {canonical} is in none of the files"))
        })?;
        let stored = match &self.files[file] {
            WeightFile::Safetensors { bytes, header, metadata } => {
                let info = metadata
                    .info(&name)
                    .ok_or_else(|| invalid(&name, "its place is not stated"))?;
                let (start, end) = info.data_offsets;
                let dtype = float_type(info.dtype, &name)?;
                let data = &bytes[header + start..header + end];
                Floats::new(dtype, info.shape.clone(), Cow::Borrowed(data)).map_err(compute)?
            }
            WeightFile::Pytorch(file) => file.get(&name)?,
        };
        if kept == Kept::AsItIs {
            return Ok(Weight::Float(stored));
        }
        let tensor = stored.tensor().map_err(|error| error.of(&name))?;
        let changed = match kept {
            Kept::AsItIs => Ok(tensor),
            Kept::Transposed => tensor.t().and_then(|turned| turned.contiguous()),
            Kept::LessOne => tensor.to_dtype(DType::F32).and_then(|numbers| numbers + 1.0),
            Kept::FirstRow => tensor.get(0),
        };
        changed.and_then(Floats::try_from).map(Weight::Float).map_err(compute)
    }

    fn stored_name(&self, canonical: &str) -> String {
        self.find(canonical).map_or_else(|| canonical.to_owned(), |(name, ..)| name)
    }

    fn release(&self, canonical: &str) {
        let Some((name, file, _)) = self.find(canonical) else { return };
        match &self.files[file] {
            WeightFile::Safetensors { bytes, header, metadata } => {
                if let Some(info) = metadata.info(&name) {
                    let (start, end) = info.data_offsets;
                    bytes.release(header + start..header + end);
                }
            }
            WeightFile::Pytorch(file) => file.release(&name),
        }
    }
}

fn float_type(dtype: Dtype, name: &str) -> Result<DType, EngineError> {
    match dtype {
        Dtype::F32 => Ok(DType::F32),
        Dtype::F16 => Ok(DType::F16),
        Dtype::BF16 => Ok(DType::BF16),
        other => Err(EngineError::ModelUnsupported(format!("{name} is of type {other:?}"))),
    }
}

fn read_safetensors(path: &Path) -> Result<WeightFile, EngineError> {
    let bytes = Bytes::of_file(path)?;
    let named = file_name(path);
    refuse_pickle(&bytes, &named)?;
    let (header, metadata) = SafeTensors::read_metadata(&bytes).map_err(|error| match error {
        SafeTensorError::MetadataIncompleteBuffer => {
            let words = format!("{named} does not end where its tensors do; download it again");
            EngineError::ModelIncomplete(words)
        }
        error => invalid(&named, error.to_string()),
    })?;
    let header = header + size_of::<u64>();
    Ok(WeightFile::Safetensors { bytes, header, metadata })
}

/// PyTorch's files are ZIP archives, and were plain pickles before. Under another name none is read.
pub(super) fn refuse_pickle(bytes: &[u8], named: &str) -> Result<(), EngineError> {
    if bytes.starts_with(b"PK") || bytes.starts_with(b"\x80") {
        let words = format!("{named} is a PyTorch file under another name");
        return Err(EngineError::ModelUnsupported(words));
    }
    Ok(())
}

/// The files of a folder's weights, in the order of their names.
fn weight_files(folder: &Path) -> Result<Vec<PathBuf>, EngineError> {
    for kind in ["model.safetensors", "pytorch_model.bin"] {
        let index = folder.join(format!("{kind}.index.json"));
        if folder.join(kind).is_file() {
            return Ok(vec![folder.join(kind)]);
        }
        if index.is_file() {
            return shards(folder, &read_json(&index)?);
        }
    }
    Err(EngineError::ModelIncomplete(format!(
        "{} has neither model.safetensors nor pytorch_model.bin",
        folder.display()
    )))
}

fn shards(folder: &Path, index: &Value) -> Result<Vec<PathBuf>, EngineError> {
    let map = index["weight_map"].as_object();
    let map = map.ok_or_else(|| invalid("weight_map", "it is missing"))?;
    let names: BTreeSet<&str> = map.values().filter_map(Value::as_str).collect();
    if names.is_empty() || names.len() > MAX_SHARDS {
        return Err(invalid("weight_map", format!("it names {} files", names.len())));
    }
    names
        .into_iter()
        .map(|name| {
            if name.contains(['/', '\\']) || name == ".." {
                return Err(invalid("weight_map", format!("{name} is not in the folder")));
            }
            let path = folder.join(name);
            if path.is_file() {
                Ok(path)
            } else {
                let words = format!("the file {name} is missing; download it again");
                Err(EngineError::ModelIncomplete(words))
            }
        })
        .collect()
}
