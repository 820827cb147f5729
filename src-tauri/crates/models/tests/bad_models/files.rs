//! GGUF files that lie or are not whole: one test for each, with its code and the place that its message names.

use std::fs;
use std::path::PathBuf;

use bimo_engine::EngineError;
use bimo_models::{
    LoadOptions, ModelSource, load, load_classifier, load_rewriter, open, open_encoder,
    open_seq2seq,
};
use tempfile::TempDir;

use crate::assert_refused;
use crate::copies::fixture;
use crate::gguf::{Gguf, text};

fn written(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("model.gguf");
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

/// Opens a file as what a family is for, tokenizer included.
fn opened(bytes: &[u8], family: &str) -> Result<(), EngineError> {
    let (_folder, path) = written(bytes);
    match family {
        "marian" | "t5" => open_seq2seq(&path)?.tokenizer().map(drop),
        "bert" => open_encoder(&path)?.tokenizer().map(drop),
        _ => open(&path)?.tokenizer().map(drop),
    }
}

/// A test for each file: what it is, its bytes, the code, and what the message names.
macro_rules! refused {
    ($($name:ident: $file:expr => $code:literal, $place:literal;)*) => { $(
        #[test]
        fn $name() {
            let file: Vec<u8> = $file;
            assert_refused(stringify!($name), opened(&file, "llama"), $code, $place);
        }
    )* };
}

refused! {
    an_empty_file: Vec::new() => "model_invalid", "magic";
    a_file_of_four_bytes: b"GGUF".to_vec() => "model_invalid", "version";
    a_wrong_magic: b"NOPE".repeat(20) => "model_invalid", "magic";
    version_1: Gguf { version: 1, ..Gguf::llama() }.bytes() => "model_invalid", "version";
    version_99: Gguf { version: 99, ..Gguf::llama() }.bytes() => "model_invalid", "version";
    alignment_0: aligned(0) => "model_invalid", "general.alignment";
    alignment_3: aligned(3) => "model_invalid", "general.alignment";
    an_alignment_of_two_gigabytes: aligned(1 << 31) => "model_invalid", "general.alignment";
    a_dimension_of_0: shaped(&[0, 8]) => "model_invalid", "token_embd.weight";
    dimensions_whose_product_overflows: shaped(&[1 << 40, 1 << 40]) => "model_invalid", "token_embd.weight";
    dimensions_larger_than_any_memory: shaped(&[1 << 32, 1 << 32]) => "model_invalid", "token_embd.weight";
    five_dimensions: shaped(&[2, 2, 2, 2, 2]) => "model_invalid", "token_embd.weight";
    a_count_of_tensors_without_end:
        Gguf { tensor_count: Some(1 << 63), ..Gguf::llama() }.bytes() => "model_invalid", "tensor_count";
    a_count_of_entries_without_end:
        Gguf { entries: 1 << 63, ..Gguf::llama() }.bytes() => "model_invalid", "metadata_kv_count";
    a_list_without_end: listed(1 << 63) => "model_invalid", "endless";
    a_key_longer_than_the_file: long_key() => "model_invalid", "metadata key";
    a_text_longer_than_the_file:
        Gguf::llama().with("general.name", 8, &u64::MAX.to_le_bytes()).bytes() => "model_invalid", "general.name";
    lists_nested_65_deep: Gguf::llama().with("nested", 9, &nested(65)).bytes() => "model_invalid", "nested";
    overlapping_tensors: Gguf::llama()
        .with_tensors(vec![(vec![32, 8], 0, 0), (vec![32, 4], 0, 512)]).bytes() => "model_invalid", "output.weight";
    a_tensor_of_an_unknown_type:
        Gguf::llama().with_tensors(vec![(vec![32, 8], 77, 0)]).bytes() => "model_invalid", "token_embd.weight";
    an_entry_of_an_unknown_type: Gguf::llama().with("odd", 13, &[0; 8]).bytes() => "model_invalid", "odd";
    no_architecture:
        renamed(b"general.architecture", b"general.architectura") => "model_invalid", "general.architecture";
    an_unknown_architecture: Gguf::empty("lorem").bytes() => "model_invalid", "general.architecture";
    an_architecture_that_is_no_text:
        Gguf::llama().with("general.architecture", 4, &[0; 4]).bytes() => "model_invalid", "general.architecture";
    an_end_of_text_beyond_the_vocabulary: Gguf::llama()
        .with("tokenizer.ggml.eos_token_id", 4, &8_u32.to_le_bytes()).bytes()
        => "model_invalid", "tokenizer.ggml.eos_token_id";
    an_architecture_we_lack: Gguf::empty("mamba").bytes() => "model_unsupported", "mamba";
    a_tokenizer_we_lack: Gguf::llama()
        .with("tokenizer.ggml.model", 8, &text("rwkv")).bytes() => "model_unsupported", "rwkv";
    a_pytorch_file_under_the_name_of_a_gguf:
        fs::read(fixture("models/gpt2-chinese-bin/pytorch_model.bin")).unwrap() => "model_unsupported", "PyTorch";
}

fn aligned(value: u32) -> Vec<u8> {
    Gguf::llama().with("general.alignment", 4, &value.to_le_bytes()).bytes()
}

fn shaped(sizes: &[u64]) -> Vec<u8> {
    Gguf::llama().with_tensors(vec![(sizes.to_vec(), 0, 0)]).bytes()
}

/// A list of bytes that says it has so many.
fn listed(count: u64) -> Vec<u8> {
    let list = [0_u32.to_le_bytes().as_slice(), &count.to_le_bytes()].concat();
    Gguf::llama().with("endless", 9, &list).bytes()
}

fn nested(depth: usize) -> Vec<u8> {
    [9_u32.to_le_bytes().as_slice(), &1_u64.to_le_bytes()].concat().repeat(depth)
}

fn long_key() -> Vec<u8> {
    let mut bytes = Gguf::llama().bytes();
    bytes[24..32].copy_from_slice(&(u64::MAX / 2).to_le_bytes());
    bytes
}

fn renamed(key: &[u8], other: &[u8]) -> Vec<u8> {
    let mut bytes = Gguf::llama().bytes();
    let place = bytes.windows(key.len()).position(|window| window == key).unwrap();
    bytes[place..place + key.len()].copy_from_slice(other);
    bytes
}

#[test]
fn the_file_that_the_others_are_made_from_opens() {
    let (_folder, path) = written(&Gguf::llama().bytes());
    assert_eq!(open(&path).unwrap().config().hidden_size, 32);
}

/// A GGUF of each family, with the tensor of its embedding.
const FAMILIES: [(&str, &str); 10] = [
    ("llama", "models/llama-gguf-f32"),
    ("qwen2", "models/qwen2-gguf-f32"),
    ("qwen3", "models/qwen3-gguf-f32"),
    ("smollm3", "models/smollm3-gguf-f32"),
    ("phi3", "models/phi4-gguf-f32"),
    ("gemma3", "models/gemma3-gguf-f32-sentencepiece"),
    ("gpt2", "models/gpt2-gguf-f32"),
    ("marian", "seq2seq/marian-gguf-q8_0"),
    ("t5", "seq2seq/t5-gguf-q8_0"),
    ("bert", "encoders/bert-gguf-f32"),
];

fn family_file(name: &str) -> Vec<u8> {
    fs::read(fixture(name).join("model.gguf")).unwrap()
}

/// The last bytes may only fill up the last tensor's place.
#[test]
fn a_file_of_any_family_whose_data_is_a_byte_short_is_incomplete() {
    for (family, name) in FAMILIES {
        let mut bytes = family_file(name);
        opened(&bytes, family).unwrap_or_else(|error| panic!("{family}: {error}"));
        let refused = (0..32).map(|_| {
            bytes.pop();
            opened(&bytes, family)
        });
        let answer = refused.into_iter().find(Result::is_err).unwrap_or(Ok(()));
        assert_refused(family, answer, "model_incomplete", "download it again");
    }
}

/// Behind a tensor's name stand the number of its dimensions and the first of them; the second counts the rows.
fn with_rows(bytes: &mut [u8], tensor: &str, change: impl Fn(u64) -> u64) {
    let name = text(tensor);
    let Some(place) = bytes.windows(name.len()).position(|window| window == name) else { return };
    let rows = &mut bytes[place + name.len() + 12..][..8];
    let number = u64::from_le_bytes(rows.try_into().unwrap());
    rows.copy_from_slice(&change(number).to_le_bytes());
}

/// Behind a key stands its type, then the value.
fn with_entry(bytes: &mut [u8], key: &str, value: u32) {
    let key = text(key);
    let Some(place) = bytes.windows(key.len()).position(|window| window == key) else { return };
    bytes[place + key.len() + 4..][..4].copy_from_slice(&value.to_le_bytes());
}

#[test]
fn a_file_of_any_family_whose_tokenizer_has_more_tokens_than_the_embedding_is_incomplete() {
    for (family, name) in FAMILIES {
        let mut bytes = family_file(name);
        with_rows(&mut bytes, "token_embd.weight", |rows| rows - 1);
        for key in ["eos", "eot", "bos", "padding"] {
            with_entry(&mut bytes, &format!("tokenizer.ggml.{key}_token_id"), 3);
        }
        assert_refused(family, opened(&bytes, family), "model_incomplete", "rows");
    }
}

/// A file without data on the disk, but for its header: systems keep such files without the space.
#[cfg(unix)]
#[test]
fn a_model_larger_than_the_memory_is_refused_with_both_numbers_before_it_is_read() {
    let mut header = Gguf::llama().with_tensors(vec![(vec![1 << 20, 1 << 20], 0, 0)]).bytes();
    let data = header.len() as u64 - 1024;
    header.truncate(data as usize);
    let (_folder, path) = written(&header);
    fs::File::options().write(true).open(&path).unwrap().set_len(data + (1 << 42)).unwrap();
    match load(&ModelSource::Path(path), &LoadOptions::default()).err() {
        Some(EngineError::ModelTooLarge { need_bytes, have_bytes }) => {
            assert!(need_bytes > 1 << 40, "{need_bytes}");
            assert!((1..need_bytes).contains(&have_bytes), "{have_bytes}");
        }
        other => panic!("{other:?}"),
    }
}

/// What is in the file is not what its own numbers promise.
#[test]
fn a_tensor_of_another_shape_is_refused_by_its_name_in_every_kind() {
    let options = LoadOptions::default();
    for (name, tensor) in [
        ("models/llama-gguf-f32", "blk.1.ffn_up.weight"),
        ("seq2seq/t5-gguf-q8_0", "dec.blk.0.ffn_up.weight"),
        ("encoders/bert-gguf-f32", "blk.0.ffn_up.weight"),
    ] {
        let mut bytes = family_file(name);
        with_rows(&mut bytes, tensor, |rows| rows - 1);
        let (_folder, path) = written(&bytes);
        let source = ModelSource::Path(path);
        let loaded = match name.split('/').next() {
            Some("models") => load(&source, &options).map(drop),
            Some("seq2seq") => load_rewriter(&source, &options).map(drop),
            _ => load_classifier(&source, &options).map(drop),
        };
        assert_refused(name, loaded, "model_invalid", tensor);
    }
}
