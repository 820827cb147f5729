//! A reading from one side: all of it or a part, all sentences or those with a name, moods or a label's probability.

use std::collections::HashMap;

use bimo_engine::Scoring;
use bimo_text::has_name;

use super::arc::{Sample, arc};
use super::reading::{Known, Reading};
use super::scores::Scores;
use super::source::Unit;
use crate::Desk;
use crate::wire::{
    ApiError, LabelCount, MoodBasis, MoodMeasure, MoodOverall, MoodPartView, MoodReadingId,
    MoodView, MoodWish,
};

/// Labels that are counted on the wire.
const MOST_COUNTED: usize = 100;

impl Desk {
    /// Looks at a reading from one side, also while it is being read.
    pub async fn mood_view(
        &self,
        reading: MoodReadingId,
        wish: MoodWish,
    ) -> Result<MoodView, ApiError> {
        let reading = self.moods().reading(reading)?;
        if let Some(measure) = wish.measure {
            reading.check_measure(measure)?;
        }
        // Names are looked for in the whole text.
        let looking = move || view(&reading, &wish);
        tokio::task::spawn_blocking(looking).await.map_err(ApiError::internal)
    }
}

impl Reading {
    /// Refuses a measure that its model does not have.
    pub fn check_measure(&self, measure: MoodMeasure) -> Result<(), ApiError> {
        let is_there = match measure {
            MoodMeasure::Mood => self.model.polarity.is_some(),
            MoodMeasure::Label { label } => (label as usize) < self.model.labels.len(),
        };
        let message = "The model has no such label: choose one of its own.";
        let refusal =
            || ApiError::new("mood_no_such_measure", message).with_detail(&self.model.name);
        is_there.then_some(()).ok_or_else(refusal)
    }

    /// What is drawn where nothing else is wished for: moods, else the label that fits best.
    pub fn usual_measure(&self, overall: Option<&Scores>) -> MoodMeasure {
        match self.model.polarity {
            Some(_) => MoodMeasure::Mood,
            None => MoodMeasure::Label { label: overall.map_or(0, Scores::best) },
        }
    }
}

/// A sentence with its scores.
struct Scored<'r> {
    index: usize,
    unit: &'r Unit,
    scores: &'r Scores,
}

/// See [`MoodView`].
pub(super) fn view(reading: &Reading, wish: &MoodWish) -> MoodView {
    let known = reading.known();
    let scored = scored(reading, &known, wish);
    let mean = mean(reading, scored.iter());
    let is_all = wish.part.is_none() && wish.names.is_empty();
    let overall = match known.whole.as_ref().filter(|_| is_all) {
        Some(whole) => Some((whole.clone(), MoodBasis::Whole)),
        None => mean.map(|mean| (mean, MoodBasis::Sentences)),
    };
    let usual = || reading.usual_measure(overall.as_ref().map(|(scores, _)| scores));
    let measure = wish.measure.unwrap_or_else(usual);
    let places = Places::of(reading, wish.part);
    let sample = |one: &Scored<'_>| Sample {
        sentence: one.index as u32,
        part: one.unit.part,
        from: one.unit.from,
        position: places.middle_of(one.unit),
        weight: one.unit.characters as f32,
        value: one.scores.value(measure, reading.polarity()),
    };
    let samples: Vec<Sample> = scored.iter().map(sample).collect();
    MoodView {
        part: wish.part,
        names: wish.names.clone(),
        measure,
        sentences: scored.len() as u32,
        overall: overall
            .map(|(scores, by)| MoodOverall { mood: scores.told(reading.polarity()), by }),
        counts: counts(&scored),
        arc: arc(&samples, range_of(reading, measure, &samples)),
        parts: parts(reading, &scored, &places, wish.part),
    }
}

