//! What a person does to a sentence: choose, edit, lock, confirm, ask again.

use std::sync::Arc;

use bimo_store as store;
use bimo_store::{SegmentOutcome, SegmentState, Translation};

use super::draft::script;
use super::glossary::wire_entry;
use super::language::to_simplified;
use super::telling::{alternatives_of, json, outcome_of, wire_segment};
use super::terms::{Terms, spans};
use super::translator::{Translated, Wish};
use crate::Desk;
use crate::wire::{Alternative, ApiError, Segment, SegmentId, TargetLanguage, TranslationEvent};

/// Bytes of a translation that the person may write for one sentence.
const LONGEST_TARGET: usize = 64 << 10;

impl Desk {
    /// Takes another of the texts that the model thought of; the one that was there becomes one of them.
    pub async fn choose_alternative(
        &self,
        segment: SegmentId,
        alternative: u32,
    ) -> Result<Segment, ApiError> {
        let (kept, translation) = self.segment_of(segment).await?;
        let mut alternatives = alternatives_of(&kept.outcome);
        if alternatives.len() <= alternative as usize {
            let message = "That choice is not there any more: choose again.";
            return Err(ApiError::new("alternative_gone", message));
        }
        let chosen = alternatives.remove(alternative as usize);
        let before =
            Alternative { text: kept.outcome.target.clone(), confidence: kept.outcome.confidence };
        alternatives.insert(0, before);
        let outcome = SegmentOutcome {
            confidence: chosen.confidence,
            alternatives: json(&alternatives),
            ..self.own_outcome(&kept, &translation, chosen.text).await?
        };
        self.write(kept.id, outcome, &translation).await
    }

    /// Takes the person's own translation. Nothing changes it but the person.
    pub async fn edit_segment(
        &self,
        segment: SegmentId,
        target: String,
    ) -> Result<Segment, ApiError> {
        let (kept, translation) = self.segment_of(segment).await?;
        if target.len() > LONGEST_TARGET {
            let message = "The translation of one sentence is too long: shorten it.";
            return Err(ApiError::new("target_too_long", message));
        }
        let outcome = self.own_outcome(&kept, &translation, target).await?;
        self.write(kept.id, outcome, &translation).await
    }

    /// Keeps a segment's translation as it is, or lets it go again.
    pub async fn lock_segment(
        &self,
        segment: SegmentId,
        locked: bool,
    ) -> Result<Segment, ApiError> {
        let (kept, translation) = self.segment_of(segment).await?;
        if locked {
            refuse_new(&kept)?;
        }
        self.store().lock_segment(kept.id, locked).await?;
        self.wire(kept.id, &translation).await
    }

    /// Agrees to a translation: the memory keeps it.
    pub async fn confirm_segment(&self, segment: SegmentId) -> Result<Segment, ApiError> {
        let (kept, translation) = self.segment_of(segment).await?;
        refuse_new(&kept)?;
        self.remember(&kept, &translation).await?;
        let outcome =
            SegmentOutcome { state: SegmentState::Confirmed, flags: "[]".into(), ..kept.outcome };
        self.write(kept.id, outcome, &translation).await
    }

    /// Has the model translate a segment once more, and otherwise than before. The new text is told.
    pub async fn translate_again(&self, segment: SegmentId) -> Result<Segment, ApiError> {
        let (kept, translation) = self.segment_of(segment).await?;
        if kept.locked {
            let message = "The sentence is locked: unlock it first.";
            return Err(ApiError::new("segment_locked", message));
        }
        let answer = wire_segment(kept.clone(), &translation);
        let desk = self.clone();
        tokio::spawn(async move {
            if let Err(error) = desk.again(kept, &translation).await {
                let translation = translation.id.into();
                desk.translations_at_work().tell(TranslationEvent::Failed { translation, error });
            }
        });
        Ok(answer)
    }

