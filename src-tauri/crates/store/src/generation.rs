//! Generations: everything that models write, from before the first token on.

use bimo_text::{Authorship, Side, TextEdit, Utf16Offset, map_offset};
use sqlx::FromRow;
use sqlx::sqlite::SqliteConnection;

use crate::token_choice::{TokenChoice, encode};
use crate::{ChapterId, GenerationId, Store, StoreError};

/// A place in a chapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The chapter.
    pub chapter: ChapterId,
    /// Where in its body.
    pub anchor: Utf16Offset,
}

/// A generation that is about to begin.
#[derive(Debug, Clone, PartialEq)]
pub struct NewGeneration {
    /// Where its text goes; nothing where it is not for a page.
    pub place: Option<Place>,
    /// Any earlier try at the same place.
    pub try_of: Option<GenerationId>,
    /// Continuations that are written side by side with it, itself included. With more than one, none goes into the
    /// page before the person has chosen.
    pub choices: u32,
    /// JSON of the context pieces, exactly as they are sent. The history is searched in what is named `text` in it.
    pub context: String,
    /// JSON of every sampler setting.
    pub sampling: String,
    /// The seed it draws with.
    pub seed: u32,
    /// Most tokens that it may write.
    pub max_tokens: u32,
    /// The model's name.
    pub model: String,
    /// SHA-256 of the model's weights, in hex.
    pub model_sha256: String,
}

/// How far a generation came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub enum GenerationStatus {
    /// It is being written.
    Running,
    /// It ended by itself.
    Complete,
    /// The person stopped it, or the program ended in the middle.
    Stopped,
    /// It failed.
    Failed,
}

/// How a generation ended.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerationEnd {
    /// How far it came; not [`GenerationStatus::Running`].
    pub status: GenerationStatus,
    /// Why it ended, in the engine's name for it.
    pub finish: Option<String>,
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// Of these, tokens taken from the cache.
    pub reused_tokens: u32,
    /// Tokens written.
    pub tokens: u32,
    /// Seconds to read the prompt.
    pub prefill_seconds: f64,
    /// Seconds to write.
    pub decode_seconds: f64,
    /// Why it failed.
    pub error: Option<String>,
}

/// A generation without its prompt.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct GenerationSummary {
    /// Its number.
    pub id: GenerationId,
    /// Its chapter; nothing where that is gone for good or there was none.
    pub chapter: Option<ChapterId>,
    /// That chapter's title.
    pub chapter_title: Option<String>,
    /// When it began.
    #[sqlx(rename = "created_at")]
    pub created_at_ms: i64,
    /// How far it came.
    pub status: GenerationStatus,
    /// Why it ended, in the engine's name for it.
    pub finish: Option<String>,
    /// All of its text so far.
    pub output: String,
    /// What the author had made of it when another try took its place.
    pub edited_output: Option<String>,
    /// The model's name.
    pub model: String,
    /// The seed it drew with.
    pub seed: u32,
    /// Tokens written so far.
    pub tokens: u32,
    /// Seconds to write; 0 until it has ended.
    pub decode_seconds: f64,
}

/// All about a generation.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct Generation {
    /// As in the list.
    #[sqlx(flatten)]
    pub summary: GenerationSummary,
    /// JSON of the context pieces, exactly as they were sent.
    pub context: String,
    /// JSON of every sampler setting.
    pub sampling: String,
    /// Most tokens that it was to write.
    pub max_tokens: u32,
    /// SHA-256 of the model's weights, in hex.
    pub model_sha256: String,
    /// Continuations that were written side by side with it, itself included.
    pub choices: u32,
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// Of these, tokens taken from the cache.
    pub reused_tokens: u32,
    /// Seconds to read the prompt.
    pub prefill_seconds: f64,
    /// Why it failed.
    pub error: Option<String>,
    /// UTF-16 place of its next text in the chapter. It follows the page's edits until the first save after the end.
    pub anchor: Option<u32>,
    /// What the model thought before it wrote; no part of the output.
    pub thoughts: String,
}

