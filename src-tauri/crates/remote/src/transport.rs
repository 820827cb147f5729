//! One request to a server: written down, tried again where that may help, its answer read within bounds of time and memory.

use std::time::Duration;

use bimo_net::{OpenRequest, RequestLog, Route, Secret, host_of, words};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode, Url};
use serde_json::Value;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::patience::pause;
use crate::reply::Fault;
use crate::{Patience, RemoteError, ServerAddress, Surroundings};

/// Tries of a host that nobody answers at: whoever mistyped an address should know soon.
const TRIES_WITHOUT_CONNECTION: u32 = 2;
/// Bytes of an error that are read.
const LONGEST_FAULT: usize = 64 << 10;

/// Makes requests.
pub(crate) struct Transport {
    client: reqwest::Client,
    pub address: ServerAddress,
    key: Option<Secret>,
    log: RequestLog,
    pub patience: Patience,
    surroundings: Surroundings,
}

/// An answer whose body is still to come. Dropped, it closes the connection.
#[derive(Debug)]
pub(crate) struct Answer {
    host: String,
    response: Response,
    open: OpenRequest,
    patience: Patience,
    ends: Instant,
    has_begun: bool,
}

/// A failure, and what it says of another try.
struct Failure {
    refusal: Refusal,
    again: Again,
}

/// Whether another try may help.
#[derive(Clone, Copy)]
enum Again {
    Never,
    WithoutConnection,
    After(Option<Duration>),
}

/// Why there is no answer, and the server's own words about it.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub error: RemoteError,
    pub fault: Fault,
    pub status: Option<StatusCode>,
}

impl From<RemoteError> for Refusal {
    fn from(error: RemoteError) -> Self {
        Self { error, fault: Fault::default(), status: None }
    }
}

impl Transport {
    pub fn new(
        address: ServerAddress,
        key: Option<Secret>,
        log: RequestLog,
        patience: Patience,
        surroundings: Surroundings,
    ) -> Result<Self, RemoteError> {
        let route = if address.is_this_computer() { Route::Direct } else { Route::ByProxy };
        let client = bimo_net::client(patience.connect, route)
            .map_err(|reason| RemoteError::Unreachable { host: address.host(), reason })?;
        if address.exposes(key.as_ref()) {
            tracing::warn!(host = address.host(), "a key goes over a line that others can read");
        }
        Ok(Self { client, address, key, log, patience, surroundings })
    }

    /// Asks, and asks again where that may help, until there is an answer.
    pub async fn ask(
        &self,
        path: &str,
        body: Option<&Value>,
        cancel: &CancellationToken,
    ) -> Result<Answer, Refusal> {
        let mut failures = 0;
        loop {
            let attempt = self.attempt(path, body);
            let failure = match until_cancelled(cancel, attempt).await? {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            failures += 1;
            let (tries, asked) = match failure.again {
                Again::Never => (1, None),
                Again::WithoutConnection => (TRIES_WITHOUT_CONNECTION, None),
                Again::After(asked) => (self.patience.tries, asked),
            };
            if failures >= tries.min(self.patience.tries) {
                return Err(failure.refusal);
            }
            let pause = pause(failures, asked, (self.surroundings.chance)());
            tracing::info!(code = failure.refusal.error.code(), ?pause, "a server is asked again");
            until_cancelled(cancel, (self.surroundings.sleep)(pause)).await?;
        }
    }

    async fn attempt(&self, path: &str, body: Option<&Value>) -> Result<Answer, Failure> {
        let url = self.address.of(path);
        let method = if body.is_some() { Method::POST } else { Method::GET };
        let mut request = self.client.request(method.clone(), url.clone());
        request = request.header(ACCEPT, "text/event-stream, application/json");
        if let Some(key) = &self.key {
            let header = key.bearer().ok_or_else(|| {
                Failure::of(RemoteError::Unauthorised { host: host_of(&url) }, Again::Never)
            })?;
            request = request.header(AUTHORIZATION, header);
        }
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let begun = self.log.begin(method.as_str(), &url, (self.surroundings.now_ms)());
        let mut open = begun.map_err(|error| Failure::of(error.into(), Again::Never))?;
        let host = host_of(&url);
        let response = match timeout(self.patience.first, request.send()).await {
            Err(_) => {
                let reason = silence(self.patience.first);
                return Err(Failure::of(RemoteError::Stalled { host, reason }, Again::Never));
            }
            Ok(Err(error)) => {
                let reason = words(error);
                let error = RemoteError::Unreachable { host, reason };
                return Err(Failure::of(error, Again::WithoutConnection));
            }
            Ok(Ok(response)) => response,
        };
        open.status = Some(response.status().as_u16());
        let (patience, ends) = (self.patience, Instant::now() + self.patience.total);
        let mut answer = Answer { host, response, open, patience, ends, has_begun: false };
        if answer.status() == StatusCode::OK {
            Ok(answer)
        } else {
            Err(self.judged(&mut answer).await)
        }
    }

    /// What an answer means that is no success.
    async fn judged(&self, answer: &mut Answer) -> Failure {
        let (host, status) = (answer.host.clone(), answer.status());
        if status.is_redirection() {
            return Failure::of(answer.redirected(), Again::Never);
        }
        let wait = answer.header(RETRY_AFTER).and_then(|wait| wait.trim().parse().ok());
        let is_page = answer.is_web_page();
        let fault = if is_page { Fault::default() } else { self.fault_in(answer).await };
        let again = match status.as_u16() {
            429 | 503 => Again::After(wait.map(Duration::from_secs)),
            502 | 504 => Again::After(None),
            _ => Again::Never,
        };
        let reason = match (is_page, fault.words.is_empty()) {
            (true, _) => format!("status {} and a web page", status.as_u16()),
            (_, true) => format!("status {}", status.as_u16()),
            _ => format!("status {}: {}", status.as_u16(), fault.words),
        };
        let error = match status.as_u16() {
            401 | 403 => RemoteError::Unauthorised { host },
            429 | 503 => RemoteError::Busy { host, wait_s: wait },
            _ if fault.is_of_context() => RemoteError::ContextExceeded { host, reason },
            500.. => RemoteError::Failed { host, reason },
            400 | 413 | 422 if !is_page => RemoteError::Refused { host, reason },
            _ => RemoteError::UnexpectedReply { host, reason },
        };
        Failure { refusal: Refusal { error, fault, status: Some(status) }, again }
    }

    async fn fault_in(&self, answer: &mut Answer) -> Fault {
        // An error whose words do not come is an error all the same.
        let body = answer.whole(LONGEST_FAULT).await.unwrap_or_default();
        let mut fault = Fault::of_body(&body);
        fault.words = self.without_key(&fault.words);
        fault
    }

    /// Some servers repeat the key that they do not take.
    pub fn without_key(&self, words: &str) -> String {
        match &self.key {
            Some(key) => words.replace(key.reveal(), "…"),
            None => words.to_owned(),
        }
    }
}

impl Failure {
    fn of(error: RemoteError, again: Again) -> Self {
        Self { refusal: error.into(), again }
    }
}

impl Answer {
    fn status(&self) -> StatusCode {
        self.response.status()
    }

