//! The shape of a model from a Hugging Face `config.json`.

use bimo_engine::{EngineError, TokenId};
use serde_json::Value;

use super::gguf_header::invalid;
use super::purpose::refusal;
use super::{hf_gemma, hf_refusals, hf_rope};
use crate::decoder::{Architecture, DecoderConfig, LayerConfig};
use crate::limits::{MAX_CONTEXT, MAX_LAYERS, MAX_WIDTH};

/// The family.
pub(super) fn kind(config: &Value) -> Result<Architecture, EngineError> {
    let key = "model_type";
    let name = config[key].as_str().ok_or_else(|| invalid(key, "it is missing"))?;
    Architecture::from_name(name).ok_or_else(|| refusal(name))
}

/// Reads it. `generation` is `generation_config.json`, which may name more tokens that end a text; `untied` tells
/// that the files have an output projection of their own.
pub(super) fn read(
    config: &Value,
    generation: Option<&Value>,
    untied: bool,
) -> Result<DecoderConfig, EngineError> {
    let architecture = kind(config)?;
    let stated = match architecture {
        Architecture::Gemma3 => hf_gemma::stated(config),
        _ => config.clone(),
    };
    hf_refusals::check(&stated, architecture)?;
    let fields = Fields(&stated);
    let gpt2 = architecture == Architecture::Gpt2;
    let key = |llama: &'static str, gpt2_key: &'static str| if gpt2 { gpt2_key } else { llama };
    let hidden_size = fields.size(key("hidden_size", "n_embd"), MAX_WIDTH)?;
    let heads = fields.size(key("num_attention_heads", "n_head"), MAX_WIDTH)?;
    let kv_heads = fields.optional_size("num_key_value_heads", MAX_WIDTH)?.unwrap_or(heads);
    let head_dim = fields.optional_size("head_dim", MAX_WIDTH)?.unwrap_or(hidden_size / heads);
    if !heads.is_multiple_of(kv_heads) || head_dim == 0 {
        return Err(invalid("num_key_value_heads", "it does not divide the heads"));
    }
    let vocabulary = fields.size("vocab_size", MAX_WIDTH)?;
    let ffn_size = match fields.optional_size(key("intermediate_size", "n_inner"), MAX_WIDTH)? {
        None if gpt2 => 4 * hidden_size,
        None => return Err(invalid("intermediate_size", "it is missing")),
        Some(size) => size,
    };
    let eps_key = key("rms_norm_eps", "layer_norm_epsilon");
    let layers = fields.size(key("num_hidden_layers", "n_layer"), MAX_LAYERS)?;
    Ok(DecoderConfig {
        architecture,
        hidden_size,
        layers: fields.layers(architecture, layers)?,
        heads,
        kv_heads,
        head_dim,
        ffn_size,
        vocabulary,
        context_length: fields.size(key("max_position_embeddings", "n_positions"), MAX_CONTEXT)?,
        norm_eps: fields.number(eps_key)?.unwrap_or(if gpt2 { 1e-5 } else { 1e-6 }),
        embedding_scale: embedding_scale(architecture, hidden_size),
        attention_scale: fields.attention_scale(architecture, head_dim)?,
        ropes: hf_rope::read(&fields, architecture, head_dim)?,
        tied_embeddings: !untied,
        end_tokens: end_tokens(config, generation, vocabulary)?,
    })
}

/// Gemma's embeddings are small and widened.
pub(super) fn embedding_scale(architecture: Architecture, hidden_size: usize) -> Option<f64> {
    (architecture == Architecture::Gemma3).then(|| (hidden_size as f64).sqrt())
}

/// Tokens that end a text: a number or a list of them, in either file.
pub(super) fn end_tokens(
    config: &Value,
    generation: Option<&Value>,
    vocabulary: usize,
) -> Result<Vec<TokenId>, EngineError> {
    let mut ends = Vec::new();
    for file in [Some(config), config.get("text_config"), generation].into_iter().flatten() {
        let named = match &file["eos_token_id"] {
            Value::Array(list) => list.iter().collect(),
            Value::Null => Vec::new(),
            one => vec![one],
        };
        for token in named {
            let token = token.as_u64().filter(|&token| token < vocabulary as u64);
            let token = token
                .ok_or_else(|| invalid("eos_token_id", "it is not a token of the vocabulary"))?;
            if !ends.contains(&(token as TokenId)) {
                ends.push(token as TokenId);
            }
        }
    }
    Ok(ends)
}