    async fn again(&self, kept: store::Segment, translation: &Translation) -> Result<(), ApiError> {
        let to = TargetLanguage::named(&translation.target_language);
        let translator = self.translator(to).await?;
        let wish = Wish {
            to,
            beams: None,
            terms: self.terms_for(translation).await?,
            other_than: Some(kept.outcome.target.clone()),
        };
        let mut found: Option<Translated> = None;
        let mut on_done = |_, translated| found = Some(translated);
        let source = std::slice::from_ref(&kept.source);
        translator.translate(source, &wish, &Default::default(), &mut on_done).await?;
        // The person may have locked or rewritten it meanwhile.
        let now = self.store().segment(kept.id).await?;
        let is_as_it_was = !now.locked && now.outcome.target == kept.outcome.target;
        if let Some(found) = found.filter(|_| is_as_it_was) {
            let outcome = SegmentOutcome { memory: kept.outcome.memory, ..outcome_of(&found) };
            let segment = self.write(kept.id, outcome, translation).await?;
            let translation = translation.id.into();
            self.translations_at_work().tell(TranslationEvent::Segment { translation, segment });
        }
        Ok(())
    }

    /// Brings every translation into the other script.
    pub(super) async fn convert_targets(
        &self,
        id: store::TranslationId,
        to: TargetLanguage,
    ) -> Result<(), ApiError> {
        for segment in self.store().segments(id).await? {
            if segment.outcome.state == SegmentState::New {
                continue;
            }
            let mut alternatives = alternatives_of(&segment.outcome);
            alternatives.iter_mut().for_each(|other| other.text = script(&other.text, to));
            let outcome = SegmentOutcome {
                target: script(&segment.outcome.target, to),
                alternatives: json(&alternatives),
                ..segment.outcome
            };
            self.store().write_segment(segment.id, &outcome).await?;
        }
        Ok(())
    }

    async fn segment_of(
        &self,
        segment: SegmentId,
    ) -> Result<(store::Segment, Translation), ApiError> {
        let segment = self.store().segment(segment.into()).await?;
        let translation = self.store().translation(segment.translation).await?;
        Ok((segment, translation))
    }

    /// A translation that the person has made theirs: nothing is flagged any more.
    async fn own_outcome(
        &self,
        segment: &store::Segment,
        translation: &Translation,
        target: String,
    ) -> Result<SegmentOutcome, ApiError> {
        let terms = self.terms_for(translation).await?;
        let simplified = to_simplified(&segment.source);
        Ok(SegmentOutcome {
            terms: json(&spans(&segment.source, &terms.in_source(&simplified), &target)),
            target,
            state: SegmentState::Edited,
            confidence: None,
            flags: "[]".into(),
            ..segment.outcome.clone()
        })
    }

    async fn terms_for(&self, translation: &Translation) -> Result<Arc<Terms>, ApiError> {
        let to = TargetLanguage::named(&translation.target_language);
        let entries = self.store().glossary(translation.work).await?;
        let entries: Vec<_> = entries.into_iter().map(wire_entry).collect();
        Ok(Arc::new(Terms::of(&entries, to)))
    }

    async fn write(
        &self,
        id: store::SegmentId,
        outcome: SegmentOutcome,
        translation: &Translation,
    ) -> Result<Segment, ApiError> {
        self.store().write_segment(id, &outcome).await?;
        if !self.translations_at_work().is_at_work(translation.id) {
            self.fill_linked_chapter(translation.id).await?;
        }
        self.wire(id, translation).await
    }

    async fn wire(&self, id: store::SegmentId, of: &Translation) -> Result<Segment, ApiError> {
        Ok(wire_segment(self.store().segment(id).await?, of))
    }
}

fn refuse_new(segment: &store::Segment) -> Result<(), ApiError> {
    if segment.outcome.state != SegmentState::New {
        return Ok(());
    }
    let message = "The sentence is not translated yet: wait for it, or write its translation.";
    Err(ApiError::new("segment_not_translated", message))
}
