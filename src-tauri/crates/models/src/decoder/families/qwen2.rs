//! Qwen2 and 2.5: Llama with biases on queries, keys and values.

use bimo_engine::EngineError;

use super::{Family, llama};
use crate::decoder::Loader;
use crate::decoder::block::Block;
use crate::layers::{Activation, Bias, Norm};

pub(super) struct Qwen2;

impl Family for Qwen2 {
    fn norm(&self, loader: &Loader<'_>, name: &str) -> Result<Norm, EngineError> {
        loader.rms_norm(name, loader.config.hidden_size)
    }

    fn block(&self, loader: &Loader<'_>, layer: usize) -> Result<Block, EngineError> {
        llama::block(loader, layer, Bias::Required, None, Activation::Silu)
    }
}
