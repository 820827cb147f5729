//! Standard output, of which the reader may go away at any time.

use std::io::{self, ErrorKind, Write};

use serde::Serialize;

/// Prints text and a line end.
pub fn print_line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// Prints text as it is, at once.
pub fn print_part(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Prints one JSON object.
pub fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    Ok(print_line(&serde_json::to_string(value)?)?)
}

/// True where nobody reads what is printed any more, which is no failure: `bimo works | head -1`.
pub fn reader_has_gone(error: &anyhow::Error) -> bool {
    let gone = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
    };
    error.chain().any(gone)
}

/// A token's text on one line.
pub fn on_one_line(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t")
}
