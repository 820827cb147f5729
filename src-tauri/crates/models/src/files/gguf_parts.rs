//! A GGUF that is split into several files.
//!
//! Source: llama.cpp's `gguf-split`. Parts are named `NAME-00001-of-00003.gguf`; the first has the model's metadata, each
//! has its own tensors and says in `split.no`, `split.count` and `split.tensors.count` what it belongs to.
//!
//! **Invariant**: all parts are there and belong together, or the one that does not is named.

use std::path::{Path, PathBuf};

use bimo_engine::EngineError;

use super::bytes::Bytes;
use super::file_name;
use super::gguf_header::{Header, invalid};
use super::hf_weights::refuse_pickle;
use crate::limits::MAX_SHARDS;

const NUMBER: &str = "split.no";
const COUNT: &str = "split.count";
const TENSORS: &str = "split.tensors.count";

/// The files of a model in their order, and what all of them say together. Any part may be given.
pub(super) fn read(path: &Path) -> Result<(Vec<Bytes>, Header), EngineError> {
    let bytes = Bytes::of_file(path)?;
    refuse_pickle(&bytes, &file_name(path))?;
    let header = Header::read(&bytes)?;
    let count = header.integer(COUNT, 0, MAX_SHARDS as i128)?.unwrap_or(1);
    if count <= 1 {
        return Ok((vec![bytes], header));
    }
    let tensors = header.integer(TENSORS, 0, i128::from(u32::MAX))?;
    let mut files = Vec::with_capacity(count);
    let mut whole = Header::default();
    for (index, path) in part_paths(path, count)?.iter().enumerate() {
        let bytes = part(path, index, count)?;
        let header = Header::read(&bytes)?;
        if header.integer(COUNT, 0, MAX_SHARDS as i128)? != Some(count)
            || header.integer(NUMBER, 0, MAX_SHARDS as i128)? != Some(index)
        {
            let reason = format!("{} is not part {} of {count}", file_name(path), index + 1);
            return Err(invalid(NUMBER, reason));
        }
        add(&mut whole, header, index)?;
        files.push(bytes);
    }
    match tensors {
        Some(tensors) if tensors != whole.tensors.len() => {
            let found = whole.tensors.len();
            Err(invalid(TENSORS, format!("{tensors} tensors are promised, the parts have {found}")))
        }
        _ => Ok((files, whole)),
    }
}

fn part(path: &Path, index: usize, count: usize) -> Result<Bytes, EngineError> {
    if !path.exists() {
        let (number, name) = (index + 1, file_name(path));
        let words =
            format!("part {number} of {count} is missing: {name} must lie beside the others");
        return Err(EngineError::ModelIncomplete(words));
    }
    Bytes::of_file(path)
}

fn add(whole: &mut Header, part: Header, index: usize) -> Result<(), EngineError> {
    if index == 0 {
        whole.metadata = part.metadata;
    }
    for (name, mut place) in part.tensors {
        place.part = index;
        if whole.tensors.insert(name.clone(), place).is_some() {
            return Err(invalid(&name, "the tensor is in two parts"));
        }
    }
    Ok(())
}

/// Where all parts lie, given one of them.
fn part_paths(path: &Path, count: usize) -> Result<Vec<PathBuf>, EngineError> {
    let name = file_name(path);
    let stem = name.strip_suffix(".gguf").unwrap_or(&name);
    let base = stem.rsplit_once("-of-").and_then(|(before, _)| before.rsplit_once('-'));
    let (base, _) = base.ok_or_else(|| {
        let words = format!(
            "{name} is one of {count} parts, and the others are found by names like \
             model-00001-of-{count:05}.gguf; give the files their own names again"
        );
        EngineError::ModelIncomplete(words)
    })?;
    let part = |number| path.with_file_name(format!("{base}-{number:05}-of-{count:05}.gguf"));
    Ok((1..=count).map(part).collect())
}
