//! A layer of the encoder.

use std::ops::Range;

use bimo_engine::EngineError;
use candle_core::{Result, Tensor};

use super::EncoderConfig;
use super::attention::Attention;
use crate::layers::{Activation, Bias, Linear, Loader, Norm, Spread, share_rows, with_scratch};

/// Attention and feed-forward, each added to the stream, which is normed after it.
pub(super) struct Block {
    attention: Attention,
    attention_norm: Norm,
    up: Linear,
    activation: Activation,
    down: Linear,
    norm: Norm,
    hidden: usize,
    ffn: usize,
}

/// Rows on the processor, and room for what is made of them: all as wide as the stream.
pub(super) struct Stream {
    pub x: Vec<f32>,
    query: Vec<f32>,
    key: Vec<f32>,
    value: Vec<f32>,
    seen: Vec<f32>,
}

impl Stream {
    pub fn new(x: Vec<f32>) -> Self {
        let [query, key, value, seen] = [(); 4].map(|()| vec![0.0; x.len()]);
        Self { x, query, key, value, seen }
    }
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
            hidden,
            ffn,
        })
    }

    /// Rows on the processor, in place; each range of them is a text of its own.
    pub fn pass(&self, stream: &mut Stream, texts: &[Range<usize>]) -> Result<()> {
        let Stream { x, query, key, value, seen } = stream;
        let wide = self.hidden;
        let buffers = [(&mut x[..], wide), (query, wide), (key, wide), (value, wide)];
        share_rows(Spread::Threads, buffers, |_, [x, query, key, value]| {
            self.attention.project(x, [query, key, value])
        })?;
        self.attention.look([query, key, value], texts, seen)?;
        share_rows(Spread::Threads, [(x, wide), (seen, wide)], |_, [x, seen]| {
            with_scratch(x.len(), |added| {
                self.attention.output.write(seen, None, added)?;
                self.attention_norm.add_and_normalise(x, added)?;
                self.feed_forward(x, added)?;
                self.norm.add_and_normalise(x, added)
            })
        })
    }

    fn feed_forward(&self, x: &[f32], output: &mut [f32]) -> Result<()> {
        with_scratch(x.len() / self.hidden * self.ffn, |bent| {
            self.up.write(x, Some(self.activation), bent)?;
            self.down.write(bent, None, output)
        })
    }

    /// On a GPU, `[rows, hidden]` to the same; each range of rows is a text of its own.
    pub fn forward(&self, x: &Tensor, texts: &[Range<usize>]) -> Result<Tensor> {
        let x = self.attention_norm.forward(&(x + self.attention.forward(x, texts)?)?)?;
        let bent = self.up.forward_bent(&x, self.activation)?;
        self.norm.forward(&(&x + self.down.forward(&bent)?)?)
    }
}
