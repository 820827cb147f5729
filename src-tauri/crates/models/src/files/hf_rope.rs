//! How a Hugging Face `config.json` turns heads.

use bimo_engine::EngineError;
use serde_json::Value;

use super::gguf_header::invalid;
use super::hf_config::Fields;
use crate::decoder::{Architecture, Rope, RopeLayout, RopeScaling};
use crate::limits::MAX_CONTEXT;

/// Reads it: `rope_parameters` since transformers 5, `rope_theta` and `rope_scaling` before.
pub(super) fn read(
    fields: &Fields<'_>,
    architecture: Architecture,
    head_dim: usize,
) -> Result<Rope, EngineError> {
    let newer = &fields.0["rope_parameters"];
    let scaling = if newer.is_object() { newer } else { &fields.0["rope_scaling"] };
    let either = |key| match Fields(newer).number(key)? {
        Some(number) => Ok(Some(number)),
        None => fields.number(key),
    };
    let usual = if architecture == Architecture::SmolLm3 { 2_000_000.0 } else { 10_000.0 };
    let width = match either("partial_rotary_factor")? {
        Some(part) if part <= 1.0 => (head_dim as f64 * part) as usize,
        Some(_) => return Err(invalid("partial_rotary_factor", "it is more than 1")),
        None => head_dim,
    };
    let scaling = Scaling { config: fields, own: Fields(scaling), architecture, width };
    Ok(Rope {
        width,
        theta: either("rope_theta")?.unwrap_or(usual) as f32,
        layout: RopeLayout::HalfSplit,
        scaling: scaling.read()?,
    })
}

/// What stretches the frequencies.
struct Scaling<'a> {
    config: &'a Fields<'a>,
    own: Fields<'a>,
    architecture: Architecture,
    /// Elements of a head that turn.
    width: usize,
}

impl Scaling<'_> {
    fn read(&self) -> Result<Option<RopeScaling>, EngineError> {
        let kind = self.own.0["rope_type"].as_str().or(self.own.0["type"].as_str());
        match kind {
            None | Some("default") => Ok(None),
            // Phi-3's first files call it by these names.
            Some("su" | "yarn") if self.architecture == Architecture::Phi3 => self.long().map(Some),
            Some("longrope") => self.long().map(Some),
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

    /// LongRoPE. Where the magnitude is not stated, it follows from how far the context was stretched.
    fn long(&self) -> Result<RopeScaling, EngineError> {
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
            short: self.divisors("short_factor")?,
            long: self.divisors("long_factor")?,
            original_context,
            magnitude: magnitude as f32,
        })
    }

    fn divisors(&self, key: &str) -> Result<Vec<f32>, EngineError> {
        let list = self.own.0[key].as_array().ok_or_else(|| invalid(key, "it is no list"))?;
        let numbers = list.iter().map(|number| number.as_f64().filter(|number| *number > 0.0));
        let divisors: Option<Vec<f32>> = numbers.map(|number| Some(number? as f32)).collect();
        let divisors = divisors.filter(|divisors| divisors.len() == self.width / 2);
        divisors.ok_or_else(|| {
            invalid(key, format!("it does not have {} positive numbers", self.width / 2))
        })
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
        read(&Fields(config), Architecture::Phi3, 8)
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
