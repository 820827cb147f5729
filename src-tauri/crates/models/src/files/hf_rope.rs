//! How a Hugging Face `config.json` turns heads.

use bimo_engine::EngineError;
use serde_json::Value;

use super::gguf_header::invalid;
use super::hf_config::Fields;
use crate::decoder::{Architecture, Rope, RopeLayout, RopeScaling};
use crate::limits::MAX_CONTEXT;

/// Reads them: `rope_parameters` since transformers 5, `rope_theta` and `rope_scaling` before.
pub(super) fn read(
    fields: &Fields<'_>,
    architecture: Architecture,
    head_dim: usize,
) -> Result<Vec<Rope>, EngineError> {
    let newer = &fields.0["rope_parameters"];
    let own = if newer.is_object() { newer } else { &fields.0["rope_scaling"] };
    let rope = |own, theta_key, usual_theta| {
        let reader = RopeReader { config: fields, own: Fields(own), architecture };
        reader.read(theta_key, usual_theta, head_dim)
    };
    match architecture {
        Architecture::Gpt2 => Ok(Vec::new()),
        Architecture::SmolLm3 => Ok(vec![rope(own, "rope_theta", 2e6)?]),
        // Layers that see everything, and those that look through a window.
        Architecture::Gemma3 => Ok(vec![
            rope(newer.get("full_attention").unwrap_or(own), "rope_theta", 1e6)?,
            rope(&newer["sliding_attention"], "rope_local_base_freq", 1e4)?,
        ]),
        _ => Ok(vec![rope(own, "rope_theta", 1e4)?]),
    }
}

/// What YaRN multiplies turned elements by when a context is stretched so many times.
pub(super) fn yarn_magnitude(factor: f32) -> f32 {
    if factor > 1.0 { 1.0 + 0.1 * factor.ln() } else { 1.0 }
}

/// Reads one rope.
struct RopeReader<'a> {
    config: &'a Fields<'a>,
    /// What stands under the rope's own key.
    own: Fields<'a>,
    architecture: Architecture,
}

