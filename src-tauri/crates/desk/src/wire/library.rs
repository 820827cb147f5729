//! Works, chapters, their counts, the bin and the search.

use serde::{Deserialize, Serialize};

use super::{ChapterId, WorkId};

/// Length of a text as writers count it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Han characters, full-width punctuation not counted.
    pub han: u32,
    /// Words in other scripts.
    pub words: u32,
    /// All characters but white space (graphemes).
    pub characters: u32,
}

/// The whole library tree. Every change to the library answers with the new one.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Library {
    /// Works in the person's order.
    pub works: Vec<WorkSummary>,
    /// What was thrown away and can come back, newest first.
    pub bin: Vec<BinEntry>,
}

/// A work in the tree.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct WorkSummary {
    /// Its number.
    pub id: WorkId,
    /// Its title, perhaps empty.
    pub title: String,
    /// Sum over its chapters.
    pub counts: Counts,
    /// Words and Han characters together that the person wants to reach.
    pub goal: Option<u32>,
    /// Chapters in the person's order.
    pub chapters: Vec<ChapterSummary>,
}

/// A chapter in the tree.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ChapterSummary {
    /// Its number.
    pub id: ChapterId,
    /// Its title, perhaps empty.
    pub title: String,
    /// Its length.
    pub counts: Counts,
}

/// A work or a chapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "kind", content = "id", rename_all = "camelCase")]
pub enum LibraryItem {
    /// A work with all its chapters.
    Work(WorkId),
    /// One chapter.
    Chapter(ChapterId),
}

/// Something in the bin.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct BinEntry {
    /// What it is.
    pub item: LibraryItem,
    /// Its title.
    pub title: String,
    /// For a chapter, its work's title.
    pub work_title: Option<String>,
    /// When it was thrown away.
    pub binned_at_ms: f64,
}

/// A new work or chapter, with the library that has it.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Created {
    /// The library now.
    pub library: Library,
    /// The new chapter; a new work begins with one.
    pub chapter: ChapterId,
}

/// A place where a search found something.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct SearchHit {
    /// The chapter.
    pub chapter: ChapterId,
    /// Its title.
    pub chapter_title: String,
    /// Its work's title.
    pub work_title: String,
    /// UTF-16 offsets of the match in the page.
    pub from: u32,
    /// End of the match.
    pub to: u32,
    /// Some text before the match.
    pub before: String,
    /// The match as it stands in the text.
    pub matched: String,
    /// Some text after it.
    pub after: String,
}
