//! Segments: the sentences of a translation, with what became of them.

use sqlx::FromRow;
use sqlx::sqlite::SqliteConnection;

use crate::translation::touch;
use crate::{SegmentId, Store, StoreError, TranslationId};

/// Who made a segment's translation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub enum SegmentState {
    /// Nobody yet.
    New,
    /// A model.
    Machine,
    /// The memory had this very sentence.
    Memory,
    /// The person.
    Edited,
    /// The person has agreed to it.
    Confirmed,
}

/// A sentence that is about to be translated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSegment {
    /// The document's block that it belongs to.
    pub block: u32,
    /// The sentence.
    pub source: String,
    /// What stands between it and the next.
    pub gap: String,
}

/// A sentence with its translation.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct Segment {
    /// Its number.
    pub id: SegmentId,
    /// What it belongs to.
    pub translation: TranslationId,
    /// Its place in that, from 0.
    pub position: u32,
    /// The document's block that it belongs to.
    pub block: u32,
    /// The sentence.
    pub source: String,
    /// What stands between it and the next.
    pub gap: String,
    /// What is known of its translation.
    #[sqlx(flatten)]
    pub outcome: SegmentOutcome,
    /// It stays as it is.
    pub locked: bool,
}

/// What is known of a segment's translation.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct SegmentOutcome {
    /// The translation; empty while it is new.
    pub target: String,
    /// Who made it.
    pub state: SegmentState,
    /// Mean probability of a token.
    pub confidence: Option<f32>,
    /// JSON of what it could be instead.
    pub alternatives: String,
    /// JSON of what to look at.
    pub flags: String,
    /// JSON of the glossary's terms in it.
    pub terms: String,
    /// Score of the most alike pair in the memory.
    pub memory: Option<f32>,
}

/// A segment of a source that has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SegmentChange {
    /// It was there, and has the same sentence.
    Kept {
        /// Its number.
        id: SegmentId,
        /// What stands between it and the next now.
        gap: String,
    },
    /// It was there, the person has made its translation theirs, and the sentence has changed.
    Reworded {
        /// Its number.
        id: SegmentId,
        /// The sentence now.
        source: String,
        /// What stands between it and the next now.
        gap: String,
        /// JSON of what to look at now.
        flags: String,
    },
    /// It is new.
    New(NewSegment),
}

impl Store {
    /// The segments of a translation, in order.
    pub async fn segments(&self, translation: TranslationId) -> Result<Vec<Segment>, StoreError> {
        let all = "SELECT * FROM segment WHERE translation = ? ORDER BY position";
        Ok(sqlx::query_as(all).bind(translation).fetch_all(&self.readers).await?)
    }

    /// A segment.
    pub async fn segment(&self, id: SegmentId) -> Result<Segment, StoreError> {
        sqlx::query_as("SELECT * FROM segment WHERE id = ?")
            .bind(id)
            .fetch_optional(&self.readers)
            .await?
            .ok_or(StoreError::NotFound { kind: "segment", id: id.0 })
    }

    /// The first segments of a translation that nobody has translated.
    pub async fn new_segments(
        &self,
        translation: TranslationId,
        limit: u32,
    ) -> Result<Vec<Segment>, StoreError> {
        Ok(sqlx::query_as(
            "SELECT * FROM segment WHERE translation = ? AND state = 'new' AND NOT locked
             ORDER BY position LIMIT ?",
        )
        .bind(translation)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?)
    }

