//! Texts from files and from standard input.

use std::io::Read;
use std::path::Path;

use anyhow::Context;

/// All of a text file, or of standard input where the path is `-`, exactly as it is.
pub fn read_text(path: &Path) -> anyhow::Result<String> {
    let name = path.display();
    let bytes = read_bytes(path)?;
    String::from_utf8(bytes).with_context(|| format!("{name} is not UTF-8: convert it first"))
}

/// All of a file, or of standard input where the path is `-`.
pub fn read_bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).context("standard input cannot be read")?;
        return Ok(bytes);
    }
    std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}
