//! What every architecture is made of: matrices in the form that a device multiplies fastest, linear layers, norms, and
//! the reader that takes them out of a model's weights.
//!
//! **Invariant**: a tensor's shape is compared with the one that the configuration promises before it is used.

mod activation;
mod loader;
mod matrix;
mod packed;
mod parts;
mod rows;
mod share;
mod within;

pub use activation::Activation;
pub(crate) use loader::{Bias, Loader, compute};
pub use loader::{CacheBits, Placement, Precision};
pub(crate) use matrix::Matrix;
pub(crate) use parts::{Linear, Norm};
pub(crate) use rows::{numbers, rows, with_numbers};
pub(crate) use share::{Spread, share_parts, share_rows, with_scratch};
pub(crate) use within::{TextRows, look_within};
