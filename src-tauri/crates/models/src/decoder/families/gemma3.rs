//! Gemma 3 (Gemma Team 2025): norms before and after both parts of a block, norms of the heads, GELU in the gate.

use bimo_engine::EngineError;

use super::{Family, llama};
use crate::decoder::Loader;
use crate::decoder::attention::HeadNorms;
use crate::decoder::block::{Block, PostNorms};
use crate::layers::{Activation, Bias, Norm};

pub(super) struct Gemma3;

impl Family for Gemma3 {
    fn norm(&self, loader: &Loader<'_>, name: &str) -> Result<Norm, EngineError> {
        loader.rms_norm(name, loader.config.hidden_size)
    }

    fn block(&self, loader: &Loader<'_>, layer: usize) -> Result<Block, EngineError> {
        let (hidden, width) = (loader.config.hidden_size, loader.config.head_dim);
        let norm = |part: &str, width| loader.rms_norm(&format!("blk.{layer}.{part}"), width);
        let head_norms =
            HeadNorms { query: norm("attn_q_norm", width)?, key: norm("attn_k_norm", width)? };
        let post_norms = PostNorms {
            attention: norm("post_attention_norm", hidden)?,
            feed_forward: norm("post_ffw_norm", hidden)?,
        };
        let block = llama::block(loader, layer, Bias::IfThere, Some(head_norms), Activation::Gelu)?;
        Ok(Block { post_norms: Some(post_norms), ..block })
    }
}
