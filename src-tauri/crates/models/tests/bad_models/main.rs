//! What a person may bring that is not right: each gets its code and a message that names the place, none a panic.

#[path = "../support/copies.rs"]
mod copies;
mod files;
mod folders;
mod gguf;
mod requests;
mod tasks;
mod tokenizers;
mod unsupported;

use bimo_engine::EngineError;

/// That something was refused with a code and in words that name a place.
fn assert_refused<T>(what: &str, answer: Result<T, EngineError>, code: &str, place: &str) {
    let error = answer.err().unwrap_or_else(|| panic!("{what} is not refused"));
    assert_eq!(error.code(), code, "{what}: {error}");
    assert!(error.to_string().contains(place), "{what}: {error} does not name {place}");
}
