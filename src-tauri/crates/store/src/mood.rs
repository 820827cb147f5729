//! What classifiers said of sentences, by model and sentence, and the names of a work's characters.

use std::collections::HashMap;

use serde_json::json;
use sqlx::sqlite::SqliteConnection;

use crate::checksum::checksum;
use crate::{Store, StoreError, WorkId};

/// Sentences that are kept, of all models together: a dozen novels, some five megabytes.
const MOST_KEPT: i64 = 100_000;
/// Sentences that are looked for at a time.
const PAGE: usize = 2000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// How well a label fits a sentence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabelScore {
    /// The label's number in the model.
    pub label: u32,
    /// Its score.
    pub score: f32,
}

impl Store {
    /// What a model said of sentences, in their order; nothing of those that it has not read. `model` is the SHA-256 of
    /// its files.
    pub async fn known_moods(
        &self,
        model: &str,
        sentences: &[&str],
        now_ms: i64,
    ) -> Result<Vec<Option<Vec<LabelScore>>>, StoreError> {
        let hashes: Vec<i64> = sentences.iter().map(|sentence| checksum(sentence)).collect();
        let mut known = HashMap::new();
        for page in hashes.chunks(PAGE) {
            let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
                "SELECT sentence, scores FROM mood WHERE model = (SELECT id FROM mood_model WHERE sha256 = ?)
                 AND sentence IN (SELECT value FROM json_each(?))",
            )
            .bind(model)
            .bind(json!(page).to_string())
            .fetch_all(&self.readers)
            .await?;
            known.extend(rows.into_iter().map(|(hash, scores)| (hash, decode(&scores))));
        }
        // An answer is worth more than the note of when it was asked for, on a full disk for instance.
        if !known.is_empty()
            && let Err(error) = self.note_use(model, known.keys().copied().collect(), now_ms).await
        {
            tracing::warn!(%error, "the use of scores could not be noted");
        }
        Ok(hashes.iter().map(|hash| known.get(hash).cloned()).collect())
    }

    /// Keeps what a model said of sentences. Of too many, those that nobody asked for longest are forgotten.
    pub async fn keep_moods(
        &self,
        model: &str,
        moods: &[(&str, Vec<LabelScore>)],
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let mut change = self.begin().await?;
        sqlx::query("INSERT OR IGNORE INTO mood_model (sha256) VALUES (?)")
            .bind(model)
            .execute(&mut *change)
            .await?;
        let model: i64 = sqlx::query_scalar("SELECT id FROM mood_model WHERE sha256 = ?")
            .bind(model)
            .fetch_one(&mut *change)
            .await?;
        for (sentence, scores) in moods {
            sqlx::query("INSERT OR REPLACE INTO mood (model, sentence, scores, used_on) VALUES (?, ?, ?, ?)")
                .bind(model)
                .bind(checksum(sentence))
                .bind(encode(scores))
                .bind(now_ms / DAY_MS)
                .execute(&mut *change)
                .await?;
        }
        forget_beyond(&mut change, MOST_KEPT).await?;
        Ok(change.commit().await?)
    }

    /// Notes that sentences were of use today, where that is not noted already.
    async fn note_use(&self, model: &str, hashes: Vec<i64>, now_ms: i64) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE mood SET used_on = ?1 WHERE model = (SELECT id FROM mood_model WHERE sha256 = ?2)
             AND used_on < ?1 AND sentence IN (SELECT value FROM json_each(?3))",
        )
        .bind(now_ms / DAY_MS)
        .bind(model)
        .bind(json!(hashes).to_string())
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// The characters of a work, each by its names, in the person's order.
    pub async fn characters(&self, work: WorkId) -> Result<Vec<Vec<String>>, StoreError> {
        let rows: Vec<String> =
            sqlx::query_scalar("SELECT names FROM work_character WHERE work = ? ORDER BY id")
                .bind(work)
                .fetch_all(&self.readers)
                .await?;
        let names = |row: String| serde_json::from_str(&row);
        rows.into_iter().map(names).collect::<Result<_, _>>().map_err(|error| {
            StoreError::corrupted(format!("a character of work {}: {error}", work.0))
        })
    }

    /// Puts other characters in the place of a work's.
    pub async fn keep_characters(
        &self,
        work: WorkId,
        characters: &[Vec<String>],
    ) -> Result<(), StoreError> {
        let mut change = self.begin().await?;
        let is_there: i64 = sqlx::query_scalar("SELECT count(*) FROM work WHERE id = ?")
            .bind(work)
            .fetch_one(&mut *change)
            .await?;
        if is_there == 0 {
            return Err(StoreError::NotFound { kind: "work", id: work.0 });
        }
        sqlx::query("DELETE FROM work_character WHERE work = ?")
            .bind(work)
            .execute(&mut *change)
            .await?;
        for names in characters {
            sqlx::query("INSERT INTO work_character (work, names) VALUES (?, ?)")
                .bind(work)
                .bind(json!(names).to_string())
                .execute(&mut *change)
                .await?;
        }
        Ok(change.commit().await?)
    }
}

