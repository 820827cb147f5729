//! From what is kept of summaries to what the window is told, and back.

use bimo_store as store;

use super::making::{Part, Wish};
use super::source::{Source, Units};
use crate::translation::detect;
use crate::wire::{
    ApiError, OpenSummary, SourceKind, SummaryEntry, SummaryForm, SummaryLength, SummaryMethod,
    SummaryOutcome, SummaryPart, SummaryProgress, SummaryStage, SummaryStatus, TargetLanguage,
};

/// How long a summary was to be where its row does not say it any more.
const USUAL_LENGTH: SummaryLength = SummaryLength::Sentences { count: 5 };

/// Pairs of names that mean the same in the store and on the wire.
macro_rules! same_names {
    ($name:ident: $($variant:ident),*) => {
        impl From<store::$name> for $name {
            fn from(one: store::$name) -> Self {
                match one {
                    $(store::$name::$variant => Self::$variant,)*
                }
            }
        }
        impl From<$name> for store::$name {
            fn from(one: $name) -> Self {
                match one {
                    $($name::$variant => Self::$variant,)*
                }
            }
        }
    };
}

same_names!(SourceKind: Text, Page, File, Chapter, Work);
same_names!(SummaryMethod: Key, Rewritten);
same_names!(SummaryForm: Paragraph, Bullets, OneLine, Title);
same_names!(SummaryStatus: Running, Complete, Stopped, Failed);

/// As it is kept.
pub(super) fn to_keep(wish: &Wish) -> Result<store::SummaryWish, ApiError> {
    Ok(store::SummaryWish {
        method: wish.method.into(),
        form: wish.form.into(),
        length: serde_json::to_string(&wish.length).map_err(ApiError::internal)?,
        language: wish.to.map(|to| to.name().to_owned()),
    })
}

pub(super) fn wire_entry(entry: &store::SummaryEntry) -> SummaryEntry {
    SummaryEntry {
        id: entry.id.into(),
        title: entry.title.clone(),
        kind: entry.kind.into(),
        work: entry.work.map(Into::into),
        chapter: entry.chapter.map(Into::into),
        method: entry.wish.method.into(),
        form: entry.wish.form.into(),
        length: serde_json::from_str(&entry.wish.length).unwrap_or(USUAL_LENGTH),
        to: entry.wish.language.as_deref().map(TargetLanguage::named),
        status: entry.status.into(),
        preview: entry.preview.split_whitespace().collect::<Vec<_>>().join(" "),
        model: entry.model.clone(),
        created_at_ms: entry.created_at_ms as f64,
    }
}

pub(super) fn open_of(
    summary: store::Summary,
    parts: Vec<store::SummaryPart>,
    source: &Source,
    source_changed: bool,
) -> OpenSummary {
    let error = summary.error.as_deref().and_then(|error| serde_json::from_str(error).ok());
    let kept: Option<SummaryOutcome> =
        summary.evidence.as_deref().and_then(|evidence| serde_json::from_str(evidence).ok());
    let outcome = SummaryOutcome { text: summary.text, ..kept.unwrap_or_default() };
    let is_running = summary.entry.status == store::SummaryStatus::Running;
    let sentences = source.layout.sentences.len() as u32;
    let mut units = Units::of(&source.text);
    let parts: Vec<SummaryPart> =
        parts.into_iter().map(|part| wire_part(&restored(part), &mut units)).collect();
    let progress = SummaryProgress {
        stage: if is_running { SummaryStage::Reading } else { SummaryStage::Done },
        part: parts.iter().filter(|part| part.done).count() as u32,
        parts: parts.len() as u32,
        sentences_done: if is_running { 0 } else { sentences },
        sentences,
        seconds_left: None,
    };
    OpenSummary {
        entry: wire_entry(&summary.entry),
        source: source.told(),
        source_changed,
        progress,
        outcome,
        parts,
        error,
    }
}

/// JSON of what is kept of an outcome beside its text.
pub(super) fn evidence_of(outcome: &SummaryOutcome) -> Result<String, ApiError> {
    let without_text = SummaryOutcome { text: String::new(), ..outcome.clone() };
    serde_json::to_string(&without_text).map_err(ApiError::internal)
}

pub(super) fn wire_part(part: &Part, units: &mut Units<'_>) -> SummaryPart {
    SummaryPart {
        number: part.number,
        level: part.level,
        title: part.title.clone(),
        from: units.at(part.range.start),
        to: units.at(part.range.end),
        made_from: part.made_from.clone(),
        text: part.text.clone(),
        language: detect(&part.text),
        done: part.done,
    }
}

pub(super) fn part_to_keep(part: &Part) -> Result<store::SummaryPart, ApiError> {
    let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Ok(store::SummaryPart {
        number: part.number,
        level: part.level,
        title: part.title.clone(),
        source_from: byte(part.range.start),
        source_to: byte(part.range.end),
        made_from: serde_json::to_string(&part.made_from).map_err(ApiError::internal)?,
        text: part.text.clone(),
        done: part.done,
    })
}

fn restored(part: store::SummaryPart) -> Part {
    Part {
        number: part.number,
        level: part.level,
        title: part.title,
        range: part.source_from as usize..part.source_to as usize,
        made_from: serde_json::from_str(&part.made_from).unwrap_or_default(),
        text: part.text,
        done: part.done,
    }
}
