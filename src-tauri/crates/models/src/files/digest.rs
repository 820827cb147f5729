//! SHA-256 of a model, by which a text remembers who wrote it.

use bimo_engine::EngineError;
use sha2::{Digest as _, Sha256};

/// Of one file.
pub(super) type Digest = [u8; 32];

/// Of a model's files, in hex: of one file its own, of several that of their digests in their order.
pub(super) fn of_all(
    digests: impl Iterator<Item = Result<Digest, EngineError>>,
) -> Result<String, EngineError> {
    let digests: Vec<_> = digests.collect::<Result<_, _>>()?;
    let digest = match &digests[..] {
        [one] => *one,
        several => Sha256::digest(several.concat()).into(),
    };
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::super::bytes::Bytes;
    use super::*;

    // By `sha256sum`; the last of the first two's 64 bytes together.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const TWO_MILLION: &str = "bcf7f9d1b4311c3352e60502255ce09a6744df84e8f2c89f79c4b5d74933a95a";
    const BOTH: &str = "3fb67b677b02311bcacb7a54996a54f029dd871954833742b1b01dac0d5f76ef";

    #[test]
    fn one_file_has_its_own_and_several_that_of_their_digests() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, content: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            Bytes::of_file(&path).unwrap()
        };
        // More than is read at once, and not a multiple of it.
        let (small, large) = (file("a", b"abc"), file("b", &vec![b'a'; 2_000_000]));
        let of = |files: &[&Bytes]| of_all(files.iter().map(|file| file.sha256())).unwrap();
        assert_eq!(of(&[&small]), ABC);
        assert_eq!(of(&[&Bytes::Embedded(b"abc")]), ABC);
        assert_eq!(of(&[&large]), TWO_MILLION);
        assert_eq!(of(&[&small, &large]), BOTH);
        assert_eq!(of(&[&small]), ABC, "it can be asked for again");
    }
}
