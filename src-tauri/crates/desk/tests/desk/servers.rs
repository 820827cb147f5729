//! A server that writes: added, chosen, kept without its key; what happens when it goes away.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bimo_desk::wire::{KeyFrom, ModelState, ModelTask, NewServer, StoryEvent, TranslationEvent};
use bimo_desk::{Desk, DeskOptions, Secrets, SecretsError};
use bimo_engine::scripted::ScriptedGenerator;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::shelf::settled;
use crate::translating::{Told, translated};
use crate::{Place, Story, at_end, begun, body, edit, story, told};

const SECRET: &str = "sk-s3cretKey";

/// What the server does after the text of an answer.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Whole,
    Broken,
    Silent,
}

/// A server with one model. It writes a word at a time, and notes what it was asked.
#[derive(Clone)]
struct WritingServer {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<(String, Value)>>>,
    next: Arc<Mutex<(Vec<&'static str>, End)>>,
}

impl WritingServer {
    async fn start() -> Self {
        Self::at("127.0.0.1:0".parse().expect("an address")).await
    }

    async fn at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let next = Arc::new(Mutex::new((vec![" a time", " there was", " snow."], End::Whole)));
        let server = Self { address, asked: Arc::default(), next };
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.serve(stream).await });
            }
        });
        server
    }

    fn writes(&self, words: &[&'static str], end: End) {
        *self.next.lock().expect("a lock") = (words.to_vec(), end);
    }

    fn asked(&self) -> Vec<(String, Value)> {
        self.asked.lock().expect("a lock").clone()
    }

    fn named(&self, name: &str) -> NewServer {
        let address = format!("http://{}", self.address);
        NewServer { name: name.into(), address, key: SECRET.into(), ..NewServer::default() }
    }

    async fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? <= 2 {
                break;
            }
            if let Some(bytes) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = bytes.trim().parse().unwrap_or(0);
            }
            head += &line;
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let asks_for_models = head.starts_with("GET");
        let converses = head.contains("/chat/completions");
        self.asked.lock().expect("a lock").push((head, body));
        if asks_for_models {
            let list = json!({ "data": [{ "id": "big-story", "owned_by": "vllm", "max_model_len": 2048 }] });
            let list = list.to_string();
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                list.len()
            );
            stream.write_all((head + &list).as_bytes()).await?;
            return stream.shutdown().await;
        }
        let (words, end) = self.next.lock().expect("a lock").clone();
        let head =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
        stream.write_all(head.as_bytes()).await?;
        for word in words {
            let chunk = match converses {
                true => json!({ "choices": [{ "index": 0, "delta": { "content": word } }] }),
                false => json!({ "choices": [{ "index": 0, "text": word }] }),
            };
            stream.write_all(format!("data: {chunk}\n\n").as_bytes()).await?;
            stream.flush().await?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        match end {
            End::Whole => {
                let last = match converses {
                    true => {
                        json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] })
                    }
                    false => {
                        json!({ "choices": [{ "index": 0, "text": "", "finish_reason": "stop" }] })
                    }
                };
                stream.write_all(format!("data: {last}\n\ndata: [DONE]\n\n").as_bytes()).await?;
            }
            End::Broken => {}
            End::Silent => tokio::time::sleep(Duration::from_secs(60)).await,
        }
        stream.shutdown().await
    }
}

/// A keyring in memory, which may be missing.
#[derive(Default)]
struct Keyring {
    kept: Mutex<HashMap<String, String>>,
    is_missing: bool,
}

impl Secrets for Keyring {
    fn read(&self, name: &str) -> Result<Option<String>, SecretsError> {
        self.opened()?;
        Ok(self.kept.lock().expect("a lock").get(name).cloned())
    }

    fn keep(&self, name: &str, secret: &str) -> Result<(), SecretsError> {
        self.opened()?;
        self.kept.lock().expect("a lock").insert(name.into(), secret.into());
        Ok(())
    }

    fn forget(&self, name: &str) -> Result<(), SecretsError> {
        self.opened()?;
        self.kept.lock().expect("a lock").remove(name);
        Ok(())
    }
}

impl Keyring {
    fn opened(&self) -> Result<(), SecretsError> {
        if self.is_missing { Err(SecretsError::NoKeyring) } else { Ok(()) }
    }
}

