//! A layer of the encoder.

use std::ops::Range;

use bimo_engine::EngineError;
use candle_core::{Result, Tensor};

use super::EncoderConfig;
use super::attention::Attention;
use crate::layers::{Activation, Bias, Linear, Loader, Norm};

/// Attention and feed-forward, each added to the stream, which is normed after it.
pub(super) struct Block {
    attention: Attention,
    attention_norm: Norm,
    up: Linear,
    activation: Activation,
    down: Linear,
    norm: Norm,
}

impl Block {
    pub fn load(
        loader: &Loader<'_, EncoderConfig>,
        layer: usize,
    ) -> std::result::Result<Self, EngineError> {
        let config = loader.config;
        let (hidden, ffn) = (config.hidden_size, config.ffn_size);
        let name = |part: &str| format!("blk.{layer}.{part}");
        let linear = |part: &str, inputs, outputs| {
            loader.linear(&name(part), inputs, outputs, Bias::Required)
        };
        Ok(Self {
            attention: Attention {
                query: linear("attn_q", hidden, hidden)?,
                key: linear("attn_k", hidden, hidden)?,
                value: linear("attn_v", hidden, hidden)?,
                output: linear("attn_output", hidden, hidden)?,
                heads: config.heads,
            },
            attention_norm: loader.layer_norm(&name("attn_output_norm"), hidden)?,
            up: linear("ffn_up", hidden, ffn)?,
            activation: config.activation,
            down: linear("ffn_down", ffn, hidden)?,
            norm: loader.layer_norm(&name("layer_output_norm"), hidden)?,
        })
    }

    /// `[rows, hidden]` to the same; each range of rows is a text of its own.
    pub fn forward(&self, x: &Tensor, texts: &[Range<usize>]) -> Result<Tensor> {
        let x = self.attention_norm.forward(&(x + self.attention.forward(x, texts)?)?)?;
        let bent = self.up.forward_bent(&x, self.activation)?;
        self.norm.forward(&(&x + self.down.forward(&bent)?)?)
    }
}