    /// Puts other segments in the place of `removed` of them at `at`, and another lead before all.
    pub async fn splice_segments(
        &self,
        translation: TranslationId,
        lead: &str,
        (at, removed): (u32, u32),
        inserted: &[SegmentChange],
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let mut change = self.begin().await?;
        let kept: Vec<u32> = inserted.iter().filter_map(SegmentChange::kept).collect();
        sqlx::query(
            "DELETE FROM segment WHERE translation = ? AND position >= ? AND position < ?
             AND id NOT IN (SELECT value FROM json_each(?))",
        )
        .bind(translation)
        .bind(at)
        .bind(at + removed)
        .bind(serde_json::json!(kept).to_string())
        .execute(&mut *change)
        .await?;
        sqlx::query(
            "UPDATE segment SET position = position + ? WHERE translation = ? AND position >= ?",
        )
        .bind(inserted.len() as i64 - i64::from(removed))
        .bind(translation)
        .bind(at + removed)
        .execute(&mut *change)
        .await?;
        for (position, segment) in (at..).zip(inserted) {
            match segment {
                SegmentChange::Kept { id, gap } => {
                    sqlx::query("UPDATE segment SET position = ?, gap = ? WHERE id = ?")
                        .bind(position)
                        .bind(gap)
                        .bind(id)
                        .execute(&mut *change)
                        .await?;
                }
                SegmentChange::Reworded { id, source, gap, flags } => {
                    sqlx::query(
                        "UPDATE segment SET position = ?, source = ?, gap = ?, flags = ? WHERE id = ?",
                    )
                    .bind(position)
                    .bind(source)
                    .bind(gap)
                    .bind(flags)
                    .bind(id)
                    .execute(&mut *change)
                    .await?;
                }
                SegmentChange::New(new) => {
                    append_segments(&mut change, translation, position, std::slice::from_ref(new))
                        .await?;
                }
            }
        }
        sqlx::query("UPDATE translation SET lead = ? WHERE id = ?")
            .bind(lead)
            .bind(translation)
            .execute(&mut *change)
            .await?;
        touch(&mut change, translation, now_ms).await?;
        Ok(change.commit().await?)
    }

    /// Keeps what a model or the memory made of a segment, unless it is gone or the person has made it theirs
    /// meanwhile. Answers whether it was kept.
    pub async fn fill_segment(
        &self,
        id: SegmentId,
        outcome: &SegmentOutcome,
    ) -> Result<bool, StoreError> {
        let filled = write(&self.writer, id, outcome, false).await?;
        Ok(filled > 0)
    }

    /// Keeps what the person made of a segment.
    pub async fn write_segment(
        &self,
        id: SegmentId,
        outcome: &SegmentOutcome,
    ) -> Result<(), StoreError> {
        found(write(&self.writer, id, outcome, true).await?, id)
    }

    /// Locks a segment, or lets it go.
    pub async fn lock_segment(&self, id: SegmentId, locked: bool) -> Result<(), StoreError> {
        let set = sqlx::query("UPDATE segment SET locked = ? WHERE id = ?")
            .bind(locked)
            .bind(id)
            .execute(&self.writer)
            .await?;
        found(set.rows_affected(), id)
    }

    /// Forgets what became of all segments of a translation: another language is to be written.
    pub async fn forget_targets(&self, translation: TranslationId) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE segment SET target = '', state = 'new', locked = 0, confidence = NULL, alternatives = '[]',
                                flags = '[]', terms = '[]', memory = NULL WHERE translation = ?",
        )
        .bind(translation)
        .execute(&self.writer)
        .await?;
        Ok(())
    }
}

impl SegmentChange {
    fn kept(&self) -> Option<u32> {
        match self {
            Self::Kept { id, .. } | Self::Reworded { id, .. } => Some(id.0),
            Self::New(_) => None,
        }
    }
}

async fn write(
    writer: &sqlx::SqlitePool,
    id: SegmentId,
    outcome: &SegmentOutcome,
    over_the_persons_own: bool,
) -> Result<u64, StoreError> {
    let written = sqlx::query(
        "UPDATE segment SET target = ?, state = ?, confidence = ?, alternatives = ?, flags = ?, terms = ?, memory = ?
         WHERE id = ? AND (? OR (NOT locked AND state IN ('new', 'machine', 'memory')))",
    )
    .bind(&outcome.target)
    .bind(outcome.state)
    .bind(outcome.confidence)
    .bind(&outcome.alternatives)
    .bind(&outcome.flags)
    .bind(&outcome.terms)
    .bind(outcome.memory)
    .bind(id)
    .bind(over_the_persons_own)
    .execute(writer)
    .await?;
    Ok(written.rows_affected())
}

/// Writes segments down whose places begin at `position`.
pub(crate) async fn append_segments(
    connection: &mut SqliteConnection,
    translation: TranslationId,
    position: u32,
    segments: &[NewSegment],
) -> Result<(), StoreError> {
    for (position, segment) in (position..).zip(segments) {
        sqlx::query(
            "INSERT INTO segment (translation, position, block, source, gap) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(translation)
        .bind(position)
        .bind(segment.block)
        .bind(&segment.source)
        .bind(&segment.gap)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

fn found(rows: u64, id: SegmentId) -> Result<(), StoreError> {
    if rows > 0 { Ok(()) } else { Err(StoreError::NotFound { kind: "segment", id: id.0 }) }
}
