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

    /// The parts of a summary, in order.
    pub async fn summary_parts(&self, id: SummaryId) -> Result<Vec<SummaryPart>, StoreError> {
        let all = "SELECT number, level, title, source_from, source_to, made_from, text, done
                   FROM summary_part WHERE summary = ? ORDER BY number";
        Ok(sqlx::query_as(all).bind(id).fetch_all(&self.readers).await?)
    }
}

pub(crate) fn not_there(id: SummaryId) -> StoreError {
    StoreError::NotFound { kind: "summary", id: id.0 }
}
