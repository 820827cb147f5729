//! Models of the person's own, listed among those on this machine: where they lie, or as a copy.
//!
//! **Invariant**: the person's own files are read and never written. A copy is listed only once all of it is on the
//! disk and its hash is that of the original.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;

use tokio_util::sync::CancellationToken;

use crate::address::check_path;
use crate::digest::Hasher;
use crate::durable::{self, length_of, partial_of};
use crate::plan::{base_of, plan};
use crate::{
    HubError, LocalModel, ModelAddress, ModelRecord, ModelsFolder, Pickle, RepoFile, RepoRevision,
};

/// The owner under whose name models stand that no hub is known for.
const OWNER: &str = "imported";
/// Bytes that are copied at once.
const BLOCK: usize = 1 << 20;
/// A file in a folder of its own that belongs to a model.
const POOLING: &str = "1_Pooling/config.json";

/// Whether the files of an imported model are used where they lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placing {
    /// They stay where they are; removing the model only takes it off the list.
    InPlace,
    /// They are copied into the folder of models.
    Copied,
}

impl ModelsFolder {
    /// Lists the model at `path`: a GGUF file (any part of it, where it is split), or a folder in Hugging Face layout. All
    /// of its bytes are read, for their hash; whether they mean anything is for others.
    pub fn import(
        &self,
        path: &Path,
        placing: Placing,
        now_ms: i64,
        cancel: &CancellationToken,
    ) -> Result<LocalModel, HubError> {
        let path = path.canonicalize().map_err(|error| HubError::from_io(path, &error))?;
        let (base, asked) = match path.parent() {
            Some(parent) if !path.is_dir() => (parent.to_owned(), path.file_name()),
            _ => (path.clone(), None),
        };
        let mut record = planned(&path, &base, asked.and_then(|name| name.to_str()))?;
        for file in &mut record.files {
            file.sha256 = Some(sha256_of(&base.join(&file.path), cancel)?);
        }
        record.commit = digest_of(&record.files);
        record.fetched_at_ms = now_ms;
        record.elsewhere = (placing == Placing::InPlace).then(|| base.clone());
        let model = self.place(record);
        let _lock = self.lock(&model.record)?;
        fs::create_dir_all(&model.folder)
            .map_err(|error| HubError::from_io(&model.folder, &error))?;
        if placing == Placing::Copied {
            for file in &model.record.files {
                copy(file, &base.join(&file.path), &model.path_of(file), cancel)?;
            }
        }
        self.finish(&model)?;
        let bytes_here = model.record.bytes();
        Ok(LocalModel { bytes_here, ..model })
    }
}

/// What of a folder's files makes the model, by the same rules as on a hub.
fn planned(path: &Path, base: &Path, asked: Option<&str>) -> Result<ModelRecord, HubError> {
    let repo = format!("{OWNER}/{}", name_for(path)).parse()?;
    let address =
        ModelAddress { repo, revision: None, file: asked.map(str::to_owned), origin: None };
    let revision = RepoRevision::default();
    // Whoever has the file on the disk has agreed to its kind.
    plan(&address, revision, &files_in(base)?, Pickle::Accepted)
}

fn files_in(base: &Path) -> Result<Vec<RepoFile>, HubError> {
    let entries = fs::read_dir(base).map_err(|error| HubError::from_io(base, &error))?;
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let names = names.chain([POOLING.to_owned()]);
    let usable = names.filter(|name| check_path(name).is_ok() && base.join(name).is_file());
    let mut files: Vec<RepoFile> = usable
        .map(|path| RepoFile {
            bytes: length_of(&base.join(&path)),
            path,
            sha256: None,
            git_sha1: None,
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// A name as a hub would allow it, as near as possible to that of the file or folder.
fn name_for(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = base_of(&name).or_else(|| name.strip_suffix(".gguf")).unwrap_or(&name);
    let words = stem.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.')));
    let words: Vec<&str> =
        words.map(|word| word.trim_matches('.')).filter(|word| !word.is_empty()).collect();
    let mut name = words.join("-").replace("..", ".");
    name.truncate(60);
    let name = name.trim_end_matches(['-', '.']);
    if name.is_empty() { "model".to_owned() } else { name.to_owned() }
}

fn sha256_of(path: &Path, cancel: &CancellationToken) -> Result<String, HubError> {
    let mut hasher = Hasher::sha256();
    hasher.read(path, cancel)?;
    Ok(hasher.finish())
}

/// What stands in place of a commit: the same files have the same.
fn digest_of(files: &[RepoFile]) -> String {
    let mut hasher = Hasher::sha256();
    for file in files {
        hasher.update(file.sha256.as_deref().unwrap_or_default().as_bytes());
    }
    hasher.finish()
}

fn copy(
    file: &RepoFile,
    from: &Path,
    to: &Path,
    cancel: &CancellationToken,
) -> Result<(), HubError> {
    let folder = to.parent().unwrap_or(to);
    fs::create_dir_all(folder).map_err(|error| HubError::from_io(folder, &error))?;
    let partial = partial_of(to);
    match copied(file, from, &partial, cancel) {
        Ok(()) => durable::publish(&partial, to),
        Err(error) => {
            durable::remove(&partial)?;
            Err(error)
        }
    }
}

fn copied(
    file: &RepoFile,
    from: &Path,
    partial: &Path,
    cancel: &CancellationToken,
) -> Result<(), HubError> {
    let unreadable = |error: std::io::Error| HubError::from_io(from, &error);
    let unwritable = |error: std::io::Error| HubError::from_io(partial, &error);
    let mut source = File::open(from).map_err(unreadable)?;
    let mut copy = File::create(partial).map_err(unwritable)?;
    let mut hasher = Hasher::of(file);
    let mut block = vec![0; BLOCK];
    loop {
        if cancel.is_cancelled() {
            return Err(HubError::Cancelled);
        }
        match source.read(&mut block).map_err(unreadable)? {
            0 => return hasher.check(file),
            read => {
                hasher.update(&block[..read]);
                copy.write_all(&block[..read]).map_err(unwritable)?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_that_a_hub_would_allow() {
        for (path, name) in [
            ("/a/Qwen3-0.6B-Q8_0.gguf", "Qwen3-0.6B-Q8_0"),
            ("/a/big-00002-of-00003.gguf", "big"),
            ("/a/my model (new)..gguf", "my-model-new"),
            ("/a/小说.gguf", "model"),
            ("/a/story", "story"),
        ] {
            assert_eq!(name_for(Path::new(path)), name);
            assert!(format!("{OWNER}/{name}").parse::<crate::RepoId>().is_ok(), "{name}");
        }
    }
}
