//! The bytes of a model file, without reading them all at once.

use std::fs::File;
use std::ops::Deref;
use std::path::Path;

use bimo_engine::EngineError;
use memmap2::Mmap;

/// A file's content.
pub(super) enum Bytes {
    /// Inside the program.
    Embedded(&'static [u8]),
    /// On disk; pages are read when they are looked at.
    Mapped(Mmap),
}

impl Bytes {
    /// Maps a file.
    #[expect(
        unsafe_code,
        reason = "a mapped file is the only way to load a model without a second copy of it"
    )]
    pub fn of_file(path: &Path) -> Result<Self, EngineError> {
        let unreadable = |error: std::io::Error| EngineError::Unreadable {
            path: path.display().to_string(),
            reason: error.to_string(),
        };
        let file = File::open(path).map_err(unreadable)?;
        if file.metadata().map_err(unreadable)?.len() == 0 {
            return Ok(Self::Embedded(&[]));
        }
        // SAFETY: the map is read-only and lives for the length of a load. Nothing here writes model files in place;
        // a program that changes one meanwhile can only change the numbers that are read.
        unsafe { Mmap::map(&file) }.map(Self::Mapped).map_err(unreadable)
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Embedded(bytes) => bytes,
            Self::Mapped(map) => map,
        }
    }
}
