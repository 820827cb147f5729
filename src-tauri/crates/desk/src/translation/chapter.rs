//! A chapter into a linked one: at the same place in the tree, right behind it, filled as far as it is translated.

use bimo_store as store;
use bimo_store::{NewTranslation, SegmentState, TranslationKind};

use super::language::{detect, other_than};
use super::segmenting::{Cut, CutText, target_gap};
use crate::Desk;
use crate::wire::{ApiError, ChapterId, OpenTranslation, TargetLanguage};

impl Desk {
    /// Begins to translate a chapter into a linked one behind it. Where that has begun already it goes on with the
    /// chapter as it is now.
    pub async fn translate_chapter(
        &self,
        chapter: ChapterId,
        to: Option<TargetLanguage>,
    ) -> Result<OpenTranslation, ApiError> {
        let page = self.store().chapter(chapter.into()).await?;
        let to = to.unwrap_or_else(|| other_than(&page.body));
        let begun = self.store().translation_of_chapter(page.id).await?;
        let id = match begun
            .filter(|begun| begun.linked_chapter.is_some() && begun.target_language == to.name())
        {
            Some(begun) => {
                self.change_source(begun.id, &page.body).await?;
                begun.id
            }
            None => self.begin_chapter(&page, to).await?,
        };
        self.go_on(id).await?;
        self.opened(id).await
    }

    async fn begin_chapter(
        &self,
        page: &store::Chapter,
        to: TargetLanguage,
    ) -> Result<store::TranslationId, ApiError> {
        let cut = CutText::of(&page.body, Cut::Sentences);
        if cut.segments.is_empty() {
            let message = "The chapter has no words to translate: write something first.";
            return Err(ApiError::new("nothing_to_translate", message));
        }
        let library = self.store().library().await?;
        let work = library.works.iter().find(|work| work.id == page.work);
        let place = work.and_then(|work| work.chapters.iter().position(|one| one.id == page.id));
        let position = place.map(|place| place as u32 + 1);
        let title = marked(&page.title, to);
        let now_ms = self.now_ms();
        let linked = self.store().create_chapter(page.work, &title, position, now_ms).await?;
        let new = NewTranslation {
            kind: TranslationKind::Chapter,
            title: &page.title,
            work: Some(page.work),
            chapter: Some(page.id),
            linked_chapter: Some(linked),
            source_language: detect(&page.body).name(),
            target_language: to.name(),
            direction_detected: false,
            lead: &cut.lead,
            segments: &cut.segments,
            document: None,
        };
        Ok(self.store().create_translation(&new, now_ms).await?)
    }

    /// Brings the linked chapter, if there is one, up to what is translated: all sentences before the first that is
    /// not. One that the person has written in since stays as it is.
    pub(super) async fn fill_linked_chapter(
        &self,
        id: store::TranslationId,
    ) -> Result<(), ApiError> {
        let translation = self.store().translation(id).await?;
        let Some(linked) = translation.linked_chapter else { return Ok(()) };
        let page = self.store().chapter(linked).await?;
        let is_ours = translation.linked_version.unwrap_or(0) == page.version;
        let segments = self.store().segments(id).await?;
        let body = translated(&translation, &segments);
        if !is_ours || body == page.body {
            return Ok(());
        }
        let saved = self.store().replace_page(linked, &body, Vec::new(), self.now_ms()).await?;
        Ok(self.store().set_linked_version(id, saved.version).await?)
    }
}

/// The translation as a text, up to the first sentence that has none.
pub(crate) fn translated(translation: &store::Translation, segments: &[store::Segment]) -> String {
    let to = TargetLanguage::named(&translation.target_language);
    let mut text = target_gap(&translation.lead, true, to);
    let done = segments.iter().take_while(|segment| segment.outcome.state != SegmentState::New);
    for segment in done {
        let is_last = segment.position + 1 >= translation.total;
        text += &segment.outcome.target;
        text += &target_gap(&segment.gap, is_last, to);
    }
    text
}

/// The title with the language's name, so that the two are told apart in the tree.
fn marked(title: &str, to: TargetLanguage) -> String {
    let language = match to {
        TargetLanguage::English => "English",
        TargetLanguage::Simplified => "简体中文",
        TargetLanguage::Traditional => "繁體中文",
    };
    match title.is_empty() {
        true => language.to_owned(),
        false => format!("{title} · {language}"),
    }
}
