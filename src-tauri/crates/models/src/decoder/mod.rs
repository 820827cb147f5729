//! Decoder-only transformers: one implementation for every family.
//!
//! Start reading at [`Decoder::forward`]. A family (a file in `families/`) says which tensors its blocks are made of
//! and how they are put together; everything else is shared. To add one: a variant of [`Architecture`], a file in
//! `families/`, a line in `families::of`.
//!
//! **Invariant**: a row of a batch is computed from its own tokens only. How a text is cut into runs changes its
//! numbers by no more than the rounding of the device's kernels.
//!
//! **Invariant**: a [`Context`] holds the keys and values of exactly the tokens it lists, also after a failure.

mod attend;
mod attention;
mod block;
mod config;
mod context;
mod families;
mod feed_forward;
mod model;
mod rope;
#[cfg(test)]
mod tests;

pub use crate::layers::{CacheBits, Placement, Precision};
pub use config::{Architecture, DecoderConfig, LayerConfig, Rope, RopeLayout, RopeScaling};
pub use context::Context;
pub use model::{Decoder, Rows, Run};

type Loader<'a> = crate::layers::Loader<'a, DecoderConfig>;
