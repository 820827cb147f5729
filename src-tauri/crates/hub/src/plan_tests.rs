//! Files of repositories as the public hub has them, and the models that they are.

use super::*;

fn planned(address: &str, files: &[&str], pickle: Pickle) -> Result<Vec<String>, HubError> {
    let files: Vec<RepoFile> = files
        .iter()
        .map(|path| RepoFile {
            path: (*path).to_owned(),
            bytes: 1,
            sha256: Some("0".repeat(64)),
            git_sha1: None,
        })
        .collect();
    let revision = RepoRevision { commit: "a".repeat(40), ..RepoRevision::default() };
    let address = address.parse().expect("an address");
    let record = plan(&address, revision, &files, pickle)?;
    assert_eq!(record.entry.is_some(), record.files[0].path.ends_with(".gguf"));
    Ok(record.files.into_iter().map(|file| file.path).collect())
}

const QWEN_GGUF: &[&str] = &[".gitattributes", "LICENSE", "README.md", "Qwen3-0.6B-Q8_0.gguf"];
const MANY_GGUF: &[&str] = &[
    "x-Q4_K_M.gguf",
    "x-Q4_K_S.gguf",
    "x-Q8_0.gguf",
    "deep/x-Q2_K.gguf",
    "mmproj-x-f16.gguf",
    "imatrix.gguf",
];
const SHARDED: &[&str] = &[
    "README.md",
    "config.json",
    "generation_config.json",
    "model-00001-of-00002.safetensors",
    "model-00002-of-00002.safetensors",
    "model.safetensors.index.json",
    "onnx/model.onnx",
    "tokenizer.json",
    "pytorch_model.bin",
];
const MARIAN: &[&str] = &[
    "config.json",
    "pytorch_model.bin",
    "rust_model.ot",
    "source.spm",
    "target.spm",
    "vocab.json",
];

#[test]
fn a_gguf_is_the_one_file() {
    for (address, files, expected) in [
        ("Qwen/Qwen3-0.6B-GGUF", QWEN_GGUF, "Qwen3-0.6B-Q8_0.gguf"),
        ("a/b", MANY_GGUF, "x-Q4_K_M.gguf"),
        ("a/b:Q8_0", MANY_GGUF, "x-Q8_0.gguf"),
        ("a/b:q4_k_s", MANY_GGUF, "x-Q4_K_S.gguf"),
        ("a/b:x-Q8_0.gguf", MANY_GGUF, "x-Q8_0.gguf"),
        ("a/b:deep/x-Q2_K.gguf", MANY_GGUF, "deep/x-Q2_K.gguf"),
        ("https://hf.co/a/b/blob/main/x-Q8_0.gguf", MANY_GGUF, "x-Q8_0.gguf"),
    ] {
        assert_eq!(
            planned(address, files, Pickle::Refused),
            Ok(vec![expected.into()]),
            "{address}"
        );
    }
}

#[test]
fn a_split_gguf_is_all_its_parts() {
    const SPLIT: &[&str] = &[
        "README.md",
        "x-Q8_0.gguf",
        "Q4_K_M/x-Q4_K_M-00002-of-00002.gguf",
        "Q4_K_M/x-Q4_K_M-00001-of-00002.gguf",
        "x-Q6_K-00001-of-00002.gguf",
    ];
    let parts = ["Q4_K_M/x-Q4_K_M-00001-of-00002.gguf", "Q4_K_M/x-Q4_K_M-00002-of-00002.gguf"];
    for address in ["a/b", "a/b:Q4_K_M", "a/b:Q4_K_M/x-Q4_K_M-00002-of-00002.gguf"] {
        let planned = planned(address, SPLIT, Pickle::Refused);
        assert_eq!(planned, Ok(parts.map(str::to_owned).to_vec()), "{address}");
    }
    let error = planned("a/b:Q6_K", SPLIT, Pickle::Refused).expect_err("a part is missing");
    assert_eq!(error.code(), "no_model");
    assert!(error.to_string().contains("part 2 of 2"), "{error}");
}

#[test]
fn a_folder_is_its_weights_and_what_they_need() {
    let expected = [
        "config.json",
        "generation_config.json",
        "tokenizer.json",
        "model.safetensors.index.json",
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
    ];
    let expected: Vec<String> = expected.iter().map(|path| (*path).to_owned()).collect();
    for address in ["a/b", "a/b:model-00001-of-00002.safetensors"] {
        assert_eq!(planned(address, SHARDED, Pickle::Accepted), Ok(expected.clone()));
    }
    let marian = planned("a/b", MARIAN, Pickle::Accepted).expect("a model");
    assert_eq!(
        marian,
        ["config.json", "source.spm", "target.spm", "vocab.json", "pytorch_model.bin"]
    );
}

#[test]
fn what_is_no_model_is_refused_with_the_reason() {
    for (address, files, code) in [
        ("a/b", &["README.md"][..], "no_model"),
        ("a/b", MARIAN, "no_model"),
        ("a/b", &["config.json", "model-00001-of-00002.safetensors"], "no_model"),
        (
            "a/b",
            &["config.json", "model.safetensors.index.json", "model-00001-of-00002.safetensors"],
            "no_model",
        ),
        ("a/b", &["x-00001-of-00002.gguf"], "no_model"),
        ("a/b", &["x-00001-of-00003.gguf", "x-00003-of-00003.gguf"], "no_model"),
        ("a/b", &["x-f16.gguf", "y-f16.gguf"], "several_models"),
        ("a/b:q4_k", MANY_GGUF, "model_not_found"),
        ("a/b:Q3_K_M", MANY_GGUF, "model_not_found"),
    ] {
        let error = planned(address, files, Pickle::Refused).expect_err(address);
        assert_eq!(error.code(), code, "{address} {files:?}: {error}");
    }
}
