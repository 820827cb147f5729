//! Encoder-decoder transformers: one implementation for Marian, BART and T5.
//!
//! Start reading at [`Rewriter`], which turns texts into texts; [`EncoderDecoder`] computes, `search` chooses. What tells
//! the families apart is in [`Seq2SeqConfig`] and `parts.rs`.
//!
//! **Invariant**: texts of a batch lie one after another without padding, and each is computed from its own tokens
//! only. A text's numbers change with its neighbours by no more than the rounding of the device's kernels.
//!
//! **Invariant**: greedy and beam search take the same tokens and give the same scores as `transformers`' `generate`.

mod attend;
mod attention;
mod block;
mod config;
mod distances;
mod model;
mod parts;
mod positions;
mod rewriter;
mod search;
mod text;

pub(crate) use config::USUAL_MAX_LENGTH;
pub use config::{Positions, SearchSettings, Seq2SeqArchitecture, Seq2SeqConfig, SideConfig};
pub use model::{EncoderDecoder, Memory, Writing};
pub use rewriter::Rewriter;
pub(crate) use text::Frames;
pub use text::Seq2SeqTokenizer;