/// What a running generation has grown by.
#[derive(Debug, Clone, Copy, Default)]
pub struct Growth<'a> {
    /// More of its text.
    pub text: &'a str,
    /// More of its thoughts.
    pub thoughts: &'a str,
    /// The tokens of both.
    pub tokens: &'a [TokenChoice],
}

impl Store {
    /// Writes a generation down before its first token.
    pub async fn start_generation(
        &self,
        new: &NewGeneration,
        now_ms: i64,
    ) -> Result<GenerationId, StoreError> {
        for (name, json) in [("context", &new.context), ("sampling", &new.sampling)] {
            serde_json::from_str::<serde_json::Value>(json)
                .map_err(|error| StoreError::InvalidValue { name, reason: error.to_string() })?;
        }
        let mut change = self.begin().await?;
        let first_try = match new.try_of {
            Some(earlier) => Some(first_try(&mut change, earlier).await?),
            None => None,
        };
        let id = sqlx::query_scalar(
            "INSERT INTO generation (chapter, anchor, first_try, choices, status, context, sampling, seed,
                                     max_tokens, model, model_sha256, created_at)
             VALUES (?, ?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        )
        .bind(new.place.map(|place| place.chapter))
        .bind(new.place.map(|place| place.anchor.0))
        .bind(first_try)
        .bind(new.choices)
        .bind(&new.context)
        .bind(&new.sampling)
        .bind(new.seed)
        .bind(new.max_tokens)
        .bind(&new.model)
        .bind(&new.model_sha256)
        .bind(now_ms)
        .fetch_one(&mut *change)
        .await
        .map_err(|error| match (&error, new.place) {
            (sqlx::Error::Database(cause), Some(place)) if cause.is_foreign_key_violation() => {
                StoreError::NotFound { kind: "chapter", id: place.chapter.0 }
            }
            _ => error.into(),
        })?;
        change.commit().await?;
        Ok(id)
    }

    /// Adds text and tokens to a running generation.
    pub async fn append_output(
        &self,
        generation: GenerationId,
        text: &str,
        tokens: &[TokenChoice],
    ) -> Result<(), StoreError> {
        self.grow(generation, Growth { text, tokens, ..Growth::default() }).await
    }

    /// Adds text, thoughts and tokens to a running generation, all or none of them.
    pub async fn grow(
        &self,
        generation: GenerationId,
        Growth { text, thoughts, tokens }: Growth<'_>,
    ) -> Result<(), StoreError> {
        let mut change = self.begin().await?;
        let appended = sqlx::query(
            "UPDATE generation SET output = output || ?, thoughts = thoughts || ?, tokens = tokens + ?
             WHERE id = ? AND status = 'running'",
        )
        .bind(text)
        .bind(thoughts)
        .bind(tokens.len() as u32)
        .bind(generation)
        .execute(&mut *change)
        .await?;
        still_running(appended.rows_affected(), generation)?;
        if !tokens.is_empty() {
            sqlx::query("INSERT INTO token_choice (generation, choices) VALUES (?, ?)")
                .bind(generation)
                .bind(encode(tokens))
                .execute(&mut *change)
                .await?;
        }
        Ok(change.commit().await?)
    }

    /// Ends a running generation.
    pub async fn finish_generation(
        &self,
        generation: GenerationId,
        end: &GenerationEnd,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let ended = sqlx::query(
            "UPDATE generation SET status = ?, finish = ?, prompt_tokens = ?, reused_tokens = ?, tokens = ?,
                                   prefill_seconds = ?, decode_seconds = ?, error = ?, ended_at = ?,
                                   settled = (choices > 1 OR anchor IS NULL)
             WHERE id = ? AND status = 'running'",
        )
        .bind(end.status)
        .bind(&end.finish)
        .bind(end.prompt_tokens)
        .bind(end.reused_tokens)
        .bind(end.tokens)
        .bind(end.prefill_seconds)
        .bind(end.decode_seconds)
        .bind(&end.error)
        .bind(now_ms)
        .bind(generation)
        .execute(&self.writer)
        .await?;
        still_running(ended.rows_affected(), generation)
    }