async fn desk_with(place: &Place, keyring: &Arc<Keyring>) -> Desk {
    place.closed().await;
    let options = place.options(ScriptedGenerator::writing([" The end."]));
    let models = options.models.with_secrets(keyring.clone());
    Desk::open(DeskOptions { models, ..options }).await.expect("the desk opens")
}

/// The models on this computer that write.
async fn stories(desk: &Desk) -> Vec<String> {
    let models = desk.models().await.expect("the shelf").models.into_iter();
    let writes = models.filter(|model| model.used_for.contains(&ModelTask::Story));
    writes.map(|model| model.name).collect()
}

#[tokio::test]
async fn a_story_goes_on_through_a_server_and_after_a_restart_too() {
    let (place, keyring, server) = (Place::new(), Arc::default(), WritingServer::start().await);
    let desk = desk_with(&place, &keyring).await;
    let added = desk.add_server(server.named("The cluster"), true).await.expect("it is added");
    assert_eq!((added[0].key, &added[0].used_for[..]), (KeyFrom::Keyring, &[][..]));
    assert!(added[0].goes_to.this_computer && !added[0].goes_to.open_line);
    assert!(server.asked().is_empty(), "nothing is asked before it is used");
    assert_eq!(desk.desk_state().await.expect("a state").network_requests, 0);

    desk.use_server(ModelTask::Story, "The cluster".into()).await.expect("it is chosen");
    let status = settled(&desk).await;
    assert_eq!((status.state, status.name.as_str()), (ModelState::Ready, "big-story"));
    assert_eq!(status.goes_to.expect("it is said").host, server.address.to_string());
    assert!(stories(&desk).await.is_empty());
    let chapter = desk.create_work("A work".into()).await.expect("a work").chapter;
    edit(&desk, chapter, 0, 0, "Once upon", None).await;
    let events = story(&desk, at_end(&desk, chapter).await).await;
    assert_eq!(told(&events, begun(&events)[0]), " a time there was snow.");
    let settings = ["repetition_range", "dry"].map(String::from).to_vec();
    assert!(events.contains(&StoryEvent::Ignored { settings }), "{events:?}");
    let (head, sent) = server.asked().pop().expect("it was asked");
    assert!(head.contains(&format!("Bearer {SECRET}")), "{head}");
    assert_eq!(sent["prompt"], "Once upon");
    assert_eq!(desk.desk_state().await.expect("a state").network_requests, 2);
    drop(desk);

    let desk = desk_with(&place, &keyring).await;
    assert_eq!(settled(&desk).await.name, "big-story");
    assert_eq!(desk.servers().await.expect("the list")[0].used_for, [ModelTask::Story]);
    desk.use_model(ModelTask::Story, None).await.expect("the one in the program");
    let status = settled(&desk).await;
    assert_eq!((status.name.as_str(), status.goes_to), ("Scripted", None));
    assert!(desk.servers().await.expect("the list")[0].used_for.is_empty());
    assert_eq!(stories(&desk).await, ["Scripted"]);
    desk.forget_server("The cluster".into()).await.expect("it is forgotten");
    assert!(keyring.kept.lock().expect("a lock").is_empty());
}

#[tokio::test]
async fn a_server_translates_while_a_model_here_writes_and_after_a_restart_too() {
    let (place, keyring, server) = (Place::new(), Arc::default(), WritingServer::start().await);
    let desk = desk_with(&place, &keyring).await;
    desk.add_server(server.named("S"), true).await.expect("it is added");
    let refused = desk.use_server(ModelTask::Sentiment, "S".into()).await.expect_err("no classes");
    assert_eq!(refused.code, "model_of_other_task");
    desk.use_server(ModelTask::Translate, "S".into()).await.expect("it is chosen");
    assert_eq!(desk.servers().await.expect("the list")[0].used_for, [ModelTask::Translate]);
    assert_eq!(stories(&desk).await, ["Scripted"]);
    assert!(server.asked().is_empty(), "nothing is asked before something is to be translated");

    server.writes(&["<think>Rain", " …</think>\n\n", "雨停", "了。"], End::Whole);
    let (_, open, _) = translated(&desk, "The rain stopped.").await;
    let segment = &open.segments[0];
    assert_eq!((&segment.target[..], segment.confidence), ("雨停了。", None));
    assert_eq!(segment.flags, []);
    let (head, sent) = server.asked().pop().expect("it was asked");
    assert!(head.starts_with("POST /v1/chat/completions"), "{head}");
    let asked = sent["messages"].as_array().and_then(|all| all.last()).expect("a message");
    let asked = asked["content"].as_str().expect("words");
    assert!(
        asked.contains("Simplified Chinese") && asked.ends_with("The rain stopped."),
        "{asked}"
    );
    drop(desk);

    let desk = desk_with(&place, &keyring).await;
    translated(&desk, "The rain stopped.").await;
    let before = server.asked().len();
    assert!(before > 2);
    desk.use_model(ModelTask::Translate, None).await.expect("the one in the program");
    assert!(desk.servers().await.expect("the list")[0].used_for.is_empty());
    translated(&desk, "She is here.").await;
    assert_eq!(server.asked().len(), before, "nothing goes out any more");
}

