//! Summaries, what they summarise, and the summaries of its parts.

use sqlx::{FromRow, QueryBuilder};

use crate::{ChapterId, Store, StoreError, SummaryId, SummarySourceId, WorkId};

/// Where a source came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub enum SourceKind {
    /// Pasted text.
    Text,
    /// A pasted page.
    Page,
    /// A file.
    File,
    /// A chapter.
    Chapter,
    /// A work.
    Work,
}

/// How a summary is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub enum SummaryMethod {
    /// Of the source's own sentences.
    Key,
    /// In a model's words.
    Rewritten,
}

/// What a summary looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub enum SummaryForm {
    /// Running text.
    Paragraph,
    /// A list.
    Bullets,
    /// One sentence.
    OneLine,
    /// A title.
    Title,
}

/// How a summary stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub enum SummaryStatus {
    /// It is being made.
    Running,
    /// It is there.
    Complete,
    /// It was stopped, or the program ended in the middle.
    Stopped,
    /// It failed.
    Failed,
}

/// What is summarised.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct SummarySource {
    /// Where it came from.
    pub kind: SourceKind,
    /// Its title, perhaps empty.
    pub title: String,
    /// Who wrote it.
    pub byline: Option<String>,
    /// Its language, in the desk's name for it.
    pub language: String,
    /// The work that it is, or whose chapter it is.
    pub work: Option<WorkId>,
    /// The chapter that it is.
    pub chapter: Option<ChapterId>,
    /// Its words.
    pub text: String,
    /// JSON of its sections, paragraphs and sentences.
    pub layout: String,
}

/// How a summary is wanted.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct SummaryWish {
    /// How it is made.
    pub method: SummaryMethod,
    /// What it looks like.
    pub form: SummaryForm,
    /// JSON of its length.
    pub length: String,
    /// The language to write, in the desk's name for it; nothing for that of the source.
    pub language: Option<String>,
}

/// A summary in the list.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct SummaryEntry {
    /// Its number.
    pub id: SummaryId,
    /// Its source's number.
    pub source: SummarySourceId,
    /// Its source's title.
    pub title: String,
    /// Where its source came from.
    pub kind: SourceKind,
    /// The work that is summarised, or whose chapter is.
    pub work: Option<WorkId>,
    /// The chapter that is summarised.
    pub chapter: Option<ChapterId>,
    /// How it was wanted.
    #[sqlx(flatten)]
    pub wish: SummaryWish,
    /// The model that wrote it; empty where none did.
    pub model: String,
    /// How it stands.
    pub status: SummaryStatus,
    /// The beginning of its text.
    pub preview: String,
    /// When it was asked for.
    #[sqlx(rename = "created_at")]
    pub created_at_ms: i64,
}

/// A summary with its text.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Summary {
    /// As in the list.
    #[sqlx(flatten)]
    pub entry: SummaryEntry,
    /// Its words so far.
    pub text: String,
    /// JSON of what its sentences rest on, once that is known.
    pub evidence: Option<String>,
    /// JSON of why it failed.
    pub error: Option<String>,
}

/// How a summary ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryEnd<'a> {
    /// How it stands now.
    pub status: SummaryStatus,
    /// All of its text; nothing where it stays as it was streamed.
    pub text: Option<&'a str>,
    /// JSON of what its sentences rest on.
    pub evidence: Option<&'a str>,
    /// JSON of why it failed.
    pub error: Option<&'a str>,
}

/// A summary of a part, or of such summaries.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct SummaryPart {
    /// From 0, in the order in which they are written.
    pub number: u32,
    /// 1: of a stretch of the source; more: of summaries.
    pub level: u32,
    /// The title of its chapter or section.
    pub title: String,
    /// The first byte of the source that it stands for.
    pub source_from: u32,
    /// Behind the last one.
    pub source_to: u32,
    /// JSON of the numbers of the parts that it was made from.
    pub made_from: String,
    /// Its words.
    pub text: String,
    /// It is whole.
    pub done: bool,
}

/// All of a list's columns; a preview has 200 characters.
const ENTRY: &str = "
    SELECT summary.id, source, title, kind, work, chapter, method, form, length, summary.language, model, status,
           substr(summary.text, 1, 200) AS preview, created_at";

