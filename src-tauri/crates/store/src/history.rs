//! The history: everything that models have written, newest first.

use sqlx::QueryBuilder;

use crate::{ChapterId, Generation, GenerationId, GenerationSummary, Store, StoreError};

/// Most generations that one page of the history has.
const LONGEST_PAGE: u32 = 200;

const SUMMARY: &str =
    "SELECT generation.id, generation.chapter, chapter.title AS chapter_title, generation.created_at, status, finish,
            output, edited_output, model, seed, tokens, decode_seconds
     FROM generation LEFT JOIN chapter ON chapter.id = generation.chapter";

const WHOLE: &str =
    "SELECT generation.id, generation.chapter, chapter.title AS chapter_title, generation.created_at, status, finish,
            output, edited_output, model, seed, tokens, decode_seconds, context, sampling, max_tokens, model_sha256,
            choices, prompt_tokens, reused_tokens, prefill_seconds, error, anchor, thoughts
     FROM generation LEFT JOIN chapter ON chapter.id = generation.chapter WHERE generation.id = ?";

/// Which generations to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryQuery {
    /// Only those with all of these words, separated by white space, each anywhere in the output, the author's
    /// version of it or a `text` of the context. ASCII letters match in either case.
    pub text: String,
    /// Only those of this chapter.
    pub chapter: Option<ChapterId>,
    /// Only those older than this one.
    pub before: Option<GenerationId>,
    /// At most so many, up to 200.
    pub limit: u32,
}

impl Store {
    /// A page of the history, newest first.
    pub async fn history(
        &self,
        query: &HistoryQuery,
    ) -> Result<Vec<GenerationSummary>, StoreError> {
        let mut sql = QueryBuilder::new(SUMMARY);
        sql.push(" WHERE true");
        if let Some(chapter) = query.chapter {
            sql.push(" AND generation.chapter = ").push_bind(chapter);
        }
        if let Some(before) = query.before {
            sql.push(" AND generation.id < ").push_bind(before);
        }
        for word in query.text.split_whitespace() {
            // In the prompt's JSON a quote or a backslash is written with a backslash before it.
            let in_json = serde_json::Value::from(word).to_string();
            let in_json = in_json[1..in_json.len() - 1].to_owned();
            sql.push(" AND (output LIKE ").push_bind(like_pattern(word)).push(" ESCAPE '~'");
            sql.push(" OR edited_output LIKE ").push_bind(like_pattern(word)).push(" ESCAPE '~'");
            // The whole JSON first, which is quick; then only the texts in it, not its names.
            sql.push(" OR context LIKE ").push_bind(like_pattern(&in_json)).push(" ESCAPE '~'");
            sql.push(" AND EXISTS (SELECT 1 FROM json_tree(generation.context)");
            sql.push(" WHERE key = 'text' AND atom LIKE ").push_bind(like_pattern(word));
            sql.push(" ESCAPE '~'))");
        }
        sql.push(" ORDER BY generation.id DESC LIMIT ").push_bind(query.limit.min(LONGEST_PAGE));
        Ok(sql.build_query_as().fetch_all(&self.readers).await?)
    }

    /// All about a generation.
    pub async fn generation(&self, generation: GenerationId) -> Result<Generation, StoreError> {
        sqlx::query_as(WHOLE)
            .bind(generation)
            .fetch_optional(&self.readers)
            .await?
            .ok_or(StoreError::NotFound { kind: "generation", id: generation.0 })
    }

    /// All tries at the place of one of them, oldest first.
    pub async fn tries(
        &self,
        generation: GenerationId,
    ) -> Result<Vec<GenerationSummary>, StoreError> {
        let mut sql = QueryBuilder::new(SUMMARY);
        sql.push(" WHERE coalesce(first_try, generation.id) = ");
        sql.push("(SELECT coalesce(first_try, id) FROM generation WHERE id = ");
        sql.push_bind(generation).push(") ORDER BY generation.id");
        let tries: Vec<GenerationSummary> = sql.build_query_as().fetch_all(&self.readers).await?;
        if tries.is_empty() {
            return Err(StoreError::NotFound { kind: "generation", id: generation.0 });
        }
        Ok(tries)
    }
}

/// A `LIKE` pattern for text that has `word` in it, with `~` as the escape character.
fn like_pattern(word: &str) -> String {
    format!("%{}%", word.replace('~', "~~").replace('%', "~%").replace('_', "~_"))
}
