//! Files that are there whole or not at all.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::HubError;

/// The name of a file that is not whole yet.
pub(crate) fn partial_of(path: &Path) -> PathBuf {
    with_suffix(path, ".partial")
}

/// The same path with something after it.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Gives a whole file its name, so that both last.
pub(crate) fn publish(partial: &Path, path: &Path) -> Result<(), HubError> {
    let steps = || -> std::io::Result<()> {
        // Windows flushes only what is open for writing.
        File::options().read(true).write(true).open(partial)?.sync_all()?;
        std::fs::rename(partial, path)?;
        path.parent().map_or(Ok(()), sync_folder)
    };
    steps().map_err(|error| HubError::from_io(path, &error))
}

/// Writes a small file: its old content or its new one is there at any moment.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), HubError> {
    let partial = partial_of(path);
    let steps = || File::create(&partial)?.write_all(bytes);
    steps().map_err(|error| HubError::from_io(&partial, &error))?;
    publish(&partial, path)
}

/// Removes a file; one that is not there is gone already.
pub(crate) fn remove(path: &Path) -> Result<(), HubError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(HubError::from_io(path, &error))
        }
        _ => Ok(()),
    }
}

/// Bytes of a file; 0 where there is none.
pub(crate) fn length_of(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// Makes a rename last. Windows has no such call and needs none.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
