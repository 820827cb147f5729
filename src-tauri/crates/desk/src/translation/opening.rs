//! Translations as the person opens them: the list, a text that is typed, its direction, pause and resume.

use bimo_store as store;
use bimo_store::{Direction, NewTranslation, TranslationKind, TranslationStatus};

use super::language::{detect, other_than};
use super::segmenting::{Cut, CutText, Splice, splice};
use super::telling::{open_of, summary_of, wire_segment};
use crate::Desk;
use crate::wire::{
    ApiError, OpenTranslation, SourceChange, SourceLanguage, TargetLanguage, TranslationId,
    TranslationSummary, WorkId,
};

/// Bytes of a text that is typed or pasted; more is a document.
const LONGEST_TEXT: usize = 8 << 20;
/// Characters of a title.
const LONGEST_TITLE: usize = 60;

impl Desk {
    /// All translations, the one changed last first.
    pub async fn translations(&self) -> Result<Vec<TranslationSummary>, ApiError> {
        let all = self.store().translations().await?;
        Ok(all.iter().map(summary_of).collect())
    }

    /// An empty text to translate; the direction follows the text where none is given.
    pub async fn new_translation(
        &self,
        work: Option<WorkId>,
        to: Option<TargetLanguage>,
    ) -> Result<OpenTranslation, ApiError> {
        let new = NewTranslation {
            kind: TranslationKind::Text,
            title: "",
            work: work.map(Into::into),
            chapter: None,
            linked_chapter: None,
            source_language: SourceLanguage::Unknown.name(),
            target_language: to.unwrap_or(TargetLanguage::Simplified).name(),
            direction_detected: to.is_none(),
            lead: "",
            segments: &[],
            document: None,
        };
        let id = self.store().create_translation(&new, self.now_ms()).await?;
        self.set_status(id, TranslationStatus::Complete).await?;
        self.opened(id).await
    }

    /// A translation with all of its text.
    pub async fn open_translation(
        &self,
        translation: TranslationId,
    ) -> Result<OpenTranslation, ApiError> {
        self.opened(translation.into()).await
    }

    /// Removes a translation for good. A linked chapter stays.
    pub async fn delete_translation(
        &self,
        translation: TranslationId,
    ) -> Result<Vec<TranslationSummary>, ApiError> {
        self.translations_at_work().stop(translation.into());
        self.store().delete_translation(translation.into()).await?;
        self.translations().await
    }

    /// Takes the text as it is now, and begins to translate the sentences that are new. Of a text only.
    pub async fn set_translation_source(
        &self,
        translation: TranslationId,
        text: String,
    ) -> Result<SourceChange, ApiError> {
        let id = translation.into();
        if text.len() > LONGEST_TEXT {
            let message = "The text is too long to be typed: save it to a file and open that.";
            return Err(ApiError::new("source_too_long", message)
                .with_detail(format!("{} bytes", text.len())));
        }
        if self.store().translation(id).await?.kind != TranslationKind::Text {
            let message = "This translation follows its chapter or file: change the text there.";
            return Err(ApiError::new("source_not_typed", message));
        }
        let title: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let title: String = title.chars().take(LONGEST_TITLE).collect();
        self.store().set_translation_title(id, &title).await?;
        self.change_source(id, &text).await
    }

    /// Chooses what is written, or lets it follow the text, and begins to translate.
    pub async fn set_translation_target(
        &self,
        translation: TranslationId,
        to: Option<TargetLanguage>,
    ) -> Result<OpenTranslation, ApiError> {
        let id = translation.into();
        {
            let _changing = self.translations_at_work().changing.lock().await;
            let before = self.store().translation(id).await?;
            let was = TargetLanguage::named(&before.target_language);
            let text = source_of(&before, &self.store().segments(id).await?);
            let wanted = to.unwrap_or_else(|| followed(&text, was));
            self.turn_around(&before, &text, (wanted, to.is_none())).await?;
        }
        self.go_on(id).await?;
        self.opened(id).await
    }

    /// Chooses the work whose glossary is used.
    pub async fn set_translation_work(
        &self,
        translation: TranslationId,
        work: Option<WorkId>,
    ) -> Result<OpenTranslation, ApiError> {
        let (id, work) = (translation.into(), work.map(Into::into));
        self.store().set_translation_work(id, work, self.now_ms()).await?;
        self.opened(id).await
    }

    /// Stops translating for now.
    pub async fn pause_translation(&self, translation: TranslationId) -> Result<(), ApiError> {
        self.leave(translation, TranslationStatus::Paused).await
    }

