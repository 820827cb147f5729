//! A server on this machine that says what the script says, byte by byte, and nothing else.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

/// What is done with one connection after its request was read.
#[derive(Clone, Debug)]
pub enum Step {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends `x` so many times.
    Flood(usize),
    /// Waits.
    Wait(Duration),
    /// Waits until the other end has gone, and notes when.
    Watch,
}

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    pub line: String,
    pub headers: String,
    pub body: Value,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        let line = self.headers.lines().find(|line| line.to_ascii_lowercase().starts_with(name))?;
        line.split_once(':').map(|(_, value)| value.trim())
    }
}

#[derive(Default)]
struct Shared {
    scripts: Mutex<VecDeque<Vec<Step>>>,
    models: Mutex<Vec<u8>>,
    seen: Mutex<Vec<Seen>>,
    left_at: Mutex<Vec<Instant>>,
    now: Mutex<(usize, usize)>,
}

/// A running server. Each request takes the next script; a question for the models has its own answer.
#[derive(Clone)]
pub struct ScriptedServer {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

impl ScriptedServer {
    pub async fn start(owner: &str) -> Self {
        Self::start_on(owner, |stream| async { Some(stream) }).await
    }

    /// With something between the line and the server: TLS, for instance.
    pub async fn start_on<S, F>(
        owner: &str,
        wrap: impl Fn(tokio::net::TcpStream) -> F + Send + Sync + 'static,
    ) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        F: Future<Output = Option<S>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared::default());
        let server = Self { address, shared: shared.clone() };
        server.list(&format!(
            r#"{{"object":"list","data":[{{"id":"story","object":"model","owned_by":"{owner}","max_model_len":2048}}]}}"#
        ));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (shared, wrapped) = (shared.clone(), wrap(stream));
                tokio::spawn(async move {
                    if let Some(stream) = wrapped.await {
                        // Whoever went away has gone.
                        let _ = serve(stream, &shared).await;
                    }
                });
            }
        });
        server
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What is answered to a question for the models.
    pub fn list(&self, json: &str) {
        *self.shared.models.lock().expect("a lock") = reply(200, "application/json", "", json);
    }

    pub fn answer_list(&self, bytes: Vec<u8>) {
        *self.shared.models.lock().expect("a lock") = bytes;
    }

    /// What is done with the next request.
    pub fn next(&self, script: impl IntoIterator<Item = Step>) {
        self.shared.scripts.lock().expect("a lock").push_back(script.into_iter().collect());
    }

    /// Requests to write, without questions for the models.
    pub fn seen(&self) -> Vec<Seen> {
        let seen = self.shared.seen.lock().expect("a lock").clone();
        seen.into_iter().filter(|seen| seen.line.starts_with("POST")).collect()
    }

    pub fn seen_in_all(&self) -> Vec<Seen> {
        self.shared.seen.lock().expect("a lock").clone()
    }

    /// When the other end has gone, for each [`Step::Watch`].
    pub async fn left_at(&self) -> Instant {
        for _ in 0..500 {
            if let Some(left) = self.shared.left_at.lock().expect("a lock").first() {
                return *left;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the connection stays open");
    }

    /// Most requests that were answered at the same time.
    pub fn most_at_once(&self) -> usize {
        self.shared.now.lock().expect("a lock").1
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    shared: &Shared,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (mut line, mut headers) = (String::new(), String::new());
    stream.read_line(&mut line).await?;
    loop {
        let mut header = String::new();
        if stream.read_line(&mut header).await? == 0 || header.trim_end().is_empty() {
            break;
        }
        headers += &header;
    }
    let mut seen = Seen { line: line.trim_end().to_owned(), headers, body: Value::Null };
    let length = seen.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    seen.body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let asks_for_models = seen.line.starts_with("GET");
    shared.seen.lock().expect("a lock").push(seen);
    if asks_for_models {
        let models = shared.models.lock().expect("a lock").clone();
        stream.write_all(&models).await?;
        return stream.shutdown().await;
    }
    {
        let mut now = shared.now.lock().expect("a lock");
        *now = (now.0 + 1, now.1.max(now.0 + 1));
    }
    let mut script = shared.scripts.lock().expect("a lock").pop_front().unwrap_or_default();
    let last = script.pop();
    let followed = follow(&mut stream, script, shared).await;
    // Who has heard the last step may ask again before it is known here that it was heard.
    shared.now.lock().expect("a lock").0 -= 1;
    followed?;
    follow(&mut stream, last.into_iter().collect(), shared).await?;
    stream.shutdown().await
}

async fn follow<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    script: Vec<Step>,
    shared: &Shared,
) -> std::io::Result<()> {
    for step in script {
        match step {
            Step::Send(bytes) => stream.write_all(&bytes).await?,
            Step::Flood(bytes) => {
                for _ in 0..bytes / 4096 {
                    stream.write_all(&[b'x'; 4096]).await?;
                }
            }
            Step::Wait(time) => tokio::time::sleep(time).await,
            Step::Watch => {
                let mut rest = [0; 16];
                let _ = stream.read(&mut rest).await;
                shared.left_at.lock().expect("a lock").push(Instant::now());
            }
        }
        stream.flush().await?;
    }
    Ok(())
}

/// A whole answer.
pub fn reply(status: u16, kind: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} Words\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n"
    );
    (head + body).into_bytes()
}

/// The head of a stream that ends with its connection.
pub fn stream_head() -> Step {
    Step::Send(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n".to_vec(),
    )
}

/// Bytes of a stream.
pub fn say(text: &str) -> Step {
    Step::Send(text.as_bytes().to_vec())
}

/// A piece of a completion.
pub fn piece(text: &str) -> String {
    let json =
        serde_json::json!({ "choices": [{ "index": 0, "text": text, "finish_reason": null }] });
    format!("data: {json}\n\n")
}

/// The last piece of a completion.
pub fn last(finish: &str) -> String {
    let json =
        serde_json::json!({ "choices": [{ "index": 0, "text": "", "finish_reason": finish }] });
    format!("data: {json}\n\ndata: [DONE]\n\n")
}

/// A whole stream of a completion, in one piece.
pub fn whole(texts: &[&str]) -> Vec<Step> {
    let pieces: String = texts.iter().map(|text| piece(text)).collect();
    vec![stream_head(), say(&pieces), say(&last("stop"))]
}
