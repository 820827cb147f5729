//! Checksums of texts. SQLite's own check does not see a byte that changed inside a value.

use sha2::{Digest, Sha256};

/// The checksum of a text.
pub fn checksum(text: &str) -> i64 {
    checksum_of([text.as_bytes()])
}

/// The first 8 bytes of SHA-256 of some parts one after another, big-endian.
pub fn checksum_of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> i64 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    let digest = hash.finalize();
    digest.iter().take(8).fold(0, |sum, &byte| (sum << 8) | i64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::{checksum, checksum_of};

    #[test]
    fn is_the_beginning_of_sha_256() {
        // FIPS 180-2, appendix B.1: SHA-256("abc") = ba7816bf 8f01cfea ...
        assert_eq!(checksum("abc"), checksum_of([&b"a"[..], b"bc"]));
        assert_eq!(checksum("abc"), 0xba78_16bf_8f01_cfea_u64 as i64);
    }
}
