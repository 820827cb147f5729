//! What tells the families apart: which tensors their blocks are made of, and how.

mod gemma3;
mod gpt2;
mod llama;
mod phi3;
mod qwen2;
mod qwen3;

use bimo_engine::EngineError;

use super::Architecture;
use super::block::Block;
use crate::decoder::Loader;
use crate::layers::Norm;

/// A family of models. Tensor names are GGUF's.
pub(super) trait Family: Sync {
    /// The norm of that name, over the width of the stream.
    fn norm(&self, loader: &Loader<'_>, name: &str) -> Result<Norm, EngineError>;

    /// One layer.
    fn block(&self, loader: &Loader<'_>, layer: usize) -> Result<Block, EngineError>;
}

/// The family of an architecture.
pub(super) fn of(architecture: Architecture) -> &'static dyn Family {
    match architecture {
        Architecture::Llama | Architecture::SmolLm3 => &llama::Llama,
        Architecture::Qwen2 => &qwen2::Qwen2,
        Architecture::Qwen3 => &qwen3::Qwen3,
        Architecture::Phi3 => &phi3::Phi3,
        Architecture::Gemma3 => &gemma3::Gemma3,
        Architecture::Gpt2 => &gpt2::Gpt2,
    }
}
