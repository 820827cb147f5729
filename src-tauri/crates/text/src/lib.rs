//! Sentences, counts, edits, authorship spans and search terms, for English and Chinese.
//!
//! Start reading at [`apply_edits`]: an edit made in the editor, applied to a chapter's text. Everything else
//! answers a question about a text: how long it is ([`Counts`]), who wrote what ([`Authorship`]), whether a sentence
//! has ended ([`ends_sentence`]), what its sentences and words are ([`sentences`], [`words`]), where a query matches ([`search`]).
//!
//! **Invariant**: pure. No file, no clock, no global state; the same arguments give the same answer.
//!
//! **Invariant**: a byte offset and a UTF-16 offset are two types and never meet without a conversion that can fail.

mod authorship;
mod counts;
mod edit;
mod offsets;
mod script;
pub mod search;
mod sentence;
mod sentences;
mod words;

pub use authorship::{AuthorSpan, Authorship};
pub use counts::Counts;
pub use edit::{EditError, Side, TextEdit, apply_edits, map_offset};
pub use offsets::{
    ByteOffset, OffsetError, Utf16Cursor, Utf16Offset, to_byte, to_utf16, utf16_len,
};
pub use script::{is_han, is_kana};
pub use sentence::ends_sentence;
pub use sentences::sentences;
pub use words::{has_name, has_words, words};
