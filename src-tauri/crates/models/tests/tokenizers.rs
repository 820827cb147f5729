//! Our tokenizers and chat templates against Python's, on the fixtures of `tests/reference`.

use std::fs;
use std::path::{Path, PathBuf};

use bimo_engine::{Message, Piece, PieceKind, Prompt, Role};
use bimo_models::{
    ChatTemplate, TemplateContext, TemplateMessage, encode_prompt, encode_rendered, open_tokenizer,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

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
    assert_eq!(folders.len(), 24);
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
                "SentencePiece" => tokenizer.decode_whole(&ids) == row.decoded,
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

/// What the desk itself asks for, where the model's files only name the token that opens a text and never say that it is
/// to be added: the template writes it.
#[test]
fn a_prompt_of_messages_opens_as_the_template_has_it() {
    let path =
        fixtures("templates").into_iter().find(|path| path.ends_with("llama3.json")).unwrap();
    let fixture: Template = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let template = ChatTemplate::new(&fixture.template).unwrap();
    let talk = &fixture.conversations[0];
    let asked = Message {
        role: Role::User,
        pieces: vec![Piece::new(PieceKind::Text, talk.messages[0].content.as_str())],
    };
    let prompt = Prompt::Chat { messages: vec![asked], reply: vec![] };
    let folder = path.parent().unwrap().with_file_name("tokenizers");
    let gguf = fs::read(folder.join("llama3-gguf/tokenizer.gguf")).unwrap();
    let quiet = TempDir::new().unwrap();
    fs::write(quiet.path().join("adds-none.gguf"), without_opening(&gguf)).unwrap();
    let json = fs::read_to_string(folder.join("llama3-json/tokenizer.json")).unwrap();
    let mut json: Value = serde_json::from_str(&json).unwrap();
    json["post_processor"] = Value::Null;
    fs::write(quiet.path().join("tokenizer.json"), json.to_string()).unwrap();
    let settings = "llama3-json/tokenizer_config.json";
    fs::copy(folder.join(settings), quiet.path().join("tokenizer_config.json")).unwrap();

    let adding = [folder.join("llama3-json"), folder.join("llama3-gguf/tokenizer.gguf")];
    let naming = [quiet.path().join("adds-none.gguf"), quiet.path().to_owned()];
    for (path, adds) in
        adding.iter().map(|path| (path, true)).chain(naming.iter().map(|path| (path, false)))
    {
        let tokenizer = open_tokenizer(path).unwrap();
        assert_eq!(tokenizer.begin_token().is_some(), adds, "{}", path.display());
        let encoded = encode_prompt(&prompt, &tokenizer, Some(&template)).unwrap();
        assert_eq!(Some(&encoded.tokens), talk.ids.as_ref(), "{}", path.display());
        let counted: u32 = encoded.pieces.iter().map(|piece| piece.tokens).sum();
        assert_eq!(counted as usize, encoded.tokens.len(), "{}", path.display());
    }
}

const ADD_BOS: &[u8] = b"tokenizer.ggml.add_bos_token";

/// The same file, saying that no opening token is to be added.
fn without_opening(gguf: &[u8]) -> Vec<u8> {
    let mut gguf = gguf.to_vec();
    let key = gguf.windows(ADD_BOS.len()).position(|window| window == ADD_BOS).unwrap();
    // Behind the key stand four bytes of type, then the value.
    gguf[key + ADD_BOS.len() + 4] = 0;
    gguf
}

/// llama.cpp opens texts of this kind with the token unless a file says no, and older files say nothing.
#[test]
fn a_llama_3_file_that_says_nothing_opens_with_its_token() {
    let folder =
        fixtures("tokenizers").into_iter().find(|path| path.ends_with("llama3-gguf")).unwrap();
    let mut gguf = fs::read(folder.join("tokenizer.gguf")).unwrap();
    let key = gguf.windows(ADD_BOS.len()).position(|window| window == ADD_BOS).unwrap();
    gguf[key..key + ADD_BOS.len()].copy_from_slice(b"tokenizer.ggml.nobody_reads_");
    let silent = TempDir::new().unwrap();
    let path = silent.path().join("silent.gguf");
    fs::write(&path, gguf).unwrap();
    let said = open_tokenizer(&folder.join("tokenizer.gguf")).unwrap();
    assert!(said.begin_token().is_some());
    assert_eq!(open_tokenizer(&path).unwrap().begin_token(), said.begin_token());
}

#[test]
fn a_model_without_an_opening_token_opens_with_nothing() {
    let folder =
        fixtures("tokenizers").into_iter().find(|path| path.ends_with("qwen2-json")).unwrap();
    let tokenizer = open_tokenizer(&folder).unwrap();
    let template = ChatTemplate::new("{{ bos_token + messages[0].content }}").unwrap();
    let asked = Message { role: Role::User, pieces: vec![Piece::new(PieceKind::Text, "Hello")] };
    let prompt = Prompt::Chat { messages: vec![asked], reply: vec![] };
    let encoded = encode_prompt(&prompt, &tokenizer, Some(&template)).unwrap();
    assert_eq!(encoded.tokens, tokenizer.encode("Hello").unwrap());
}

/// A unigram vocabulary lists its control tokens among the pieces.
#[test]
fn control_tokens_of_a_unigram_tokenizer_json_stay_text() {
    let folder = TempDir::new().unwrap();
    let pieces = json!([["<s>", 0.0], ["<unk>", 0.0], ["<", -2.0], ["s", -2.0], [">", -2.0]]);
    let special = |id: u32, content: &str| {
        json!({"id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true})
    };
    let json = json!({
        "version": "1.0", "added_tokens": [special(0, "<s>"), special(1, "<unk>")], "normalizer": null,
        "pre_tokenizer": null, "decoder": null,
        "model": {"type": "Unigram", "unk_id": 1, "vocab": pieces, "byte_fallback": false},
    });
    fs::write(folder.path().join("tokenizer.json"), json.to_string()).unwrap();
    let tokenizer = open_tokenizer(folder.path()).unwrap();
    assert_eq!(tokenizer.encode("<s>").unwrap(), [2, 3, 4]);
    assert_eq!(tokenizer.encode_control("<s>").unwrap(), [0]);
}