#[tokio::test]
async fn a_server_that_fails_leaves_the_sentence_open_and_says_why() {
    let (place, keyring, server) = (Place::new(), Arc::default(), WritingServer::start().await);
    let desk = desk_with(&place, &keyring).await;
    desk.add_server(server.named("S"), true).await.expect("it is added");
    desk.use_server(ModelTask::Translate, "S".into()).await.expect("it is chosen");
    server.writes(&["雨"], End::Broken);
    let mut told = Told::of(&desk);
    let id = desk.new_translation(None, None).await.expect("a translation").summary.id;
    desk.set_translation_source(id, "The rain stopped.".into()).await.expect("its text");
    let error = loop {
        match told.next().await {
            TranslationEvent::Failed { error, .. } => break error,
            TranslationEvent::Finished { .. } => panic!("it cannot be done"),
            _ => {}
        }
    };
    assert_eq!(error.code, "server_stalled");
    let open = desk.open_translation(id).await.expect("it is there");
    assert_eq!(
        (&open.segments[0].source[..], &open.segments[0].target[..]),
        ("The rain stopped.", "")
    );
}

#[tokio::test]
async fn what_a_server_has_written_stays_when_it_goes_away_and_that_is_said() {
    let (place, keyring, server) = (Place::new(), Arc::default(), WritingServer::start().await);
    let desk = desk_with(&place, &keyring).await;
    desk.add_server(server.named("S"), true).await.expect("it is added");
    desk.use_server(ModelTask::Story, "S".into()).await.expect("it is chosen");
    let chapter = desk.create_work("A work".into()).await.expect("a work").chapter;
    edit(&desk, chapter, 0, 0, "Once upon", None).await;
    server.writes(&[" a time", " there"], End::Broken);
    let events = story(&desk, at_end(&desk, chapter).await).await;
    let generation = begun(&events)[0];
    assert_eq!(told(&events, generation), " a time there");
    let Some(StoryEvent::Failed { error }) = events.last() else { panic!("{events:?}") };
    assert_eq!(error.code, "server_stalled");
    assert!(!format!("{error:?}").contains(SECRET));
    let stored = desk.generation(generation).await.expect("the history");
    assert_eq!(stored.summary.output, " a time there");
    assert_eq!(body(&desk, chapter).await, "Once upon");
}

#[tokio::test]
async fn stopping_keeps_what_has_come_and_the_next_request_is_answered() {
    let (place, keyring, server) = (Place::new(), Arc::default(), WritingServer::start().await);
    let desk = desk_with(&place, &keyring).await;
    desk.add_server(server.named("S"), true).await.expect("it is added");
    desk.use_server(ModelTask::Story, "S".into()).await.expect("it is chosen");
    let chapter = desk.create_work("A work".into()).await.expect("a work").chapter;
    edit(&desk, chapter, 0, 0, "Once upon", None).await;
    server.writes(&[" a time"], End::Silent);
    let mut running = Story::begin(&desk, at_end(&desk, chapter).await).await.expect("accepted");
    assert_eq!(running.first_text().await, " a time");
    let began = tokio::time::Instant::now();
    desk.stop_writing().await;
    assert!(began.elapsed() < Duration::from_millis(200), "{:?}", began.elapsed());
    assert!(matches!(running.rest().await.last(), Some(StoryEvent::Finished { .. })));
    server.writes(&[" then."], End::Whole);
    let events = story(&desk, at_end(&desk, chapter).await).await;
    assert_eq!(told(&events, begun(&events)[0]), " then.");
}

