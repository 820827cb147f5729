//! What can go wrong between the desk and a hub.

use std::path::{Path, PathBuf};

use bimo_net::LogError;

/// Why a model could not be found, fetched or kept. What had been fetched before stays, unless it was wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HubError {
    /// What was given names no model.
    #[error("{address:?} names no model: {reason}")]
    InvalidAddress {
        /// What was given.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// What was given is no hub's address.
    #[error("{endpoint:?} is no hub's address: {reason}")]
    InvalidEndpoint {
        /// What was given, without a password in it.
        endpoint: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// What was given is no proxy's address.
    #[error("{proxy:?} is no proxy's address: {reason}")]
    InvalidProxy {
        /// What was given, without a password in it.
        proxy: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// No connection: the machine is offline, the host's name is unknown, or nobody answers there.
    #[error("{host} cannot be reached: {reason}")]
    Unreachable {
        /// The host.
        host: String,
        /// The cause's own words.
        reason: String,
    },
    /// The hub has no such repository, revision or file.
    #[error("the hub has no {what}, or does not show it to you")]
    NotFound {
        /// The repository, with its revision or file.
        what: String,
    },
    /// The hub gives the model only to people who have agreed to something, or who are known to it.
    #[error("the hub does not give {repo} away freely: {}", what_to_do(page, *signed_in))]
    Gated {
        /// The repository.
        repo: String,
        /// The page on which the licence is accepted.
        page: String,
        /// True where a token was sent, so that it is the token's person who may not have the model.
        signed_in: bool,
    },
    /// Too many requests, even after waiting.
    #[error("{host} takes no more requests for now: try again {}", later(*wait_s))]
    RateLimited {
        /// The host.
        host: String,
        /// Seconds after which to try again, where the server named them.
        wait_s: Option<u64>,
    },
    /// The server failed, even after several tries.
    #[error("{host} failed with status {status}")]
    ServerFailed {
        /// The host.
        host: String,
        /// Its HTTP status.
        status: u16,
    },
    /// The server answered something that a hub does not answer.
    #[error("{host} did not answer as a hub does: {reason}")]
    UnexpectedReply {
        /// The host.
        host: String,
        /// What is wrong with its reply.
        reason: String,
    },
    /// Nothing came for too long, or the line broke, even after several tries.
    #[error("{host} stopped sending: {reason}")]
    Stalled {
        /// The host.
        host: String,
        /// How it ended.
        reason: String,
    },
    /// The content is not what the hub says that it is. It was thrown away.
    #[error("{file} is not what the hub says: its hash is {found}, not {expected}")]
    WrongHash {
        /// The file.
        file: String,
        /// The hub's hash, in hexadecimal.
        expected: String,
        /// The hash of what came.
        found: String,
    },
    /// The server sends another number of bytes than the hub says.
    #[error("{file} should have {expected} bytes, and the server has {found}")]
    WrongSize {
        /// The file.
        file: String,
        /// Bytes according to the hub.
        expected: u64,
        /// Bytes according to the server.
        found: u64,
    },
    /// A web page came instead of the file: a sign-in page of the network, for instance.
    #[error("{host} sent a web page instead of {file}")]
    NotAFile {
        /// The file.
        file: String,
        /// The host.
        host: String,
    },
    /// The model does not fit on the disk.
    #[error("the disk has too little room: {need_bytes} bytes are needed, {have_bytes} are free")]
    DiskFull {
        /// Bytes that are still to be written, and a reserve for everything else.
        need_bytes: u64,
        /// Bytes that are free.
        have_bytes: u64,
    },
    /// The repository has nothing that can be a model here.
    #[error("{repo} has no model that this program can read: {reason}")]
    NoModel {
        /// The repository.
        repo: String,
        /// What is missing.
        reason: String,
    },
    /// The repository has several models, of which none is the usual one.
    #[error("{repo} has several models: name one of {}", files.join(", "))]
    SeveralModels {
        /// The repository.
        repo: String,
        /// Their files.
        files: Vec<String>,
    },
    /// The model is not on this machine.
    #[error("{model} is not on this machine")]
    NotInstalled {
        /// The model.
        model: String,
    },
    /// Another program fetches the same model now.
    #[error("{model} is being fetched by another window")]
    InUse {
        /// The model.
        model: String,
    },
    /// The person stopped it. What has been fetched stays for the next time.
    #[error("it was stopped; what has been fetched is kept")]
    Cancelled,
    /// A file or folder on this machine cannot be read or written.
    #[error("{}: {reason}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's own words.
        reason: String,
    },
}

fn what_to_do(page: &str, signed_in: bool) -> String {
    if signed_in {
        format!(
            "accept its licence on {page} with the account of your token, and see that the token is valid"
        )
    } else {
        format!("accept its licence on {page}, then give a token of your account in HF_TOKEN")
    }
}

fn later(wait_s: Option<u64>) -> String {
    wait_s.map_or("later".to_owned(), |seconds| format!("in {seconds} seconds"))
}

impl HubError {
    /// A short, stable name for the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidAddress { .. } => "invalid_address",
            Self::InvalidEndpoint { .. } => "invalid_endpoint",
            Self::InvalidProxy { .. } => "invalid_proxy",
            Self::Unreachable { .. } => "hub_unreachable",
            Self::NotFound { .. } => "model_not_found",
            Self::Gated { .. } => "model_gated",
            Self::RateLimited { .. } => "rate_limited",
            Self::ServerFailed { .. } => "hub_failed",
            Self::UnexpectedReply { .. } => "hub_unexpected_reply",
            Self::Stalled { .. } => "download_stalled",
            Self::WrongHash { .. } => "wrong_hash",
            Self::WrongSize { .. } => "wrong_size",
            Self::NotAFile { .. } => "not_a_file",
            Self::DiskFull { .. } => "models_disk_full",
            Self::NoModel { .. } => "no_model",
            Self::SeveralModels { .. } => "several_models",
            Self::NotInstalled { .. } => "model_not_installed",
            Self::InUse { .. } => "model_in_use",
            Self::Cancelled => "cancelled",
            Self::Io { .. } => "models_folder",
        }
    }

    /// True where the same request may succeed later without anything being changed.
    pub fn retryable(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::RateLimited { .. }
                | Self::ServerFailed { .. }
                | Self::Stalled { .. }
                | Self::DiskFull { .. }
                | Self::InUse { .. }
                | Self::Cancelled
        )
    }

    /// A failure of the file system at `path`.
    pub(crate) fn from_io(path: &Path, error: &std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), reason: error.to_string() }
    }
}

impl From<LogError> for HubError {
    fn from(LogError { path, reason }: LogError) -> Self {
        Self::Io { path, reason }
    }
}
