//! Summaries as they are made: written down, gone on with, ended, removed.

use sqlx::sqlite::SqliteConnection;

use crate::summary::not_there;
use crate::{
    Store, StoreError, SummaryId, SummaryPart, SummarySource, SummarySourceId, SummaryStatus,
    SummaryWish,
};

/// Where a summary is written down.
#[derive(Debug, Clone, Copy)]
pub enum SummaryPlace<'a> {
    /// With its source, which is kept too.
    New(&'a SummarySource),
    /// Beside the other summaries of a source that is kept.
    Beside(SummarySourceId),
    /// In place of one that was made before.
    Instead(SummaryId),
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

impl Store {
    /// Writes a summary down, as it ended or running: all of it or nothing. One in whose place it comes stays until then.
    pub async fn write_summary(
        &self,
        place: SummaryPlace<'_>,
        wish: &SummaryWish,
        end: Option<&SummaryEnd<'_>>,
        now_ms: i64,
    ) -> Result<SummaryId, StoreError> {
        let mut change = self.begin().await?;
        let id = match place {
            SummaryPlace::New(source) => {
                let source = keep_source(&mut change, source).await?;
                create(&mut change, source, wish, now_ms).await?
            }
            SummaryPlace::Beside(source) => create(&mut change, source, wish, now_ms).await?,
            SummaryPlace::Instead(id) => {
                restart(&mut change, id, wish).await?;
                id
            }
        };
        if let Some(end) = end {
            set_end(&mut change, id, end, now_ms).await?;
        }
        change.commit().await?;
        Ok(id)
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
        let mut writer = self.writer.acquire().await?;
        set_end(&mut writer, id, end, now_ms).await
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

async fn keep_source(
    connection: &mut SqliteConnection,
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
    .fetch_one(connection)
    .await?;
    Ok(kept)
}

/// Running.
async fn create(
    connection: &mut SqliteConnection,
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
    .fetch_one(connection)
    .await?;
    Ok(id)
}

/// Running once more, in another form or length.
async fn restart(
    connection: &mut SqliteConnection,
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
    .execute(connection)
    .await?;
    found(set.rows_affected(), id)
}

async fn set_end(
    connection: &mut SqliteConnection,
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
    .execute(connection)
    .await?;
    found(set.rows_affected(), id)
}

fn found(rows: u64, id: SummaryId) -> Result<(), StoreError> {
    if rows > 0 { Ok(()) } else { Err(not_there(id)) }
}
