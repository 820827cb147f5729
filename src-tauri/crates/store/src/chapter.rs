//! Chapters: title, order, and the whole of one as the editor opens it.

use bimo_text::{Authorship, Counts};
use sqlx::FromRow;
use sqlx::sqlite::SqliteConnection;

use crate::checksum::checksum_of;
use crate::page::authorship_from_blob;
use crate::work::{number, touch};
use crate::{ChapterId, Guidance, Store, StoreError, WorkId};

/// A chapter as the editor opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chapter {
    /// Its number.
    pub id: ChapterId,
    /// Its work.
    pub work: WorkId,
    /// Its title, perhaps empty.
    pub title: String,
    /// Markdown.
    pub body: String,
    /// Counts up by one with every stored change of the body.
    pub version: u32,
    /// What models wrote of it.
    pub authorship: Authorship,
    /// Its length.
    pub counts: Counts,
    /// The work's memory and author's note.
    pub guidance: Guidance,
}

#[derive(FromRow)]
struct ChapterRow {
    id: ChapterId,
    work: WorkId,
    title: String,
    version: u32,
    han: u32,
    words: u32,
    characters: u32,
    body: String,
    checksum: i64,
    authorship: Vec<u8>,
    #[sqlx(flatten)]
    guidance: Guidance,
}

impl Store {
    /// A chapter with its text, be it in the bin or not.
    pub async fn chapter(&self, chapter: ChapterId) -> Result<Chapter, StoreError> {
        let row: ChapterRow = sqlx::query_as(
            "SELECT chapter.id, chapter.work, chapter.title, version, han, words, characters,
                    body, checksum, authorship, memory, note, note_depth
             FROM chapter
             JOIN chapter_text ON chapter_text.chapter = chapter.id
             JOIN work ON work.id = chapter.work
             WHERE chapter.id = ?",
        )
        .bind(chapter)
        .fetch_optional(&self.readers)
        .await?
        .ok_or(StoreError::NotFound { kind: "chapter", id: chapter.0 })?;
        verify(chapter, &row.body, &row.authorship, row.checksum)?;
        Ok(Chapter {
            id: row.id,
            work: row.work,
            title: row.title,
            authorship: authorship_from_blob(&row.authorship, &row.body),
            body: row.body,
            version: row.version,
            counts: Counts { han: row.han, words: row.words, characters: row.characters },
            guidance: row.guidance,
        })
    }

    /// Adds an empty chapter at a place counted from 0, or behind all others.
    pub async fn create_chapter(
        &self,
        work: WorkId,
        title: &str,
        position: Option<u32>,
        now_ms: i64,
    ) -> Result<ChapterId, StoreError> {
        let mut change = self.begin().await?;
        let mut order = live_chapters(&mut change, work).await?;
        let position = position.map_or(order.len(), |place| order.len().min(place as usize));
        let chapter = insert_chapter(&mut change, work, title, position as u32, now_ms).await?;
        order.insert(position, chapter);
        number_chapters(&mut change, &order).await?;
        change.commit().await?;
        Ok(chapter)
    }

    /// Gives a chapter another title.
    pub async fn rename_chapter(
        &self,
        chapter: ChapterId,
        title: &str,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let renamed = sqlx::query("UPDATE chapter SET title = ?, updated_at = ? WHERE id = ?")
            .bind(title)
            .bind(now_ms)
            .bind(chapter)
            .execute(&self.writer)
            .await?;
        if renamed.rows_affected() == 0 {
            return Err(StoreError::NotFound { kind: "chapter", id: chapter.0 });
        }
        Ok(())
    }

    /// Moves a chapter to a place in this or another work, counted from 0; past the end means last.
    pub async fn move_chapter(
        &self,
        chapter: ChapterId,
        work: WorkId,
        position: u32,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let mut change = self.begin().await?;
        let old: Option<WorkId> =
            sqlx::query_scalar("SELECT work FROM chapter WHERE id = ? AND binned_at IS NULL")
                .bind(chapter)
                .fetch_optional(&mut *change)
                .await?;
        let old = old.ok_or(StoreError::NotFound { kind: "chapter", id: chapter.0 })?;
        let mut order = live_chapters(&mut change, work).await?;
        order.retain(|id| *id != chapter);
        order.insert(order.len().min(position as usize), chapter);
        sqlx::query("UPDATE chapter SET work = ? WHERE id = ?")
            .bind(work)
            .bind(chapter)
            .execute(&mut *change)
            .await?;
        number_chapters(&mut change, &order).await?;
        touch(&mut change, work, now_ms).await?;
        if old != work {
            let order = live_chapters(&mut change, old).await?;
            number_chapters(&mut change, &order).await?;
            touch(&mut change, old, now_ms).await?;
        }
        Ok(change.commit().await?)
    }
}

/// Chapters of a work that are not in the bin, in order. The work must not be in the bin either.
pub(crate) async fn live_chapters(
    connection: &mut SqliteConnection,
    work: WorkId,
) -> Result<Vec<ChapterId>, StoreError> {
    let live: Option<u32> =
        sqlx::query_scalar("SELECT 1 FROM work WHERE id = ? AND binned_at IS NULL")
            .bind(work)
            .fetch_optional(&mut *connection)
            .await?;
    live.ok_or(StoreError::NotFound { kind: "work", id: work.0 })?;
    let order = "SELECT id FROM chapter WHERE work = ? AND binned_at IS NULL ORDER BY position, id";
    Ok(sqlx::query_scalar(order).bind(work).fetch_all(connection).await?)
}

/// Numbers chapters from 0 in the given order.
pub(crate) async fn number_chapters(
    connection: &mut SqliteConnection,
    order: &[ChapterId],
) -> Result<(), StoreError> {
    number(connection, "chapter", order.iter().map(|chapter| chapter.0)).await
}

/// Adds an empty chapter; its neighbours are not renumbered.
pub(crate) async fn insert_chapter(
    connection: &mut SqliteConnection,
    work: WorkId,
    title: &str,
    position: u32,
    now_ms: i64,
) -> Result<ChapterId, StoreError> {
    let chapter: ChapterId = sqlx::query_scalar(
        "INSERT INTO chapter (work, title, position, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?4) RETURNING id",
    )
    .bind(work)
    .bind(title)
    .bind(position)
    .bind(now_ms)
    .fetch_one(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO chapter_text (chapter, body, checksum, authorship) VALUES (?, '', ?, x'')",
    )
    .bind(chapter)
    .bind(checksum_of([]))
    .execute(connection)
    .await?;
    Ok(chapter)
}

/// Refuses a text that is not what was stored.
pub(crate) fn verify(
    chapter: ChapterId,
    body: &str,
    authorship: &[u8],
    stored: i64,
) -> Result<(), StoreError> {
    if checksum_of([body.as_bytes(), authorship]) == stored {
        return Ok(());
    }
    Err(StoreError::corrupted(format!("the text of chapter {} is not what was stored", chapter.0)))
}
