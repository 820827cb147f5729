//! Gemma 3's `config.json`, which leaves out what is usual and may wrap the text part of a model that sees images.

use serde_json::{Map, Value, json};

/// The text part's configuration with everything stated: `text_config` before what stands outside of it before what
/// the architecture's first release takes as usual.
pub(super) fn stated(config: &Value) -> Value {
    let mut stated = match usual() {
        Value::Object(usual) => usual,
        _ => Map::new(),
    };
    for part in [config, &config["text_config"]] {
        let named = part.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
        stated.extend(named.map(|(key, value)| (key.clone(), value.clone())));
    }
    stated.remove("text_config");
    Value::Object(stated)
}

fn usual() -> Value {
    json!({
        "head_dim": 256,
        "hidden_activation": "gelu_pytorch_tanh",
        "max_position_embeddings": 131_072,
        "num_attention_heads": 8,
        "num_key_value_heads": 4,
        "query_pre_attn_scalar": 256,
        "rms_norm_eps": 1e-6,
        "sliding_window": 4096,
        "sliding_window_pattern": 6,
        "vocab_size": 262_208,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_part_comes_before_its_surroundings_and_those_before_what_is_usual() {
        let config = json!({
            "eos_token_id": [1, 106],
            "hidden_size": 1,
            "text_config": { "hidden_size": 2560, "sliding_window": 1024, "head_dim": null },
        });
        let stated = stated(&config);
        assert_eq!(stated["hidden_size"], 2560);
        assert_eq!(stated["sliding_window"], 1024);
        assert_eq!(stated["head_dim"], 256);
        assert_eq!(stated["eos_token_id"], json!([1, 106]));
    }
}
