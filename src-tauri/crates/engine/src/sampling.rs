//! How the next token is chosen from a model's distribution: every setting by its usual name.

use serde::{Deserialize, Serialize};

use crate::{EngineError, TokenId};

/// Settings of the sampler. The default turns everything off but a temperature of 1.
///
/// Order of application: logit bias, repetition / presence / frequency penalties, DRY, temperature-free filters
/// (top-k, typical-p, top-p, min-p, XTC), then temperature, then the draw. Sources: top-p Holtzman et al. 2020,
/// typical-p Meister et al. 2023, min-p Nguyen et al. 2024; DRY and XTC as text-generation-webui defines them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase", default)]
pub struct SamplingParams {
    /// 0 is greedy; 1 leaves the distribution as the model gives it.
    pub temperature: f32,
    /// Keep the k likeliest tokens; 0 is off.
    pub top_k: u32,
    /// Keep the smallest set whose probability reaches p; 1 is off.
    pub top_p: f32,
    /// Keep tokens at least this fraction as likely as the likeliest; 0 is off.
    pub min_p: f32,
    /// Keep the tokens nearest to the expected surprise until their probability reaches p; 1 is off.
    pub typical_p: f32,
    /// Divide positive logits of seen tokens by this, multiply negative ones; 1 is off.
    pub repetition_penalty: f32,
    /// How many of the last tokens count as seen, for all penalties; 0 is the whole context.
    pub repetition_range: u32,
    /// Subtract once from the logit of every seen token; 0 is off.
    pub presence_penalty: f32,
    /// Subtract once per occurrence; 0 is off.
    pub frequency_penalty: f32,
    /// Penalise the token that would extend a repeated sequence.
    pub dry: DryParams,
    /// Sometimes remove the likeliest tokens.
    pub xtc: XtcParams,
    /// Add to the logits of these tokens.
    pub logit_bias: Vec<(TokenId, f32)>,
    /// Texts that must not appear; generation goes back to before one and takes another way.
    pub banned_phrases: Vec<String>,
    /// The same seed, model, device and prompt give the same text.
    pub seed: u32,
}

/// "Don't repeat yourself": penalty = multiplier * base ^ (match length - allowed length).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase", default)]
pub struct DryParams {
    /// 0 is off.
    pub multiplier: f32,
    /// Growth per token of the repeated sequence.
    pub base: f32,
    /// Repeated sequences up to this many tokens are free.
    pub allowed_length: u32,
    /// How many of the last tokens are searched; 0 is the whole context.
    pub range: u32,
    /// Texts across which a sequence is not matched.
    pub sequence_breakers: Vec<String>,
}

/// "Exclude top choices": with `probability`, all but the least likely token above `threshold` are removed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase", default)]
pub struct XtcParams {
    /// 0 is off.
    pub probability: f32,
    /// Tokens likelier than this count as top choices; above 0.5 nothing can.
    pub threshold: f32,
}

impl Default for SamplingParams {
    fn default() -> Self {
        Self {
            temperature: 1.0,
            top_k: 0,
            top_p: 1.0,
            min_p: 0.0,
            typical_p: 1.0,
            repetition_penalty: 1.0,
            repetition_range: 256,
            presence_penalty: 0.0,
            frequency_penalty: 0.0,
            dry: DryParams::default(),
            xtc: XtcParams::default(),
            logit_bias: Vec::new(),
            banned_phrases: Vec::new(),
            seed: 0,
        }
    }
}

impl Default for DryParams {
    fn default() -> Self {
        Self {
            multiplier: 0.0,
            base: 1.75,
            allowed_length: 2,
            range: 0,
            sequence_breakers: ["\n", ":", "\"", "*"].map(String::from).to_vec(),
        }
    }
}

impl Default for XtcParams {
    fn default() -> Self {
        Self { probability: 0.0, threshold: 0.1 }
    }
}

impl SamplingParams {
    /// Always the likeliest token, nothing else.
    pub fn greedy() -> Self {
        Self { temperature: 0.0, ..Self::default() }
    }

    /// Refuses values outside what each setting means.
    pub fn validate(&self) -> Result<(), EngineError> {
        let within = |name, value: f32, low: f32, high: f32| {
            if value.is_finite() && (low..=high).contains(&value) {
                Ok(())
            } else {
                Err(EngineError::InvalidParameter { name, value: value.to_string() })
            }
        };
        within("temperature", self.temperature, 0.0, 100.0)?;
        within("top-p", self.top_p, 0.0, 1.0)?;
        within("min-p", self.min_p, 0.0, 1.0)?;
        within("typical-p", self.typical_p, 0.0, 1.0)?;
        within("repetition penalty", self.repetition_penalty, 0.01, 100.0)?;
        within("presence penalty", self.presence_penalty, -100.0, 100.0)?;
        within("frequency penalty", self.frequency_penalty, -100.0, 100.0)?;
        within("DRY multiplier", self.dry.multiplier, 0.0, 100.0)?;
        within("DRY base", self.dry.base, 1.0, 100.0)?;
        within("XTC probability", self.xtc.probability, 0.0, 1.0)?;
        within("XTC threshold", self.xtc.threshold, 0.0, 1.0)?;
        self.logit_bias.iter().try_for_each(|&(_, bias)| within("logit bias", bias, -1e4, 1e4))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_without_a_meaning_are_refused_by_name() {
        let refuses = |change: fn(&mut SamplingParams)| {
            let mut params = SamplingParams::default();
            change(&mut params);
            params.validate().unwrap_err().to_string()
        };
        assert_eq!(refuses(|p| p.temperature = -1.0), "temperature cannot be -1");
        assert_eq!(refuses(|p| p.temperature = 1e9), "temperature cannot be 1000000000");
        assert_eq!(refuses(|p| p.top_p = f32::NAN), "top-p cannot be NaN");
        assert_eq!(
            refuses(|p| p.logit_bias = vec![(3, f32::INFINITY)]),
            "logit bias cannot be inf"
        );
        assert_eq!(SamplingParams::default().validate(), Ok(()));
        assert_eq!(SamplingParams::greedy().validate(), Ok(()));
    }
}
