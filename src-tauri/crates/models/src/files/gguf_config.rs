//! The shape of a model from a GGUF file's metadata.

use bimo_engine::{EngineError, TokenId};
use candle_core::DType;

use super::gguf::{Gguf, missing};
use super::gguf_header::{Header, Value, invalid};
use super::hf_config::embedding_scale;
use super::hf_rope::yarn_magnitude;
use super::purpose::gguf_family;
use super::{Weight, Weights};
use crate::decoder::{Architecture, DecoderConfig, LayerConfig, Rope, RopeLayout, RopeScaling};
use crate::limits::{MAX_CONTEXT, MAX_LAYERS, MAX_WIDTH};

/// Keys under an architecture's name that change a model's numbers and are not computed here.
const REFUSED: [&str; 8] = [
    "attention.clamp_kqv",
    "attention.max_alibi_bias",
    "attn_logit_softcapping",
    "embedding_scale",
    "expert_count",
    "final_logit_softcapping",
    "logit_scale",
    "residual_scale",
];

/// The model's shape, as the metadata and the tensors state it.
pub(super) fn read(file: &Gguf) -> Result<DecoderConfig, EngineError> {
    let (architecture, name) = gguf_family(file.header(), Architecture::from_name)?;
    let shape = Shape { header: file.header(), name };
    shape.check(&REFUSED)?;
    let scaling = shape.header.text(&shape.key("rope.scaling.type"))?;
    if architecture != Architecture::Phi3 && scaling != Some("yarn") {
        shape.check(&["rope.scaling.attn_factor"])?;
    }
    if !matches!(architecture, Architecture::Phi3 | Architecture::Gemma3) {
        shape.check(&["attention.sliding_window"])?;
    }
    let hidden_size = shape.required("embedding_length", MAX_WIDTH)?;
    let heads = shape.required("attention.head_count", MAX_WIDTH)?;
    let kv_heads = shape.optional("attention.head_count_kv", MAX_WIDTH)?.unwrap_or(heads);
    let head_dim =
        shape.optional("attention.key_length", MAX_WIDTH)?.unwrap_or(hidden_size / heads);
    let values = shape.optional("attention.value_length", MAX_WIDTH)?;
    if values.is_some_and(|values| values != head_dim) {
        let words = format!("{} is not the keys' length", shape.key("attention.value_length"));
        return Err(EngineError::ModelUnsupported(words));
    }
    if !heads.is_multiple_of(kv_heads) || head_dim == 0 {
        return Err(invalid(&shape.key("attention.head_count_kv"), "it does not divide the heads"));
    }
    let vocabulary = vocabulary(file)?;
    let layers = shape.layers(architecture)?;
    Ok(DecoderConfig {
        architecture,
        hidden_size,
        heads,
        kv_heads,
        head_dim,
        ffn_size: shape.required("feed_forward_length", MAX_WIDTH)?,
        vocabulary,
        context_length: shape.required("context_length", MAX_CONTEXT)?,
        norm_eps: shape.norm_eps()?,
        embedding_scale: embedding_scale(architecture, hidden_size),
        attention_scale: shape.attention_scale(layers.len(), hidden_size / heads, head_dim)?,
        ropes: shape.ropes(file, architecture, head_dim)?,
        layers,
        tied_embeddings: !file.contains("output.weight"),
        end_tokens: end_tokens(file.header(), vocabulary)?,
    })
}

fn vocabulary(file: &Gguf) -> Result<usize, EngineError> {
    let name = "token_embd.weight";
    let place = file.header().tensors.get(name).ok_or_else(|| missing(name))?;
    match place.shape[..] {
        [rows, _] => Ok(rows),
        _ => Err(invalid(name, "it is no matrix")),
    }
}

/// Tokens that end a text.
pub(super) fn end_tokens(header: &Header, vocabulary: usize) -> Result<Vec<TokenId>, EngineError> {
    let keys = ["tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"];
    let mut ends = Vec::new();
    for key in keys {
        if let Some(token) = header.integer(key, 0, vocabulary as i128 - 1)? {
            ends.push(token as TokenId);
        }
    }
    Ok(ends)
}

