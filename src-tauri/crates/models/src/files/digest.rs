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
