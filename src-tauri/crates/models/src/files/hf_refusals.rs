//! What a Hugging Face `config.json` may ask for that is not computed here.

use bimo_engine::EngineError;
use serde_json::Value;

use crate::decoder::Architecture;

/// Settings that change a model's numbers, wherever they stand.
const SETTINGS: [&str; 11] = [
    "activation_function",
    "attn_logit_softcapping",
    "final_logit_softcapping",
    "hidden_act",
    "hidden_activation",
    "layer_types",
    "quantization_config",
    "scale_attn_by_inverse_layer_idx",
    "scale_attn_weights",
    "use_bidirectional_attention",
    "use_sliding_window",
];

/// Refuses a setting that would be silently ignored, by its name.
pub(super) fn check(config: &Value, architecture: Architecture) -> Result<(), EngineError> {
    let asks =
        |key: &&&str| !config[**key].is_null() && !is_computed(architecture, key, &config[**key]);
    match SETTINGS.iter().find(asks) {
        Some(key) => {
            let words = format!("{key} is {}, which is not computed here", config[*key]);
            Err(EngineError::ModelUnsupported(words))
        }
        None => Ok(()),
    }
}

fn is_computed(architecture: Architecture, key: &str, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    match key {
        "activation_function" => matches!(text, "gelu_new" | "gelu_pytorch_tanh"),
        "hidden_act" | "hidden_activation" if architecture == Architecture::Gemma3 => {
            text == "gelu_pytorch_tanh"
        }
        "hidden_act" | "hidden_activation" => matches!(text, "silu" | "swish"),
        "layer_types" => value.as_array().is_some_and(|types| {
            types
                .iter()
                .all(|kind| is_computed_layer(architecture, kind.as_str().unwrap_or_default()))
        }),
        "scale_attn_weights" => value.as_bool() == Some(true),
        "scale_attn_by_inverse_layer_idx"
        | "use_bidirectional_attention"
        | "use_sliding_window" => value.as_bool() == Some(false),
        _ => false,
    }
}

fn is_computed_layer(architecture: Architecture, kind: &str) -> bool {
    let windows = matches!(architecture, Architecture::Gemma3);
    kind == "full_attention" || windows && kind == "sliding_attention"
}
