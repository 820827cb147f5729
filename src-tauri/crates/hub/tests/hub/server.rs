//! A hub on this machine that speaks the API of the public one, and misbehaves when it is told to.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// The commit that the hub's one repository is at.
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// What is done to one request of a file, or of the list of files.
#[derive(Clone, Debug)]
pub enum Misdeed {
    /// Another status, with headers and a body.
    Status(u16, &'static str, &'static str),
    /// Right headers, so many bytes of the body, then the line is cut.
    Drop(usize),
    /// Right headers, so many bytes of the body, then silence.
    Stall(usize),
    /// Everything right, but slowly: a few milliseconds for each of fifty parts.
    Slow,
    /// Another length than the file has, and as many bytes.
    Length(usize),
    /// 206 with this `Content-Range`, and the file's beginning.
    Range(&'static str),
    /// The right range in the headers, and other bytes in the body.
    OtherBytes,
    /// The whole file where a part was asked for.
    Whole,
    /// A redirect to this host, with the same path.
    Redirect(String),
    /// One byte is another.
    Corrupt,
}

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    pub path: String,
    pub headers: String,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        let line = self.headers.lines().find(|line| line.to_ascii_lowercase().starts_with(name))?;
        line.split_once(':').map(|(_, value)| value.trim())
    }

    pub fn is_of_a_file(&self) -> bool {
        self.path.contains("/resolve/")
    }
}

#[derive(Default)]
struct Shared {
    repo: String,
    /// Path, content, and whether it is a large file.
    files: Vec<(String, Vec<u8>, bool)>,
    misdeeds: Mutex<VecDeque<Misdeed>>,
    always: Mutex<Option<Misdeed>>,
    api: Mutex<Option<Misdeed>>,
    seen: Mutex<Vec<Seen>>,
}

/// A running hub with one repository.
#[derive(Clone)]
pub struct LocalHub {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

impl LocalHub {
    /// Serves a repository; of each file its path, its content, and whether it is a large one.
    pub async fn start(repo: &str, files: &[(&str, &[u8], bool)]) -> Self {
        let files = files
            .iter()
            .map(|(path, content, large)| ((*path).to_owned(), content.to_vec(), *large));
        let shared =
            Arc::new(Shared { repo: repo.to_owned(), files: files.collect(), ..Shared::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let serving = shared.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = serving.clone();
                tokio::spawn(async move {
                    // Whoever went away has gone.
                    let _ = serve(stream, &shared).await;
                });
            }
        });
        Self { address, shared }
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What is done to the next requests of files, one each.
    pub fn next(&self, misdeeds: impl IntoIterator<Item = Misdeed>) {
        self.shared.misdeeds.lock().expect("a lock").extend(misdeeds);
    }

    /// What is done to every request of a file.
    pub fn always(&self, misdeed: Misdeed) {
        *self.shared.always.lock().expect("a lock") = Some(misdeed);
    }

    /// What is done to every question that is not for a file.
    pub fn answer_api(&self, misdeed: Misdeed) {
        *self.shared.api.lock().expect("a lock") = Some(misdeed);
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().expect("a lock").clone()
    }

    /// Requests of files.
    pub fn seen_of_files(&self) -> Vec<Seen> {
        self.seen().into_iter().filter(Seen::is_of_a_file).collect()
    }
}

async fn serve(stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (mut path, mut headers) = (String::new(), String::new());
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        match line.trim_end() {
            "" => break,
            line if path.is_empty() => {
                path = line.split(' ').nth(1).unwrap_or_default().to_owned();
            }
            line => headers += &format!("{line}\n"),
        }
    }
    let seen = Seen { path, headers };
    shared.seen.lock().expect("a lock").push(seen.clone());
    let mut stream = stream.into_inner();
    if seen.is_of_a_file() {
        file(&mut stream, shared, &seen).await
    } else {
        api(&mut stream, shared, &seen).await
    }
}

async fn api(stream: &mut TcpStream, shared: &Shared, seen: &Seen) -> std::io::Result<()> {
    let misdeed = shared.api.lock().expect("a lock").clone();
    if let Some(Misdeed::Status(status, headers, body)) = misdeed {
        return reply(stream, status, headers, body.as_bytes()).await;
    }
    let path = seen.path.split('?').next().unwrap_or_default();
    let below = path.strip_prefix(&format!("/api/models/{}", shared.repo));
    let body = match below {
        _ if path == "/api/models" => json!([
            { "_id": "x", "id": shared.repo, "downloads": 7, "likes": 3, "gated": "manual",
              "pipeline_tag": "text-generation", "tags": ["gguf", "en"] },
            { "_id": "y", "id": "../escape", "downloads": 1 },
        ]),
        Some("/revision/main") => json!({
            "id": shared.repo, "sha": COMMIT, "gated": false, "cardData": { "license": "apache-2.0" },
            "config": { "model_type": "llama" }, "safetensors": { "total": 1234 },
        }),
        Some(tree) if tree == format!("/tree/{COMMIT}") => {
            shared.files.iter().map(entry).collect::<Value>()
        }
        _ => return reply(stream, 404, "", b"{\"error\":\"not here\"}").await,
    };
    reply(stream, 200, "Content-Type: application/json\r\n", body.to_string().as_bytes()).await
}