    /// Goes on exactly where it was.
    pub async fn resume_translation(&self, translation: TranslationId) -> Result<(), ApiError> {
        self.go_on(translation.into()).await
    }

    /// Gives a translation up; what is translated stays.
    pub async fn stop_translation(&self, translation: TranslationId) -> Result<(), ApiError> {
        self.leave(translation, TranslationStatus::Stopped).await
    }

    async fn leave(&self, id: TranslationId, status: TranslationStatus) -> Result<(), ApiError> {
        let _changing = self.translations_at_work().changing.lock().await;
        self.translations_at_work().stop(id.into());
        let is_open =
            self.store().translation(id.into()).await?.status != TranslationStatus::Complete;
        if is_open {
            self.set_status(id.into(), status).await?;
        }
        Ok(())
    }

    /// Begins or goes on to translate what is new.
    pub(super) async fn go_on(&self, id: store::TranslationId) -> Result<(), ApiError> {
        let _changing = self.translations_at_work().changing.lock().await;
        self.set_status(id, TranslationStatus::Running).await?;
        self.translations_at_work().go_on(self, id);
        Ok(())
    }

    async fn set_status(
        &self,
        id: store::TranslationId,
        status: TranslationStatus,
    ) -> Result<(), ApiError> {
        Ok(self.store().set_translation_status(id, status, None, self.now_ms()).await?)
    }

    pub(super) async fn opened(
        &self,
        id: store::TranslationId,
    ) -> Result<OpenTranslation, ApiError> {
        let translation = self.store().translation(id).await?;
        Ok(open_of(&translation, self.store().segments(id).await?))
    }

    /// Puts another text in the place of a translation's source, and begins to translate what is new in it.
    pub(super) async fn change_source(
        &self,
        id: store::TranslationId,
        text: &str,
    ) -> Result<SourceChange, ApiError> {
        let changing = self.translations_at_work().changing.lock().await;
        let before = self.store().translation(id).await?;
        let old = self.store().segments(id).await?;
        let new = CutText::of(text, Cut::Sentences);
        let Splice { at, removed, inserted } = splice(&old, &new.segments);
        let place = (at as u32, removed as u32);
        self.store().splice_segments(id, &new.lead, place, &inserted, self.now_ms()).await?;
        let was = TargetLanguage::named(&before.target_language);
        let to = if before.direction_detected { followed(text, was) } else { was };
        let is_turned = self.turn_around(&before, text, (to, before.direction_detected)).await?;
        drop(changing);
        self.go_on(id).await?;
        let now = self.store().translation(id).await?;
        let all = self.store().segments(id).await?;
        let (at, removed, shown) = match is_turned {
            true => (0, old.len(), all),
            false => (at, removed, all.into_iter().skip(at).take(inserted.len()).collect()),
        };
        Ok(SourceChange {
            summary: summary_of(&now),
            lead: now.lead.clone(),
            at: at as u32,
            removed: removed as u32,
            inserted: shown.into_iter().map(|segment| wire_segment(segment, &now)).collect(),
        })
    }

    /// Keeps the direction. What was written in another language is forgotten; between the two scripts of Chinese it is
    /// converted. Answers whether any translation is another one now.
    async fn turn_around(
        &self,
        before: &store::Translation,
        text: &str,
        (to, detected): (TargetLanguage, bool),
    ) -> Result<bool, ApiError> {
        let was = TargetLanguage::named(&before.target_language);
        let direction = Direction {
            source_language: detect(text).name(),
            target_language: to.name(),
            detected,
        };
        self.store().set_translation_direction(before.id, direction, self.now_ms()).await?;
        if was == to {
            return Ok(false);
        }
        match was.is_chinese() && to.is_chinese() {
            true => self.convert_targets(before.id, to).await?,
            false => self.store().forget_targets(before.id).await?,
        }
        Ok(true)
    }
}

/// The language to write where it follows the text; the script that was chosen stays.
fn followed(text: &str, was: TargetLanguage) -> TargetLanguage {
    match (other_than(text), was) {
        (TargetLanguage::Simplified, TargetLanguage::Traditional) => was,
        (other, _) => other,
    }
}

/// The whole source of a translation.
pub(crate) fn source_of(translation: &store::Translation, segments: &[store::Segment]) -> String {
    let mut text = translation.lead.clone();
    for segment in segments {
        text += &segment.source;
        text += &segment.gap;
    }
    text
}