impl RopeReader<'_> {
    fn read(
        &self,
        theta_key: &str,
        usual_theta: f64,
        head_dim: usize,
    ) -> Result<Rope, EngineError> {
        let theta = match self.own.number("rope_theta")? {
            Some(theta) => Some(theta),
            None => self.config.number(theta_key)?,
        };
        let key = "partial_rotary_factor";
        let part = match self.own.number(key)? {
            Some(part) => Some(part),
            None => self.config.number(key)?,
        };
        let part = part.unwrap_or(1.0);
        if part > 1.0 {
            return Err(invalid(key, "it is more than 1"));
        }
        if part < 1.0 && self.architecture != Architecture::Phi3 {
            let words = format!("{key} is {part}, which is not computed here");
            return Err(EngineError::ModelUnsupported(words));
        }
        let width = (head_dim as f64 * part) as usize;
        Ok(Rope {
            width,
            theta: theta.unwrap_or(usual_theta) as f32,
            layout: RopeLayout::HalfSplit,
            scaling: self.scaling(width)?,
        })
    }

    fn scaling(&self, width: usize) -> Result<Option<RopeScaling>, EngineError> {
        let kind = self.own.0["rope_type"].as_str().or(self.own.0["type"].as_str());
        match kind {
            None if self.own.0.get("full_attention").is_some() => {
                let words = "a rope for each kind of layer (full_attention)";
                Err(EngineError::ModelUnsupported(words.into()))
            }
            None | Some("default") => Ok(None),
            // Phi-3's first files call it by these names.
            Some("su" | "yarn") if self.architecture == Architecture::Phi3 => {
                self.long(width / 2).map(Some)
            }
            Some("yarn") => self.yarn().map(Some),
            Some("longrope") => self.long(width / 2).map(Some),
            Some("linear") => Ok(Some(RopeScaling::Linear { factor: self.number("factor")? })),
            Some("llama3") => Ok(Some(RopeScaling::Llama3 {
                factor: self.number("factor")?,
                low_factor: self.number("low_freq_factor")?,
                high_factor: self.number("high_freq_factor")?,
                original_context: self.number("original_max_position_embeddings")?,
            })),
            Some(other) => Err(EngineError::ModelUnsupported(format!("rope_scaling is {other:?}"))),
        }
    }

    /// YaRN. Where the magnitude is not stated, it is the paper's.
    fn yarn(&self) -> Result<RopeScaling, EngineError> {
        self.refuse(&["mscale", "mscale_all_dim", "truncate"])?;
        let factor = self.number("factor")?;
        let key = "original_max_position_embeddings";
        let original_context = match self.own.optional_size(key, MAX_CONTEXT)? {
            Some(tokens) => tokens,
            None => self.config.size("max_position_embeddings", MAX_CONTEXT)?,
        };
        let turns = |key, usual| -> Result<f32, EngineError> {
            let stated = self.own.number(key)?.filter(|turns| *turns > 0.0);
            Ok(stated.map_or(usual, |turns| turns as f32))
        };
        let magnitude = self.own.number("attention_factor")?;
        Ok(RopeScaling::Yarn {
            factor,
            original_context,
            fast_turns: turns("beta_fast", 32.0)?,
            slow_turns: turns("beta_slow", 1.0)?,
            magnitude: magnitude.map_or_else(|| yarn_magnitude(factor), |stated| stated as f32),
        })
    }

    /// LongRoPE. Where the magnitude is not stated, it follows from how far the context was stretched.
    fn long(&self, pairs: usize) -> Result<RopeScaling, EngineError> {
        self.refuse(&["long_mscale", "short_mscale"])?;
        let key = "original_max_position_embeddings";
        let original_context = match self.config.optional_size(key, MAX_CONTEXT)? {
            Some(tokens) => tokens,
            None => self.own.size(key, MAX_CONTEXT)?,
        };
        let factor = match self.own.number("factor")? {
            Some(factor) => factor,
            None => {
                let context = self.config.size("max_position_embeddings", MAX_CONTEXT)?;
                context as f64 / original_context as f64
            }
        };
        let magnitude = match self.own.number("attention_factor")? {
            Some(magnitude) => magnitude,
            None if factor <= 1.0 => 1.0,
            None => (1.0 + factor.ln() / (original_context as f64).ln()).sqrt(),
        };
        Ok(RopeScaling::Long {
            short: self.divisors("short_factor", pairs)?,
            long: self.divisors("long_factor", pairs)?,
            original_context,
            magnitude: magnitude as f32,
        })
    }

    fn divisors(&self, key: &str, pairs: usize) -> Result<Vec<f32>, EngineError> {
        let list = self.own.0[key].as_array().ok_or_else(|| invalid(key, "it is no list"))?;
        let numbers = list.iter().map(|number| number.as_f64().filter(|number| *number > 0.0));
        let divisors: Option<Vec<f32>> = numbers.map(|number| Some(number? as f32)).collect();
        let divisors = divisors.filter(|divisors| divisors.len() == pairs);
        divisors.ok_or_else(|| invalid(key, format!("it does not have {pairs} positive numbers")))
    }

    fn number(&self, key: &str) -> Result<f32, EngineError> {
        let number = self.own.number(key)?.filter(|number| *number > 0.0);
        Ok(number.ok_or_else(|| invalid(key, "it is missing"))? as f32)
    }

    /// Refuses settings that would be silently ignored.
    fn refuse(&self, keys: &[&str]) -> Result<(), EngineError> {
        let set = |key: &&&str| !matches!(self.own.0[**key], Value::Null);
        match keys.iter().find(set) {
            Some(key) => {
                let words = format!("{key} is {}, which is not computed here", self.own.0[*key]);
                Err(EngineError::ModelUnsupported(words))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rope(config: &Value) -> Result<Rope, EngineError> {
        Ok(read(&Fields(config), Architecture::Phi3, 8)?.remove(0))
    }

    #[test]
    fn long_rope_states_its_magnitude_or_it_follows_from_the_stretch() {
        let mut config = json!({
            "max_position_embeddings": 131_072,
            "original_max_position_embeddings": 4096,
            "rope_scaling": { "type": "su", "short_factor": [1, 1, 1, 1], "long_factor": [1, 2, 3, 4] },
        });
        let magnitude = |config: &Value| match rope(config).unwrap().scaling {
            Some(RopeScaling::Long { magnitude, .. }) => magnitude,
            other => panic!("{other:?}"),
        };
        // 32 times the context: sqrt(1 + ln 32 / ln 4096) = sqrt(1 + 5 / 12).
        assert!((magnitude(&config) - (17f32 / 12.0).sqrt()).abs() < 1e-6);
        config["rope_scaling"]["attention_factor"] = json!(1.5);
        assert_eq!(magnitude(&config), 1.5);
        config["rope_scaling"]["long_factor"] = json!([1, 2, 3]);
        assert!(rope(&config).unwrap_err().to_string().contains("long_factor"));
        config["rope_scaling"]["short_mscale"] = json!(1.2);
        let refused = rope(&config).unwrap_err();
        assert_eq!(refused.code(), "model_unsupported");
        assert!(refused.to_string().contains("short_mscale"));
    }
}
