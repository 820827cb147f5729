//! Translations: what is translated, into what, and how far it is. Their sentences are in `segment`.

use sqlx::sqlite::SqliteConnection;
use sqlx::{FromRow, QueryBuilder};

use crate::segment::append_segments;
use crate::{ChapterId, NewSegment, Store, StoreError, TranslationId, WorkId};

/// What is translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub enum TranslationKind {
    /// A text that is typed.
    Text,
    /// A chapter of the library.
    Chapter,
    /// A file.
    Document,
}

/// How far a translation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub enum TranslationStatus {
    /// It is being worked on.
    Running,
    /// The person paused it, or the program ended in the middle.
    Paused,
    /// The person gave it up.
    Stopped,
    /// Nothing is left to translate.
    Complete,
    /// It failed.
    Failed,
}

/// A file that is translated.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct TranslatedDocument {
    /// `docx`, for instance.
    pub format: String,
    /// The file as it was.
    pub bytes: Vec<u8>,
}

/// A translation that is about to begin.
#[derive(Debug, Clone, PartialEq)]
pub struct NewTranslation<'a> {
    /// What is translated.
    pub kind: TranslationKind,
    /// What people call it.
    pub title: &'a str,
    /// The work whose glossary is used.
    pub work: Option<WorkId>,
    /// The chapter that is translated.
    pub chapter: Option<ChapterId>,
    /// The chapter that takes the translation.
    pub linked_chapter: Option<ChapterId>,
    /// The source's language, in the desk's name for it.
    pub source_language: &'a str,
    /// The language to write, in the desk's name for it.
    pub target_language: &'a str,
    /// The latter follows the text.
    pub direction_detected: bool,
    /// What stands before the first segment.
    pub lead: &'a str,
    /// In the order of the text.
    pub segments: &'a [NewSegment],
    /// The file that is translated.
    pub document: Option<TranslatedDocument>,
}

/// A translation without its text.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct Translation {
    /// Its number.
    pub id: TranslationId,
    /// What is translated.
    pub kind: TranslationKind,
    /// What people call it.
    pub title: String,
    /// The work whose glossary is used.
    pub work: Option<WorkId>,
    /// The chapter that is translated.
    pub chapter: Option<ChapterId>,
    /// The chapter that takes the translation.
    pub linked_chapter: Option<ChapterId>,
    /// Version of the latter when the translation was written into it last.
    pub linked_version: Option<u32>,
    /// The source's language.
    pub source_language: String,
    /// The language to write.
    pub target_language: String,
    /// The latter follows the text.
    pub direction_detected: bool,
    /// What stands before the first segment.
    pub lead: String,
    /// How far it is.
    pub status: TranslationStatus,
    /// JSON of why it failed.
    pub error: Option<String>,
    /// The model that was used last; empty before the first time.
    pub model: String,
    /// Segments that have a translation.
    pub done: u32,
    /// All segments.
    pub total: u32,
    /// When it was changed last.
    #[sqlx(rename = "updated_at")]
    pub updated_at_ms: i64,
}

/// Which way a translation goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Direction<'a> {
    /// The source's language.
    pub source_language: &'a str,
    /// The language to write.
    pub target_language: &'a str,
    /// The latter follows the text.
    pub detected: bool,
}

const WITH_COUNTS: &str = "
    SELECT translation.*,
           (SELECT count(*) FROM segment WHERE translation = translation.id) AS total,
           (SELECT count(*) FROM segment WHERE translation = translation.id)
           - (SELECT count(*) FROM segment WHERE translation = translation.id AND state = 'new') AS done
    FROM translation";

