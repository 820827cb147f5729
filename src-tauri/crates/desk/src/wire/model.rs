//! The models that a person can choose from.

use serde::{Deserialize, Serialize};

use super::{ApiError, WritingParams};

/// What a model is used for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, specta::Type,
)]
#[serde(rename_all = "camelCase")]
pub enum ModelTask {
    /// Going on with a story, and talking.
    Story,
    /// From one language into the other.
    Translate,
    /// Saying it shorter.
    Summarize,
    /// The mood of a text.
    Sentiment,
    /// Finding an answer in a text.
    Answer,
    /// What texts have in common.
    Embed,
}

/// Where a model on the shelf comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum ShelvedFrom {
    /// It is part of the program.
    Starter,
    /// The person brought it from their own disk, where it stays.
    Brought,
    /// It was fetched from a hub.
    Fetched,
}

/// A model on the shelf.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ShelvedModel {
    /// Its file or folder; nothing for the model that is part of the program.
    pub path: Option<String>,
    /// Its name.
    pub name: String,
    /// Where it comes from.
    pub from: ShelvedFrom,
    /// `owner/name[:file]` of a model that was fetched.
    pub address: Option<String>,
    /// What it can be used for.
    pub tasks: Vec<ModelTask>,
    /// What it is used for now.
    pub used_for: Vec<ModelTask>,
    /// How it writes unless the person says otherwise, where they have said so.
    pub defaults: Option<WritingParams>,
    /// Most tokens that it can read; 0 where that is not known.
    pub context_length: u32,
    /// Most tokens that it is given to read, where the person wants fewer.
    pub context_limit: Option<u32>,
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
    /// Why it cannot be used.
    pub problem: Option<ApiError>,
}

/// A task, and the model that does it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct TaskModel {
    /// The task.
    pub task: ModelTask,
    /// The model's name; nothing where there is none.
    pub name: Option<String>,
    /// Its file or folder; nothing for one that is part of the program, and for a server.
    pub path: Option<String>,
    /// A server does it; the name is the server's.
    pub by_server: bool,
}

/// Memory, in bytes.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct MemoryUse {
    /// Weights of the model that writes; 0 while it is not there.
    pub model_bytes: f64,
    /// What it remembers of the text that it has read.
    pub cache_bytes: f64,
    /// The whole program; nothing where the system does not say.
    pub program_bytes: Option<f64>,
    /// Free.
    pub free_bytes: f64,
}

/// The models that can be chosen.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ModelShelf {
    /// What is done in this edition of the program, and which model does it.
    pub tasks: Vec<TaskModel>,
    /// Those in the program first.
    pub models: Vec<ShelvedModel>,
    /// The folder of those that were fetched.
    pub folder: String,
    /// Why that folder cannot be read: the models in it are not listed then.
    pub folder_problem: Option<ApiError>,
}
