//! Whether a file is what the hub says.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha1::Sha1;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use crate::{HubError, RepoFile};

/// Bytes that are read at once.
const BLOCK: usize = 1 << 20;

/// Computes the one hash of a file that the hub knows.
pub(crate) enum Hasher {
    /// Of its content.
    Sha256(Sha256),
    /// Git's, of a short header and its content.
    Git(Sha1),
}

impl Hasher {
    /// For content that no hub knows.
    pub fn sha256() -> Self {
        Self::Sha256(Sha256::new())
    }

    /// For a file of which nothing has been read yet.
    pub fn of(file: &RepoFile) -> Self {
        if file.sha256.is_some() {
            return Self::Sha256(Sha256::new());
        }
        let mut sha1 = Sha1::new();
        sha1.update(format!("blob {}\0", file.bytes));
        Self::Git(sha1)
    }

    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(sha256) => sha256.update(bytes),
            Self::Git(sha1) => sha1.update(bytes),
        }
    }

    /// Reads a file to its end. Answers how many bytes it has.
    pub fn read(&mut self, path: &Path, cancel: &CancellationToken) -> Result<u64, HubError> {
        let failed = |error: std::io::Error| HubError::from_io(path, &error);
        let mut open = File::open(path).map_err(failed)?;
        let mut block = vec![0; BLOCK];
        let mut bytes = 0;
        loop {
            if cancel.is_cancelled() {
                return Err(HubError::Cancelled);
            }
            match open.read(&mut block).map_err(failed)? {
                0 => return Ok(bytes),
                read => {
                    self.update(&block[..read]);
                    bytes += read as u64;
                }
            }
        }
    }

    /// The hash of what was read, in hexadecimal.
    pub fn finish(self) -> String {
        match self {
            Self::Sha256(sha256) => hex(&sha256.finalize()),
            Self::Git(sha1) => hex(&sha1.finalize()),
        }
    }

    /// Compares with what the hub says.
    pub fn check(self, file: &RepoFile) -> Result<(), HubError> {
        let found = self.finish();
        let expected = file.sha256.as_ref().or(file.git_sha1.as_ref()).cloned().unwrap_or_default();
        if found == expected {
            return Ok(());
        }
        Err(HubError::WrongHash { file: file.path.clone(), expected, found })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_standards_and_of_git() {
        let file = |sha256: Option<&str>, git_sha1: Option<&str>, bytes| RepoFile {
            path: "a".into(),
            bytes,
            sha256: sha256.map(str::to_owned),
            git_sha1: git_sha1.map(str::to_owned),
        };
        // FIPS 180-2, appendix B.1.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        // `printf abc | git hash-object --stdin`, and the same of nothing.
        let git_abc = "f2ba8f84ab5c1bce84a7b441cb1959cfc7093b7f";
        let git_empty = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";
        for (file, content) in [
            (file(Some(abc), None, 3), "abc"),
            (file(None, Some(git_abc), 3), "abc"),
            (file(None, Some(git_empty), 0), ""),
        ] {
            let mut hasher = Hasher::of(&file);
            hasher.update(content.as_bytes());
            assert_eq!(hasher.check(&file), Ok(()), "{content:?}");
        }
        let file = file(Some(abc), None, 3);
        let error = Hasher::of(&file).check(&file).expect_err("nothing is not abc");
        assert_eq!(error.code(), "wrong_hash");
    }
}