fn scored<'r>(reading: &'r Reading, known: &'r Known, wish: &MoodWish) -> Vec<Scored<'r>> {
    let units = reading.source.units.iter().enumerate().zip(&known.sentences);
    let is_wished = |unit: &Unit| {
        let is_named = |name: &String| has_name(reading.text_of(unit), name);
        wish.part.is_none_or(|part| part == unit.part)
            && (wish.names.is_empty() || wish.names.iter().any(is_named))
    };
    units
        .filter_map(|((index, unit), scores)| {
            Some(Scored { index, unit, scores: scores.as_ref()? })
        })
        .filter(|one| is_wished(one.unit))
        .collect()
}

fn mean<'s>(reading: &Reading, scored: impl Iterator<Item = &'s Scored<'s>>) -> Option<Scores> {
    let weighted = scored.map(|one| (one.scores, one.unit.characters as f32));
    Scores::mean(reading.model.labels.len(), weighted)
}

fn counts(scored: &[Scored<'_>]) -> Vec<LabelCount> {
    let mut by_label: HashMap<u32, u32> = HashMap::new();
    for one in scored {
        *by_label.entry(one.scores.best()).or_default() += 1;
    }
    let mut counts: Vec<LabelCount> =
        by_label.into_iter().map(|(label, count)| LabelCount { label, count }).collect();
    counts.sort_by_key(|one| (std::cmp::Reverse(one.count), one.label));
    counts.truncate(MOST_COUNTED);
    counts
}

fn range_of(reading: &Reading, measure: MoodMeasure, samples: &[Sample]) -> (f32, f32) {
    let values = || samples.iter().map(|sample| sample.value);
    match (measure, reading.model.scoring) {
        (MoodMeasure::Mood, _) => (-1.0, 1.0),
        (MoodMeasure::Label { .. }, Scoring::OneOf | Scoring::AnyOf) => (0.0, 1.0),
        _ if samples.is_empty() => (0.0, 1.0),
        _ => (values().fold(f32::INFINITY, f32::min), values().fold(f32::NEG_INFINITY, f32::max)),
    }
}

fn parts(
    reading: &Reading,
    scored: &[Scored<'_>],
    places: &Places,
    only: Option<u32>,
) -> Vec<MoodPartView> {
    let all = 0..reading.source.chapters.len() as u32;
    let shown = all.filter(|part| only.is_none_or(|only| only == *part));
    let view = |part: u32| {
        let of_part = || scored.iter().filter(move |one| one.unit.part == part);
        let (from, to) = places.of_part(part);
        MoodPartView {
            part,
            sentences: of_part().count() as u32,
            mood: mean(reading, of_part()).map(|scores| scores.told(reading.polarity())),
            from,
            to,
        }
    };
    shown.map(view).collect()
}

/// Where parts and sentences lie in a text, or in one part of it, from 0 to 1.
struct Places {
    /// Where each part begins, in UTF-16 units, and at last where the last one ends.
    starts: Vec<f32>,
    begin: f32,
    length: f32,
}

impl Places {
    fn of(reading: &Reading, only: Option<u32>) -> Self {
        let mut starts = vec![0.0];
        for chapter in &reading.source.chapters {
            let before = starts.last().copied().unwrap_or_default();
            starts.push(before + bimo_text::utf16_len(&chapter.text) as f32);
        }
        let (first, last) = match only.map(|part| part as usize) {
            Some(part) if part + 1 < starts.len() => (part, part + 1),
            _ => (0, starts.len() - 1),
        };
        let begin = starts[first];
        let length = (starts[last] - begin).max(1.0);
        Self { starts, begin, length }
    }

    fn at(&self, unit: f32) -> f32 {
        ((unit - self.begin) / self.length).clamp(0.0, 1.0)
    }

    fn middle_of(&self, unit: &Unit) -> f32 {
        self.at(self.starts[unit.part as usize] + (unit.from + unit.to) as f32 / 2.0)
    }

    fn of_part(&self, part: u32) -> (f32, f32) {
        let part = part as usize;
        (self.at(self.starts[part]), self.at(self.starts[part + 1]))
    }
}
