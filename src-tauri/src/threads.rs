//! The threads that compute: behind the window's, and as many as the person wants. The number is needed before the library
//! is open, so it is kept beside it too.

use std::path::PathBuf;

use crate::place;

fn file() -> PathBuf {
    place::own_folder().join("threads")
}

fn remembered() -> u32 {
    std::fs::read_to_string(file()).ok().and_then(|number| number.trim().parse().ok()).unwrap_or(0)
}

/// For the first lines of `main`, before there is any other thread.
pub fn settle_threads() {
    bimo_desk::settle_threads(remembered() as usize);
    bimo_desk::compute_in_the_background();
}

/// Takes effect at the next start.
pub(crate) fn remember(threads: u32) {
    if threads == remembered() {
        return;
    }
    if let Err(error) = std::fs::write(file(), threads.to_string()) {
        tracing::warn!(%error, "the number of threads is not remembered");
    }
}
