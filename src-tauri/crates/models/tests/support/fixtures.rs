//! The reference fixtures of a kind, with what Python's libraries made of them.

use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

/// Folders of `tests/reference/fixtures/KIND` in the order of their names, and what stands in their `expected.json`.
pub fn all<Expected: DeserializeOwned>(kind: &str) -> Vec<(PathBuf, Expected)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/reference/fixtures");
    let entries = fs::read_dir(root.join(kind)).unwrap();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let read = |folder: PathBuf| {
        let expected = fs::read(folder.join("expected.json")).unwrap();
        let expected = serde_json::from_slice(&expected);
        (folder.clone(), expected.unwrap_or_else(|error| panic!("{}: {error}", folder.display())))
    };
    folders.into_iter().map(read).collect()
}