/// A file as the hub lists it.
fn entry((path, content, large): &(String, Vec<u8>, bool)) -> Value {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let git = |content: &[u8]| {
        let header = format!("blob {}\0", content.len());
        hex(&Sha1::digest([header.as_bytes(), content].concat()))
    };
    let (bytes, sha256) = (content.len(), hex(&Sha256::digest(content)));
    if *large {
        let lfs = json!({ "oid": sha256, "size": bytes, "pointerSize": 134 });
        // Of a large file git knows a pointer only.
        json!({ "type": "file", "path": path, "size": bytes, "oid": git(b"pointer"), "lfs": lfs })
    } else {
        json!({ "type": "file", "path": path, "size": bytes, "oid": git(content) })
    }
}

async fn file(stream: &mut TcpStream, shared: &Shared, seen: &Seen) -> std::io::Result<()> {
    let wanted = format!("/{}/resolve/{COMMIT}/", shared.repo);
    let plain = seen.path.split('?').next().unwrap_or_default();
    let found = plain
        .strip_prefix(&wanted)
        .and_then(|path| shared.files.iter().find(|file| file.0 == path));
    let Some((_, content, _)) = found else {
        return reply(stream, 404, "", b"Entry not found").await;
    };
    let tag = format!("\"{}-{}\"", content.len(), content.first().copied().unwrap_or(0));
    let misdeed = shared.misdeeds.lock().expect("a lock").pop_front();
    let misdeed = misdeed.or_else(|| shared.always.lock().expect("a lock").clone());
    let from = seen
        .header("range")
        .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
    let is_current = seen.header("if-range").is_none_or(|given| given == tag);
    let from = from.filter(|_| is_current && !matches!(misdeed, Some(Misdeed::Whole)));
    if from.is_some_and(|from| from >= content.len()) {
        return reply(stream, 416, &format!("Content-Range: bytes */{}\r\n", content.len()), b"")
            .await;
    }
    let mut body = content[from.unwrap_or(0)..].to_vec();
    let mut headers = format!("ETag: {tag}\r\nAccept-Ranges: bytes\r\n");
    if let Some(from) = from {
        let (last, whole) = (content.len() - 1, content.len());
        headers += &format!("Content-Range: bytes {from}-{last}/{whole}\r\n");
    }
    let status = if from.is_some() { 206 } else { 200 };
    match misdeed {
        Some(Misdeed::Status(status, headers, body)) => {
            reply(stream, status, headers, body.as_bytes()).await
        }
        Some(Misdeed::Redirect(base)) => {
            let target = format!("Location: {base}{}?Signature=s3cret\r\n", seen.path);
            reply(stream, 302, &target, b"").await
        }
        Some(Misdeed::Range(range)) => {
            let headers = format!("ETag: {tag}\r\nContent-Range: {range}\r\n");
            reply(stream, 206, &headers, &content[..content.len().min(10)]).await
        }
        Some(Misdeed::Length(bytes)) => {
            body.resize(bytes, b'x');
            reply(stream, status, &headers, &body).await
        }
        Some(Misdeed::OtherBytes) if from.is_some() => {
            body.fill(b'x');
            reply(stream, status, &headers, &body).await
        }
        Some(Misdeed::Corrupt) => {
            body[0] ^= 1;
            reply(stream, status, &headers, &body).await
        }
        Some(Misdeed::Slow) => {
            begin(stream, status, &headers, body.len()).await?;
            for part in body.chunks(content.len() / 50 + 1) {
                stream.write_all(part).await?;
                stream.flush().await?;
                tokio::time::sleep(Duration::from_millis(4)).await;
            }
            Ok(())
        }
        Some(Misdeed::Drop(bytes) | Misdeed::Stall(bytes)) => {
            begin(stream, status, &headers, body.len()).await?;
            stream.write_all(&body[..bytes.min(body.len())]).await?;
            stream.flush().await?;
            if matches!(misdeed, Some(Misdeed::Stall(_))) {
                tokio::time::sleep(Duration::from_secs(600)).await;
            }
            Ok(())
        }
        _ => reply(stream, status, &headers, &body).await,
    }
}

async fn begin(
    stream: &mut TcpStream,
    status: u16,
    headers: &str,
    length: usize,
) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status} Words\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).await
}

async fn reply(
    stream: &mut TcpStream,
    status: u16,
    headers: &str,
    body: &[u8],
) -> std::io::Result<()> {
    begin(stream, status, headers, body.len()).await?;
    stream.write_all(body).await?;
    stream.shutdown().await
}
