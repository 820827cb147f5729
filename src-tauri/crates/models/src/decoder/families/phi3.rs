//! Phi-3 (Abdin et al. 2024): Llama whose projections are two fused layers; Phi-3.5 and Phi-4-mini too.

use bimo_engine::EngineError;

use super::Family;
use crate::decoder::Loader;
use crate::decoder::attention::{Attention, Projections, View};
use crate::decoder::block::Block;
use crate::decoder::feed_forward::{FeedForward, Gate};
use crate::layers::{Activation, Bias, Norm};

pub(super) struct Phi3;

impl Family for Phi3 {
    fn norm(&self, loader: &Loader<'_>, name: &str) -> Result<Norm, EngineError> {
        loader.rms_norm(name, loader.config.hidden_size)
    }

    fn block(&self, loader: &Loader<'_>, layer: usize) -> Result<Block, EngineError> {
        let config = loader.config;
        let (hidden, ffn) = (config.hidden_size, config.ffn_size);
        let queries = config.heads * config.head_dim;
        let all = queries + 2 * config.kv_heads * config.head_dim;
        let name = |part: &str| format!("blk.{layer}.{part}");
        let linear = |part: &str, inputs, outputs| {
            loader.linear(&name(part), inputs, outputs, Bias::IfThere)
        };
        Ok(Block {
            attention_norm: loader.rms_norm(&name("attn_norm"), hidden)?,
            attention: Attention {
                projections: Projections::Fused(linear("attn_qkv", hidden, all)?),
                head_norms: None,
                output: linear("attn_output", queries, hidden)?,
                view: View::new(config, layer),
            },
            feed_forward_norm: loader.rms_norm(&name("ffn_norm"), hidden)?,
            feed_forward: FeedForward::Gated {
                gate: Gate::Fused(linear("ffn_up", hidden, 2 * ffn)?),
                activation: Activation::Silu,
                down: linear("ffn_down", ffn, hidden)?,
            },
            post_norms: None,
        })
    }
}
