//! Folders that are not whole, or whose files do not belong together, of every kind.

use std::fs;

use bimo_engine::EngineError;
use bimo_models::{
    LoadOptions, ModelSource, load, load_classifier, load_rewriter, open, open_encoder,
    open_seq2seq,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::assert_refused;
use crate::copies::{copy_of, edit};

/// Opens a folder as what its fixture is for, tokenizer included.
fn opened(name: &str, folder: &TempDir) -> Result<(), EngineError> {
    match name.split('/').next() {
        Some("models") => open(folder.path())?.tokenizer().map(drop),
        Some("seq2seq") => open_seq2seq(folder.path())?.tokenizer().map(drop),
        _ => open_encoder(folder.path())?.tokenizer().map(drop),
    }
}

fn loaded(name: &str, folder: &TempDir) -> Result<(), EngineError> {
    let source = ModelSource::Path(folder.path().to_owned());
    let options = LoadOptions::default();
    match name.split('/').next() {
        Some("models") => load(&source, &options).map(drop),
        Some("seq2seq") => load_rewriter(&source, &options).map(drop),
        _ => load_classifier(&source, &options).map(drop),
    }
}

const SAFETENSORS: [&str; 13] = [
    "models/llama-safetensors",
    "models/qwen3-safetensors",
    "models/smollm3-safetensors",
    "models/phi3-safetensors",
    "models/gemma3-safetensors",
    "models/gpt2-safetensors",
    "seq2seq/marian-own-embeddings",
    "seq2seq/bart-safetensors",
    "seq2seq/t5-safetensors",
    "seq2seq/mt5-safetensors",
    "encoders/bert-likeness",
    "encoders/distilbert-sst2",
    "encoders/roberta-emotions",
];
const PICKLES: [&str; 3] =
    ["models/gpt2-chinese-bin", "seq2seq/marian-opus-bin", "encoders/bert-chinese-binary"];

#[test]
fn data_a_byte_short_is_incomplete() {
    for name in SAFETENSORS {
        let folder = copy_of(name);
        let path = folder.path().join("model.safetensors");
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert_refused(name, opened(name, &folder), "model_incomplete", "model.safetensors");
    }
}

#[test]
fn a_shard_that_is_missing_is_named() {
    let (first, second) = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors");
    for name in SAFETENSORS {
        let folder = copy_of(name);
        let path = |file: &str| folder.path().join(file);
        fs::rename(path("model.safetensors"), path(first)).unwrap();
        let index = json!({"weight_map": {"a": first, "b": second}});
        fs::write(path("model.safetensors.index.json"), index.to_string()).unwrap();
        assert_refused(name, opened(name, &folder), "model_incomplete", second);
    }
}

#[test]
fn no_weights_at_all_are_incomplete() {
    for name in SAFETENSORS {
        let folder = copy_of(name);
        fs::remove_file(folder.path().join("model.safetensors")).unwrap();
        assert_refused(name, opened(name, &folder), "model_incomplete", "model.safetensors");
    }
}

#[test]
fn a_pytorch_file_under_the_name_of_a_safetensors_is_not_supported() {
    for name in PICKLES {
        let folder = copy_of(name);
        let pickle = folder.path().join("pytorch_model.bin");
        fs::rename(pickle, folder.path().join("model.safetensors")).unwrap();
        assert_refused(name, opened(name, &folder), "model_unsupported", "model.safetensors");
    }
}

#[test]
fn a_pytorch_file_cut_short_is_refused_by_its_name() {
    for name in PICKLES {
        let folder = copy_of(name);
        let path = folder.path().join("pytorch_model.bin");
        let bytes = fs::read(&path).unwrap();
        for length in [0, 1, 100, bytes.len() / 2, bytes.len() - 1] {
            fs::write(&path, &bytes[..length]).unwrap();
            assert_refused(name, opened(name, &folder), "model_invalid", "pytorch_model.bin");
        }
    }
}

/// The pickle promises more numbers than the archive has for them.
#[test]
fn a_pytorch_file_whose_tensor_is_longer_than_its_data_is_incomplete() {
    let folder = copy_of("models/gpt2-chinese-bin");
    let path = folder.path().join("pytorch_model.bin");
    let mut bytes = fs::read(&path).unwrap();
    // The sizes of the first matrix, its vocabulary and 32 numbers, as `(BININT2, BININT1, TUPLE2)`.
    let sizes = bytes.windows(6).position(|w| w[0] == b'M' && w[3..] == [b'K', 32, 0x86]).unwrap();
    bytes[sizes + 2] = 0x7F;
    fs::write(&path, bytes).unwrap();
    let name = "models/gpt2-chinese-bin";
    assert_refused(name, opened(name, &folder), "model_incomplete", "wte.weight");
}

#[test]
fn no_tokenizer_is_incomplete() {
    for name in SAFETENSORS.iter().chain(&PICKLES) {
        let folder = copy_of(name);
        for file in ["tokenizer.json", "vocab.json", "vocab.txt", "spiece.model", "tokenizer.model"]
        {
            let _ = fs::remove_file(folder.path().join(file));
        }
        assert_refused(name, opened(name, &folder), "model_incomplete", "has no");
    }
}

/// More tokens than the embedding has rows, in each kind of tokenizer.
#[test]
fn a_tokenizer_with_more_tokens_than_the_embedding_has_rows_is_incomplete() {
    type Change = fn(&TempDir);
    let in_vocab: Change = |folder| edit(folder, "vocab.json", add_token);
    // Its numbers leave no place out.
    let in_pairs: Change = |folder| {
        edit(folder, "vocab.json", |tokens| {
            tokens["one token more"] = json!(tokens.as_object().unwrap().len());
        });
    };
    let in_json: Change = |folder| {
        edit(folder, "tokenizer.json", |json| add_token(&mut json["model"]["vocab"]));
    };
    let in_lines: Change = |folder| {
        let path = folder.path().join("vocab.txt");
        let lines = fs::read_to_string(&path).unwrap();
        fs::write(path, lines + &"\nx".repeat(3000)).unwrap();
    };
    let in_spans: Change =
        |folder| edit(folder, "tokenizer_config.json", |json| json["extra_ids"] = json!(9000));
    let in_pieces: Change =
        |folder| edit(folder, "config.json", |json| json["vocab_size"] = json!(20));
    for (name, change) in [
        ("models/llama-safetensors", in_json),
        ("models/gpt2-published", in_pairs),
        ("models/gpt2-chinese-bin", in_lines),
        ("seq2seq/marian-opus-bin", in_vocab),
        ("seq2seq/bart-safetensors", in_pairs),
        ("seq2seq/t5-safetensors", in_spans),
        ("seq2seq/mt5-safetensors", in_spans),
        ("encoders/bert-chinese-binary", in_lines),
        ("encoders/distilbert-sst2", in_lines),
        ("encoders/roberta-emotions", in_pairs),
        ("encoders/xlm-roberta-sentiment", in_pieces),
    ] {
        let folder = copy_of(name);
        change(&folder);
        assert_refused(name, opened(name, &folder), "model_incomplete", "rows");
    }
}

fn add_token(vocabulary: &mut Value) {
    vocabulary["one token more"] = json!(5000);
}

/// What `config.json` says of the vocabulary is not what the weights have.
#[test]
fn a_vocabulary_that_is_not_that_of_the_embedding_is_incomplete() {
    for name in SAFETENSORS.iter().chain(&PICKLES) {
        let folder = copy_of(name);
        edit(&folder, "config.json", |config| {
            for key in ["vocab_size", "decoder_vocab_size"] {
                if let Some(size) = config[key].as_u64() {
                    config[key] = json!(size + 8);
                }
            }
        });
        assert_refused(name, loaded(name, &folder), "model_incomplete", "rows");
    }
}

#[test]
fn a_family_we_lack_is_not_supported_by_its_name() {
    for name in ["models/llama-safetensors", "seq2seq/t5-safetensors", "encoders/distilbert-sst2"] {
        let folder = copy_of(name);
        edit(&folder, "config.json", |config| config["model_type"] = json!("mamba"));
        assert_refused(name, opened(name, &folder), "model_unsupported", "mamba");
    }
}

#[test]
fn settings_that_are_no_json_are_refused_by_the_file_s_name() {
    for name in ["models/llama-safetensors", "seq2seq/t5-safetensors", "encoders/distilbert-sst2"] {
        let folder = copy_of(name);
        for text in ["", "{", "\u{feff}{}", &"[".repeat(100_000)] {
            fs::write(folder.path().join("config.json"), text).unwrap();
            assert_refused(name, opened(name, &folder), "model_invalid", "config.json");
        }
    }
}
