//! The memory: pairs of sentences that a person has agreed to, found again word for word or by likeness.

use bimo_text::search::index_terms;
use sqlx::FromRow;
use sqlx::sqlite::SqliteConnection;

use crate::{MemoryId, Store, StoreError};

/// Terms of a sentence that a search for sentences like it asks for.
const MOST_TERMS: usize = 64;

/// Which side of a pair is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairSide {
    /// The English one.
    English,
    /// The Chinese one.
    Chinese,
}

/// A pair that is about to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPair {
    /// In English.
    pub english: String,
    /// In Chinese, in either script.
    pub chinese: String,
    /// Where it comes from.
    pub origin: String,
}

/// A pair of sentences.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Pair {
    /// Its number.
    pub id: MemoryId,
    /// In English.
    pub english: String,
    /// In Chinese, in either script.
    pub chinese: String,
    /// Where it comes from.
    pub origin: String,
    /// When it was agreed to.
    #[sqlx(rename = "updated_at")]
    pub updated_at_ms: i64,
}

impl Store {
    /// Keeps pairs, all or none. Answers how many of them are new.
    pub async fn keep_pairs(&self, pairs: &[NewPair], now_ms: i64) -> Result<u32, StoreError> {
        let mut change = self.begin().await?;
        let mut added = 0;
        for pair in pairs {
            added += u32::from(keep(&mut change, pair, now_ms).await?);
        }
        change.commit().await?;
        Ok(added)
    }

    /// The pair that has this very sentence; of several the one agreed to last.
    pub async fn exact_pair(
        &self,
        side: PairSide,
        sentence: &str,
    ) -> Result<Option<Pair>, StoreError> {
        let newest = match side {
            PairSide::English => {
                "SELECT * FROM memory WHERE english = ? ORDER BY updated_at DESC, id DESC LIMIT 1"
            }
            PairSide::Chinese => {
                "SELECT * FROM memory WHERE chinese = ? ORDER BY updated_at DESC, id DESC LIMIT 1"
            }
        };
        Ok(sqlx::query_as(newest).bind(sentence).fetch_optional(&self.readers).await?)
    }

    /// Pairs that share words or pairs of Han characters with a sentence, the most promising first. How alike they are
    /// is for whoever asks to say.
    pub async fn like_pairs(
        &self,
        side: PairSide,
        sentence: &str,
        limit: u32,
    ) -> Result<Vec<Pair>, StoreError> {
        let terms = index_terms(sentence);
        if terms.is_empty() {
            return Ok(Vec::new());
        }
        let terms: Vec<String> =
            terms.split(' ').take(MOST_TERMS).map(|term| format!("\"{term}\"")).collect();
        let column = match side {
            PairSide::English => "english",
            PairSide::Chinese => "chinese",
        };
        Ok(sqlx::query_as(
            "SELECT memory.* FROM memory_terms JOIN memory ON memory.id = memory_terms.rowid
             WHERE memory_terms MATCH ? ORDER BY rank LIMIT ?",
        )
        .bind(format!("{column} : ({})", terms.join(" OR ")))
        .bind(limit)
        .fetch_all(&self.readers)
        .await?)
    }

    /// Pairs with higher numbers than `after`, the lowest first.
    pub async fn pairs(&self, after: MemoryId, limit: u32) -> Result<Vec<Pair>, StoreError> {
        Ok(sqlx::query_as("SELECT * FROM memory WHERE id > ? ORDER BY id LIMIT ?")
            .bind(after)
            .bind(limit)
            .fetch_all(&self.readers)
            .await?)
    }

    /// Pairs that have these words on either side, the latest first: those with lower numbers than `before`.
    pub async fn find_pairs(
        &self,
        words: &str,
        before: Option<MemoryId>,
        limit: u32,
    ) -> Result<Vec<Pair>, StoreError> {
        Ok(sqlx::query_as(
            "SELECT * FROM memory
             WHERE (instr(lower(english), lower(?1)) > 0 OR instr(chinese, ?1) > 0)
               AND (?2 IS NULL OR id < ?2)
             ORDER BY id DESC LIMIT ?3",
        )
        .bind(words)
        .bind(before)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?)
    }

    /// Puts other sentences in the place of a pair's. It counts as agreed to now.
    pub async fn change_pair(
        &self,
        id: MemoryId,
        (english, chinese): (String, String),
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let mut change = self.begin().await?;
        let origin: Option<String> =
            sqlx::query_scalar("DELETE FROM memory WHERE id = ? RETURNING origin")
                .bind(id)
                .fetch_optional(&mut *change)
                .await?;
        found(u64::from(origin.is_some()), id)?;
        let pair = NewPair { english, chinese, origin: origin.unwrap_or_default() };
        keep(&mut change, &pair, now_ms).await?;
        Ok(change.commit().await?)
    }

    /// Forgets a pair.
    pub async fn forget_pair(&self, id: MemoryId) -> Result<(), StoreError> {
        let gone =
            sqlx::query("DELETE FROM memory WHERE id = ?").bind(id).execute(&self.writer).await?;
        found(gone.rows_affected(), id)
    }
}

fn found(rows: u64, id: MemoryId) -> Result<(), StoreError> {
    if rows > 0 {
        Ok(())
    } else {
        Err(StoreError::NotFound { kind: "pair of sentences", id: id.0 })
    }
}

/// Answers whether the pair is new.
async fn keep(
    connection: &mut SqliteConnection,
    pair: &NewPair,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let known = sqlx::query(
        "UPDATE memory SET origin = ?, updated_at = ? WHERE english = ? AND chinese = ?",
    )
    .bind(&pair.origin)
    .bind(now_ms)
    .bind(&pair.english)
    .bind(&pair.chinese)
    .execute(&mut *connection)
    .await?;
    if known.rows_affected() > 0 {
        return Ok(false);
    }
    let id: MemoryId = sqlx::query_scalar(
        "INSERT INTO memory (english, chinese, origin, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?4) RETURNING id",
    )
    .bind(&pair.english)
    .bind(&pair.chinese)
    .bind(&pair.origin)
    .bind(now_ms)
    .fetch_one(&mut *connection)
    .await?;
    sqlx::query("INSERT INTO memory_terms (rowid, english, chinese) VALUES (?, ?, ?)")
        .bind(id)
        .bind(index_terms(&pair.english))
        .bind(index_terms(&pair.chinese))
        .execute(connection)
        .await?;
    Ok(true)
}
