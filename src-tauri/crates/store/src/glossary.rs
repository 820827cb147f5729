//! The glossary: how terms are translated, in one work or in all.

use sqlx::FromRow;
use sqlx::sqlite::SqliteConnection;

use crate::{GlossaryEntryId, Store, StoreError, WorkId};

/// How a term is translated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGlossaryEntry {
    /// The work that it belongs to; nothing for all works.
    pub work: Option<WorkId>,
    /// The term.
    pub term: String,
    /// Its translation.
    pub translation: String,
    /// For people.
    pub note: String,
}

/// The same, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct GlossaryEntry {
    /// Its number.
    pub id: GlossaryEntryId,
    /// The work that it belongs to; nothing for all works.
    pub work: Option<WorkId>,
    /// The term.
    pub term: String,
    /// Its translation.
    pub translation: String,
    /// For people.
    pub note: String,
}

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is new.
    Added,
    /// The term was there and has another translation or note now.
    Changed,
    /// The very same was there.
    Same,
}

impl Store {
    /// The entries of a work and those of all works, by their terms; the latter only where no work is given.
    pub async fn glossary(&self, work: Option<WorkId>) -> Result<Vec<GlossaryEntry>, StoreError> {
        let entries = "SELECT * FROM glossary WHERE work IS NULL OR work = ? ORDER BY term, id";
        Ok(sqlx::query_as(entries).bind(work).fetch_all(&self.readers).await?)
    }

    /// Keeps entries, all or none; a term that is there in the same work changes. Answers what became of each.
    pub async fn keep_glossary(
        &self,
        entries: &[NewGlossaryEntry],
        now_ms: i64,
    ) -> Result<Vec<(GlossaryEntryId, Kept)>, StoreError> {
        let mut change = self.begin().await?;
        let mut kept = Vec::with_capacity(entries.len());
        for entry in entries {
            kept.push(keep(&mut change, entry, now_ms).await?);
        }
        change.commit().await?;
        Ok(kept)
    }

    /// Changes an entry. Another one with the same term in the same work goes.
    pub async fn change_glossary_entry(
        &self,
        id: GlossaryEntryId,
        entry: &NewGlossaryEntry,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let mut change = self.begin().await?;
        sqlx::query("DELETE FROM glossary WHERE work IS ? AND term = ? AND id <> ?")
            .bind(entry.work)
            .bind(&entry.term)
            .bind(id)
            .execute(&mut *change)
            .await?;
        let changed = sqlx::query(
            "UPDATE glossary SET work = ?, term = ?, translation = ?, note = ?, updated_at = ? WHERE id = ?",
        )
        .bind(entry.work)
        .bind(&entry.term)
        .bind(&entry.translation)
        .bind(&entry.note)
        .bind(now_ms)
        .bind(id)
        .execute(&mut *change)
        .await?;
        found(changed.rows_affected(), id)?;
        Ok(change.commit().await?)
    }

    /// Removes an entry.
    pub async fn remove_glossary_entry(&self, id: GlossaryEntryId) -> Result<(), StoreError> {
        let removed =
            sqlx::query("DELETE FROM glossary WHERE id = ?").bind(id).execute(&self.writer).await?;
        found(removed.rows_affected(), id)
    }
}

async fn keep(
    connection: &mut SqliteConnection,
    entry: &NewGlossaryEntry,
    now_ms: i64,
) -> Result<(GlossaryEntryId, Kept), StoreError> {
    let known: Option<GlossaryEntry> =
        sqlx::query_as("SELECT * FROM glossary WHERE work IS ? AND term = ?")
            .bind(entry.work)
            .bind(&entry.term)
            .fetch_optional(&mut *connection)
            .await?;
    match known {
        Some(known) if known.translation == entry.translation && known.note == entry.note => {
            Ok((known.id, Kept::Same))
        }
        Some(known) => {
            sqlx::query(
                "UPDATE glossary SET translation = ?, note = ?, updated_at = ? WHERE id = ?",
            )
            .bind(&entry.translation)
            .bind(&entry.note)
            .bind(now_ms)
            .bind(known.id)
            .execute(connection)
            .await?;
            Ok((known.id, Kept::Changed))
        }
        None => {
            let id = sqlx::query_scalar(
                "INSERT INTO glossary (work, term, translation, note, created_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?5) RETURNING id",
            )
            .bind(entry.work)
            .bind(&entry.term)
            .bind(&entry.translation)
            .bind(&entry.note)
            .bind(now_ms)
            .fetch_one(connection)
            .await?;
            Ok((id, Kept::Added))
        }
    }
}

fn found(rows: u64, id: GlossaryEntryId) -> Result<(), StoreError> {
    if rows > 0 { Ok(()) } else { Err(StoreError::NotFound { kind: "glossary entry", id: id.0 }) }
}
