//! One request to a hub, its redirects followed by hand, its end in the log.

use std::time::Duration;

use bimo_net::{OpenRequest, Route, host_of, words};
use reqwest::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, LOCATION, RETRY_AFTER,
};
use reqwest::{Response, StatusCode, Url};
use tokio::time::timeout;

use crate::{Endpoint, HubError, Patience, RepoId, RequestLog, Surroundings};

const MOST_REDIRECTS: usize = 8;
/// Where the hub says which thing it has not.
const ERROR_CODE: &str = "x-error-code";

/// Makes requests.
#[derive(Clone)]
pub(crate) struct Transport {
    client: reqwest::Client,
    pub endpoint: Endpoint,
    pub log: RequestLog,
    pub patience: Patience,
    pub surroundings: Surroundings,
}

/// What is asked for, in the words of a person.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub repo: Option<&'a RepoId>,
    pub what: &'a str,
}

/// An answer whose body is still to come.
pub(crate) struct Answer {
    pub url: Url,
    response: Response,
    open: OpenRequest,
    stall: Duration,
}

impl Transport {
    pub fn new(
        endpoint: Endpoint,
        log: RequestLog,
        patience: Patience,
        surroundings: Surroundings,
    ) -> Result<Self, HubError> {
        let route = endpoint.proxy().cloned().map_or(Route::ByProxy, Route::Through);
        let client = bimo_net::client(patience.connect, route)
            .map_err(|reason| HubError::Unreachable { host: endpoint.origin(), reason })?;
        Ok(Self { client, endpoint, log, patience, surroundings })
    }

    /// Asks once. Answers with 200, 206 or 416; everything else is an error.
    pub async fn get(
        &self,
        url: Url,
        headers: &HeaderMap,
        asked: Asked<'_>,
    ) -> Result<Answer, HubError> {
        let mut url = url;
        for _ in 0..=MOST_REDIRECTS {
            let answer = self.hop(url.clone(), headers).await?;
            if !answer.status().is_redirection() {
                return self.judged(answer, asked);
            }
            url = next_address(&answer)?;
        }
        Err(unexpected(&url, "it redirects without end"))
    }

    async fn hop(&self, url: Url, headers: &HeaderMap) -> Result<Answer, HubError> {
        let mut request = self.client.get(url.clone()).headers(headers.clone());
        // A length is that of the file only where nothing is compressed.
        request = request.header(ACCEPT_ENCODING, "identity");
        if let Some(token) = self.endpoint.authorization(&url) {
            request = request.header(AUTHORIZATION, token);
        }
        let mut open = self.log.begin("GET", &url, (self.surroundings.now_ms)())?;
        let stall = self.patience.stall;
        let response = match timeout(stall, request.send()).await {
            Err(_) => return Err(stalled(&url, silence(stall))),
            // The words of the library have the address in them, and that may have a secret in it.
            Ok(Err(error)) => {
                let (host, reason) = (host_of(&url), words(error));
                return Err(HubError::Unreachable { host, reason });
            }
            Ok(Ok(response)) => response,
        };
        open.status = Some(response.status().as_u16());
        Ok(Answer { url, response, open, stall })
    }

    fn judged(&self, answer: Answer, asked: Asked<'_>) -> Result<Answer, HubError> {
        let status = answer.status();
        let host = host_of(&answer.url);
        let wait_s = answer.header(RETRY_AFTER).and_then(|wait| wait.trim().parse().ok());
        let at_home = self.endpoint.is_home_of(&answer.url);
        Err(match status {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
                return Ok(answer);
            }
            StatusCode::TOO_MANY_REQUESTS => HubError::RateLimited { host, wait_s },
            StatusCode::SERVICE_UNAVAILABLE if wait_s.is_some() => {
                HubError::RateLimited { host, wait_s }
            }
            _ if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
                HubError::ServerFailed { host, status: status.as_u16() }
            }
            // Elsewhere a signed address has expired: the hub gives another.
            _ if !at_home => HubError::ServerFailed { host, status: status.as_u16() },
            StatusCode::NOT_FOUND => HubError::NotFound { what: asked.what.to_owned() },
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => self.refused(&answer, asked),
            _ => unexpected(&answer.url, format!("status {}", status.as_u16())),
        })
    }

    /// The hub does not say of a repository whether it is private or not there, except by a code.
    fn refused(&self, answer: &Answer, asked: Asked<'_>) -> HubError {
        let code = answer.header(HeaderName::from_static(ERROR_CODE)).unwrap_or_default();
        match asked.repo {
            Some(_) if code.ends_with("NotFound") => {
                HubError::NotFound { what: asked.what.to_owned() }
            }
            Some(repo) => HubError::Gated {
                repo: repo.to_string(),
                page: self.endpoint.url([repo.owner(), repo.name()]).into(),
                signed_in: self.endpoint.has_token(),
            },
            None => unexpected(&answer.url, "it does not take the token"),
        }
    }
}

impl Answer {
    pub fn status(&self) -> StatusCode {
        self.response.status()
    }

    pub fn header(&self, name: HeaderName) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    pub fn is_web_page(&self) -> bool {
        self.header(CONTENT_TYPE)
            .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/html"))
    }

    /// The next bytes; none at the end.
    pub async fn chunk(&mut self) -> Result<Option<impl AsRef<[u8]> + use<>>, HubError> {
        match timeout(self.stall, self.response.chunk()).await {
            Err(_) => Err(stalled(&self.url, silence(self.stall))),
            Ok(Err(error)) => Err(stalled(&self.url, format!("the line broke ({})", words(error)))),
            Ok(Ok(bytes)) => {
                self.open.bytes += bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
                Ok(bytes)
            }
        }
    }
}

/// Where a redirect leads. Only to the web, and never from a safe line to an unsafe one.
fn next_address(answer: &Answer) -> Result<Url, HubError> {
    let from = &answer.url;
    let target = answer.header(LOCATION).and_then(|target| from.join(target).ok());
    let Some(target) = target.filter(Url::has_host) else {
        return Err(unexpected(from, "it redirects to nowhere"));
    };
    match (from.scheme(), target.scheme()) {
        (_, "https") | ("http", "http") => Ok(target),
        _ => Err(unexpected(from, "it redirects to an address that is not safe")),
    }
}

pub(crate) fn unexpected(url: &Url, reason: impl Into<String>) -> HubError {
    HubError::UnexpectedReply { host: host_of(url), reason: reason.into() }
}

pub(crate) fn stalled(url: &Url, reason: impl Into<String>) -> HubError {
    HubError::Stalled { host: host_of(url), reason: reason.into() }
}

fn silence(stall: Duration) -> String {
    format!("nothing came for {} seconds", stall.as_secs_f32())
}
