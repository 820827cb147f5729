//! What a summary rests on: the source's sentences that say what its own say, found by comparing words or meanings, and
//! never by asking the model that wrote it.

use bimo_text::ends_sentence;

use super::doubts::{Doubts, Known, Letters};
use super::ranking::SAME;
use super::shape::Shaped;
use super::source::{Source, Units};
use super::vectors::{Row, Vectors};
use crate::wire::{
    Compared, Coverage, CoverageBar, Doubt, SentenceSupport, SummaryFlag, SummaryForm,
    SummaryOutcome, SummarySentence, TargetLanguage,
};

/// Sentences of the source that are shown for one of the summary.
const MOST_SOURCES: usize = 3;
/// A further source is at least so alike, of what the best is.
const NEARLY_AS_ALIKE: f32 = 0.5;
/// Stretches of the coverage.
const BARS: usize = 120;

/// How a summary's sentences are to be compared with their source.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comparison {
    /// It is in another language than the source.
    pub is_other_language: bool,
    /// What it looks like.
    pub form: SummaryForm,
    /// The model was stopped by its limit.
    pub is_cut: bool,
    /// Its sentences are the source's own: nothing in them can be new.
    pub is_own: bool,
}

/// A source that summaries are compared with.
#[derive(Clone, Copy)]
pub(super) struct Evidence<'s> {
    pub source: &'s Source,
    pub vectors: &'s Vectors,
}

/// What one sentence of a summary rests on.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Support {
    pub sources: Vec<SentenceSupport>,
    pub score: f32,
    pub flags: Vec<SummaryFlag>,
}

impl<'s> Evidence<'s> {
    /// The supports of a summary's sentences in the source's language, and for every sentence of the source how alike it is
    /// to the nearest.
    pub fn supports(&self, rows: &[Row]) -> (Vec<Support>, Vec<f32>) {
        let mut nearest = vec![0.0_f32; self.vectors.len()];
        let mut supports = Vec::new();
        for (number, row) in rows.iter().enumerate() {
            let mut found = Vec::new();
            for (index, similarity) in self.vectors.alike(row) {
                let similarity = similarity.clamp(0.0, 1.0);
                nearest[index] = nearest[index].max(similarity);
                found.push(SentenceSupport { sentence: index as u32, similarity });
            }
            let mut support = Support::of(found, self.vectors.least_alike());
            if rows[..number].iter().any(|other| self.vectors.likeness(row, other) >= SAME) {
                support.flags.push(SummaryFlag::Repeats);
            }
            supports.push(support);
        }
        (supports, nearest)
    }

    /// All that is known of a summary in a model's own words, given its sentences as they are compared.
    pub fn judge(&self, shaped: &Shaped, rows: &[Row], how: Comparison) -> SummaryOutcome {
        let (supports, nearest) = match how.is_other_language {
            false => self.supports(rows),
            true => {
                let flags = vec![SummaryFlag::OtherLanguage];
                let support = Support { flags, ..Support::default() };
                (vec![support; shaped.sentences.len()], Vec::new())
            }
        };
        self.outcome(shaped, supports, &nearest, how)
    }

    /// A summary whose supports are known.
    pub fn outcome(
        &self,
        shaped: &Shaped,
        supports: Vec<Support>,
        nearest: &[f32],
        how: Comparison,
    ) -> SummaryOutcome {
        let known = (!how.is_own).then(|| Known::of(&self.source.text, self.letters(how)));
        let coverage = self.coverage(&supports, nearest);
        let mut units = Units::of(&shaped.text);
        let count = shaped.sentences.len();
        let sentence = |((number, range), support): ((usize, &std::ops::Range<usize>), Support)| {
            let text = &shaped.text[range.clone()];
            let doubts = known.as_ref().map(|known| known.doubts(text));
            let Doubts { places, numbers, names } = doubts.unwrap_or_default();
            let mut flags = support.flags;
            flags.extend(numbers.then_some(SummaryFlag::Numbers));
            flags.extend(names.then_some(SummaryFlag::Names));
            let is_cut = how.is_cut && number + 1 == count && !ends_sentence(&format!("{text} "));
            flags.extend(is_cut.then_some(SummaryFlag::CutShort));
            let from = units.at(range.start);
            let doubts = places.into_iter().map(|(place, kind)| Doubt {
                from: units.at(range.start + place.start),
                to: units.at(range.start + place.end),
                kind,
            });
            let doubts = doubts.collect();
            let to = units.at(range.end);
            SummarySentence {
                from,
                to,
                sources: support.sources,
                score: support.score,
                flags,
                doubts,
            }
        };
        let sentences = shaped.sentences.iter().enumerate().zip(supports).map(sentence).collect();
        SummaryOutcome {
            text: shaped.text.clone(),
            sentences,
            coverage,
            compared: Compared::default(),
        }
    }

