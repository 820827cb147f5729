//! The one shape of every failure that a person is told of.

use serde::{Deserialize, Serialize};

/// A failure. The window chooses its words by `code`, in the person's language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
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
    /// Of a model that does not fit: what it needs, and what there is.
    pub shortage: Option<Box<Shortage>>,
}

/// Too little memory for a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Shortage {
    /// Bytes that it needs, about.
    pub need_bytes: f64,
    /// Bytes that are free.
    pub free_bytes: f64,
    /// The best model for the same task that fits.
    pub instead: Option<Instead>,
}

/// A model to take in place of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Instead {
    /// What people call it.
    pub title: String,
    /// `owner/name[:file]`.
    pub address: String,
}