#[tokio::test]
async fn without_a_keyring_a_key_is_known_until_the_program_is_closed() {
    let (place, server) = (Place::new(), WritingServer::start().await);
    let keyring = Arc::new(Keyring { is_missing: true, ..Keyring::default() });
    let desk = desk_with(&place, &keyring).await;
    let refused = desk.add_server(server.named("S"), true).await.expect_err("no keyring");
    assert_eq!(refused.code, "no_keyring");
    assert!(desk.servers().await.expect("the list").is_empty(), "nothing has changed");
    let added = desk.add_server(server.named("S"), false).await.expect("for this run");
    assert_eq!(added[0].key, KeyFrom::ThisRun);
    desk.use_server(ModelTask::Story, "S".into()).await.expect("it is chosen");
    settled(&desk).await;
    assert!(server.asked()[0].0.contains(SECRET));
    drop(desk);

    let desk = desk_with(&place, &keyring).await;
    settled(&desk).await;
    assert!(!server.asked().pop().expect("it was asked").0.contains(SECRET));
    assert_eq!(desk.servers().await.expect("the list")[0].key, KeyFrom::Nowhere);
    drop(desk);
    place.closed().await;
    for file in crate::all_files(place.folder.path()) {
        let bytes = std::fs::read(&file).expect("a file");
        let has_key = bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes());
        assert!(!has_key, "{}", file.display());
    }
}

#[tokio::test]
async fn a_server_that_comes_back_is_asked_once_more() {
    let (place, keyring, server) = (Place::new(), Arc::default(), WritingServer::start().await);
    let desk = desk_with(&place, &keyring).await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let absent = NewServer { address: format!("http://{address}"), ..server.named("S") };
    desk.add_server(absent, true).await.expect("it is added");
    desk.use_server(ModelTask::Story, "S".into()).await.expect("it is chosen");
    let status = settled(&desk).await;
    assert_eq!(status.state, ModelState::Failed);
    assert_eq!(status.error.expect("why").code, "server_unreachable");

    let _back = WritingServer::at(address).await;
    let chapter = desk.create_work("A work".into()).await.expect("a work").chapter;
    edit(&desk, chapter, 0, 0, "Once upon", None).await;
    let events = story(&desk, at_end(&desk, chapter).await).await;
    assert_eq!(told(&events, begun(&events)[0]), " a time there was snow.");
}

#[tokio::test]
async fn a_key_never_goes_to_another_address_than_the_one_it_was_given_for() {
    let (place, keyring) = (Place::new(), Arc::default());
    let (server, other) = (WritingServer::start().await, WritingServer::start().await);
    let desk = desk_with(&place, &keyring).await;
    desk.add_server(server.named("S"), true).await.expect("it is added");
    let without_key = |address: SocketAddr| NewServer {
        address: format!("http://{address}"),
        key: String::new(),
        ..server.named("S")
    };
    let models = desk.server_models(without_key(server.address)).await.expect("a list");
    assert_eq!(models, ["big-story"]);
    assert!(server.asked()[0].0.contains(SECRET), "the key that is known");
    desk.server_models(without_key(other.address)).await.expect("a list");
    let moved = desk.add_server(without_key(other.address), true).await.expect("it is changed");
    assert_eq!((moved.len(), moved[0].key), (1, KeyFrom::Nowhere));
    desk.use_server(ModelTask::Story, "S".into()).await.expect("it is chosen");
    settled(&desk).await;
    assert_eq!(other.asked().len(), 2);
    assert!(other.asked().iter().all(|(head, _)| !head.contains(SECRET)));
    for (server, code) in [
        (
            NewServer { address: "file:///etc".into(), ..NewServer::default() },
            "invalid_server_address",
        ),
        (NewServer { key: "a\nb".into(), ..without_key(other.address) }, "invalid_key"),
    ] {
        assert_eq!(desk.add_server(server, true).await.expect_err(code).code, code);
    }
    assert_eq!(
        desk.use_server(ModelTask::Story, "gone".into()).await.expect_err("gone").code,
        "server_not_listed"
    );
}
