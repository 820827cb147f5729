//! The models that a person can choose from.

use serde::Serialize;

use super::ApiError;

/// A model on the shelf.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ShelvedModel {
    /// Its file or folder; nothing for the model that is part of the program.
    pub path: Option<String>,
    /// Its name.
    pub name: String,
    /// True for the model that is part of the program.
    pub starter: bool,
    /// It is the one that writes.
    pub writes: bool,
    /// The person brought it, and can take it away again.
    pub brought: bool,
    /// `qwen3`, for instance; empty where its files cannot be read.
    pub architecture: String,
    /// Number of weights; 0 where that is not known.
    pub parameters: f64,
    /// Bytes of its weights on the disk.
    pub bytes: f64,
    /// Bytes of memory that it will take; 0 where that is not known.
    pub need_bytes: f64,
    /// Bytes of memory that are free now.
    pub free_bytes: f64,
    /// Why it cannot write.
    pub problem: Option<ApiError>,
}
