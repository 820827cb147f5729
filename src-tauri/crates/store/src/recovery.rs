//! What was being written when the program ended, offered back.

use bimo_text::{TextEdit, Utf16Offset, to_byte, utf16_len};
use sqlx::FromRow;
use sqlx::sqlite::SqliteConnection;

use crate::page::{edit_page, load};
use crate::revision::RevisionReason;
use crate::{ChapterId, GenerationId, Store, StoreError};

/// Text that was found again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// The generation.
    pub generation: GenerationId,
    /// The chapter into which it has been put; nothing where it is only in the history.
    pub chapter: Option<ChapterId>,
    /// The text that no save had brought into the page.
    pub text: String,
}

#[derive(FromRow)]
struct Interrupted {
    id: GenerationId,
    chapter: Option<ChapterId>,
    anchor: Option<u32>,
    placed: u32,
    choices: u32,
    output: String,
}

impl Store {
    /// Stops every generation that the program's end interrupted. What it had written and no save had brought into
    /// the page is put there, at its place, and a revision of the page before is kept. The same is done for one that
    /// had just ended, if the page was not saved after.
    ///
    /// For the start, before anything is written. Each generation is one transaction, so that nothing is put in twice.
    /// Of alternatives that were written side by side none had been chosen: they stay in the history.
    pub async fn recover_interrupted(&self, now_ms: i64) -> Result<Vec<Recovered>, StoreError> {
        let unsettled = "SELECT id FROM generation WHERE settled = 0 ORDER BY id";
        let unsettled: Vec<GenerationId> =
            sqlx::query_scalar(unsettled).fetch_all(&self.readers).await?;
        let mut recovered = Vec::new();
        for generation in unsettled {
            recovered.extend(self.recover(generation, now_ms).await?);
        }
        Ok(recovered)
    }

    /// Marks what has ended as needing no recovery. For the end of the program, once the pages are saved as the person
    /// leaves them: what they lack was taken out.
    pub async fn settle_ended(&self) -> Result<(), StoreError> {
        sqlx::query("UPDATE generation SET settled = 1 WHERE settled = 0 AND status <> 'running'")
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    async fn recover(
        &self,
        generation: GenerationId,
        now_ms: i64,
    ) -> Result<Option<Recovered>, StoreError> {
        let mut change = self.begin().await?;
        let interrupted: Interrupted = sqlx::query_as(
            "SELECT id, chapter, anchor, placed, choices, output FROM generation WHERE id = ?",
        )
        .bind(generation)
        .fetch_one(&mut *change)
        .await?;
        let text = interrupted.rest().to_owned();
        let chapter = put_back(&mut change, &interrupted, &text, now_ms).await?;
        sqlx::query(
            "UPDATE generation SET ended_at = iif(status = 'running', ?, ended_at),
                                   status = iif(status = 'running', 'stopped', status),
                                   settled = 1 WHERE id = ?",
        )
        .bind(now_ms)
        .bind(generation)
        .execute(&mut *change)
        .await?;
        change.commit().await?;
        Ok((!text.is_empty()).then_some(Recovered { generation, chapter, text }))
    }
}

/// Puts the text at its place, if it has one. Answers the chapter.
async fn put_back(
    connection: &mut SqliteConnection,
    interrupted: &Interrupted,
    text: &str,
    now_ms: i64,
) -> Result<Option<ChapterId>, StoreError> {
    let place = interrupted.chapter.zip(interrupted.anchor);
    let Some((chapter, anchor)) = place.filter(|_| interrupted.choices == 1 && !text.is_empty())
    else {
        return Ok(None);
    };
    let page = load(connection, chapter).await?;
    let anchor = Utf16Offset(anchor);
    let at = to_byte(&page.body, anchor).map_or(Utf16Offset(utf16_len(&page.body)), |_| anchor);
    let edit =
        TextEdit { from: at, to: at, insert: text.to_owned(), generation: Some(interrupted.id.0) };
    let reason = Some(RevisionReason::Recovery);
    edit_page(connection, chapter, page, &[edit], reason, now_ms).await?;
    Ok(Some(chapter))
}

impl Interrupted {
    /// The output behind what is in the page.
    fn rest(&self) -> &str {
        // More than all of it came back if a redo brought some of it twice: then nothing is missing.
        let placed = to_byte(&self.output, Utf16Offset(self.placed));
        placed.map_or("", |placed| &self.output[placed.0..])
    }
}
