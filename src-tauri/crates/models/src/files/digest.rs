//! SHA-256 of a model's files, by which a text remembers who wrote it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use bimo_engine::{Digesting, EngineError, ModelDigest};
use sha2::{Digest as _, Sha256};

use super::bytes::unreadable;

/// Bytes that are read at a time.
const PIECE: usize = 1 << 20;

/// A file that a model was loaded from. It stays open, so that one that is removed, or gives way to another of its name, is
/// read all the same.
#[derive(Clone)]
pub(super) enum Original {
    /// Inside the program.
    Embedded(&'static [u8]),
    /// On disk.
    File(Arc<OpenedFile>),
}

impl Original {
    /// What is the same only where the content is.
    fn identity(&self) -> String {
        match self {
            Self::Embedded(bytes) => format!("{:p} {}", *bytes, bytes.len()),
            Self::File(opened) => format!("{:?} {:?}", opened.path, opened.state),
        }
    }
}

/// An open file, and what it was when it was opened.
pub(super) struct OpenedFile {
    pub file: File,
    pub path: PathBuf,
    state: FileState,
}

/// What every write to a file changes. Its name and its links may change: its content is the same.
#[derive(Debug, PartialEq, Eq)]
struct FileState {
    length: u64,
    /// Nothing where the system does not tell.
    modified: Option<SystemTime>,
}

impl FileState {
    fn of(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        Ok(Self { length: metadata.len(), modified: metadata.modified().ok() })
    }
}

impl OpenedFile {
    pub fn open(path: PathBuf) -> Result<Self, EngineError> {
        let opened = File::open(&path).and_then(|file| Ok((FileState::of(&file)?, file)));
        let (state, file) = opened.map_err(|error| unreadable(&path, &error))?;
        Ok(Self { file, path, state })
    }

    pub fn is_empty(&self) -> bool {
        self.state.length == 0
    }

    /// A piece from this place on; less only at the end.
    fn read(&self, at: u64, piece: &mut Vec<u8>) -> io::Result<()> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(at))?;
        piece.clear();
        file.take(PIECE as u64).read_to_end(piece)?;
        Ok(())
    }

    /// Refuses a file that is not what it was.
    fn check(&self) -> Result<(), EngineError> {
        let state = FileState::of(&self.file).map_err(|error| unreadable(&self.path, &error))?;
        match state == self.state {
            true => Ok(()),
            false => Err(EngineError::ModelChanged { path: self.path.display().to_string() }),
        }
    }
}

/// Computes the digest of some files: of one its own, of several that of their digests in their order.
///
/// A file is read for it, not looked at through its map: the pages of a map count as memory of this program.
pub(super) struct FilesDigest {
    originals: Vec<Original>,
    /// Of the files that are read to the end.
    digests: Vec<[u8; 32]>,
    sha256: Sha256,
    /// How much of the next file is read.
    at: u64,
    piece: Vec<u8>,
}

impl FilesDigest {
    /// The digest of these files, still to be computed.
    pub fn of(originals: Vec<Original>) -> ModelDigest {
        let files = originals.iter().map(Original::identity).collect::<Vec<_>>().join("\n");
        let (sha256, digests) = (Sha256::new(), Vec::new());
        ModelDigest::computed_by(
            files,
            Self { originals, digests, sha256, at: 0, piece: Vec::new() },
        )
    }

