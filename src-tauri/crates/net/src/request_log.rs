//! The log of every request that leaves the machine.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use reqwest::Url;
use serde::{Deserialize, Serialize};

const FILE_NAME: &str = "requests.jsonl";
/// What the file is called once it is long and another has taken its place.
const OLD_NAME: &str = "requests.old.jsonl";
/// Bytes of a file that is put aside; so twice as much is kept at most.
const LONGEST: u64 = 8 << 20;
/// Bytes at a file's end that are read; what is older stays in the file.
const MOST_READ: u64 = 4 << 20;
/// Parts of a query that are shown. Every other may be a secret: signed addresses have theirs there.
const SHOWN_QUERY: &[&str] = &["search", "limit"];

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRecord {
    /// When it was begun, in milliseconds since 1970.
    pub at_ms: i64,
    /// `GET` or `POST`.
    pub method: String,
    /// Host, with the port where it is not the usual one.
    pub host: String,
    /// Path, with what was searched for, and without everything else after the question mark.
    pub path: String,
    /// HTTP status of the answer; none where there was no answer.
    pub status: Option<u16>,
    /// Bytes of the answer's body that came.
    pub bytes: u64,
}

/// The log could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {reason}", path.display())]
pub struct LogError {
    /// Its file.
    pub path: PathBuf,
    /// The system's own words.
    pub reason: String,
}

/// A line of the file: a request is written down before it is made, and once more when it has ended.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Begun { id: String, at_ms: i64, method: String, host: String, path: String },
    Ended { id: String, status: Option<u16>, bytes: u64 },
}

/// The log, a file with one JSON object on each line.
#[derive(Debug, Clone)]
pub struct RequestLog {
    path: PathBuf,
    count: Arc<AtomicU64>,
    longest: u64,
}

impl RequestLog {
    /// The log in a folder, which need not exist before the first request.
    pub fn in_folder(folder: &Path) -> Self {
        Self { path: folder.join(FILE_NAME), count: Arc::default(), longest: LONGEST }
    }

    /// Requests that this log's program has made since it was started.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// The newest requests, oldest first. A request whose program was killed has no status.
    pub fn read(&self) -> Result<Vec<RequestRecord>, LogError> {
        let mut bytes = Vec::new();
        for path in [self.path.with_file_name(OLD_NAME), self.path.clone()] {
            read_end(&path, &mut bytes).map_err(|error| failed(&path, &error))?;
            // A line that a crash cut short does not spoil the next file's first one.
            bytes.push(b'\n');
        }
        let mut records: Vec<RequestRecord> = Vec::new();
        let mut places = HashMap::new();
        // A line that a crash cut short is no JSON and is passed over.
        for line in String::from_utf8_lossy(&bytes).lines() {
            match serde_json::from_str(line) {
                Ok(Line::Begun { id, at_ms, method, host, path }) => {
                    places.insert(id, records.len());
                    let (status, bytes) = (None, 0);
                    records.push(RequestRecord { at_ms, method, host, path, status, bytes });
                }
                Ok(Line::Ended { id, status, bytes }) => {
                    if let Some(record) = places.get(&id).and_then(|&place| records.get_mut(place))
                    {
                        (record.status, record.bytes) = (status, bytes);
                    }
                }
                Err(_) => {}
            }
        }
        Ok(records)
    }

    /// Writes a request down, before it is made. One that cannot be written down is not to be made.
    pub fn begin(&self, method: &str, url: &Url, at_ms: i64) -> Result<OpenRequest, LogError> {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let id = format!("{at_ms}-{}-{number}", std::process::id());
        self.append(&Line::Begun {
            id: id.clone(),
            at_ms,
            method: method.to_owned(),
            host: host_of(url),
            path: shown_path(url),
        })?;
        Ok(OpenRequest { log: self.clone(), id, status: None, bytes: 0 })
    }