    /// Names can be told where they are written in the same letters on both sides; in Latin ones not in a title, whose words
    /// have capitals anyway.
    fn letters(&self, how: Comparison) -> Letters {
        use crate::wire::SourceLanguage::{Other, Simplified, Traditional};
        let language = self.source.language();
        let from_chinese = matches!(language, Simplified | Traditional);
        Letters {
            latin: how.form != SummaryForm::Title
                && !(how.is_other_language && from_chinese)
                && language != Other,
            han: from_chinese && !how.is_other_language,
        }
    }

    fn coverage(&self, supports: &[Support], nearest: &[f32]) -> Coverage {
        let sentences = &self.source.layout.sentences;
        let mut weights = vec![0.0_f32; sentences.len()];
        for support in supports.iter().flat_map(|support| &support.sources) {
            if let Some(weight) = weights.get_mut(support.sentence as usize) {
                *weight = weight.max(support.similarity);
            }
        }
        let count = sentences.len().min(BARS);
        let first = |bar: usize| bar * sentences.len() / count.max(1);
        let mut units = Units::of(&self.source.text);
        let bar = |number: usize| {
            let (from, to) = (first(number), first(number + 1));
            let end = sentences.get(to).map_or(self.source.text.len(), |next| next.from);
            let start = if number == 0 { 0 } else { sentences[from].from };
            let weight = weights[from..to].iter().copied().fold(0.0, f32::max);
            CoverageBar { from: units.at(start), to: units.at(end), weight }
        };
        let bars = (0..count).map(bar).collect();
        let share = nearest.iter().sum::<f32>() / nearest.len().max(1) as f32;
        Coverage { share: share.clamp(0.0, 1.0), bars }
    }
}

impl Support {
    /// Of a sentence whose likenesses are known.
    fn of(mut found: Vec<SentenceSupport>, least_alike: f32) -> Self {
        found.sort_by(|a, b| {
            b.similarity.total_cmp(&a.similarity).then(a.sentence.cmp(&b.sentence))
        });
        let score = found.first().map_or(0.0, |best| best.similarity);
        let least = least_alike.max(score * NEARLY_AS_ALIKE);
        found.retain(|source| source.similarity >= least);
        found.truncate(MOST_SOURCES);
        let flags = if found.is_empty() { vec![SummaryFlag::Unsupported] } else { Vec::new() };
        Self { sources: found, score, flags }
    }

    /// Of a sentence that is the source's own, and counts so much.
    pub fn own(sentence: usize, score: f32) -> Self {
        let own = SentenceSupport { sentence: sentence as u32, similarity: 1.0 };
        Self { sources: vec![own], score, flags: Vec::new() }
    }
}

/// Whether a summary in a language is in another one than its source.
pub(super) fn is_other(source: &Source, to: Option<TargetLanguage>) -> bool {
    use crate::wire::SourceLanguage::{English, Simplified, Traditional};
    match (source.language(), to) {
        (_, None) => false,
        (English, Some(to)) => to.is_chinese(),
        (Simplified | Traditional, Some(to)) => !to.is_chinese(),
        // Of a text in both, or in a third, nobody knows; it is compared as what it is not.
        (_, Some(_)) => true,
    }
}
