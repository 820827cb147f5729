//! Qwen3: Llama with norms on each query and key head.

use bimo_engine::EngineError;

use super::{Family, llama};
use crate::decoder::Loader;
use crate::decoder::attention::HeadNorms;
use crate::decoder::block::Block;
use crate::layers::{Activation, Bias, Norm};

pub(super) struct Qwen3;

impl Family for Qwen3 {
    fn norm(&self, loader: &Loader<'_>, name: &str) -> Result<Norm, EngineError> {
        loader.rms_norm(name, loader.config.hidden_size)
    }

    fn block(&self, loader: &Loader<'_>, layer: usize) -> Result<Block, EngineError> {
        let width = loader.config.head_dim;
        let head_norms = HeadNorms {
            query: loader.rms_norm(&format!("blk.{layer}.attn_q_norm"), width)?,
            key: loader.rms_norm(&format!("blk.{layer}.attn_k_norm"), width)?,
        };
        llama::block(loader, layer, Bias::IfThere, Some(head_norms), Activation::Silu)
    }
}