impl Store {
    /// Keeps what is to be summarised.
    pub async fn keep_summary_source(
        &self,
        source: &SummarySource,
    ) -> Result<SummarySourceId, StoreError> {
        let kept = sqlx::query_scalar(
            "INSERT INTO summary_source (kind, title, byline, language, work, chapter, text, layout)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        )
        .bind(source.kind)
        .bind(&source.title)
        .bind(&source.byline)
        .bind(&source.language)
        .bind(source.work)
        .bind(source.chapter)
        .bind(&source.text)
        .bind(&source.layout)
        .fetch_one(&self.writer)
        .await?;
        Ok(kept)
    }

    /// Writes a summary down, running.
    pub async fn create_summary(
        &self,
        source: SummarySourceId,
        wish: &SummaryWish,
        now_ms: i64,
    ) -> Result<SummaryId, StoreError> {
        let id = sqlx::query_scalar(
            "INSERT INTO summary (source, method, form, length, language, status, created_at)
             VALUES (?, ?, ?, ?, ?, 'running', ?) RETURNING id",
        )
        .bind(source)
        .bind(wish.method)
        .bind(wish.form)
        .bind(&wish.length)
        .bind(&wish.language)
        .bind(now_ms)
        .fetch_one(&self.writer)
        .await?;
        Ok(id)
    }

    /// Has a summary made once more, in another form or length.
    pub async fn restart_summary(
        &self,
        id: SummaryId,
        wish: &SummaryWish,
    ) -> Result<(), StoreError> {
        let set = sqlx::query(
            "UPDATE summary SET form = ?, length = ?, status = 'running', error = NULL, text = '', evidence = NULL,
                                ended_at = NULL WHERE id = ?",
        )
        .bind(wish.form)
        .bind(&wish.length)
        .bind(id)
        .execute(&self.writer)
        .await?;
        found(set.rows_affected(), id)
    }

    /// The key sentences of a source in a language, if they were asked for before.
    pub async fn key_summary_of(
        &self,
        source: SummarySourceId,
        language: Option<&str>,
    ) -> Result<Option<SummaryId>, StoreError> {
        Ok(sqlx::query_scalar(
            "SELECT id FROM summary WHERE source = ? AND method = 'key' AND language IS ? ORDER BY id DESC LIMIT 1",
        )
        .bind(source)
        .bind(language)
        .fetch_optional(&self.readers)
        .await?)
    }

    /// All summaries, the newest first.
    pub async fn summaries(&self) -> Result<Vec<SummaryEntry>, StoreError> {
        let mut sql = QueryBuilder::new(ENTRY);
        sql.push(" FROM summary JOIN summary_source ON summary_source.id = source ORDER BY summary.id DESC");
        Ok(sql.build_query_as().fetch_all(&self.readers).await?)
    }

    /// A summary with its text.
    pub async fn summary(&self, id: SummaryId) -> Result<Summary, StoreError> {
        let mut sql = QueryBuilder::new(ENTRY);
        sql.push(", summary.text AS text, evidence, error");
        sql.push(" FROM summary JOIN summary_source ON summary_source.id = source");
        sql.push(" WHERE summary.id = ").push_bind(id);
        sql.build_query_as().fetch_optional(&self.readers).await?.ok_or(not_there(id))
    }

    /// What is summarised.
    pub async fn summary_source(&self, id: SummarySourceId) -> Result<SummarySource, StoreError> {
        let one = "SELECT kind, title, byline, language, work, chapter, text, layout
                   FROM summary_source WHERE id = ?";
        sqlx::query_as(one)
            .bind(id)
            .fetch_optional(&self.readers)
            .await?
            .ok_or(StoreError::NotFound { kind: "summary source", id: id.0 })
    }

    /// Adds to a summary's text.
    pub async fn append_summary(&self, id: SummaryId, text: &str) -> Result<(), StoreError> {
        let set = sqlx::query("UPDATE summary SET text = text || ? WHERE id = ?")
            .bind(text)
            .bind(id)
            .execute(&self.writer)
            .await?;
        found(set.rows_affected(), id)
    }

    /// Notes which model writes a summary.
    pub async fn set_summary_model(
        &self,
        id: SummaryId,
        model: &str,
        sha256: &str,
    ) -> Result<(), StoreError> {
        let set = sqlx::query("UPDATE summary SET model = ?, model_sha256 = ? WHERE id = ?")
            .bind(model)
            .bind(sha256)
            .bind(id)
            .execute(&self.writer)
            .await?;
        found(set.rows_affected(), id)
    }

    /// Ends a summary.
    pub async fn end_summary(
        &self,
        id: SummaryId,
        end: &SummaryEnd<'_>,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let set = sqlx::query(
            "UPDATE summary SET status = ?, text = coalesce(?, text), evidence = ?, error = ?, ended_at = ? WHERE id = ?",
        )
        .bind(end.status)
        .bind(end.text)
        .bind(end.evidence)
        .bind(end.error)
        .bind(now_ms)
        .bind(id)
        .execute(&self.writer)
        .await?;
        found(set.rows_affected(), id)
    }

    /// Keeps a part as it is now.
    pub async fn keep_summary_part(
        &self,
        id: SummaryId,
        part: &SummaryPart,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO summary_part (summary, number, level, title, source_from, source_to, made_from, text, done)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (summary, number) DO UPDATE SET text = excluded.text, done = excluded.done",
        )
        .bind(id)
        .bind(part.number)
        .bind(part.level)
        .bind(&part.title)
        .bind(part.source_from)
        .bind(part.source_to)
        .bind(&part.made_from)
        .bind(&part.text)
        .bind(part.done)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// The parts of a summary, in order.
    pub async fn summary_parts(&self, id: SummaryId) -> Result<Vec<SummaryPart>, StoreError> {
        let all = "SELECT number, level, title, source_from, source_to, made_from, text, done
                   FROM summary_part WHERE summary = ? ORDER BY number";
        Ok(sqlx::query_as(all).bind(id).fetch_all(&self.readers).await?)
    }

    /// Removes a summary, and its source with the last summary of it.
    pub async fn delete_summary(&self, id: SummaryId) -> Result<(), StoreError> {
        let deleted =
            sqlx::query("DELETE FROM summary WHERE id = ?").bind(id).execute(&self.writer).await?;
        found(deleted.rows_affected(), id)
    }

    /// Stops what the program's end interrupted. For the start, before anything runs.
    pub async fn stop_interrupted_summaries(&self, now_ms: i64) -> Result<(), StoreError> {
        sqlx::query("UPDATE summary SET status = 'stopped', ended_at = ? WHERE status = 'running'")
            .bind(now_ms)
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}

fn found(rows: u64, id: SummaryId) -> Result<(), StoreError> {
    if rows > 0 { Ok(()) } else { Err(not_there(id)) }
}

fn not_there(id: SummaryId) -> StoreError {
    StoreError::NotFound { kind: "summary", id: id.0 }
}
