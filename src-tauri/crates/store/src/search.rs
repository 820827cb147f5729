//! Search through all chapters that are not in the bin.

use bimo_text::search::Query;
use bimo_text::{Utf16Offset, utf16_len};

use crate::{ChapterId, Store, StoreError};

/// Characters of text that a hit shows on each side.
const CONTEXT: usize = 40;
/// Most hits of one search.
const MOST_HITS: u32 = 1000;

/// A place where a search found something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchHit {
    /// The chapter.
    pub chapter: ChapterId,
    /// Its title.
    pub chapter_title: String,
    /// Its work's title.
    pub work_title: String,
    /// Where the match begins in the body.
    pub from: Utf16Offset,
    /// Where it ends.
    pub to: Utf16Offset,
    /// Up to 40 characters of its paragraph before the match.
    pub before: String,
    /// The match as it stands in the text.
    pub matched: String,
    /// Up to 40 characters of its paragraph after it.
    pub after: String,
}

#[derive(sqlx::FromRow)]
struct Found {
    chapter: ChapterId,
    chapter_title: String,
    work_title: String,
    start: i64,
    length: i64,
}

impl Store {
    /// Places that match what was typed ([`Query`] says how), in the library's order, at most `limit` (up to 1000).
    ///
    /// All terms of a query must be within the same few paragraphs.
    pub async fn search(&self, typed: &str, limit: u32) -> Result<Vec<SearchHit>, StoreError> {
        let Some(query) = Query::parse(typed) else {
            return Ok(Vec::new());
        };
        self.index_changed_chapters().await?;
        let limit = limit.min(MOST_HITS);
        let mut snapshot = self.readers.begin().await?;
        let found: Vec<Found> = sqlx::query_as(
            "SELECT chapter.id AS chapter, chapter.title AS chapter_title, work.title AS work_title, start, length
             FROM passage_terms
             JOIN passage ON passage.id = passage_terms.rowid
             JOIN chapter ON chapter.id = passage.chapter
             JOIN work ON work.id = chapter.work
             WHERE passage_terms MATCH ? AND chapter.binned_at IS NULL AND work.binned_at IS NULL
                   AND NOT search_dirty
             ORDER BY work.position, chapter.position, start LIMIT ?",
        )
        .bind(query.match_expression())
        .bind(limit)
        .fetch_all(&mut *snapshot)
        .await?;

        let mut hits: Vec<SearchHit> = Vec::new();
        for passages in found.chunk_by(|one, next| one.chapter == next.chapter) {
            let body: String =
                sqlx::query_scalar("SELECT body FROM chapter_text WHERE chapter = ?")
                    .bind(passages[0].chapter)
                    .fetch_one(&mut *snapshot)
                    .await?;
            let mut walk = Walk { body: &body, byte: 0, unit: 0 };
            for passage in passages {
                hits.extend(hits_of(&query, passage, &mut walk));
                if hits.len() >= limit as usize {
                    hits.truncate(limit as usize);
                    return Ok(hits);
                }
            }
        }
        Ok(hits)
    }
}

/// Walks through a body from hit to hit, so that a long one is counted once.
struct Walk<'a> {
    body: &'a str,
    byte: usize,
    unit: u32,
}

impl Walk<'_> {
    /// The UTF-16 offset of a byte that is not before the last one asked for.
    fn to(&mut self, byte: usize) -> Utf16Offset {
        self.unit += utf16_len(&self.body[self.byte..byte]);
        self.byte = byte;
        Utf16Offset(self.unit)
    }
}

fn hits_of(query: &Query, passage: &Found, walk: &mut Walk) -> Vec<SearchHit> {
    let body = walk.body;
    let start = passage.start as usize;
    let Some(text) = body.get(start..start + passage.length as usize) else {
        return Vec::new();
    };
    let places = query.places(text).into_iter();
    let places = places.map(|place| (start + place.start.0, start + place.end.0));
    places
        .map(|(from, to)| SearchHit {
            chapter: passage.chapter,
            chapter_title: passage.chapter_title.clone(),
            work_title: passage.work_title.clone(),
            from: walk.to(from),
            to: walk.to(to),
            before: end_of_line(&body[..from]),
            matched: body[from..to].to_owned(),
            after: body[to..].chars().take_while(|next| *next != '\n').take(CONTEXT).collect(),
        })
        .collect()
}

fn end_of_line(text: &str) -> String {
    let line = text.chars().rev().take_while(|previous| *previous != '\n').take(CONTEXT);
    let start = text.len() - line.map(char::len_utf8).sum::<usize>();
    text[start..].to_owned()
}
