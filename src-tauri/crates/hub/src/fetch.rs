//! One file, from its first byte to its name, whatever the line and the server do in between.

use std::path::{Path, PathBuf};

use reqwest::header::{CONTENT_LENGTH, ETAG, HeaderMap, HeaderValue, IF_RANGE, RANGE};
use reqwest::{StatusCode, Url};
use tokio::io::AsyncWriteExt;
use tokio_util::sync::CancellationToken;

use crate::digest::Hasher;
use crate::durable::{self, length_of, partial_of, with_suffix};
use crate::range::ContentRange;
use crate::retry::{Failures, until_cancelled};
use crate::transport::{Answer, Asked, Transport, stalled, unexpected};
use crate::{HubError, RepoFile, RepoId};

/// Bytes that have to come before earlier failures are forgiven: a server that gives a byte and breaks off is not
/// asked for ever.
const FORGIVING_BYTES: u64 = 1 << 20;
/// Times that a file is begun anew because what was there does not go on.
const MOST_RESTARTS: u32 = 2;

/// What happens while a file is fetched.
#[derive(Debug)]
pub(crate) enum FileEvent {
    /// So many of its bytes are here.
    Bytes(u64),
    /// What is here is read, to go on from it.
    Checking,
    /// There will be another try.
    Waiting(&'static str),
}

/// A file to fetch.
pub(crate) struct FileFetch<'a> {
    pub transport: &'a Transport,
    pub repo: &'a RepoId,
    pub url: Url,
    pub file: &'a RepoFile,
    pub path: &'a Path,
    pub cancel: &'a CancellationToken,
    pub tell: &'a (dyn Fn(FileEvent) + Send + Sync),
}

/// What is here of the file.
struct Part {
    path: PathBuf,
    tag_path: PathBuf,
    /// True where something is from an earlier try.
    is_patched: bool,
    restarts: u32,
}

