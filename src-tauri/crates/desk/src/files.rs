//! Files that the person has chosen: read within a bound, written as a whole or not at all.

use std::io::Write;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::wire::ApiError;

/// Bytes of a file that is read.
const LARGEST: u64 = 256 << 20;

/// Reads a file.
pub(crate) async fn read_file(path: &Path) -> Result<Vec<u8>, ApiError> {
    let path = path.to_owned();
    on_thread(move || {
        let length = std::fs::metadata(&path).map_err(|error| unreadable(&path, error))?.len();
        if length > LARGEST {
            let message = "The file is too large: at most 256 MB can be read.";
            return Err(ApiError::new("file_too_large", message).with_detail(path.display()));
        }
        std::fs::read(&path).map_err(|error| unreadable(&path, error))
    })
    .await
}

/// The content of a file that was let go over the window, from Base64.
pub(crate) fn dropped_bytes(content: &str) -> Result<Vec<u8>, ApiError> {
    BASE64_STANDARD.decode(content).map_err(|error| {
        let message = "The file did not arrive whole: open it with the button instead.";
        ApiError::new("file_unreadable", message).with_detail(error)
    })
}

/// Writes a file. What was there before stays whole until the new one is.
pub async fn write_file(path: &Path, bytes: Vec<u8>) -> Result<(), ApiError> {
    let path = path.to_owned();
    on_thread(move || {
        write_whole(&path, &bytes).map_err(|error| {
            let message = "The file cannot be written: see whether the disk has room and whether you may write there.";
            ApiError::new("file_not_writable", message)
                .with_detail(format!("{}: {error}", path.display()))
        })
    })
    .await
}

fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part: PathBuf = path.with_file_name(name);
    let mut file = std::fs::File::create(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(&part, path).inspect_err(|_| drop(std::fs::remove_file(&part)))
}

async fn on_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work).await.map_err(ApiError::internal)?
}

fn unreadable(path: &Path, error: std::io::Error) -> ApiError {
    let message = "The file cannot be read: see whether it is there and whether you may open it.";
    ApiError::new("file_unreadable", message).with_detail(format!("{}: {error}", path.display()))
}
