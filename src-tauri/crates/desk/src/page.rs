//! The page: a chapter's text, and what a model is told of its work.

use bimo_text::TextEdit;

use crate::Desk;
use crate::wire::{
    ApiError, AuthorSpan, ChapterId, ChapterPage, ChapterRevision, Edit, Guidance, Saved, WorkId,
};

impl Desk {
    /// A chapter as the editor opens it.
    pub async fn open_chapter(&self, chapter: ChapterId) -> Result<ChapterPage, ApiError> {
        Ok(self.store().chapter(chapter.into()).await?.into())
    }

    /// Stores edits that were made on `version`. All of them are on the disk when this answers, or none.
    pub async fn save_edits(
        &self,
        chapter: ChapterId,
        version: u32,
        edits: Vec<Edit>,
    ) -> Result<Saved, ApiError> {
        let edits: Vec<TextEdit> = edits.into_iter().map(TextEdit::from).collect();
        let now_ms = self.now_ms();
        Ok(self.store().apply_edits(chapter.into(), version, &edits, now_ms).await?.into())
    }

    /// Stores the editor's whole page over whatever is stored, of which a revision is kept.
    pub async fn replace_page(
        &self,
        chapter: ChapterId,
        body: String,
        authorship: Vec<AuthorSpan>,
    ) -> Result<Saved, ApiError> {
        let spans = authorship.into_iter().map(Into::into).collect();
        let now_ms = self.now_ms();
        Ok(self.store().replace_page(chapter.into(), &body, spans, now_ms).await?.into())
    }

    /// Earlier versions of a chapter, newest first.
    pub async fn chapter_revisions(
        &self,
        chapter: ChapterId,
    ) -> Result<Vec<ChapterRevision>, ApiError> {
        let revisions = self.store().revisions(chapter.into()).await?;
        Ok(revisions.into_iter().map(ChapterRevision::from).collect())
    }

    /// Stores a work's memory and author's note.
    pub async fn save_guidance(&self, work: WorkId, guidance: Guidance) -> Result<(), ApiError> {
        Ok(self.store().set_guidance(work.into(), &guidance.into(), self.now_ms()).await?)
    }
}