/// The keys under an architecture's name.
struct Shape<'a> {
    header: &'a Header,
    name: &'a str,
}

impl Shape<'_> {
    fn key(&self, part: &str) -> String {
        format!("{}.{part}", self.name)
    }

    /// Refuses keys that would be silently ignored.
    fn check(&self, refused: &[&str]) -> Result<(), EngineError> {
        for key in refused.iter().map(|part| self.key(part)) {
            match self.header.metadata.get(&key) {
                None | Some(Value::Integer(0)) => {}
                Some(Value::Float(0.0)) => {}
                Some(_) => {
                    let words = format!("{key} is set, which is not computed here");
                    return Err(EngineError::ModelUnsupported(words));
                }
            }
        }
        Ok(())
    }

    fn optional(&self, part: &str, limit: usize) -> Result<Option<usize>, EngineError> {
        self.header.integer(&self.key(part), 1, limit as i128)
    }

    fn required(&self, part: &str, limit: usize) -> Result<usize, EngineError> {
        self.optional(part, limit)?.ok_or_else(|| invalid(&self.key(part), "it is missing"))
    }

    fn norm_eps(&self) -> Result<f64, EngineError> {
        let key = self.key("attention.layer_norm_rms_epsilon");
        let eps = match self.header.float(&key)? {
            Some(eps) => Some(eps),
            None => self.header.float(&self.key("attention.layer_norm_epsilon"))?,
        };
        eps.filter(|eps| *eps >= 0.0).ok_or_else(|| invalid(&key, "it is missing or negative"))
    }

    /// SmolLM3's files do not say which layers turn their heads, nor Gemma 3's which look through a window.
    fn layers(&self, architecture: Architecture) -> Result<Vec<LayerConfig>, EngineError> {
        let count = self.required("block_count", MAX_LAYERS)?;
        let key = self.key("attention.sliding_window");
        // Phi-4's files have a 0 where there is no window.
        let window =
            self.header.integer(&key, 0, MAX_CONTEXT as i128)?.filter(|&window| window > 0);
        let pattern = match architecture {
            Architecture::Gemma3 => {
                self.optional("attention.sliding_window_pattern", MAX_LAYERS)?.unwrap_or(6)
            }
            _ => 4,
        };
        let layer = |layer: usize| match architecture {
            Architecture::Gpt2 => LayerConfig { rope: None, window: None },
            Architecture::SmolLm3 if layer.is_multiple_of(pattern) => {
                LayerConfig { rope: None, window: None }
            }
            Architecture::Gemma3 if layer.is_multiple_of(pattern) => {
                LayerConfig { rope: Some(0), window: None }
            }
            Architecture::Gemma3 => LayerConfig { rope: Some(1), window },
            _ => LayerConfig { rope: Some(0), window },
        };
        Ok((1..=count).map(layer).collect())
    }

    fn ropes(
        &self,
        file: &Gguf,
        architecture: Architecture,
        head_dim: usize,
    ) -> Result<Vec<Rope>, EngineError> {
        let key = "rope.dimension_count";
        let width = self.optional(key, head_dim)?.unwrap_or(head_dim);
        if !width.is_multiple_of(2) {
            return Err(invalid(&self.key(key), "it is odd"));
        }
        let layout = match architecture {
            Architecture::Llama | Architecture::SmolLm3 => RopeLayout::Interleaved,
            _ => RopeLayout::HalfSplit,
        };
        let theta = |part: &str, usual: f64| -> Result<f32, EngineError> {
            Ok(self.header.float(&self.key(part))?.unwrap_or(usual) as f32)
        };
        let scaling = match file.contains("rope_factors_long.weight") {
            true => Some(self.long_rope(file, width / 2)?),
            false => self.rope_scaling()?,
        };
        let rope = |theta, scaling| Rope { width, theta, layout, scaling };
        match architecture {
            Architecture::Gpt2 => Ok(Vec::new()),
            // Layers that see everything, and those that look through a window.
            Architecture::Gemma3 => Ok(vec![
                rope(theta("rope.freq_base", 1e6)?, scaling),
                rope(theta("rope.freq_base_swa", 1e4)?, None),
            ]),
            _ => Ok(vec![rope(theta("rope.freq_base", 1e4)?, scaling)]),
        }
    }

    /// Files of Gemma 3 do not state it, and its largest model, of 62 layers, takes another width than that of a head.
    fn attention_scale(
        &self,
        layers: usize,
        share: usize,
        head_dim: usize,
    ) -> Result<f64, EngineError> {
        let is_largest = self.name == Architecture::Gemma3.name() && layers == 62;
        let width = if is_largest { share } else { head_dim };
        let stated = self.header.float(&self.key("attention.scale"))?;
        Ok(stated.filter(|&scale| scale > 0.0).unwrap_or((width as f64).powf(-0.5)))
    }

    /// LongRoPE, whose divisors are tensors.
    fn long_rope(&self, file: &Gguf, pairs: usize) -> Result<RopeScaling, EngineError> {
        let divisors = |name: &str| -> Result<Vec<f32>, EngineError> {
            let divisors = match file.get(name)? {
                Weight::Float(floats) => {
                    let tensor = floats.tensor().map_err(|error| error.of(name))?;
                    tensor.to_dtype(DType::F32).and_then(|numbers| numbers.to_vec1())
                }
                Weight::Quantized(_) => return Err(invalid(name, "it is quantised")),
            };
            let whole = |divisors: &Vec<f32>| divisors.len() == pairs;
            let divisors = divisors.ok().filter(whole);
            divisors.ok_or_else(|| invalid(name, format!("it does not have {pairs} numbers")))
        };
        let magnitude = self.header.float(&self.key("rope.scaling.attn_factor"))?;
        Ok(RopeScaling::Long {
            short: divisors("rope_factors_short.weight")?,
            long: divisors("rope_factors_long.weight")?,
            original_context: self.required("rope.scaling.original_context_length", MAX_CONTEXT)?,
            magnitude: magnitude.unwrap_or(1.0) as f32,
        })
    }

    fn yarn(&self, factor: f32) -> Result<RopeScaling, EngineError> {
        let number = |part: &str, usual: f64| -> Result<f32, EngineError> {
            Ok(self.header.float(&self.key(part))?.filter(|n| *n > 0.0).unwrap_or(usual) as f32)
        };
        self.check(&[
            "rope.scaling.yarn_attn_factor",
            "rope.scaling.yarn_ext_factor",
            "rope.scaling.yarn_log_multiplier",
        ])?;
        let original = self.optional("rope.scaling.original_context_length", MAX_CONTEXT)?;
        Ok(RopeScaling::Yarn {
            factor,
            original_context: match original {
                Some(tokens) => tokens,
                None => self.required("context_length", MAX_CONTEXT)?,
            },
            fast_turns: number("rope.scaling.yarn_beta_fast", 32.0)?,
            slow_turns: number("rope.scaling.yarn_beta_slow", 1.0)?,
            magnitude: yarn_magnitude(factor) * number("rope.scaling.attn_factor", 1.0)?,
        })
    }

    fn rope_scaling(&self) -> Result<Option<RopeScaling>, EngineError> {
        let factor = self.header.float(&self.key("rope.scaling.factor"))?;
        match (self.header.text(&self.key("rope.scaling.type"))?, factor) {
            (None | Some("none"), _) => Ok(None),
            (Some("linear"), Some(factor)) if factor > 0.0 => {
                Ok(Some(RopeScaling::Linear { factor: factor as f32 }))
            }
            (Some("yarn"), Some(factor)) if factor > 0.0 => self.yarn(factor as f32).map(Some),
            (Some(kind), _) => {
                let words = format!("{} is {kind:?}", self.key("rope.scaling.type"));
                Err(EngineError::ModelUnsupported(words))
            }
        }
    }
}
