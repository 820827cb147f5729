//! What a translation came to, in numbers.

use bimo_store::{Segment, SegmentOutcome, SegmentState};

use super::telling::terms_of;
use crate::Desk;
use crate::wire::{ApiError, FlagCount, SegmentFlag, TranslationId, TranslationReport};

impl Desk {
    /// What a translation has come to so far.
    pub async fn translation_report(
        &self,
        translation: TranslationId,
    ) -> Result<TranslationReport, ApiError> {
        Ok(report(&self.store().segments(translation.into()).await?))
    }
}

pub(super) fn flags_of(outcome: &SegmentOutcome) -> Vec<SegmentFlag> {
    serde_json::from_str(&outcome.flags).unwrap_or_default()
}

fn report(segments: &[Segment]) -> TranslationReport {
    let count = |is: &dyn Fn(&SegmentOutcome) -> bool| {
        segments.iter().filter(|segment| is(&segment.outcome)).count() as u32
    };
    let in_state = |state| count(&|outcome: &SegmentOutcome| outcome.state == state);
    let mut flags: Vec<FlagCount> = Vec::new();
    for flag in segments.iter().flat_map(|segment| flags_of(&segment.outcome)) {
        match flags.iter_mut().find(|known| known.flag == flag) {
            Some(known) => known.count += 1,
            None => flags.push(FlagCount { flag, count: 1 }),
        }
    }
    flags.sort_by_key(|flag| std::cmp::Reverse(flag.count));
    let terms: Vec<_> = segments.iter().flat_map(|segment| terms_of(&segment.outcome)).collect();
    TranslationReport {
        segments: segments.len() as u32,
        translated: segments.len() as u32 - in_state(SegmentState::New),
        edited: in_state(SegmentState::Edited),
        confirmed: in_state(SegmentState::Confirmed),
        flagged: count(&|outcome| outcome.flags != "[]"),
        flags,
        memory_exact: in_state(SegmentState::Memory),
        memory_fuzzy: count(&|outcome| outcome.memory.is_some_and(|score| score < 1.0)),
        terms_honoured: terms.iter().filter(|term| term.target_from.is_some()).count() as u32,
        terms: terms.len() as u32,
    }
}
