//! Revisions: a chapter as it was before something that a person may regret.

use bimo_text::Authorship;
use sqlx::sqlite::SqliteConnection;

use crate::page::{Page, authorship_from_blob};
use crate::{ChapterId, RevisionId, Store, StoreError};

/// Revisions that are kept of a chapter; the oldest go first.
pub(crate) const REVISIONS_KEPT: u32 = 30;

/// Why a revision was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub enum RevisionReason {
    /// A save took away a long stretch.
    BigLoss,
    /// The whole text was replaced.
    Replaced,
    /// Text that was found again after a crash was put in.
    Recovery,
}

/// A revision in the list.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Revision {
    /// Its number.
    pub id: RevisionId,
    /// Its chapter.
    pub chapter: ChapterId,
    /// Why it was kept.
    pub reason: RevisionReason,
    /// The chapter's version that it is.
    pub version: u32,
    /// When it was kept.
    #[sqlx(rename = "created_at")]
    pub created_at_ms: i64,
}

impl Store {
    /// A chapter's revisions, newest first.
    pub async fn revisions(&self, chapter: ChapterId) -> Result<Vec<Revision>, StoreError> {
        Ok(sqlx::query_as(
            "SELECT id, chapter, reason, version, created_at FROM revision
             WHERE chapter = ? ORDER BY id DESC",
        )
        .bind(chapter)
        .fetch_all(&self.readers)
        .await?)
    }

    /// A revision's text and who wrote it.
    pub async fn revision_text(
        &self,
        revision: RevisionId,
    ) -> Result<(String, Authorship), StoreError> {
        let text: Option<(String, Vec<u8>)> =
            sqlx::query_as("SELECT body, authorship FROM revision WHERE id = ?")
                .bind(revision)
                .fetch_optional(&self.readers)
                .await?;
        let (body, blob) = text.ok_or(StoreError::NotFound { kind: "revision", id: revision.0 })?;
        let authorship = authorship_from_blob(&blob, &body);
        Ok((body, authorship))
    }
}

/// Keeps a page as it is, and lets the oldest revision beyond [`REVISIONS_KEPT`] go. An empty page is not kept.
pub(crate) async fn keep_revision(
    connection: &mut SqliteConnection,
    chapter: ChapterId,
    page: &Page,
    reason: RevisionReason,
    now_ms: i64,
) -> Result<(), StoreError> {
    if page.body.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO revision (chapter, reason, version, created_at, body, authorship)
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(chapter)
    .bind(reason)
    .bind(page.version)
    .bind(now_ms)
    .bind(&page.body)
    .bind(&page.authorship)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "DELETE FROM revision WHERE chapter = ?1 AND id NOT IN
             (SELECT id FROM revision WHERE chapter = ?1 ORDER BY id DESC LIMIT ?2)",
    )
    .bind(chapter)
    .bind(REVISIONS_KEPT)
    .execute(connection)
    .await?;
    Ok(())
}
