//! Products of matrices in few bits with f32 vectors, on the processor, with the instructions that it has.
//!
//! Start reading at [`multiply`]: it rounds its input to 8 bits ([`Activations`]), and every tile of 16 rows of a
//! [`PackedMatrix`] meets every row of it. What one tile does is in `formats/`, what a processor can do in `simd/`.
//!
//! This crate knows slices and nothing of tensors, files or models.
//!
//! **Invariant**: an output has the same bits whether its row is computed alone or among others, on however many threads,
//! and on every instruction set. Sums of products within a block are exact in integers; the blocks of a row are added in
//! their order, each by one fused multiplication and addition.
//!
//! **Invariant**: `unsafe` is here and nowhere else in the workspace but where a file is mapped or the environment set.

mod activations;
mod attention;
mod buffer;
mod cache;
mod choice;
mod formats;
mod instruction_set;
mod packed;
mod pointwise;
mod pool;
mod product;
mod scattered;
mod simd;

pub use activations::Activations;
pub use attention::{Look, LookBack, Sees, attend, attend_all};
pub use cache::{Kept, KvCache};
pub use choice::{are_finite, at_least, best, shift};
pub use instruction_set::InstructionSet;
pub use packed::{Format, PackedMatrix};
pub use pointwise::{
    Curve, Scaling, add_and_normalise, bend, bend_and_multiply, log_sum_exp, normalise, soften,
};
pub use pool::Pool;
pub use product::{Product, multiply};
pub use scattered::{Glance, Rows, glance};
