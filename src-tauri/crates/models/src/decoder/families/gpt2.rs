//! GPT-2 (Radford et al. 2019): layer norms, learned positions, one projection for queries, keys and values.

use bimo_engine::EngineError;

use super::Family;
use crate::decoder::Loader;
use crate::decoder::attention::{Attention, Projections, View};
use crate::decoder::block::Block;
use crate::decoder::feed_forward::FeedForward;
use crate::layers::{Bias, Norm};

pub(super) struct Gpt2;

impl Family for Gpt2 {
    fn norm(&self, loader: &Loader<'_>, name: &str) -> Result<Norm, EngineError> {
        loader.layer_norm(name, loader.config.hidden_size)
    }

    fn block(&self, loader: &Loader<'_>, layer: usize) -> Result<Block, EngineError> {
        let config = loader.config;
        let (hidden, ffn) = (config.hidden_size, config.ffn_size);
        let heads = (config.heads + 2 * config.kv_heads) * config.head_dim;
        let name = |part: &str| format!("blk.{layer}.{part}");
        let linear = |part: &str, inputs, outputs| {
            loader.linear(&name(part), inputs, outputs, Bias::Required)
        };
        Ok(Block {
            attention_norm: loader.layer_norm(&name("attn_norm"), hidden)?,
            attention: Attention {
                projections: Projections::Fused(linear("attn_qkv", hidden, heads)?),
                head_norms: None,
                output: linear("attn_output", config.heads * config.head_dim, hidden)?,
                view: View::new(config, layer),
            },
            feed_forward_norm: loader.layer_norm(&name("ffn_norm"), hidden)?,
            feed_forward: FeedForward::Plain {
                up: linear("ffn_up", hidden, ffn)?,
                down: linear("ffn_down", ffn, hidden)?,
            },
            post_norms: None,
        })
    }
}
