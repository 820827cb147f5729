//! Our tokenizers against Python's, on the fixtures of `tests/reference`.

use std::fs;
use std::path::Path;

use bimo_models::open_tokenizer;
use serde::Deserialize;

#[derive(Deserialize)]
struct Expected {
    kind: String,
    vocabulary_size: usize,
    texts: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    text: String,
    ids: Vec<u32>,
    decoded: String,
}

#[test]
fn byte_level_tokens_inside_a_gguf_are_those_of_python() {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/reference/fixtures/tokenizers");
    let mut checked = 0;
    for entry in fs::read_dir(root).unwrap() {
        let folder = entry.unwrap().path();
        let expected = fs::read(folder.join("expected.json")).unwrap();
        let expected: Expected = serde_json::from_slice(&expected).unwrap();
        let file = folder.join("tokenizer.gguf");
        if expected.kind != "byte-level BPE" || !file.exists() {
            continue;
        }
        let tokenizer = open_tokenizer(&file).unwrap();
        assert_eq!(tokenizer.vocabulary_size(), expected.vocabulary_size);
        for row in expected.texts {
            let ids = tokenizer.encode(&row.text).unwrap();
            assert_eq!(ids, row.ids, "{}: {:?}", folder.display(), row.text);
            assert_eq!(tokenizer.decode(&ids), row.decoded, "{}", folder.display());
        }
        checked += 1;
    }
    assert_eq!(checked, 3);
}
