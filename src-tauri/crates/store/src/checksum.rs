//! Checksums of texts. SQLite's own check does not see a byte that changed inside a value.

use sha2::{Digest, Sha256};

/// The first 8 bytes of SHA-256, big-endian.
pub fn checksum(text: &str) -> i64 {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(8).fold(0, |sum, &byte| (sum << 8) | i64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::checksum;

    #[test]
    fn is_the_beginning_of_sha_256() {
        // FIPS 180-2, appendix B.1: SHA-256("abc") = ba7816bf 8f01cfea ...
        assert_eq!(checksum("abc"), 0xba78_16bf_8f01_cfea_u64 as i64);
    }
}
