//! The text of a chapter: edits from the editor, and who wrote what.

use bimo_text::{AuthorSpan, Authorship, Counts, TextEdit, Utf16Offset, apply_edits, utf16_len};
use sqlx::FromRow;
use sqlx::sqlite::SqliteConnection;

use crate::chapter::verify;
use crate::checksum::checksum_of;
use crate::generation::{follow_edits, follow_replacement};
use crate::revision::{RevisionReason, keep_revision};
use crate::{ChapterId, Store, StoreError};

/// A save that takes away more UTF-16 units than this keeps a revision of what was there.
const BIG_LOSS: u32 = 1000;

/// The answer to a save.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Saved {
    /// The version that the next edits are made on.
    pub version: u32,
    /// The chapter's length now.
    pub counts: Counts,
}

/// A chapter's text inside a change.
#[derive(FromRow)]
pub(crate) struct Page {
    pub version: u32,
    han: u32,
    words: u32,
    characters: u32,
    pub body: String,
    checksum: i64,
    pub authorship: Vec<u8>,
}

impl Page {
    fn counts(&self) -> Counts {
        Counts { han: self.han, words: self.words, characters: self.characters }
    }
}

impl Store {
    /// Applies edits that were made on `base_version`, each on the result of those before it.
    ///
    /// Text, counts, authorship and the places of running generations change together or not at all. A chapter in the
    /// bin takes edits too: a save that comes late loses nothing. No edits, no new version.
    pub async fn apply_edits(
        &self,
        chapter: ChapterId,
        base_version: u32,
        edits: &[TextEdit],
        now_ms: i64,
    ) -> Result<Saved, StoreError> {
        let mut change = self.begin().await?;
        let page = load(&mut change, chapter).await?;
        if page.version != base_version {
            let stored = page.version;
            return Err(StoreError::VersionConflict { stored, given: base_version });
        }
        if edits.is_empty() {
            return Ok(Saved { version: page.version, counts: page.counts() });
        }
        let removed: u64 = edits.iter().map(|edit| u64::from(edit.removed())).sum();
        let reason = (removed > u64::from(BIG_LOSS)).then_some(RevisionReason::BigLoss);
        let saved = edit_page(&mut change, chapter, page, edits, reason, now_ms).await?;
        change.commit().await?;
        Ok(saved)
    }

    /// Replaces the whole text, whatever version is stored. A revision of what was there is kept first.
    pub async fn replace_page(
        &self,
        chapter: ChapterId,
        body: &str,
        spans: Vec<AuthorSpan>,
        now_ms: i64,
    ) -> Result<Saved, StoreError> {
        let mut change = self.begin().await?;
        let page = load(&mut change, chapter).await?;
        if page.body != body {
            keep_revision(&mut change, chapter, &page, RevisionReason::Replaced, now_ms).await?;
        }
        let authorship = Authorship::new(spans, utf16_len(body));
        let difference = TextEdit::between(&page.body, body);
        follow_replacement(&mut change, chapter, &difference, &authorship).await?;
        let saved = Saved { version: page.version + 1, counts: Counts::of(body) };
        put(&mut change, chapter, saved, body, &authorship, now_ms).await?;
        change.commit().await?;
        Ok(saved)
    }
}

/// A chapter's text, verified.
pub(crate) async fn load(
    connection: &mut SqliteConnection,
    chapter: ChapterId,
) -> Result<Page, StoreError> {
    let page: Page = sqlx::query_as(
        "SELECT version, han, words, characters, body, checksum, authorship
         FROM chapter JOIN chapter_text ON chapter_text.chapter = chapter.id WHERE id = ?",
    )
    .bind(chapter)
    .fetch_optional(connection)
    .await?
    .ok_or(StoreError::NotFound { kind: "chapter", id: chapter.0 })?;
    verify(chapter, &page.body, &page.authorship, page.checksum)?;
    Ok(page)
}

/// Applies edits to a loaded page, with everything that follows from them.
pub(crate) async fn edit_page(
    connection: &mut SqliteConnection,
    chapter: ChapterId,
    page: Page,
    edits: &[TextEdit],
    keep_as: Option<RevisionReason>,
    now_ms: i64,
) -> Result<Saved, StoreError> {
    let body = apply_edits(&page.body, edits)?;
    if let Some(reason) = keep_as {
        keep_revision(connection, chapter, &page, reason, now_ms).await?;
    }
    let mut authorship = authorship_from_blob(&page.authorship, &page.body);
    for edit in edits {
        authorship.apply(edit);
    }
    follow_edits(connection, chapter, edits).await?;
    let saved = Saved { version: page.version + 1, counts: page.counts().after(&page.body, &body) };
    put(connection, chapter, saved, &body, &authorship, now_ms).await?;
    Ok(saved)
}

async fn put(
    connection: &mut SqliteConnection,
    chapter: ChapterId,
    saved: Saved,
    body: &str,
    authorship: &Authorship,
    now_ms: i64,
) -> Result<(), StoreError> {
    let authorship = authorship_to_blob(authorship);
    sqlx::query("UPDATE chapter_text SET body = ?, checksum = ?, authorship = ? WHERE chapter = ?")
        .bind(body)
        .bind(checksum_of([body.as_bytes(), &authorship]))
        .bind(authorship)
        .bind(chapter)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "UPDATE chapter SET version = ?, han = ?, words = ?, characters = ?, search_dirty = 1,
                            updated_at = ? WHERE id = ?",
    )
    .bind(saved.version)
    .bind(saved.counts.han)
    .bind(saved.counts.words)
    .bind(saved.counts.characters)
    .bind(now_ms)
    .bind(chapter)
    .execute(connection)
    .await?;
    Ok(())
}

/// Little-endian triples of `u32`: from, to, generation.
pub(crate) fn authorship_to_blob(authorship: &Authorship) -> Vec<u8> {
    let numbers =
        authorship.spans().iter().flat_map(|span| [span.from.0, span.to.0, span.generation]);
    numbers.flat_map(u32::to_le_bytes).collect()
}

/// The opposite of [`authorship_to_blob`], for the text that it is about.
pub(crate) fn authorship_from_blob(blob: &[u8], body: &str) -> Authorship {
    let (triples, _) = blob.as_chunks::<12>();
    let spans = triples.iter().map(|triple| {
        let (numbers, _) = triple.as_chunks::<4>();
        let number = |index: usize| u32::from_le_bytes(numbers[index]);
        AuthorSpan {
            from: Utf16Offset(number(0)),
            to: Utf16Offset(number(1)),
            generation: number(2),
        }
    });
    Authorship::new(spans.collect(), utf16_len(body))
}
