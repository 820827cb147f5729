//! Files that lie: each gets a coded error that names the place, and none a panic.

use std::fs;
use std::path::{Path, PathBuf};

use bimo_engine::EngineError;
use bimo_models::{ModelFiles, open};
use serde_json::json;
use tempfile::TempDir;

/// A GGUF file in the making.
#[derive(Clone)]
struct Gguf {
    version: u32,
    tensor_count: Option<u64>,
    metadata: Vec<u8>,
    entries: u64,
    tensors: Vec<(Vec<u64>, u32, u64)>,
    data: usize,
}

fn text(text: &str) -> Vec<u8> {
    let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
    bytes.extend(text.as_bytes());
    bytes
}

impl Gguf {
    /// An architecture and an embedding, nothing else.
    fn empty(architecture: &str) -> Self {
        let mut gguf = Self {
            version: 3,
            tensor_count: None,
            metadata: Vec::new(),
            entries: 0,
            tensors: vec![(vec![32, 8], 0, 0)],
            data: 1024,
        };
        gguf.entry("general.architecture", 8, &text(architecture));
        gguf
    }

    /// A llama of one block, tokenizer and tensors left out but for its embedding.
    fn llama() -> Self {
        let mut gguf = Self::empty("llama");
        for (key, value) in [
            ("llama.embedding_length", 32_u32),
            ("llama.block_count", 1),
            ("llama.attention.head_count", 2),
            ("llama.feed_forward_length", 64),
            ("llama.context_length", 128),
        ] {
            gguf.entry(key, 4, &value.to_le_bytes());
        }
        gguf.entry("llama.attention.layer_norm_rms_epsilon", 6, &1e-5_f32.to_le_bytes());
        gguf
    }

    fn entry(&mut self, key: &str, kind: u32, value: &[u8]) -> &mut Self {
        self.metadata.extend(text(key));
        self.metadata.extend(kind.to_le_bytes());
        self.metadata.extend(value);
        self.entries += 1;
        self
    }

    fn with(mut self, key: &str, kind: u32, value: &[u8]) -> Self {
        self.entry(key, kind, value);
        self
    }

    fn with_tensors(mut self, tensors: Vec<(Vec<u64>, u32, u64)>) -> Self {
        self.tensors = tensors;
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"GGUF".to_vec();
        bytes.extend(self.version.to_le_bytes());
        bytes.extend(self.tensor_count.unwrap_or(self.tensors.len() as u64).to_le_bytes());
        bytes.extend(self.entries.to_le_bytes());
        bytes.extend(&self.metadata);
        for (index, (shape, kind, offset)) in self.tensors.iter().enumerate() {
            bytes.extend(text(if index == 0 { "token_embd.weight" } else { "output.weight" }));
            bytes.extend((shape.len() as u32).to_le_bytes());
            shape.iter().for_each(|size| bytes.extend(size.to_le_bytes()));
            bytes.extend(kind.to_le_bytes());
            bytes.extend(offset.to_le_bytes());
        }
        bytes.resize(bytes.len().next_multiple_of(32) + self.data, 0);
        bytes
    }
}

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

#[test]
fn the_file_that_the_others_are_made_from_opens() {
    assert_eq!(opened(&Gguf::llama().bytes()).unwrap().config().hidden_size, 32);
}

#[test]
fn a_gguf_that_lies_is_refused_by_the_name_of_the_place() {
    let llama = Gguf::llama;
    let alignment = |value: u32| llama().with("general.alignment", 4, &value.to_le_bytes()).bytes();
    let shape = |sizes: &[u64]| llama().with_tensors(vec![(sizes.to_vec(), 0, 0)]).bytes();
    let versioned = |version| Gguf { version, ..llama() }.bytes();
    let nested = [9_u32.to_le_bytes().as_slice(), &1_u64.to_le_bytes()].concat().repeat(65);
    let mut no_architecture = llama().bytes();
    let key = no_architecture.windows(20).position(|window| window == b"general.architecture");
    no_architecture[key.unwrap()] = b'x';
    let mut long_text = llama().bytes();
    long_text[24..32].copy_from_slice(&(u64::MAX / 2).to_le_bytes());
    let eos = llama().with("tokenizer.ggml.eos_token_id", 4, &8_u32.to_le_bytes()).bytes();
    let other = llama().bytes();
    let name = other.windows(5).position(|window| window == b"llama").unwrap();
    let mut unknown = other.clone();
    unknown[name..name + 5].copy_from_slice(b"mamba");
    let overlapping = vec![(vec![32, 8], 0, 0), (vec![32, 4], 0, 512)];

    let cases: Vec<(Vec<u8>, &str)> = vec![
        (Vec::new(), "magic"),
        (b"GGUF".to_vec(), "version"),
        (b"NOPE".repeat(20), "magic"),
        (versioned(1), "version"),
        (versioned(99), "version"),
        (alignment(0), "general.alignment"),
        (alignment(3), "general.alignment"),
        (alignment(1 << 31), "general.alignment"),
        (shape(&[0, 8]), "token_embd.weight"),
        (shape(&[1 << 40, 1 << 40]), "token_embd.weight"),
        (shape(&[1 << 32, 1 << 32]), "token_embd.weight"),
        (shape(&[2, 2, 2, 2, 2]), "token_embd.weight"),
        (Gguf { tensor_count: Some(1 << 63), ..llama() }.bytes(), "tensor_count"),
        (Gguf { entries: 1 << 63, ..llama() }.bytes(), "metadata_kv_count"),
        (long_text, "metadata key"),
        (llama().with("nested", 9, &nested).bytes(), "nested"),
        (llama().with_tensors(overlapping).bytes(), "output.weight"),
        (llama().with_tensors(vec![(vec![32, 8], 77, 0)]).bytes(), "token_embd.weight"),
        (unknown, "general.architecture"),
        (no_architecture, "general.architecture"),
        (eos, "tokenizer.ggml.eos_token_id"),
    ];
    for (bytes, place) in cases {
        let (code, words) = refusal(&bytes);
        assert_eq!(code, "model_invalid", "{place}: {words}");
        assert!(words.contains(place), "{words} does not name {place}");
    }
}