/// Forgets sentences where there are too many, and some more, so that it is seldom done.
async fn forget_beyond(connection: &mut SqliteConnection, most: i64) -> Result<(), StoreError> {
    let kept: i64 =
        sqlx::query_scalar("SELECT count(*) FROM mood").fetch_one(&mut *connection).await?;
    if kept > most {
        sqlx::query(
            "DELETE FROM mood WHERE (model, sentence) IN
                 (SELECT model, sentence FROM mood ORDER BY used_on LIMIT ?)",
        )
        .bind(kept - most + most / 20)
        .execute(connection)
        .await?;
    }
    Ok(())
}

fn encode(scores: &[LabelScore]) -> Vec<u8> {
    let pair = |one: &LabelScore| [one.label.to_le_bytes(), one.score.to_le_bytes()].concat();
    scores.iter().flat_map(pair).collect()
}

/// The opposite of [`encode`]; what is left at the end of damaged bytes is passed over.
fn decode(bytes: &[u8]) -> Vec<LabelScore> {
    let (pairs, _) = bytes.as_chunks::<8>();
    let pair = |&[a, b, c, d, e, f, g, h]: &[u8; 8]| LabelScore {
        label: u32::from_le_bytes([a, b, c, d]),
        score: f32::from_le_bytes([e, f, g, h]),
    };
    pairs.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StoreOptions;

    #[tokio::test]
    async fn of_too_many_sentences_those_that_nobody_used_for_longest_go() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = StoreOptions::new(folder.path().join("library"), 0);
        let store = Store::open(options).await.expect("a library");
        let sentences: Vec<String> = (0..30).map(|number| format!("Sentence {number}.")).collect();
        let sentences: Vec<&str> = sentences.iter().map(String::as_str).collect();
        for (day, of_the_day) in (0..).zip(sentences.chunks(10)) {
            let moods: Vec<_> = of_the_day
                .iter()
                .map(|sentence| (*sentence, vec![LabelScore { label: 0, score: 1.0 }]))
                .collect();
            store.keep_moods("aa", &moods, day * DAY_MS).await.expect("kept");
        }
        // The very first is asked for again.
        store.known_moods("aa", &sentences[..1], 3 * DAY_MS).await.expect("an answer");
        let mut change = store.begin().await.expect("a change");
        forget_beyond(&mut change, 30).await.expect("nothing to forget");
        forget_beyond(&mut change, 20).await.expect("forgotten");
        change.commit().await.expect("kept");
        let known = store.known_moods("aa", &sentences, 3 * DAY_MS).await.expect("an answer");
        let known: Vec<bool> = known.iter().map(Option::is_some).collect();
        assert_eq!(known.iter().filter(|is_known| **is_known).count(), 19);
        assert!(known[0] && !known[1..10].contains(&true) && !known[20..].contains(&false));
    }

    #[test]
    fn scores_come_back_as_they_were() {
        let scores =
            [LabelScore { label: 2, score: 0.75 }, LabelScore { label: 70_000, score: 0.0 }];
        let bytes = encode(&scores);
        assert_eq!(bytes[..8], [2, 0, 0, 0, 0, 0, 0x40, 0x3f]);
        assert_eq!(decode(&bytes), scores);
        assert_eq!(decode(&bytes[..15]), scores[..1]);
    }
}
