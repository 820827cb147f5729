//! Language models on candle: files, tokenizers, architectures, sampling, caches.
//!
//! Start reading at [`open`], which turns a path into checked [`ModelFiles`].
//!
//! **Invariant**: every byte that comes from a model's files is checked against the limits in [`limits`] before candle
//! or `tokenizers` sees it. A file that lies gives a typed error that names the place, never a panic.
//!
//! **Invariant**: a model's own text (its template, its control tokens) and the person's text never mix: what looks
//! like a control token in a person's text stays text.

pub mod decoder;
mod files;
mod fit;
pub mod limits;
mod prompt;
mod template;
mod tokenizer;

pub use files::{ModelFiles, Weight, Weights, open, open_bytes, open_tokenizer};
pub use fit::{MemoryNeed, free_memory};
pub use prompt::encode_prompt;
pub use template::{ChatTemplate, TemplatePart};
pub use tokenizer::TextTokenizer;