impl FileFetch<'_> {
    /// Fetches it. Afterwards it is whole and right and has its name; or `.partial` is as far as it came.
    pub async fn run(&self) -> Result<(), HubError> {
        let mut part = Part::new(self.path);
        if length_of(self.path) == self.file.bytes && self.path.is_file() {
            // It was checked before it got its name; what is beside it may have been left there then.
            durable::remove(&part.tag_path)?;
            (self.tell)(FileEvent::Bytes(self.file.bytes));
            return Ok(());
        }
        let mut failures = Failures::default();
        let mut farthest = length_of(&part.path);
        loop {
            let error = match self.attempt(&mut part).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let here = length_of(&part.path);
            if here >= farthest.saturating_add(FORGIVING_BYTES) {
                farthest = here;
                failures.forget();
            }
            let code = error.code();
            let pause = failures.pause_after(error, &self.transport.patience)?;
            (self.tell)(FileEvent::Waiting(code));
            until_cancelled(self.cancel, (self.transport.surroundings.sleep)(pause)).await?;
        }
    }

    async fn attempt(&self, part: &mut Part) -> Result<(), HubError> {
        loop {
            let (mut here, mut hasher) = self.counted(part).await?;
            if here < self.file.bytes || !part.path.exists() {
                let answer = self.ask(part, here).await?;
                match self.judge(&answer, part, here)? {
                    Start::Here => {}
                    Start::Anew => (here, hasher) = (0, Hasher::of(self.file)),
                    Start::Ask => {
                        part.begin_anew(&answer.url)?;
                        continue;
                    }
                }
                self.receive(answer, part, here, &mut hasher).await?;
            }
            match hasher.check(self.file) {
                Ok(()) => {
                    let (partial, path) = (part.path.clone(), self.path.to_owned());
                    blocking(move || durable::publish(&partial, &path)).await?;
                    return durable::remove(&part.tag_path);
                }
                Err(error) => {
                    let again = part.is_patched && part.restarts < MOST_RESTARTS;
                    part.forget()?;
                    if !again {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// What is here, read and hashed.
    async fn counted(&self, part: &mut Part) -> Result<(u64, Hasher), HubError> {
        let length = length_of(&part.path);
        if length == 0 {
            return Ok((0, Hasher::of(self.file)));
        }
        if length > self.file.bytes {
            part.forget()?;
            return Ok((0, Hasher::of(self.file)));
        }
        (self.tell)(FileEvent::Checking);
        part.is_patched = true;
        let (path, cancel, mut hasher) =
            (part.path.clone(), self.cancel.clone(), Hasher::of(self.file));
        blocking(move || Ok((hasher.read(&path, &cancel)?, hasher))).await
    }

    async fn ask(&self, part: &Part, here: u64) -> Result<Answer, HubError> {
        let mut headers = HeaderMap::new();
        if here > 0 {
            headers.insert(RANGE, value(&format!("bytes={here}-"))?);
            if let Some(tag) = part.tag() {
                headers.insert(IF_RANGE, value(&tag)?);
            }
        }
        let what = format!("{} in {}", self.file.path, self.repo);
        let asked = Asked { repo: Some(self.repo), what: &what };
        until_cancelled(self.cancel, self.transport.get(self.url.clone(), &headers, asked)).await?
    }

    /// Whether an answer goes on from what is here, begins anew, or is of no use.
    fn judge(&self, answer: &Answer, part: &Part, here: u64) -> Result<Start, HubError> {
        let is_range = answer.status() == StatusCode::PARTIAL_CONTENT;
        if answer.status() == StatusCode::RANGE_NOT_SATISFIABLE {
            return Ok(Start::Ask);
        }
        if answer.is_web_page() {
            return Err(self.not_a_file(answer));
        }
        let length = answer.header(CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
        if !is_range {
            return match length {
                Some(found) if found != self.file.bytes => Err(self.wrong_size(found)),
                _ => Ok(Start::Anew),
            };
        }
        let range = answer.header(reqwest::header::CONTENT_RANGE).and_then(ContentRange::parse);
        let goes_on = range.is_some_and(|range| {
            range.first == here
                && range.last < self.file.bytes
                && range.whole.is_none_or(|whole| whole == self.file.bytes)
                && length.is_none_or(|length| length == range.last - range.first + 1)
        });
        let is_same = match (part.tag(), strong_tag(answer)) {
            (Some(before), Some(now)) => before == now,
            _ => true,
        };
        Ok(if goes_on && is_same { Start::Here } else { Start::Ask })
    }

    /// Writes what comes. Where it breaks off, what came is in the file.
    async fn receive(
        &self,
        mut answer: Answer,
        part: &mut Part,
        mut here: u64,
        hasher: &mut Hasher,
    ) -> Result<(), HubError> {
        let failed = |error: std::io::Error| self.write_failed(&part.path, &error, here);
        let mut options = tokio::fs::File::options();
        if here > 0 {
            options.append(true);
        } else {
            options.create(true).write(true).truncate(true);
            part.is_patched = false;
            part.keep_tag(strong_tag(&answer))?;
        }
        let mut file = options.open(&part.path).await.map_err(failed)?;
        let outcome = loop {
            let bytes = match until_cancelled(self.cancel, answer.chunk()).await {
                Ok(Ok(Some(bytes))) => bytes,
                Ok(Ok(None)) if here < self.file.bytes => {
                    break Err(stalled(&answer.url, "the line broke before the end"));
                }
                Ok(Ok(None)) => break Ok(()),
                Ok(Err(error)) | Err(error) => break Err(error),
            };
            let bytes = bytes.as_ref();
            if here == 0 && looks_like_a_web_page(bytes) {
                break Err(self.not_a_file(&answer));
            }
            if here + bytes.len() as u64 > self.file.bytes {
                break Err(self.wrong_size(here + bytes.len() as u64));
            }
            if let Err(error) = file.write_all(bytes).await {
                break Err(self.write_failed(&part.path, &error, here));
            }
            hasher.update(bytes);
            here += bytes.len() as u64;
            (self.tell)(FileEvent::Bytes(here));
        };
        file.flush().await.map_err(|error| self.write_failed(&part.path, &error, here))?;
        if matches!(outcome, Err(HubError::WrongSize { .. })) {
            // Bytes of something else.
            part.forget()?;
        }
        outcome
    }

    fn write_failed(&self, path: &Path, error: &std::io::Error, here: u64) -> HubError {
        use std::io::ErrorKind::{QuotaExceeded, StorageFull};
        if !matches!(error.kind(), StorageFull | QuotaExceeded) {
            return HubError::from_io(path, error);
        }
        let free =
            path.parent().and_then(|folder| (self.transport.surroundings.free_bytes)(folder).ok());
        let need_bytes = self.file.bytes.saturating_sub(here);
        HubError::DiskFull { need_bytes, have_bytes: free.unwrap_or(0) }
    }

    fn wrong_size(&self, found: u64) -> HubError {
        HubError::WrongSize { file: self.file.path.clone(), expected: self.file.bytes, found }
    }

    fn not_a_file(&self, answer: &Answer) -> HubError {
        let host = bimo_net::host_of(&answer.url);
        HubError::NotAFile { file: self.file.path.clone(), host }
    }
}

/// Where the bytes of an answer go.
enum Start {
    /// After what is here.
    Here,
    /// To the beginning.
    Anew,
    /// Nowhere: the server is asked again, for the whole file.
    Ask,
}

impl Part {
    fn new(path: &Path) -> Self {
        let path = partial_of(path);
        let tag_path = with_suffix(&path, "-tag");
        Self { path, tag_path, is_patched: false, restarts: 0 }
    }

    /// The server's name for the content of which a part is here.
    fn tag(&self) -> Option<String> {
        let tag = std::fs::read_to_string(&self.tag_path).ok()?;
        (tag.starts_with('"') && tag.len() < 1024).then_some(tag)
    }

    fn keep_tag(&self, tag: Option<String>) -> Result<(), HubError> {
        match tag {
            Some(tag) => std::fs::write(&self.tag_path, tag)
                .map_err(|error| HubError::from_io(&self.tag_path, &error)),
            None => durable::remove(&self.tag_path),
        }
    }

    /// Throws away what is here.
    fn forget(&mut self) -> Result<(), HubError> {
        self.is_patched = false;
        self.restarts += 1;
        durable::remove(&self.tag_path)?;
        durable::remove(&self.path)
    }

    fn begin_anew(&mut self, url: &Url) -> Result<(), HubError> {
        self.forget()?;
        if self.restarts > MOST_RESTARTS {
            return Err(unexpected(url, "it gives other parts of the file than it is asked for"));
        }
        Ok(())
    }
}

/// A weak one is the same for contents that are not.
fn strong_tag(answer: &Answer) -> Option<String> {
    answer.header(ETAG).filter(|tag| tag.starts_with('"')).map(str::to_owned)
}

fn looks_like_a_web_page(bytes: &[u8]) -> bool {
    let text = bytes.trim_ascii_start().to_ascii_lowercase();
    text.starts_with(b"<!doctype html") || text.starts_with(b"<html")
}

fn value(text: &str) -> Result<HeaderValue, HubError> {
    HeaderValue::from_str(text).map_err(|_| HubError::UnexpectedReply {
        host: String::new(),
        reason: "its name for the content cannot be repeated".to_owned(),
    })
}

/// Does what takes long on the disk on a thread for such things.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, HubError> + Send + 'static,
) -> Result<T, HubError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(HubError::Cancelled))
}