#[test]
fn a_file_that_is_a_byte_short_is_incomplete() {
    let mut bytes = Gguf::llama().bytes();
    bytes.pop();
    assert_eq!(refusal(&bytes).0, "model_incomplete");
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/reference/fixtures")
}

fn fixture(name: &str) -> PathBuf {
    fixtures().join("models").join(name)
}

/// A copy of a fixture to spoil.
fn copy_of(name: &str) -> TempDir {
    let copy = TempDir::new().unwrap();
    for entry in fs::read_dir(fixture(name)).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    copy
}

fn code_of(folder: &TempDir) -> (&'static str, String) {
    let error = open(folder.path()).and_then(|files| files.tokenizer()).err().expect("refused");
    (error.code(), error.to_string())
}

#[test]
fn a_folder_that_is_not_whole_is_refused_by_what_is_missing() {
    let missing = copy_of("qwen2-sharded");
    let shards = fs::read_dir(missing.path()).unwrap().map(|entry| entry.unwrap().path());
    let last =
        shards.filter(|path| path.extension().is_some_and(|e| e == "safetensors")).max().unwrap();
    fs::remove_file(&last).unwrap();
    let (code, words) = code_of(&missing);
    assert_eq!(code, "model_incomplete");
    assert!(words.contains(&*last.file_name().unwrap().to_string_lossy()), "{words}");

    let short = copy_of("llama-safetensors");
    let path = short.path().join("model.safetensors");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    let (code, words) = code_of(&short);
    assert_eq!(code, "model_incomplete", "{words}");
    assert!(words.contains("model.safetensors"), "{words}");

    let renamed = copy_of("gpt2-chinese-bin");
    let pickle = renamed.path().join("pytorch_model.bin");
    fs::rename(pickle, renamed.path().join("model.safetensors")).unwrap();
    let (code, words) = code_of(&renamed);
    assert_eq!(code, "model_unsupported");
    assert!(words.contains("model.safetensors"), "{words}");

    let other_task = copy_of("llama-safetensors");
    fs::write(other_task.path().join("config.json"), r#"{"model_type": "bert"}"#).unwrap();
    let (code, words) = code_of(&other_task);
    assert_eq!(code, "model_unsupported");
    assert!(words.contains("bert"), "{words}");

    let too_small = copy_of("llama-safetensors");
    let config = fs::read_to_string(too_small.path().join("config.json")).unwrap();
    let mut config: serde_json::Value = serde_json::from_str(&config).unwrap();
    config["vocab_size"] = 20.into();
    config["eos_token_id"] = 3.into();
    config["bos_token_id"] = 2.into();
    fs::write(too_small.path().join("config.json"), config.to_string()).unwrap();
    let _ = fs::remove_file(too_small.path().join("generation_config.json"));
    let (code, words) = code_of(&too_small);
    assert_eq!(code, "model_incomplete");
    assert!(words.contains("20 rows"), "{words}");
}

/// Overwrites what stands so many bytes behind a name.
fn overwrite(bytes: &mut [u8], name: &str, behind: usize, value: &[u8]) {
    let name = text(name);
    let place = bytes.windows(name.len()).position(|window| window == name).unwrap();
    let start = place + name.len() + behind;
    bytes[start..start + value.len()].copy_from_slice(value);
}

#[test]
fn a_gguf_whose_tokenizer_has_more_tokens_than_the_embedding_is_incomplete() {
    let mut bytes = fs::read(fixture("llama-gguf-f32").join("model.gguf")).unwrap();
    assert_eq!(opened(&bytes).unwrap().tokenizer().unwrap().vocabulary_size(), 512);
    // Behind a key stands its type; behind a tensor's name the number of its dimensions and the first of them.
    overwrite(&mut bytes, "tokenizer.ggml.eos_token_id", 4, &5_u32.to_le_bytes());
    for tensor in ["token_embd.weight", "output.weight"] {
        overwrite(&mut bytes, tensor, 12, &508_u64.to_le_bytes());
    }
    let error = opened(&bytes).unwrap().tokenizer().err().expect("refused");
    assert_eq!(error.code(), "model_incomplete");
    assert!(error.to_string().contains("512 tokens and the embedding 508 rows"), "{error}");
}

#[test]
fn a_split_gguf_names_the_part_that_is_not_right() {
    let part = |number| format!("model-0000{number}-of-00003.gguf");
    let spoilt = |spoil: &dyn Fn(&Path)| {
        let copy = copy_of("llama-gguf-q8_0-split");
        spoil(copy.path());
        let error = open(&copy.path().join(part(1))).err().expect("refused");
        (error.code(), error.to_string())
    };
    let whole = copy_of("llama-gguf-q8_0-split");
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

    let renamed = copy_of("llama-gguf-q8_0-split");
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
        let folder = copy_of(name);
        let path = folder.path().join("config.json");
        let mut config: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        config[field] = value;
        fs::write(&path, config.to_string()).unwrap();
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
