//! From what is kept of translations to what the window is told.

use bimo_store as store;

use super::report::flags_of;
use super::segmenting::target_gap;
use super::translator::Translated;
use crate::wire::{
    Alternative, ApiError, OpenTranslation, Segment, SegmentState, SourceLanguage, TargetLanguage,
    TermSpan, TranslationKind, TranslationProgress, TranslationStatus, TranslationSummary,
};

/// What is kept of a sentence that the model translated.
pub(super) fn outcome_of(translated: &Translated) -> store::SegmentOutcome {
    store::SegmentOutcome {
        target: translated.target.clone(),
        state: store::SegmentState::Machine,
        confidence: translated.logprob.map(f32::exp),
        alternatives: json(&translated.alternatives),
        flags: json(&translated.flags),
        terms: json(&translated.terms),
        memory: None,
    }
}

/// Plain data of our own always has a form in JSON.
pub(super) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "[]".to_owned())
}

pub(super) fn alternatives_of(outcome: &store::SegmentOutcome) -> Vec<Alternative> {
    serde_json::from_str(&outcome.alternatives).unwrap_or_default()
}

pub(super) fn terms_of(outcome: &store::SegmentOutcome) -> Vec<TermSpan> {
    serde_json::from_str(&outcome.terms).unwrap_or_default()
}

pub(super) fn wire_segment(segment: store::Segment, of: &store::Translation) -> Segment {
    let to = TargetLanguage::named(&of.target_language);
    let is_last = segment.position + 1 >= of.total;
    Segment {
        id: segment.id.into(),
        target_gap: target_gap(&segment.gap, is_last, to),
        source: segment.source,
        gap: segment.gap,
        state: match segment.outcome.state {
            store::SegmentState::New => SegmentState::New,
            store::SegmentState::Machine => SegmentState::Machine,
            store::SegmentState::Memory => SegmentState::Memory,
            store::SegmentState::Edited => SegmentState::Edited,
            store::SegmentState::Confirmed => SegmentState::Confirmed,
        },
        locked: segment.locked,
        confidence: segment.outcome.confidence,
        alternatives: alternatives_of(&segment.outcome),
        flags: flags_of(&segment.outcome),
        terms: terms_of(&segment.outcome),
        memory: segment.outcome.memory,
        target: segment.outcome.target,
    }
}

pub(super) fn progress_of(translation: &store::Translation) -> TranslationProgress {
    TranslationProgress {
        status: match translation.status {
            store::TranslationStatus::Running => TranslationStatus::Running,
            store::TranslationStatus::Paused => TranslationStatus::Paused,
            store::TranslationStatus::Stopped => TranslationStatus::Stopped,
            store::TranslationStatus::Complete => TranslationStatus::Complete,
            store::TranslationStatus::Failed => TranslationStatus::Failed,
        },
        done: translation.done,
        total: translation.total,
        seconds_left: None,
    }
}

pub(super) fn summary_of(translation: &store::Translation) -> TranslationSummary {
    TranslationSummary {
        id: translation.id.into(),
        kind: match translation.kind {
            store::TranslationKind::Text => TranslationKind::Text,
            store::TranslationKind::Chapter => TranslationKind::Chapter,
            store::TranslationKind::Document => TranslationKind::Document,
        },
        title: translation.title.clone(),
        work: translation.work.map(Into::into),
        chapter: translation.chapter.map(Into::into),
        linked_chapter: translation.linked_chapter.map(Into::into),
        from: SourceLanguage::named(&translation.source_language),
        to: TargetLanguage::named(&translation.target_language),
        direction_detected: translation.direction_detected,
        progress: progress_of(translation),
        updated_at_ms: translation.updated_at_ms as f64,
    }
}

pub(super) fn open_of(
    translation: &store::Translation,
    segments: Vec<store::Segment>,
) -> OpenTranslation {
    let error =
        translation.error.as_deref().and_then(|error| serde_json::from_str::<ApiError>(error).ok());
    OpenTranslation {
        summary: summary_of(translation),
        lead: translation.lead.clone(),
        segments: segments.into_iter().map(|segment| wire_segment(segment, translation)).collect(),
        error,
    }
}
