//! The library tree: works, their chapters, and the bin.

use bimo_text::Counts;
use sqlx::FromRow;

use crate::{ChapterId, LibraryItem, Store, StoreError, WorkId};

/// The whole tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    /// Works in the person's order.
    pub works: Vec<WorkSummary>,
    /// What is in the bin, newest first. A chapter whose whole work is there is not listed by itself.
    pub bin: Vec<BinEntry>,
}

/// A work in the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkSummary {
    /// Its number.
    pub id: WorkId,
    /// Its title, perhaps empty.
    pub title: String,
    /// Han characters and words together that the person wants to reach.
    pub goal: Option<u32>,
    /// Sum over its chapters.
    pub counts: Counts,
    /// Chapters in the person's order.
    pub chapters: Vec<ChapterSummary>,
}

/// A chapter in the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChapterSummary {
    /// Its number.
    pub id: ChapterId,
    /// Its title, perhaps empty.
    pub title: String,
    /// Its length.
    pub counts: Counts,
}

/// Something in the bin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BinEntry {
    /// What it is.
    pub item: LibraryItem,
    /// Its title.
    pub title: String,
    /// For a chapter, its work's title.
    pub work_title: Option<String>,
    /// When it was thrown away.
    pub binned_at_ms: i64,
}

#[derive(FromRow)]
struct WorkRow {
    id: WorkId,
    title: String,
    goal: Option<u32>,
}

#[derive(FromRow)]
struct ChapterRow {
    id: ChapterId,
    work: WorkId,
    title: String,
    han: u32,
    words: u32,
    characters: u32,
}

#[derive(FromRow)]
struct BinRow {
    work: Option<WorkId>,
    chapter: Option<ChapterId>,
    title: String,
    work_title: Option<String>,
    binned_at: i64,
}

impl Store {
    /// The library as it is now.
    pub async fn library(&self) -> Result<Library, StoreError> {
        let mut snapshot = self.readers.begin().await?;
        let works: Vec<WorkRow> = sqlx::query_as(
            "SELECT id, title, goal FROM work WHERE binned_at IS NULL ORDER BY position",
        )
        .fetch_all(&mut *snapshot)
        .await?;
        let mut chapters: Vec<ChapterRow> = sqlx::query_as(
            "SELECT id, work, title, han, words, characters FROM chapter
             WHERE binned_at IS NULL ORDER BY work, position",
        )
        .fetch_all(&mut *snapshot)
        .await?;
        let bin: Vec<BinRow> = sqlx::query_as(
            "SELECT id AS work, NULL AS chapter, title, NULL AS work_title, binned_at
             FROM work WHERE binned_at IS NOT NULL
             UNION ALL
             SELECT NULL, chapter.id, chapter.title, work.title, chapter.binned_at
             FROM chapter JOIN work ON work.id = chapter.work
             WHERE chapter.binned_at IS NOT NULL AND work.binned_at IS NULL
             ORDER BY binned_at DESC, work DESC, chapter DESC",
        )
        .fetch_all(&mut *snapshot)
        .await?;

        let works = works
            .into_iter()
            .map(|work| {
                let chapters: Vec<_> = chapters
                    .extract_if(.., |chapter| chapter.work == work.id)
                    .map(ChapterRow::summary)
                    .collect();
                WorkSummary {
                    id: work.id,
                    title: work.title,
                    goal: work.goal,
                    counts: chapters.iter().map(|chapter| chapter.counts).sum(),
                    chapters,
                }
            })
            .collect();
        Ok(Library { works, bin: bin.into_iter().filter_map(BinRow::entry).collect() })
    }
}

impl ChapterRow {
    fn summary(self) -> ChapterSummary {
        let counts = Counts { han: self.han, words: self.words, characters: self.characters };
        ChapterSummary { id: self.id, title: self.title, counts }
    }
}

impl BinRow {
    fn entry(self) -> Option<BinEntry> {
        let item = self.work.map(LibraryItem::Work).or(self.chapter.map(LibraryItem::Chapter))?;
        Some(BinEntry {
            item,
            title: self.title,
            work_title: self.work_title,
            binned_at_ms: self.binned_at,
        })
    }
}