pub(super) struct Fields<'a>(pub &'a Value);

impl Fields<'_> {
    fn layers(
        &self,
        architecture: Architecture,
        count: usize,
    ) -> Result<Vec<LayerConfig>, EngineError> {
        let turned = LayerConfig { rope: Some(0), window: None };
        let still = LayerConfig { rope: None, window: None };
        match architecture {
            Architecture::Gpt2 => Ok(vec![still; count]),
            Architecture::SmolLm3 => {
                let layer = |turns: bool| if turns { turned } else { still };
                Ok(self.turning_layers(count)?.into_iter().map(layer).collect())
            }
            Architecture::Phi3 => {
                let window = self.optional_size("sliding_window", MAX_CONTEXT)?;
                Ok(vec![LayerConfig { window, ..turned }; count])
            }
            Architecture::Gemma3 => {
                let window = Some(self.size("sliding_window", MAX_CONTEXT)?);
                let local = LayerConfig { rope: Some(1), window };
                let layer = |is_local: bool| if is_local { local } else { turned };
                Ok(self.local_layers(count)?.into_iter().map(layer).collect())
            }
            _ => Ok(vec![turned; count]),
        }
    }

    /// Gemma 3's layers that look through a window: those that a list says, or all but each sixth.
    fn local_layers(&self, count: usize) -> Result<Vec<bool>, EngineError> {
        let key = "layer_types";
        match &self.0[key] {
            Value::Null => {
                let pattern = self.size("sliding_window_pattern", MAX_LAYERS)?;
                Ok((1..=count).map(|layer| !layer.is_multiple_of(pattern)).collect())
            }
            Value::Array(list) if list.len() == count => {
                Ok(list.iter().map(|kind| kind == "sliding_attention").collect())
            }
            _ => Err(invalid(key, "it is no list of a word for each layer")),
        }
    }

    fn attention_scale(
        &self,
        architecture: Architecture,
        head_dim: usize,
    ) -> Result<f64, EngineError> {
        let width = match architecture {
            Architecture::Gemma3 => self.number("query_pre_attn_scalar")?,
            _ => None,
        };
        Ok(width.filter(|&width| width > 0.0).unwrap_or(head_dim as f64).powf(-0.5))
    }

    /// SmolLM3's layers that turn their heads: those with a 1 in a list, or all but each fourth.
    fn turning_layers(&self, count: usize) -> Result<Vec<bool>, EngineError> {
        let key = "no_rope_layers";
        match &self.0[key] {
            Value::Null => {
                let key = "no_rope_layer_interval";
                let interval = self.optional_size(key, MAX_LAYERS)?.unwrap_or(4);
                Ok((1..=count).map(|layer| !layer.is_multiple_of(interval)).collect())
            }
            Value::Array(list) if list.len() >= count => {
                let flags = list.iter().take(count).map(|flag| match flag.as_u64() {
                    Some(flag @ 0..=1) => Ok(flag == 1),
                    _ => Err(invalid(key, format!("{flag} is neither 0 nor 1"))),
                });
                flags.collect()
            }
            _ => Err(invalid(key, "it is no list of a flag for each layer")),
        }
    }

    pub fn optional_size(&self, key: &str, limit: usize) -> Result<Option<usize>, EngineError> {
        match &self.0[key] {
            Value::Null => Ok(None),
            value => value
                .as_u64()
                .and_then(|size| usize::try_from(size).ok())
                .filter(|size| (1..=limit).contains(size))
                .map(Some)
                .ok_or_else(|| invalid(key, format!("{value} is not between 1 and {limit}"))),
        }
    }

    pub fn size(&self, key: &str, limit: usize) -> Result<usize, EngineError> {
        self.optional_size(key, limit)?.ok_or_else(|| invalid(key, "it is missing"))
    }

    pub fn number(&self, key: &str) -> Result<Option<f64>, EngineError> {
        match &self.0[key] {
            Value::Null => Ok(None),
            value => value
                .as_f64()
                .filter(|number| number.is_finite() && *number >= 0.0)
                .map(Some)
                .ok_or_else(|| invalid(key, format!("{value} is no positive number"))),
        }
    }
}
