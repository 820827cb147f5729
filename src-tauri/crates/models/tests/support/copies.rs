//! Copies of the reference models, to be spoilt.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

/// Where a reference model lies: `models/llama-gguf-f32`, for instance.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/reference/fixtures").join(name)
}

/// A copy of its files.
pub fn copy_of(name: &str) -> TempDir {
    let copy = TempDir::new().unwrap();
    copy_files(&fixture(name), copy.path());
    copy
}

fn copy_files(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let (entry, place) = entry.map(|entry| (entry.path(), to.join(entry.file_name()))).unwrap();
        if entry.is_file() {
            fs::copy(entry, place).unwrap();
        } else {
            fs::create_dir(&place).unwrap();
            copy_files(&entry, &place);
        }
    }
}

/// Changes what a JSON file of a folder says.
pub fn edit(folder: &TempDir, file: &str, change: impl FnOnce(&mut Value)) {
    let path = folder.path().join(file);
    let mut json: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut json);
    fs::write(&path, json.to_string()).unwrap();
}
