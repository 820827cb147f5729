//! Texts from files and from standard input.

use std::io::Read;
use std::path::Path;

use anyhow::Context;

/// All of a file, or of standard input where the path is `-`, exactly as it is.
pub fn read_text(path: &Path) -> anyhow::Result<String> {
    let name = path.display();
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().read_to_end(&mut bytes).context("standard input cannot be read")?;
    } else {
        bytes = std::fs::read(path).with_context(|| format!("{name} cannot be read"))?;
    }
    String::from_utf8(bytes).with_context(|| format!("{name} is not UTF-8: convert it first"))
}
