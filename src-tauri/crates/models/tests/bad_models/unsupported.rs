//! What a file asks for and is not computed here: each is refused by its name.

use std::fs;
use std::path::Path;

use bimo_engine::EngineError;
use bimo_models::{ModelFiles, open};
use serde_json::json;
use tempfile::TempDir;

use crate::copies::{copy_of, edit};
use crate::gguf::{Gguf, text};

fn opened(bytes: &[u8]) -> Result<ModelFiles, EngineError> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("model.gguf");
    fs::write(&path, bytes).unwrap();
    open(&path)
}

/// The code of the error, and all its words.
fn refusal(bytes: &[u8]) -> (&'static str, String) {
    match opened(bytes) {
        Ok(_) => ("opened", String::new()),
        Err(error) => (error.code(), error.to_string()),
    }
}

fn code_of(folder: &TempDir) -> (&'static str, String) {
    let error = open(folder.path()).and_then(|files| files.tokenizer()).err().expect("refused");
    (error.code(), error.to_string())
}

#[test]
fn a_split_gguf_names_the_part_that_is_not_right() {
    let part = |number| format!("model-0000{number}-of-00003.gguf");
    let spoilt = |spoil: &dyn Fn(&Path)| {
        let copy = copy_of("models/llama-gguf-q8_0-split");
        spoil(copy.path());
        let error = open(&copy.path().join(part(1))).err().expect("refused");
        (error.code(), error.to_string())
    };
    let whole = copy_of("models/llama-gguf-q8_0-split");
    for number in 1..=3 {
        assert_eq!(open(&whole.path().join(part(number))).unwrap().config().layers.len(), 2);
    }
    let (code, words) = spoilt(&|folder| fs::remove_file(folder.join(part(3))).unwrap());
    assert_eq!(code, "model_incomplete");
    assert!(words.contains("part 3 of 3") && words.contains(&part(3)), "{words}");

    let short = |folder: &Path| {
        let bytes = fs::read(folder.join(part(2))).unwrap();
        fs::write(folder.join(part(2)), &bytes[..bytes.len() - 1]).unwrap();
    };
    assert_eq!(spoilt(&short).0, "model_incomplete");

    let swapped = |folder: &Path| drop(fs::copy(folder.join(part(3)), folder.join(part(2))));
    let (code, words) = spoilt(&swapped);
    assert_eq!(code, "model_invalid");
    assert!(words.contains("split.no") && words.contains(&part(2)), "{words}");

    let renamed = copy_of("models/llama-gguf-q8_0-split");
    let path = renamed.path().join("mine.gguf");
    fs::rename(renamed.path().join(part(1)), &path).unwrap();
    let error = open(&path).err().expect("refused");
    assert_eq!(error.code(), "model_incomplete");
    assert!(error.to_string().contains("mine.gguf is one of 3 parts"), "{error}");
}

#[test]
fn what_a_folder_asks_for_and_is_not_computed_is_refused_by_name() {
    let cases = [
        ("llama-safetensors", "hidden_act", json!("relu")),
        ("llama-safetensors", "partial_rotary_factor", json!(0.5)),
        ("llama-safetensors", "quantization_config", json!({"quant_method": "gptq"})),
        ("qwen2-sharded", "use_sliding_window", json!(true)),
        ("qwen2-sharded", "layer_types", json!(["full_attention", "sliding_attention"])),
        ("qwen3-safetensors", "rope_scaling", json!({"rope_type": "dynamic", "factor": 2.0})),
        ("smollm3-safetensors", "use_sliding_window", json!(true)),
        ("phi4-safetensors", "layer_types", json!(["full_attention", "sliding_attention"])),
        ("gemma3-safetensors", "attn_logit_softcapping", json!(50.0)),
        ("gemma3-safetensors", "final_logit_softcapping", json!(30.0)),
        ("gemma3-safetensors", "hidden_activation", json!("gelu")),
        ("gemma3-safetensors", "use_bidirectional_attention", json!(true)),
        ("gpt2-safetensors", "activation_function", json!("relu")),
        ("gpt2-safetensors", "scale_attn_by_inverse_layer_idx", json!(true)),
    ];
    for (name, field, value) in cases {
        let folder = copy_of(&format!("models/{name}"));
        edit(&folder, "config.json", |config| config[field] = value);
        let (code, words) = code_of(&folder);
        assert_eq!(code, "model_unsupported", "{name} {field}: {words}");
        assert!(words.contains(field), "{words} does not name {field}");
    }
}

#[test]
fn what_a_gguf_asks_for_and_is_not_computed_is_refused_by_name() {
    let one = 1_u32.to_le_bytes();
    let fifty = 50_f32.to_le_bytes();
    let longer = 64_u32.to_le_bytes();
    for (key, kind, value) in [
        ("llama.attention.sliding_window", 4, &one),
        ("llama.attention.value_length", 4, &longer),
        ("llama.expert_count", 4, &one),
        ("llama.attn_logit_softcapping", 6, &fifty),
        ("llama.final_logit_softcapping", 6, &fifty),
        ("llama.logit_scale", 6, &fifty),
        ("llama.rope.scaling.attn_factor", 6, &fifty),
    ] {
        let (code, words) = refusal(&Gguf::llama().with(key, kind, value).bytes());
        assert_eq!(code, "model_unsupported", "{key}: {words}");
        assert!(words.contains(key), "{words} does not name {key}");
    }
    let unknown = Gguf::llama().with("llama.rope.scaling.type", 8, &text("dynamic"));
    let (code, words) = refusal(&unknown.bytes());
    assert_eq!(code, "model_unsupported");
    assert!(words.contains("llama.rope.scaling.type"), "{words}");
    let multiplied = Gguf::llama()
        .with("llama.rope.scaling.type", 8, &text("yarn"))
        .with("llama.rope.scaling.factor", 6, &4_f32.to_le_bytes())
        .with("llama.rope.scaling.yarn_log_multiplier", 6, &0.1_f32.to_le_bytes());
    let (code, words) = refusal(&multiplied.bytes());
    assert_eq!(code, "model_unsupported");
    assert!(words.contains("yarn_log_multiplier"), "{words}");
    // What is off asks for nothing.
    let off = Gguf::llama().with("llama.expert_count", 4, &0_u32.to_le_bytes());
    assert!(opened(&off.bytes()).is_ok());
}

#[test]
fn only_the_largest_gemma_scales_by_its_hidden_size() {
    for (layers, heads, width) in [(26_u32, 4_u32, 16.0_f64), (62, 4, 8.0), (62, 1, 32.0)] {
        let mut gguf = Gguf::empty("gemma3");
        for (key, value) in [
            ("gemma3.embedding_length", 32),
            ("gemma3.block_count", layers),
            ("gemma3.attention.head_count", heads),
            ("gemma3.attention.key_length", 16),
            ("gemma3.feed_forward_length", 64),
            ("gemma3.context_length", 128),
            ("gemma3.attention.sliding_window", 8),
        ] {
            gguf.entry(key, 4, &value.to_le_bytes());
        }
        gguf.entry("gemma3.attention.layer_norm_rms_epsilon", 6, &1e-6_f32.to_le_bytes());
        let files = opened(&gguf.bytes()).unwrap();
        assert_eq!(files.config().attention_scale, width.powf(-0.5), "{layers} {heads}");
        let windows = files.config().layers.iter().filter(|layer| layer.window == Some(8)).count();
        assert_eq!(windows, layers as usize - layers as usize / 6);
    }
}
