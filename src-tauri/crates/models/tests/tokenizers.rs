//! Our tokenizers and chat templates against Python's, on the fixtures of `tests/reference`.

use std::fs;
use std::path::{Path, PathBuf};

use bimo_models::{
    ChatTemplate, TemplateContext, TemplateMessage, encode_rendered, open_tokenizer,
};
use serde::Deserialize;
use serde_json::{Map, Value};

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

#[derive(Deserialize)]
struct Template {
    template: String,
    bos_token: Option<String>,
    eos_token: Option<String>,
    tokenizer: String,
    conversations: Vec<Conversation>,
}

#[derive(Deserialize)]
struct Conversation {
    messages: Vec<Turn>,
    add_generation_prompt: bool,
    more: Map<String, Value>,
    rendered: Option<String>,
    ids: Option<Vec<u32>>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Turn {
    role: String,
    content: String,
}

fn fixtures(kind: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/reference/fixtures");
    let entries = fs::read_dir(root.join(kind)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn tokens_are_those_of_python() {
    let folders = fixtures("tokenizers");
    assert_eq!(folders.len(), 13);
    let mut wrong = Vec::new();
    for folder in folders {
        let expected = fs::read(folder.join("expected.json")).unwrap();
        let expected: Expected = serde_json::from_slice(&expected).unwrap();
        let file = folder.join("tokenizer.gguf");
        let tokenizer = open_tokenizer(if file.exists() { &file } else { &folder }).unwrap();
        assert_eq!(tokenizer.vocabulary_size(), expected.vocabulary_size, "{}", folder.display());
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        for row in expected.texts {
            let ids = tokenizer.encode(&row.text).unwrap();
            let decoded = tokenizer.decode(&ids);
            let same = match expected.kind.as_str() {
                // Python puts a space between all WordPieces; between Han characters nobody wants one.
                "WordPiece" => decoded.replace(' ', "") == row.decoded.replace(' ', ""),
                "byte-level BPE" => decoded == row.decoded,
                // SentencePiece takes back the space that it puts before a text.
                _ => decoded.strip_prefix(' ').unwrap_or(&decoded) == row.decoded,
            };
            if ids != row.ids || !same {
                wrong
                    .push(format!("{name} {:?}: {ids:?} not {:?}; {decoded:?}", row.text, row.ids));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong[..wrong.len().min(12)].join("\n"));
}

#[test]
fn conversations_are_those_of_python() {
    for path in fixtures("templates") {
        let fixture: Template = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let folder = path.parent().unwrap().with_file_name("tokenizers").join(&fixture.tokenizer);
        let tokenizer = open_tokenizer(&folder).unwrap();
        let template = ChatTemplate::new(&fixture.template).unwrap();
        for talk in fixture.conversations {
            let turn = |turn: &Turn| TemplateMessage {
                role: turn.role.clone(),
                content: turn.content.clone(),
            };
            let messages: Vec<TemplateMessage> = talk.messages.iter().map(turn).collect();
            let context = TemplateContext {
                bos_token: fixture.bos_token.clone(),
                eos_token: fixture.eos_token.clone(),
                add_generation_prompt: talk.add_generation_prompt,
                more: talk.more,
            };
            let encoded = encode_rendered(&template, &messages, &context, &tokenizer);
            match (encoded, talk.error) {
                (Ok((rendered, ids)), None) => {
                    assert_eq!(Some(rendered), talk.rendered, "{}", path.display());
                    assert_eq!(Some(ids), talk.ids, "{}: {messages:?}", path.display());
                }
                (Err(error), Some(words)) => {
                    assert_eq!(error.code(), "template_invalid");
                    assert!(error.to_string().contains(&words), "{error} does not say {words}");
                }
                (found, expected) => panic!("{}: {found:?} not {expected:?}", path.display()),
            }
        }
    }
}