    fn header(&self, name: reqwest::header::HeaderName) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    fn kind(&self) -> String {
        self.header(CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase()
    }

    pub fn is_web_page(&self) -> bool {
        self.kind().starts_with("text/html")
    }

    /// True where the answer comes piece by piece.
    pub fn is_stream(&self) -> bool {
        self.kind().starts_with("text/event-stream")
    }

    pub fn host(&self) -> String {
        self.host.clone()
    }

    /// Where it leads is said, and nothing is sent there.
    fn redirected(&self) -> RemoteError {
        let target = self.header(LOCATION).and_then(|target| self.response.url().join(target).ok());
        let target = target.filter(Url::has_host).map(|target| host_of(&target));
        let reason = match target {
            Some(target) => {
                format!("it redirects to {target}; if that is right, give that address")
            }
            None => "it redirects to nowhere".to_owned(),
        };
        RemoteError::UnexpectedReply { host: self.host(), reason }
    }

    /// The next bytes; none at the end.
    pub async fn next(&mut self) -> Result<Option<impl AsRef<[u8]> + use<>>, RemoteError> {
        let wait = if self.has_begun { self.patience.idle } else { self.patience.first };
        let left = self.ends.saturating_duration_since(Instant::now());
        match timeout(wait.min(left), self.response.chunk()).await {
            Err(_) if left <= wait => {
                let reason = format!("it took longer than {}", seconds(self.patience.total));
                Err(RemoteError::Stalled { host: self.host(), reason })
            }
            Err(_) => Err(RemoteError::Stalled { host: self.host(), reason: silence(wait) }),
            Ok(Err(error)) => {
                let reason = format!("the line broke ({})", words(error));
                Err(RemoteError::Stalled { host: self.host(), reason })
            }
            Ok(Ok(bytes)) => {
                self.has_begun = true;
                self.open.bytes += bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
                Ok(bytes)
            }
        }
    }

    /// The whole body.
    pub async fn whole(&mut self, most: usize) -> Result<Vec<u8>, RemoteError> {
        let mut body = Vec::new();
        while let Some(bytes) = self.next().await? {
            if body.len() + bytes.as_ref().len() > most {
                let reason = format!("its answer is longer than {most} bytes");
                return Err(RemoteError::UnexpectedReply { host: self.host(), reason });
            }
            body.extend_from_slice(bytes.as_ref());
        }
        Ok(body)
    }
}

fn silence(wait: Duration) -> String {
    format!("nothing came for {}", seconds(wait))
}

fn seconds(wait: Duration) -> String {
    format!("{} seconds", wait.as_secs_f32())
}

/// Waits for something, or says that it was cancelled.
pub(crate) async fn until_cancelled<T>(
    cancel: &CancellationToken,
    future: impl Future<Output = T>,
) -> Result<T, RemoteError> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(RemoteError::Cancelled),
        done = future => Ok(done),
    }
}
