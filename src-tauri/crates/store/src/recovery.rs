//! What was being written when the program ended, offered back.

use bimo_text::{TextEdit, Utf16Offset, to_byte, utf16_len};
use sqlx::FromRow;

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
    /// The generations that run, or that the program's end interrupted.
    pub async fn interrupted(&self) -> Result<Vec<GenerationId>, StoreError> {
        let running = "SELECT id FROM generation WHERE status = 'running' ORDER BY id";
        Ok(sqlx::query_scalar(running).fetch_all(&self.readers).await?)
    }

    /// Stops every generation that the program's end interrupted. What it had written and no save had brought into
    /// the page is put there, at its place, and a revision of the page before is kept.
    ///
    /// For the start, before anything is written. Each generation is one transaction, so that nothing is put in twice.
    /// Of alternatives that were written side by side none had been chosen: they stay in the history.
    pub async fn recover_interrupted(&self, now_ms: i64) -> Result<Vec<Recovered>, StoreError> {
        let mut recovered = Vec::new();
        for generation in self.interrupted().await? {
            recovered.extend(self.recover(generation, now_ms).await?);
        }
        Ok(recovered)
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
        let place =
            interrupted.chapter.zip(interrupted.anchor).filter(|_| interrupted.choices == 1);
        if let Some((chapter, anchor)) = place.filter(|_| !text.is_empty()) {
            let page = load(&mut change, chapter).await?;
            let anchor = Utf16Offset(anchor);
            let at = to_byte(&page.body, anchor).map_or(utf16_len(&page.body), |_| anchor.0);
            let edit = TextEdit {
                from: Utf16Offset(at),
                to: Utf16Offset(at),
                insert: text.clone(),
                generation: Some(generation.0),
            };
            let reason = Some(RevisionReason::Recovery);
            edit_page(&mut change, chapter, page, &[edit], reason, now_ms).await?;
        }
        sqlx::query("UPDATE generation SET status = 'stopped', ended_at = ? WHERE id = ?")
            .bind(now_ms)
            .bind(interrupted.id)
            .execute(&mut *change)
            .await?;
        change.commit().await?;
        let chapter = place.map(|(chapter, _)| chapter);
        Ok((!text.is_empty()).then_some(Recovered { generation, chapter, text }))
    }
}

impl Interrupted {
    /// The output behind what is in the page.
    fn rest(&self) -> &str {
        // More than all of it came back if a redo brought some of it twice: then nothing is missing.
        let placed = to_byte(&self.output, Utf16Offset(self.placed));
        placed.map_or("", |placed| &self.output[placed.0..])
    }
}
