//! The one shape of every failure that a person is told of.

use serde::Serialize;

/// A failure. The window chooses its words by `code`, in the person's language.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ApiError {
    /// Short, stable name of the kind of failure, `version_conflict` for instance.
    pub code: String,
    /// One English sentence that says what to do: for the command line and the log.
    pub message: String,
    /// The cause's own words, if they help.
    pub detail: Option<String>,
    /// True where the same request may succeed later without anything being changed.
    pub retryable: bool,
}
