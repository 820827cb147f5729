//! Documents as blocks of plain text, and back into the same kind of document with other words in them.
//!
//! Start reading at [`Document`]: it is read from bytes, shows its [`Block`]s to whoever translates or summarises
//! them, and is written again with a [`Rewording`] for each block, alone or beside the source ([`Edition`]).
//!
//! A format is a reader that finds the bytes of each block and a *hand* that writes words there (`slot.rs`). Everything
//! outside the blocks is copied, so that what a reader does not understand survives.
//!
//! How styles inside a sentence move to its translation is said in `placing.rs`.
//!
//! **Invariant**: pure. Bytes in, bytes out: no file, no network, no clock; the same arguments give the same answer.
//!
//! **Invariant**: no input makes it panic, recurse without bound, or inflate more than [`limits`] allow.
//!
//! **Invariant**: a document that is written without any rewording is the same, byte for byte.
//!
//! **Invariant**: a link, an image or a footnote's mark is in the written document as often as in the one that was read.

mod archive;
mod article;
mod block;
mod document;
mod encoding;
mod epub;
mod error;
mod kind;
pub mod limits;
mod markdown;
mod markup;
mod passage;
mod placing;
mod plain;
mod slot;
mod splice;
mod subtitles;
mod word;
mod wrapping;
mod xml;

pub use article::Article;
pub use block::{Block, Edition, Rewording, Role, Span, SpanKind};
pub use document::Document;
pub use encoding::text_of;
pub use error::ConvertError;
pub use kind::Kind;