impl Store {
    /// Writes a translation down, with all of its segments, running.
    pub async fn create_translation(
        &self,
        new: &NewTranslation<'_>,
        now_ms: i64,
    ) -> Result<TranslationId, StoreError> {
        let mut change = self.begin().await?;
        let id: TranslationId = sqlx::query_scalar(
            "INSERT INTO translation (kind, title, work, chapter, linked_chapter, source_language, target_language,
                                      direction_detected, lead, status, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'running', ?10, ?10) RETURNING id",
        )
        .bind(new.kind)
        .bind(new.title)
        .bind(new.work)
        .bind(new.chapter)
        .bind(new.linked_chapter)
        .bind(new.source_language)
        .bind(new.target_language)
        .bind(new.direction_detected)
        .bind(new.lead)
        .bind(now_ms)
        .fetch_one(&mut *change)
        .await
        .map_err(|error| match (&error, new.chapter) {
            (sqlx::Error::Database(cause), Some(chapter)) if cause.is_foreign_key_violation() => {
                StoreError::NotFound { kind: "chapter", id: chapter.0 }
            }
            _ => error.into(),
        })?;
        if let Some(document) = &new.document {
            sqlx::query(
                "INSERT INTO translation_document (translation, format, bytes) VALUES (?, ?, ?)",
            )
            .bind(id)
            .bind(&document.format)
            .bind(&document.bytes)
            .execute(&mut *change)
            .await?;
        }
        append_segments(&mut change, id, 0, new.segments).await?;
        change.commit().await?;
        Ok(id)
    }

    /// All translations, the one changed last first.
    pub async fn translations(&self) -> Result<Vec<Translation>, StoreError> {
        let mut sql = QueryBuilder::new(WITH_COUNTS);
        sql.push(" ORDER BY updated_at DESC, id DESC");
        Ok(sql.build_query_as().fetch_all(&self.readers).await?)
    }

    /// A translation without its text.
    pub async fn translation(&self, id: TranslationId) -> Result<Translation, StoreError> {
        let mut sql = QueryBuilder::new(WITH_COUNTS);
        sql.push(" WHERE translation.id = ").push_bind(id);
        sql.build_query_as().fetch_optional(&self.readers).await?.ok_or(not_there(id))
    }

    /// The newest translation of a chapter.
    pub async fn translation_of_chapter(
        &self,
        chapter: ChapterId,
    ) -> Result<Option<Translation>, StoreError> {
        let mut sql = QueryBuilder::new(WITH_COUNTS);
        sql.push(" WHERE translation.chapter = ").push_bind(chapter);
        sql.push(" ORDER BY translation.id DESC LIMIT 1");
        Ok(sql.build_query_as().fetch_optional(&self.readers).await?)
    }

    /// The file that is translated; nothing of a text or a chapter.
    pub async fn translated_document(
        &self,
        id: TranslationId,
    ) -> Result<Option<TranslatedDocument>, StoreError> {
        let file = "SELECT format, bytes FROM translation_document WHERE translation = ?";
        Ok(sqlx::query_as(file).bind(id).fetch_optional(&self.readers).await?)
    }

    /// Removes a translation with all of its segments. Chapters stay.
    pub async fn delete_translation(&self, id: TranslationId) -> Result<(), StoreError> {
        let deleted = sqlx::query("DELETE FROM translation WHERE id = ?")
            .bind(id)
            .execute(&self.writer)
            .await?;
        found(deleted.rows_affected(), id)
    }

    /// Says how far a translation is, and in JSON why it failed.
    pub async fn set_translation_status(
        &self,
        id: TranslationId,
        status: TranslationStatus,
        error: Option<&str>,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let set = sqlx::query(
            "UPDATE translation SET status = ?, error = ?, updated_at = ? WHERE id = ?",
        )
        .bind(status)
        .bind(error)
        .bind(now_ms)
        .bind(id)
        .execute(&self.writer)
        .await?;
        found(set.rows_affected(), id)
    }

    /// Pauses what the program's end interrupted. For the start, before anything runs.
    pub async fn pause_interrupted_translations(&self) -> Result<(), StoreError> {
        sqlx::query("UPDATE translation SET status = 'paused' WHERE status = 'running'")
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// Sets which way a translation goes.
    pub async fn set_translation_direction(
        &self,
        id: TranslationId,
        direction: Direction<'_>,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let set = sqlx::query(
            "UPDATE translation SET source_language = ?, target_language = ?, direction_detected = ?,
                                    updated_at = ? WHERE id = ?",
        )
        .bind(direction.source_language)
        .bind(direction.target_language)
        .bind(direction.detected)
        .bind(now_ms)
        .bind(id)
        .execute(&self.writer)
        .await?;
        found(set.rows_affected(), id)
    }

    /// Sets what people call a translation.
    pub async fn set_translation_title(
        &self,
        id: TranslationId,
        title: &str,
    ) -> Result<(), StoreError> {
        let set = sqlx::query("UPDATE translation SET title = ? WHERE id = ?")
            .bind(title)
            .bind(id)
            .execute(&self.writer)
            .await?;
        found(set.rows_affected(), id)
    }

    /// Sets the work whose glossary is used.
    pub async fn set_translation_work(
        &self,
        id: TranslationId,
        work: Option<WorkId>,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let set = sqlx::query("UPDATE translation SET work = ?, updated_at = ? WHERE id = ?")
            .bind(work)
            .bind(now_ms)
            .bind(id)
            .execute(&self.writer)
            .await?;
        found(set.rows_affected(), id)
    }

    /// Notes which version of the linked chapter has the translation.
    pub async fn set_linked_version(
        &self,
        id: TranslationId,
        version: u32,
    ) -> Result<(), StoreError> {
        let set = sqlx::query("UPDATE translation SET linked_version = ? WHERE id = ?")
            .bind(version)
            .bind(id)
            .execute(&self.writer)
            .await?;
        found(set.rows_affected(), id)
    }

    /// Notes which model translates.
    pub async fn set_translation_model(
        &self,
        id: TranslationId,
        model: &str,
        sha256: &str,
    ) -> Result<(), StoreError> {
        let set = sqlx::query("UPDATE translation SET model = ?, model_sha256 = ? WHERE id = ?")
            .bind(model)
            .bind(sha256)
            .bind(id)
            .execute(&self.writer)
            .await?;
        found(set.rows_affected(), id)
    }
}

/// Notes that a translation has changed.
pub(crate) async fn touch(
    connection: &mut SqliteConnection,
    id: TranslationId,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE translation SET updated_at = ? WHERE id = ?")
        .bind(now_ms)
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

fn found(rows: u64, id: TranslationId) -> Result<(), StoreError> {
    if rows > 0 { Ok(()) } else { Err(not_there(id)) }
}

fn not_there(id: TranslationId) -> StoreError {
    StoreError::NotFound { kind: "translation", id: id.0 }
}
