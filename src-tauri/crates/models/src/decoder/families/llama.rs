//! Llama (Touvron et al. 2023): root-mean-square norms, rotated heads, a gated feed-forward part.

use bimo_engine::EngineError;

use super::Family;
use crate::decoder::Loader;
use crate::decoder::attention::{Attention, HeadNorms, Projections, View};
use crate::decoder::block::Block;
use crate::decoder::feed_forward::{FeedForward, Gate};
use crate::layers::{Activation, Bias, Norm};

/// SmolLM2 and others share it; so does SmolLM3, whose layers differ only in whether they turn their heads.
pub(super) struct Llama;

impl Family for Llama {
    fn norm(&self, loader: &Loader<'_>, name: &str) -> Result<Norm, EngineError> {
        loader.rms_norm(name, loader.config.hidden_size)
    }

    fn block(&self, loader: &Loader<'_>, layer: usize) -> Result<Block, EngineError> {
        block(loader, layer, Bias::IfThere, None, Activation::Silu)
    }
}

/// Llama's block and what others add to it: `bias` on queries, keys and values; norms of the heads;
/// what bends the gate.
pub(super) fn block(
    loader: &Loader<'_>,
    layer: usize,
    bias: Bias,
    head_norms: Option<HeadNorms>,
    activation: Activation,
) -> Result<Block, EngineError> {
    let config = loader.config;
    let (hidden, ffn) = (config.hidden_size, config.ffn_size);
    let (queries, keys) = (config.heads * config.head_dim, config.kv_heads * config.head_dim);
    let name = |part: &str| format!("blk.{layer}.{part}");
    Ok(Block {
        attention_norm: loader.rms_norm(&name("attn_norm"), hidden)?,
        attention: Attention {
            projections: Projections::Separate {
                query: loader.linear(&name("attn_q"), hidden, queries, bias)?,
                key: loader.linear(&name("attn_k"), hidden, keys, bias)?,
                value: loader.linear(&name("attn_v"), hidden, keys, bias)?,
            },
            head_norms,
            output: loader.linear(&name("attn_output"), queries, hidden, Bias::IfThere)?,
            view: View::new(config, layer),
        },
        feed_forward_norm: loader.rms_norm(&name("ffn_norm"), hidden)?,
        feed_forward: FeedForward::Gated {
            gate: Gate::Separate {
                gate: loader.linear(&name("ffn_gate"), hidden, ffn, Bias::IfThere)?,
                up: loader.linear(&name("ffn_up"), hidden, ffn, Bias::IfThere)?,
            },
            activation,
            down: loader.linear(&name("ffn_down"), ffn, hidden, Bias::IfThere)?,
        },
        post_norms: None,
    })
}
