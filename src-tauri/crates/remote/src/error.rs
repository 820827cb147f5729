//! What can go wrong between the desk and a server that computes.

use bimo_engine::EngineError;
use bimo_net::LogError;

/// Why a server did not write. Text that had come before stays.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    /// What was given is no server's address.
    #[error("{address:?} is no server's address: {reason}")]
    InvalidEndpoint {
        /// What was given, without a password in it.
        address: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// No connection: nobody answers there, the name is unknown, or the line cannot be made safe.
    #[error("{host} cannot be reached: {reason}")]
    Unreachable {
        /// The host.
        host: String,
        /// The cause's own words.
        reason: String,
    },
    /// The server does not take the key, or wants one.
    #[error("{host} does not take the key")]
    Unauthorised {
        /// The host.
        host: String,
    },
    /// Too many requests, even after waiting.
    #[error("{host} takes no more requests for now")]
    Busy {
        /// The host.
        host: String,
        /// Seconds after which to try again, where the server named them.
        wait_s: Option<u64>,
    },
    /// The server failed.
    #[error("{host} failed: {reason}")]
    Failed {
        /// The host.
        host: String,
        /// Its status and its own words.
        reason: String,
    },
    /// The server answered something that no such server answers.
    #[error("{host} did not answer as such a server does: {reason}")]
    UnexpectedReply {
        /// The host.
        host: String,
        /// What is wrong with its reply.
        reason: String,
    },
    /// The server does not take the request as it is.
    #[error("{host} does not take the request: {reason}")]
    Refused {
        /// The host.
        host: String,
        /// Its own words.
        reason: String,
    },
    /// Nothing came for too long, or the line broke.
    #[error("{host} stopped sending: {reason}")]
    Stalled {
        /// The host.
        host: String,
        /// How it ended.
        reason: String,
    },
    /// The server has no model of that name.
    #[error("{host} has no model {model:?}{}", has(listed))]
    ModelNotFound {
        /// The host.
        host: String,
        /// The name that was asked for.
        model: String,
        /// The models that it lists.
        listed: Vec<String>,
    },
    /// The prompt and what was asked for are longer than the model can read on that server.
    #[error("the text is longer than {host} can read: {reason}")]
    ContextExceeded {
        /// The host.
        host: String,
        /// Its own words.
        reason: String,
    },
    /// The server held its text back, as its own rules want it.
    #[error("{host} withholds what it wrote")]
    Withheld {
        /// The host.
        host: String,
    },
    /// A server gives no way to do this.
    #[error("a server cannot {what}")]
    Unable {
        /// What was asked for.
        what: &'static str,
    },
    /// The person stopped it.
    #[error("it was stopped")]
    Cancelled,
    /// The request could not be written down, so it was not made.
    #[error("the list of requests cannot be written: {0}")]
    Log(#[from] LogError),
}

/// Names that are shown of a long list.
const MOST_NAMES: usize = 20;

fn has(listed: &[String]) -> String {
    let names = listed.iter().take(MOST_NAMES).map(String::as_str).collect::<Vec<_>>();
    if names.is_empty() { String::new() } else { format!("; it has {}", names.join(", ")) }
}

impl RemoteError {
    /// A short, stable name for the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidEndpoint { .. } => "invalid_server_address",
            Self::Unreachable { .. } => "server_unreachable",
            Self::Unauthorised { .. } => "server_unauthorised",
            Self::Busy { .. } => "server_busy",
            Self::Failed { .. } => "server_failed",
            Self::UnexpectedReply { .. } => "server_unexpected_reply",
            Self::Refused { .. } => "server_refused",
            Self::Stalled { .. } => "server_stalled",
            Self::ModelNotFound { .. } => "server_model_not_found",
            Self::ContextExceeded { .. } => "context_exceeded",
            Self::Withheld { .. } => "server_withheld",
            Self::Unable { .. } => "server_unable",
            Self::Cancelled => "cancelled",
            Self::Log(_) => "models_folder",
        }
    }

    /// What the person can do about it, in one plain sentence.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::InvalidEndpoint { .. } => {
                "Give the server's address from http:// or https:// on, without a name and password in it."
            }
            Self::Unreachable { .. } => {
                "The server cannot be reached: see whether it runs and whether its address is right."
            }
            Self::Unauthorised { .. } => {
                "The server does not take the key: give it another one for this server."
            }
            Self::Busy { .. } => "The server has too much to do: try again later.",
            Self::Failed { .. } => {
                "The server fails at the moment: try again later, or see what its own log says."
            }
            Self::UnexpectedReply { .. } => {
                "The answer is not that of such a server: see whether its address is right and whether the network wants you to sign in."
            }
            Self::Refused { .. } => {
                "The server does not take the request: change the setting that it names, or use another model."
            }
            Self::Stalled { .. } => {
                "The server stopped sending. What has come is kept: go on from there."
            }
            Self::ModelNotFound { .. } => {
                "The server has no such model: choose one of those that it lists."
            }
            Self::ContextExceeded { .. } => {
                "The text is longer than the server can read: give this server a smaller context, or start it with a larger one."
            }
            Self::Withheld { .. } => {
                "The server withholds what it wrote: change the text, or use another model."
            }
            Self::Unable { .. } => "A server cannot do this: use a model on this computer.",
            Self::Cancelled => "It was stopped.",
            Self::Log(_) => {
                "The list of requests cannot be written, so none was made: see whether the disk is there and whether you may write."
            }
        }
    }

    /// True where the same request may succeed later without anything being changed.
    pub fn retryable(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::Busy { .. }
                | Self::Failed { .. }
                | Self::Stalled { .. }
                | Self::Cancelled
        )
    }
}

impl From<RemoteError> for EngineError {
    fn from(error: RemoteError) -> Self {
        Self::Server {
            code: error.code(),
            advice: error.advice(),
            reason: error.to_string(),
            retryable: error.retryable(),
        }
    }
}
