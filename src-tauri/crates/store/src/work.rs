//! Works: title, order, goal, and what a model is told of them.

use sqlx::sqlite::SqliteConnection;
use sqlx::{FromRow, QueryBuilder};

use crate::chapter::insert_chapter;
use crate::{ChapterId, Store, StoreError, WorkId};

/// What a model is told of a work before its text.
#[derive(Debug, Clone, PartialEq, Eq, Default, FromRow)]
pub struct Guidance {
    /// Always first.
    pub memory: String,
    /// Stands `note_depth` lines above the end.
    pub note: String,
    /// Lines between the note and the end of the text.
    pub note_depth: u32,
}

impl Store {
    /// Adds a work behind the others, with one empty chapter without a title.
    pub async fn create_work(
        &self,
        title: &str,
        now_ms: i64,
    ) -> Result<(WorkId, ChapterId), StoreError> {
        let mut change = self.begin().await?;
        let work: WorkId = sqlx::query_scalar(
            "INSERT INTO work (title, position, created_at, updated_at)
             VALUES (?1, (SELECT count(*) FROM work WHERE binned_at IS NULL), ?2, ?2) RETURNING id",
        )
        .bind(title)
        .bind(now_ms)
        .fetch_one(&mut *change)
        .await?;
        let chapter = insert_chapter(&mut change, work, "", 0, now_ms).await?;
        change.commit().await?;
        Ok((work, chapter))
    }

    /// Gives a work another title.
    pub async fn rename_work(
        &self,
        work: WorkId,
        title: &str,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let renamed = sqlx::query("UPDATE work SET title = ?, updated_at = ? WHERE id = ?")
            .bind(title)
            .bind(now_ms)
            .bind(work)
            .execute(&self.writer)
            .await?;
        found(renamed.rows_affected(), work)
    }

    /// Moves a work to a place among the others, counted from 0; past the end means last.
    pub async fn move_work(
        &self,
        work: WorkId,
        position: u32,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let mut change = self.begin().await?;
        let mut order = live_works(&mut change).await?;
        let from = order.iter().position(|id| *id == work);
        order.remove(from.ok_or(StoreError::NotFound { kind: "work", id: work.0 })?);
        order.insert(order.len().min(position as usize), work);
        number_works(&mut change, &order).await?;
        touch(&mut change, work, now_ms).await?;
        Ok(change.commit().await?)
    }

    /// Sets or removes the length that the person wants to reach.
    pub async fn set_goal(
        &self,
        work: WorkId,
        goal: Option<u32>,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let set = sqlx::query("UPDATE work SET goal = ?, updated_at = ? WHERE id = ?")
            .bind(goal)
            .bind(now_ms)
            .bind(work)
            .execute(&self.writer)
            .await?;
        found(set.rows_affected(), work)
    }

    /// A work's memory and author's note.
    pub async fn guidance(&self, work: WorkId) -> Result<Guidance, StoreError> {
        sqlx::query_as("SELECT memory, note, note_depth FROM work WHERE id = ?")
            .bind(work)
            .fetch_optional(&self.readers)
            .await?
            .ok_or(StoreError::NotFound { kind: "work", id: work.0 })
    }

    /// Sets a work's memory and author's note.
    pub async fn set_guidance(
        &self,
        work: WorkId,
        guidance: &Guidance,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let set = sqlx::query(
            "UPDATE work SET memory = ?, note = ?, note_depth = ?, updated_at = ? WHERE id = ?",
        )
        .bind(&guidance.memory)
        .bind(&guidance.note)
        .bind(guidance.note_depth)
        .bind(now_ms)
        .bind(work)
        .execute(&self.writer)
        .await?;
        found(set.rows_affected(), work)
    }
}

/// Works that are not in the bin, in order.
pub(crate) async fn live_works(
    connection: &mut SqliteConnection,
) -> Result<Vec<WorkId>, StoreError> {
    let order = "SELECT id FROM work WHERE binned_at IS NULL ORDER BY position, id";
    Ok(sqlx::query_scalar(order).fetch_all(connection).await?)
}

/// Notes that a work has changed.
pub(crate) async fn touch(
    connection: &mut SqliteConnection,
    work: WorkId,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE work SET updated_at = ? WHERE id = ?")
        .bind(now_ms)
        .bind(work)
        .execute(connection)
        .await?;
    Ok(())
}

/// Numbers works from 0 in the given order.
pub(crate) async fn number_works(
    connection: &mut SqliteConnection,
    order: &[WorkId],
) -> Result<(), StoreError> {
    number(connection, "work", order.iter().map(|work| work.0)).await
}

/// Numbers the rows of a table from 0 in the given order, touching only those that move.
pub(crate) async fn number(
    connection: &mut SqliteConnection,
    table: &'static str,
    order: impl Iterator<Item = u32>,
) -> Result<(), StoreError> {
    for (position, id) in (0u32..).zip(order) {
        QueryBuilder::new("UPDATE ")
            .push(table)
            .push(" SET position = ")
            .push_bind(position)
            .push(" WHERE id = ")
            .push_bind(id)
            .push(" AND position <> ")
            .push_bind(position)
            .build()
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

fn found(rows: u64, work: WorkId) -> Result<(), StoreError> {
    if rows > 0 { Ok(()) } else { Err(StoreError::NotFound { kind: "work", id: work.0 }) }
}
