//! A chapter open on the page, and the edits that come back from it.

use serde::{Deserialize, Serialize};

use super::{ChapterId, Counts, GenerationId, RevisionId, WorkId};

/// A chapter as the editor opens it.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ChapterPage {
    /// Its number.
    pub id: ChapterId,
    /// Its work.
    pub work: WorkId,
    /// Its title.
    pub title: String,
    /// Markdown; line ends are `\n`.
    pub body: String,
    /// Counts up by one with every stored change; an edit names the version it was made on.
    pub version: u32,
    /// Who wrote what: stretches written by a model, in order, not touching.
    pub authorship: Vec<AuthorSpan>,
    /// Its length.
    pub counts: Counts,
    /// The work's memory and author's note.
    pub guidance: Guidance,
}

/// A stretch that a model wrote. What the person typed is in no span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct AuthorSpan {
    /// First UTF-16 offset.
    pub from: u32,
    /// One past the last.
    pub to: u32,
    /// The generation that wrote it.
    pub generation: GenerationId,
}

/// One replacement. A list of edits is applied one after another, each on the result of those before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Edit {
    /// First UTF-16 offset that is replaced.
    pub from: u32,
    /// One past the last; equal to `from` for a pure insertion.
    pub to: u32,
    /// What stands there instead.
    pub insert: String,
    /// The generation that wrote `insert`; nothing where the person did.
    pub generation: Option<GenerationId>,
}

/// The answer to a save: it is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Saved {
    /// The version that the next edits are made on.
    pub version: u32,
    /// The chapter's length now.
    pub counts: Counts,
}

/// What a model is told of a work before its text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Guidance {
    /// Always first.
    pub memory: String,
    /// Stands `note_depth` lines above the end.
    pub note: String,
    /// Lines between the note and the end of the text.
    pub note_depth: u32,
}

/// A chapter as it was before something that a person may regret.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ChapterRevision {
    /// Its number.
    pub id: RevisionId,
    /// Why it was kept.
    pub reason: RevisionReason,
    /// The chapter's version that it is.
    pub version: u32,
    /// When it was kept.
    pub created_at_ms: f64,
}

/// Why an earlier version of a chapter is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum RevisionReason {
    /// A save took away a long stretch.
    BigLoss,
    /// The whole text was replaced.
    Replaced,
    /// Text that was found again after a crash was put in.
    Recovery,
}
