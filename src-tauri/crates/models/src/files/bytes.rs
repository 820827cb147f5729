//! The bytes of a model file, without reading them all at once.

use std::io;
use std::ops::{Deref, Range};
use std::path::Path;
use std::sync::Arc;

use bimo_engine::EngineError;
use memmap2::Mmap;

use super::digest::{OpenedFile, Original};

/// A file's content.
pub(super) enum Bytes {
    /// Inside the program.
    Embedded(&'static [u8]),
    /// On disk; pages are read when they are looked at.
    Mapped { map: Mmap, opened: Arc<OpenedFile> },
}

impl Bytes {
    /// Maps a file.
    #[expect(
        unsafe_code,
        reason = "a mapped file is the only way to load a model without a second copy of it"
    )]
    pub fn of_file(path: &Path) -> Result<Self, EngineError> {
        let opened = OpenedFile::open(path.to_owned())?;
        if opened.is_empty() {
            return Ok(Self::Embedded(&[]));
        }
        // SAFETY: the map is read-only and lives for the length of a load. Nothing here writes model files in place;
        // a program that changes one meanwhile can only change the numbers that are read.
        let map = unsafe { Mmap::map(&opened.file) }.map_err(|error| unreadable(path, &error))?;
        Ok(Self::Mapped { map, opened: Arc::new(opened) })
    }

    /// Gives back the memory of pages that a map has shown. They come again when they are looked at.
    pub fn release(&self, place: Range<usize>) {
        #[cfg(unix)]
        if let Self::Mapped { map, .. } = self {
            #[expect(
                unsafe_code,
                reason = "pages of the map that were looked at count as memory of this program"
            )]
            // SAFETY: the map is of a file and nothing is written to it, so the pages that are read again are the same.
            let told = unsafe {
                map.unchecked_advise_range(
                    memmap2::UncheckedAdvice::DontNeed,
                    place.start,
                    place.len(),
                )
            };
            if let Err(error) = told {
                tracing::debug!("pages of a model stay in memory: {error}");
            }
        }
        // Elsewhere the system takes what it needs by itself.
        #[cfg(not(unix))]
        let _ = place;
    }

    /// What a digest is made of, without the map.
    pub fn original(&self) -> Original {
        match self {
            Self::Embedded(bytes) => Original::Embedded(bytes),
            Self::Mapped { opened, .. } => Original::File(opened.clone()),
        }
    }
}

pub(super) fn unreadable(path: &Path, error: &io::Error) -> EngineError {
    EngineError::Unreadable { path: path.display().to_string(), reason: error.to_string() }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Embedded(bytes) => bytes,
            Self::Mapped { map, .. } => map,
        }
    }
}
