//! Passages: a chapter cut into stretches of a few paragraphs, the unit that is indexed and found.

use std::collections::HashMap;
use std::ops::Range;

use bimo_text::search::index_terms;
use sqlx::sqlite::SqliteConnection;

use crate::checksum::checksum;
use crate::{ChapterId, Store, StoreError};

/// No passage ends before this many bytes, but the last.
const SHORTEST: usize = 2 << 10;
/// A passage ends with the first paragraph past this many bytes.
const LONGEST: usize = 16 << 10;

impl Store {
    /// Brings the index up to date with the chapters that changed since the last search.
    pub(crate) async fn index_changed_chapters(&self) -> Result<(), StoreError> {
        let dirty = "SELECT id FROM chapter WHERE search_dirty";
        let dirty: Vec<ChapterId> = sqlx::query_scalar(dirty).fetch_all(&self.readers).await?;
        for chapter in dirty {
            let mut change = self.begin().await?;
            index(&mut change, chapter).await?;
            change.commit().await?;
        }
        Ok(())
    }
}

/// Indexes the passages that are not in the index yet, and forgets those that are gone.
async fn index(connection: &mut SqliteConnection, chapter: ChapterId) -> Result<(), StoreError> {
    let body: Option<String> =
        sqlx::query_scalar("SELECT body FROM chapter_text WHERE chapter = ?")
            .bind(chapter)
            .fetch_optional(&mut *connection)
            .await?;
    let Some(body) = body else {
        return Ok(());
    };
    let indexed: Vec<(i64, i64, i64)> =
        sqlx::query_as("SELECT id, start, checksum FROM passage WHERE chapter = ?")
            .bind(chapter)
            .fetch_all(&mut *connection)
            .await?;
    let mut reusable: HashMap<i64, Vec<(i64, i64)>> = HashMap::new();
    for (id, start, sum) in indexed {
        reusable.entry(sum).or_default().push((id, start));
    }
    let mut moved: Vec<(i64, i64)> = Vec::new();
    for range in passages(&body) {
        let text = &body[range.clone()];
        let sum = checksum(text);
        let new_start = range.start as i64;
        match reusable.get_mut(&sum).and_then(Vec::pop) {
            Some((_, start)) if start == new_start => {}
            Some((id, _)) => moved.push((id, new_start)),
            None => insert(connection, chapter, &range, text, sum).await?,
        }
    }
    let gone: Vec<i64> = reusable.into_values().flatten().map(|(id, _)| id).collect();
    // One statement each: behind an edit everything moves, and that may be hundreds of passages.
    sqlx::query(
        "UPDATE passage SET start = json_extract(value, '$[1]')
         FROM json_each(?) WHERE passage.id = json_extract(value, '$[0]')",
    )
    .bind(serde_json::json!(moved).to_string())
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM passage WHERE id IN (SELECT value FROM json_each(?))")
        .bind(serde_json::json!(gone).to_string())
        .execute(&mut *connection)
        .await?;
    sqlx::query("UPDATE chapter SET search_dirty = 0 WHERE id = ?")
        .bind(chapter)
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert(
    connection: &mut SqliteConnection,
    chapter: ChapterId,
    range: &Range<usize>,
    text: &str,
    sum: i64,
) -> Result<(), StoreError> {
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO passage (chapter, start, length, checksum) VALUES (?, ?, ?, ?) RETURNING id",
    )
    .bind(chapter)
    .bind(range.start as i64)
    .bind(range.len() as i64)
    .bind(sum)
    .fetch_one(&mut *connection)
    .await?;
    sqlx::query("INSERT INTO passage_terms (rowid, terms) VALUES (?, ?)")
        .bind(id)
        .bind(index_terms(text))
        .execute(connection)
        .await?;
    Ok(())
}

/// Cuts a body at ends of paragraphs.
///
/// Where a passage ends is decided by its last paragraph's own words (content-defined chunking), so that an edit moves
/// the cuts near it and no others, and all other passages are found in the index as they were.
fn passages(body: &str) -> Vec<Range<usize>> {
    let mut passages = Vec::new();
    let (mut start, mut end) = (0, 0);
    for paragraph in body.split_inclusive('\n') {
        end += paragraph.len();
        let length = end - start;
        if length >= LONGEST || (length >= SHORTEST && checksum(paragraph) & 3 == 0) {
            passages.push(start..end);
            start = end;
        }
    }
    if start < end {
        passages.push(start..end);
    }
    passages
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn book(paragraphs: usize) -> String {
        (0..paragraphs)
            .map(|number| format!("第{number}段。{}\n", "雪还在下。".repeat(20)))
            .collect()
    }

    #[test]
    fn passages_cover_the_body_without_gaps() {
        for body in [String::new(), "no line end".to_owned(), "\n\n".to_owned(), book(500)] {
            let ranges = passages(&body);
            let joined: String = ranges.iter().map(|range| &body[range.clone()]).collect();
            assert_eq!(joined, body);
            assert!(ranges.iter().all(|range| !range.is_empty() && range.len() < 2 * LONGEST));
        }
    }

    #[test]
    fn an_edit_leaves_most_passages_as_they_are() {
        let before = book(2000);
        let at = before.find("第300段").expect("a paragraph");
        let after = format!("{}新的一段。\n{}", &before[..at], &before[at..]);
        let of = |body: &str| -> HashSet<i64> {
            passages(body).into_iter().map(|range| checksum(&body[range])).collect()
        };
        let (old, new) = (of(&before), of(&after));
        assert!(old.len() > 50, "{}", old.len());
        assert!(new.difference(&old).count() <= 12, "{}", new.difference(&old).count());
    }
}
