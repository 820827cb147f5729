//! Summaries: a text said shorter, each sentence with what of the text it rests on.
//!
//! Start reading at `making`: key sentences, or a model's own words. `source` is what is summarised, `key` with `ranking`
//! finds the sentences that say the most, `rewriting` has a `writer` write part by part (`parts`, `prompt`), `support` and
//! `doubts` compare a summary with its source, `shape` and `length` are what it looks like. Sentences are compared as
//! `vectors`: of their `words`, or, where `placing` has an encoder, as `meanings`.
//!
//! With a library: `opening` has what a person does to a summary, `job` makes it in the background, `reading` gets its
//! source, `telling` says what the window is told, `draft` keeps what is not summarised yet. Without one: `text`.
//!
//! **Invariant**: what a summary rests on is computed here, never said by a model.
//!
//! **Invariant**: nothing of a source is left out silently: what is too long for a model is summarised part by part.

mod doubts;
mod draft;
mod encoders;
mod han_names;
mod job;
mod key;
mod length;
mod making;
mod meanings;
mod models;
mod opening;
mod parts;
mod placing;
mod prompt;
mod ranking;
mod reading;
mod rewriting;
mod shape;
mod small_words;
mod source;
mod support;
mod telling;
mod text;
mod vectors;
mod words;
mod work;
mod writer;

pub use making::Wish as SummaryWish;
pub use models::Rewriter;
pub use text::{SummarizedText, SummaryLine, SummaryModels, summarize_document};
pub(crate) use work::Summaries;

#[cfg(test)]
mod tests;