    fn append(&self, line: &Line) -> Result<(), LogError> {
        let write = || -> std::io::Result<()> {
            if let Some(folder) = self.path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let mut text = serde_json::to_string(line)?;
            text.push('\n');
            if std::fs::metadata(&self.path).is_ok_and(|file| file.len() > self.longest) {
                std::fs::rename(&self.path, self.path.with_file_name(OLD_NAME))?;
            }
            // One call for a line, so that two programs do not write into each other's.
            File::options().create(true).append(true).open(&self.path)?.write_all(text.as_bytes())
        };
        write().map_err(|error| failed(&self.path, &error))
    }
}

fn failed(path: &Path, error: &std::io::Error) -> LogError {
    LogError { path: path.to_owned(), reason: error.to_string() }
}

/// Adds the end of a file, if there is one.
fn read_end(path: &Path, bytes: &mut Vec<u8>) -> std::io::Result<()> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(MOST_READ)))?;
    file.take(MOST_READ).read_to_end(bytes)?;
    Ok(())
}

/// A request under way. However it ends, its end is written down.
#[derive(Debug)]
pub struct OpenRequest {
    log: RequestLog,
    id: String,
    /// HTTP status of the answer, once there is one.
    pub status: Option<u16>,
    /// Bytes of the answer's body that have come.
    pub bytes: u64,
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        let id = std::mem::take(&mut self.id);
        let line = Line::Ended { id, status: self.status, bytes: self.bytes };
        if let Err(error) = self.log.append(&line) {
            tracing::warn!(%error, "the end of a request was not written down");
        }
    }
}

/// Host, with the port where it is not the usual one.
pub fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn shown_path(url: &Url) -> String {
    let query: Vec<String> = url
        .query_pairs()
        .filter(|(name, _)| SHOWN_QUERY.contains(&name.as_ref()))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    if query.is_empty() {
        url.path().to_owned()
    } else {
        format!("{}?{}", url.path(), query.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_log_is_put_aside_and_the_newest_requests_are_still_listed() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut log = RequestLog::in_folder(folder.path());
        log.longest = 10_000;
        let url = Url::parse("https://hub.example/api/models").expect("an address");
        for at_ms in 0..1000 {
            drop(log.begin("GET", &url, at_ms).expect("it is written"));
        }
        let files = std::fs::read_dir(folder.path()).expect("a folder").flatten();
        let bytes: u64 = files.map(|file| file.metadata().expect("a file").len()).sum();
        assert!(bytes < 2 * 10_000 + 1000, "{bytes}");
        let times: Vec<i64> = log.read().expect("a list").iter().map(|one| one.at_ms).collect();
        assert!(times.len() > 30, "{}", times.len());
        assert_eq!(times.last(), Some(&999));
        assert!(times.is_sorted());
        assert_eq!(log.count(), 1000);
    }

    #[test]
    fn a_request_is_in_the_log_before_it_has_ended_and_secrets_never_are() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = RequestLog::in_folder(&folder.path().join("models"));
        assert_eq!(log.read(), Ok(Vec::new()));
        let url = Url::parse("https://u:p@cdn.example:8443/a?X-Amz-Signature=s3cret&search=猫")
            .expect("an address");
        let mut open = log.begin("GET", &url, 1_795_585_530_000).expect("it is written");
        let mut expected = RequestRecord {
            at_ms: 1_795_585_530_000,
            method: "GET".into(),
            host: "cdn.example:8443".into(),
            path: "/a?search=猫".into(),
            status: None,
            bytes: 0,
        };
        assert_eq!(log.read(), Ok(vec![expected.clone()]));
        (open.status, open.bytes) = (Some(206), 77);
        drop(open);
        (expected.status, expected.bytes) = (Some(206), 77);
        assert_eq!(log.read(), Ok(vec![expected.clone()]));

        let mut file = File::options().append(true).open(&log.path).expect("the file");
        file.write_all(b"{\"id\":\"cut sho\nnonsense\n").expect("it is written");
        assert_eq!(log.read(), Ok(vec![expected]));
        let text = std::fs::read_to_string(&log.path).expect("a text");
        assert!(!text.contains("s3cret") && !text.contains("u:p"), "{text}");
    }
}