    fn hex(&self) -> String {
        let digest = match &self.digests[..] {
            [one] => *one,
            several => Sha256::digest(several.concat()).into(),
        };
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn end_file(&mut self) {
        self.digests.push(self.sha256.finalize_reset().into());
        self.at = 0;
    }
}

impl Digesting for FilesDigest {
    fn read_on(&mut self) -> Result<Option<String>, EngineError> {
        let Some(original) = self.originals.get(self.digests.len()) else {
            return Ok(Some(self.hex()));
        };
        let read = match original {
            Original::Embedded(bytes) => {
                let rest = &bytes[self.at as usize..];
                let piece = &rest[..rest.len().min(PIECE)];
                self.sha256.update(piece);
                piece.len()
            }
            Original::File(opened) => {
                let read = opened.read(self.at, &mut self.piece);
                read.map_err(|error| unreadable(&opened.path, &error))?;
                self.sha256.update(&self.piece);
                if self.piece.is_empty() {
                    opened.check()?;
                }
                self.piece.len()
            }
        };
        match read {
            0 => self.end_file(),
            read => self.at += read as u64,
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::super::bytes::Bytes;
    use super::*;

    // By `sha256sum`; the last of the first two's 64 bytes together.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const TWO_MILLION: &str = "bcf7f9d1b4311c3352e60502255ce09a6744df84e8f2c89f79c4b5d74933a95a";
    const BOTH: &str = "3fb67b677b02311bcacb7a54996a54f029dd871954833742b1b01dac0d5f76ef";

    fn of(files: &[&Bytes]) -> ModelDigest {
        FilesDigest::of(files.iter().map(|file| file.original()).collect())
    }

    fn written(path: &Path, content: &[u8]) -> Bytes {
        std::fs::write(path, content).unwrap();
        Bytes::of_file(path).unwrap()
    }

    #[test]
    fn one_file_has_its_own_and_several_that_of_their_digests() {
        let folder = tempfile::tempdir().unwrap();
        let small = written(&folder.path().join("a"), b"abc");
        // More than is read at once, and not a multiple of it.
        let large = written(&folder.path().join("b"), &vec![b'a'; 2_000_000]);
        let sha256 = |files: &[&Bytes]| of(files).sha256().unwrap();
        assert_eq!(sha256(&[&small]), ABC);
        assert_eq!(sha256(&[&Bytes::Embedded(b"abc")]), ABC);
        assert_eq!(sha256(&[&large]), TWO_MILLION);
        assert_eq!(sha256(&[&small, &large]), BOTH);
        assert_eq!(sha256(&[&small]), ABC, "it can be asked for again");
    }

    /// Read whole, a large file would keep a request waiting.
    #[test]
    fn a_large_file_is_read_piece_by_piece() {
        let digest = of(&[&Bytes::Embedded(&[0; 5 * PIECE])]);
        let pieces = std::iter::from_fn(|| digest.read_on().then_some(())).count();
        assert!((5..8).contains(&pieces), "{pieces}");
        assert!(digest.settled().unwrap().is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_is_removed_or_replaced_has_the_digest_of_what_was_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        let removed = of(&[&written(&path, b"abc")]);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(removed.sha256().unwrap(), ABC);
        let replaced = of(&[&written(&path, b"abc")]);
        std::fs::write(folder.path().join("other"), b"abd").unwrap();
        std::fs::rename(folder.path().join("other"), &path).unwrap();
        assert_eq!(replaced.sha256().unwrap(), ABC);
    }

    #[test]
    fn a_file_that_was_written_to_since_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        let settled = |change: fn(&File) -> io::Result<()>| {
            let digest = of(&[&written(&path, &vec![b'a'; 2_000_000])]);
            digest.read_on();
            change(&File::options().write(true).open(&path).unwrap()).unwrap();
            digest.sha256()
        };
        let changed = EngineError::ModelChanged { path: path.display().to_string() };
        assert_eq!(settled(|_| Ok(())).as_deref(), Ok(TWO_MILLION));
        assert_eq!(settled(|file| file.set_len(1_500_000)), Err(changed.clone()));
        assert_eq!(settled(|file| file.set_len(2_500_000)), Err(changed.clone()));
        let rewritten =
            settled(|file| file.set_modified(SystemTime::now() + Duration::from_secs(1)));
        assert_eq!(rewritten, Err(changed));
    }

    #[test]
    fn a_file_that_is_opened_again_has_the_digest_it_had_unless_it_was_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        let earlier = of(&[&written(&path, b"abc")]);
        earlier.sha256().unwrap();
        let again = || {
            let again = of(&[&Bytes::of_file(&path).unwrap()]);
            again.learn_from(&earlier);
            again.settled()
        };
        assert_eq!(again(), Some(Ok(ABC.into())));
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::now() + Duration::from_secs(1)).unwrap();
        assert_eq!(again(), None);
    }
}
