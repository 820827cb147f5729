//! Models that can be had: the catalogue, what a hub offers, downloads, and every request that was made.

use serde::Serialize;

use super::{ApiError, ModelTask};

/// A sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Bilingual {
    /// In English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
}

/// Whether a model fits into this computer's memory.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Fit {
    /// Bytes of memory that it will need, about.
    pub need_bytes: f64,
    /// Bytes that are free now.
    pub free_bytes: f64,
    /// It fits.
    pub fits: bool,
    /// The name of one that does, where this one does not.
    pub instead: Option<String>,
}

/// A model that is worth knowing of.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct CatalogueEntry {
    /// What it is for.
    pub task: ModelTask,
    /// `owner/name[:file]`.
    pub address: String,
    /// What people call it.
    pub title: String,
    /// What it is good for.
    pub good_for: Bilingual,
    /// How good it is.
    pub quality: Bilingual,
    /// Languages that it knows well, `en` for instance.
    pub languages: Vec<String>,
    /// Number of weights.
    pub parameters: f64,
    /// The licence's short name; nothing where its repository states none.
    pub licence: Option<String>,
    /// The files that are fetched.
    pub files: Vec<String>,
    /// Its weights are in Python's pickle format only: the person has to agree.
    pub pickle: bool,
    /// This edition of the program can run it, and does what it is for.
    pub runs: bool,
    /// Whether it fits.
    pub fit: Fit,
    /// The best of its task that leaves the machine room for other programs.
    pub recommended: bool,
    /// It is on this computer.
    pub here: bool,
}

/// A repository that a search found.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct FoundModel {
    /// `owner/name`.
    pub address: String,
    /// Downloads in the last month.
    pub downloads: f64,
    /// People who like it.
    pub likes: f64,
    /// What it is for, where the hub says it.
    pub task: Option<ModelTask>,
    /// The licence's short name, where the hub says it.
    pub licence: Option<String>,
    /// A licence has to be accepted first.
    pub gated: bool,
    /// It has GGUF files.
    pub gguf: bool,
}

/// One of the models that a repository has.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct OfferedModel {
    /// `owner/name[:file]`.
    pub address: String,
    /// The file, or nothing for the whole folder.
    pub file: Option<String>,
    /// Bytes that are fetched.
    pub bytes: f64,
    /// Number of files.
    pub files: u32,
    /// Its weights are in Python's pickle format only: the person has to agree.
    pub pickle: bool,
    /// Whether it fits.
    pub fit: Fit,
    /// There is room on the disk.
    pub fits_on_disk: bool,
    /// It is on this computer.
    pub here: bool,
}

/// A repository, and the models that can be had from it.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ModelOffer {
    /// `owner/name`.
    pub repo: String,
    /// Its page, for people.
    pub page: String,
    /// The licence's short name, where the hub says it.
    pub licence: Option<String>,
    /// A licence has to be accepted first.
    pub gated: bool,
    /// `qwen3`, for instance, where the hub says it.
    pub architecture: Option<String>,
    /// False where it is known that this edition of the program cannot run it.
    pub runs: bool,
    /// Number of weights, where the hub says it.
    pub parameters: Option<f64>,
    /// Bytes that are free on the disk of the models.
    pub free_disk_bytes: f64,
    /// The smallest first.
    pub models: Vec<OfferedModel>,
}

/// Where a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum DownloadState {
    /// Others are before it.
    Waiting,
    /// The hub is asked what belongs to it.
    Asking,
    /// What is here already is read.
    Checking,
    /// Bytes are coming.
    Fetching,
    /// There was a failure; there will be another try.
    Retrying,
    /// It goes on when the person says so.
    Paused,
    /// It ended with a failure.
    Failed,
    /// All of it is here.
    Done,
}

/// A model that is being fetched, or a part of which is here.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Download {
    /// `owner/name[:file]`.
    pub address: String,
    /// Where it is.
    pub state: DownloadState,
    /// Bytes that are here.
    pub bytes: f64,
    /// Bytes of all files; 0 where that is not known yet.
    pub total_bytes: f64,
    /// Bytes that came in a second, lately.
    pub bytes_per_second: f64,
    /// Seconds until the end at this speed; nothing where nothing comes.
    pub seconds_left: Option<f64>,
    /// Why it failed, or is tried again.
    pub problem: Option<ApiError>,
    /// What to use, once it is done.
    pub path: Option<String>,
}

/// All downloads, and how often the network was used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Downloads {
    /// In their order.
    pub list: Vec<Download>,
    /// Models that came since the program began: where it has changed, so has the shelf.
    pub finished: u32,
    /// Network requests made since the program began.
    pub requests: u32,
}

/// Where the token for a hub comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum TokenFrom {
    /// There is none.
    Nowhere,
    /// `HF_TOKEN`.
    Environment,
    /// The system's keyring.
    Keyring,
    /// The person gave it until the program is closed.
    ThisRun,
}

/// How a hub is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct HubAccess {
    /// The mirror that the person chose; empty for none.
    pub mirror: String,
    /// The mirror in `HF_ENDPOINT`, where there is one.
    pub environment_mirror: Option<String>,
    /// The hub that is asked.
    pub origin: String,
    /// The proxy that the person chose; empty for the system's.
    pub proxy: String,
    /// Where the token for that hub comes from. It is sent to that hub only.
    pub token: TokenFrom,
}

/// A request that went out.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct NetworkRequest {
    /// When it was begun, in milliseconds since 1970.
    pub at_ms: f64,
    /// `GET`, for instance.
    pub method: String,
    /// Host, with the port where it is not the usual one.
    pub host: String,
    /// Path, without secrets.
    pub path: String,
    /// HTTP status; nothing where there was no answer.
    pub status: Option<u32>,
    /// Bytes that came.
    pub bytes: f64,
}