    /// Keeps the author's changed version of a try; the model's own text stays.
    pub async fn keep_edited_try(
        &self,
        generation: GenerationId,
        text: &str,
    ) -> Result<(), StoreError> {
        let kept = sqlx::query("UPDATE generation SET edited_output = ? WHERE id = ?")
            .bind(text)
            .bind(generation)
            .execute(&self.writer)
            .await?;
        if kept.rows_affected() == 0 {
            return Err(StoreError::NotFound { kind: "generation", id: generation.0 });
        }
        Ok(())
    }
}

fn still_running(rows: u64, generation: GenerationId) -> Result<(), StoreError> {
    if rows > 0 {
        return Ok(());
    }
    Err(StoreError::InvalidValue {
        name: "generation",
        reason: format!("generation {} does not run", generation.0),
    })
}

/// The first of the tries at the place of `generation`.
async fn first_try(
    connection: &mut SqliteConnection,
    generation: GenerationId,
) -> Result<GenerationId, StoreError> {
    sqlx::query_scalar("SELECT coalesce(first_try, id) FROM generation WHERE id = ?")
        .bind(generation)
        .fetch_optional(connection)
        .await?
        .ok_or(StoreError::NotFound { kind: "generation", id: generation.0 })
}

/// A generation of which text may be missing from the page.
#[derive(FromRow)]
struct Unsettled {
    id: u32,
    anchor: u32,
    placed: u32,
}

/// Moves the places of a chapter's generations along with edits, and counts what of their text has come into the page.
pub(crate) async fn follow_edits(
    connection: &mut SqliteConnection,
    chapter: ChapterId,
    edits: &[TextEdit],
) -> Result<(), StoreError> {
    let mut generations = unsettled(connection, chapter).await?;
    for generation in &mut generations {
        for edit in edits {
            if edit.generation == Some(generation.id) {
                // The editor knows best where it put the text; what follows goes behind it.
                generation.anchor = edit.from.0 + edit.inserted();
                generation.placed = generation.placed.saturating_add(edit.inserted());
            } else {
                generation.anchor =
                    map_offset(Utf16Offset(generation.anchor), edit, Side::Before).0;
            }
        }
    }
    keep_places(connection, chapter, &generations).await
}

/// The same where the whole page was replaced: `change` is the difference, `authorship` the new one.
pub(crate) async fn follow_replacement(
    connection: &mut SqliteConnection,
    chapter: ChapterId,
    change: &TextEdit,
    authorship: &Authorship,
) -> Result<(), StoreError> {
    let mut generations = unsettled(connection, chapter).await?;
    for generation in &mut generations {
        generation.anchor = map_offset(Utf16Offset(generation.anchor), change, Side::Before).0;
        let spans = authorship.spans().iter().filter(|span| span.generation == generation.id);
        if let Some(last) = spans.clone().next_back() {
            generation.anchor = last.to.0;
        }
        let present: u32 = spans.map(|span| span.to.0 - span.from.0).sum();
        generation.placed = generation.placed.max(present);
    }
    keep_places(connection, chapter, &generations).await
}

async fn unsettled(
    connection: &mut SqliteConnection,
    chapter: ChapterId,
) -> Result<Vec<Unsettled>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT id, anchor, placed FROM generation
         WHERE settled = 0 AND chapter = ? AND anchor IS NOT NULL",
    )
    .bind(chapter)
    .fetch_all(connection)
    .await?)
}

/// Writes places down. The page that is being saved was made when the generations that have ended were told whole:
/// what it lacks of their text was taken out by the person.
async fn keep_places(
    connection: &mut SqliteConnection,
    chapter: ChapterId,
    generations: &[Unsettled],
) -> Result<(), StoreError> {
    for generation in generations {
        sqlx::query("UPDATE generation SET anchor = ?, placed = ? WHERE id = ?")
            .bind(generation.anchor)
            .bind(generation.placed)
            .bind(generation.id)
            .execute(&mut *connection)
            .await?;
    }
    sqlx::query(
        "UPDATE generation SET settled = 1
         WHERE settled = 0 AND chapter = ? AND status <> 'running'",
    )
    .bind(chapter)
    .execute(connection)
    .await?;
    Ok(())
}
