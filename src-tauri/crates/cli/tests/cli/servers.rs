//! `continue --server`, `translate --server` and `summarize --server`, against a server that answers one thing.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

const SECRET: &str = "sk-s3cretKey";

/// Serves `story`, which always writes the same; answers its address and the heads of the requests.
fn start_server() -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = heads.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // Whoever went away has gone.
            let _ = serve(stream, &seen);
        }
    });
    (address, heads)
}

fn serve(mut stream: TcpStream, seen: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? <= 2 {
            break;
        }
        if let Some(bytes) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = bytes.trim().parse().unwrap_or(0);
        }
        head += &line;
    }
    reader.read_exact(&mut vec![0; length])?;
    let (kind, body) = if head.starts_with("GET") {
        ("application/json", r#"{"data":[{"id":"story","owned_by":"somebody"}]}"#.to_owned())
    } else if head.contains("/chat/") {
        let piece = r#"data: {"choices":[{"index":0,"delta":{"content":"雨停了。"}}]}"#;
        let last = r#"data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
        ("text/event-stream", format!("{piece}\n\n{last}\n\ndata: [DONE]\n\n"))
    } else {
        let piece = r#"data: {"choices":[{"index":0,"text":" a time."}]}"#;
        let last = r#"data: {"choices":[{"index":0,"text":"","finish_reason":"stop"}]}"#;
        ("text/event-stream", format!("{piece}\n\n{last}\n\ndata: [DONE]\n\n"))
    };
    seen.lock().expect("a lock").push(head);
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

fn bimo(address: &str, more: &[&str], key: Option<&str>) -> Output {
    run(&[&["continue", "--prompt", "Once upon", "--server", address], more].concat(), key)
}

fn run(arguments: &[&str], key: Option<&str>) -> Output {
    let models = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_bimo"));
    command.args(arguments);
    command.env("BIMO_MODELS", models.path()).env_remove("BIMO_SERVER_KEY");
    if let Some(key) = key {
        command.env("BIMO_SERVER_KEY", key);
    }
    command.output().expect("bimo ends")
}

#[test]
fn a_server_writes_and_it_is_said_where_the_text_goes() {
    let (address, heads) = start_server();
    let output = bimo(&format!("http://{address}"), &["--model", "story"], Some(SECRET));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), " a time.\n");
    assert!(errors.contains(&format!("the text goes to {address}")), "{errors}");
    assert!(errors.contains("min_p"), "what the server does not know is said: {errors}");
    assert!(!errors.contains(SECRET), "{errors}");
    let heads = heads.lock().expect("a lock").clone();
    assert!(heads.iter().all(|head| head.contains(&format!("Bearer {SECRET}"))), "{heads:?}");
}

#[test]
fn a_server_translates_in_a_conversation() {
    let (address, heads) = start_server();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("rain.txt");
    std::fs::write(&file, "The rain stopped.\n").expect("a file");
    let (file, server) = (file.display().to_string(), format!("http://{address}"));
    let output = run(&["translate", "--server", &server, "--json", &file], Some(SECRET));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert!(errors.contains(&format!("the text goes to {address}")), "{errors}");
    let object: serde_json::Value = serde_json::from_slice(&output.stdout).expect("an object");
    assert_eq!(object["segments"][0]["target"], "雨停了。");
    let heads = heads.lock().expect("a lock").clone();
    assert!(heads.iter().any(|head| head.contains("/v1/chat/completions")), "{heads:?}");
}

#[test]
fn a_server_summarises_in_a_conversation() {
    let (address, heads) = start_server();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("rain.txt");
    std::fs::write(&file, "The rain stopped in 1998. Nobody saw it.\n").expect("a file");
    let (file, server) = (file.display().to_string(), format!("http://{address}"));
    let asked = ["summarize", "--method", "rewrite", "--to", "zh", "--server", &server, "--json"];
    let output = run(&[&asked[..], &[&file]].concat(), Some(SECRET));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert!(errors.contains(&format!("the text goes to {address}")), "{errors}");
    let object: serde_json::Value = serde_json::from_slice(&output.stdout).expect("an object");
    assert_eq!(object["summary"], "雨停了。");
    assert_eq!(object["sentences"][0]["flags"], serde_json::json!(["otherLanguage"]));
    let heads = heads.lock().expect("a lock").clone();
    assert!(heads.iter().any(|head| head.contains("/v1/chat/completions")), "{heads:?}");
}

#[test]
fn the_key_may_be_in_a_file_and_the_object_says_all() {
    let (address, heads) = start_server();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("key");
    std::fs::write(&file, format!("{SECRET}\n")).expect("a file");
    let file = file.display().to_string();
    let output = bimo(&format!("http://{address}/v1/"), &["--json", "--key-file", &file], None);
    let object: serde_json::Value = serde_json::from_slice(&output.stdout).expect("an object");
    assert_eq!(
        (object["text"].as_str(), object["model"].as_str()),
        (Some(" a time."), Some("story"))
    );
    assert!(heads.lock().expect("a lock")[0].contains(SECRET));
}

#[test]
fn what_is_wrong_is_said_with_what_to_do() {
    let (address, _) = start_server();
    for (address, more, words) in [
        ("file:///etc/passwd".to_owned(), &[][..], "http://"),
        (format!("http://{address}"), &["--model", "tale"], "story"),
        (format!("http://{address}"), &["--key-file", "/nowhere/key"], "/nowhere/key"),
    ] {
        let output = bimo(&address, more, Some(SECRET));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && output.stdout.is_empty(), "{errors}");
        assert!(errors.contains(words) && !errors.contains(SECRET), "{errors}");
    }
}
