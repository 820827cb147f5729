//! The bytes of a model file, without reading them all at once.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::ops::{Deref, Range};
use std::path::{Path, PathBuf};

use bimo_engine::EngineError;
use memmap2::Mmap;
use sha2::{Digest as _, Sha256};

use super::digest::Digest;

/// Bytes that a digest reads at once.
const BLOCK: usize = 1 << 20;

/// A file's content.
pub(super) enum Bytes {
    /// Inside the program.
    Embedded(&'static [u8]),
    /// On disk; pages are read when they are looked at.
    Mapped { map: Mmap, file: File, path: PathBuf },
}

impl Bytes {
    /// Maps a file.
    #[expect(
        unsafe_code,
        reason = "a mapped file is the only way to load a model without a second copy of it"
    )]
    pub fn of_file(path: &Path) -> Result<Self, EngineError> {
        let file = File::open(path).map_err(|error| unreadable(path, &error))?;
        if file.metadata().map_err(|error| unreadable(path, &error))?.len() == 0 {
            return Ok(Self::Embedded(&[]));
        }
        // SAFETY: the map is read-only and lives for the length of a load. Nothing here writes model files in place;
        // a program that changes one meanwhile can only change the numbers that are read.
        let map = unsafe { Mmap::map(&file) }.map_err(|error| unreadable(path, &error))?;
        Ok(Self::Mapped { map, file, path: path.to_owned() })
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

    /// SHA-256 of all of them. A file is read for it, not looked at through its map: the pages of a map count as
    /// memory of this program, for as long as it lives.
    pub fn sha256(&self) -> Result<Digest, EngineError> {
        match self {
            Self::Embedded(bytes) => Ok(Sha256::digest(bytes).into()),
            Self::Mapped { file, path, .. } => {
                digest(file).map_err(|error| unreadable(path, &error))
            }
        }
    }
}

fn digest(mut file: &File) -> io::Result<Digest> {
    file.rewind()?;
    let (mut sha256, mut block) = (Sha256::new(), vec![0; BLOCK]);
    loop {
        match file.read(&mut block)? {
            0 => return Ok(sha256.finalize().into()),
            count => sha256.update(&block[..count]),
        }
    }
}

fn unreadable(path: &Path, error: &io::Error) -> EngineError {
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
