//! Key sentences: those of a text that say the most of it. Nothing is written that the text does not say.
//!
//! A sentence counts by how central it is among all (`ranking.rs`), over vectors of its words or its meaning (`vectors.rs`),
//! and by how early its section has it; one that says again what another has said is passed over.

use bimo_text::{Counts, is_han};

use super::length::share_of;
use super::ranking::{Budget, Selection, centrality, select};
use super::source::{Source, nothing};
use super::vectors::Vectors;
use crate::wire::{ApiError, SummaryForm, SummaryLength};

/// How much of the score is the place in the section; the rest is how central a sentence is.
const PLACE: f32 = 0.3;
/// From so many times the mean number of words on, a sentence counts the less the longer it is: it has a word in common with
/// every other, and takes the room of two.
const LONG: f32 = 1.5;
/// Fewest words, or pairs of Han characters, that say something in a sentence that can stand alone.
const FEWEST_TERMS: usize = 4;

/// The sentences that say the most.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct KeySentences {
    /// Their places in the source, ascending, with how much each counts, of 1.
    pub chosen: Vec<(usize, f32)>,
    /// For every sentence of the source how alike it is to the nearest of them, from 0 to 1.
    pub nearest: Vec<f32>,
}

/// Chooses them.
///
/// # Errors
/// `nothing_to_summarize` where there are not two sentences to choose from, `invalid_length` for a share that is no summary.
pub(super) fn key_sentences(
    source: &Source,
    vectors: &Vectors,
    length: SummaryLength,
    form: SummaryForm,
) -> Result<KeySentences, ApiError> {
    if (0..vectors.len()).filter(|&index| !vectors.is_blank(index)).count() < 2 {
        return Err(nothing());
    }
    let scores = scores(source, vectors);
    let can_stand = |index: &usize| {
        source.is_prose(*index)
            && vectors.terms(*index) >= FEWEST_TERMS
            && !is_all_capitals(source.sentence(*index))
    };
    let mut candidates: Vec<usize> = (0..vectors.len()).filter(can_stand).collect();
    if candidates.is_empty() {
        candidates = (0..vectors.len()).filter(|&index| !vectors.is_blank(index)).collect();
    }
    let words: Vec<u32> = match length {
        SummaryLength::Words { .. } => {
            source.sentences().map(|text| Counts::of(text).total()).collect()
        }
        _ => Vec::new(),
    };
    let budget = match (form, length) {
        (SummaryForm::OneLine | SummaryForm::Title, _) => Budget::Sentences(1),
        (_, SummaryLength::Sentences { count }) => Budget::Sentences(count as usize),
        (_, SummaryLength::Words { count }) => Budget::Words(count, &words),
        (_, SummaryLength::Share { share }) => Budget::Sentences(share_of(vectors.len(), share)?),
    };
    let Selection { mut chosen, nearest } = select(vectors, &scores, &candidates, budget);
    chosen.sort_unstable();
    let chosen = chosen.into_iter().map(|index| (index, scores[index].clamp(0.0, 1.0))).collect();
    Ok(KeySentences { chosen, nearest })
}

/// True for a heading that nobody has marked as one.
fn is_all_capitals(text: &str) -> bool {
    text.contains(char::is_uppercase) && !text.contains(|c: char| c.is_lowercase() || is_han(c))
}

/// How much each sentence counts, the most 1.
fn scores(source: &Source, vectors: &Vectors) -> Vec<f32> {
    let terms: usize = (0..vectors.len()).map(|index| vectors.terms(index)).sum();
    let long = LONG * terms as f32 / vectors.len().max(1) as f32;
    let mut central = centrality(vectors);
    for (index, central) in central.iter_mut().enumerate() {
        *central *= (long / vectors.terms(index).max(1) as f32).min(1.0);
    }
    let most = central.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    let (mut section, mut number) = (None, 0);
    let score = |(index, central): (usize, f32)| {
        let of = source.layout.sentences.get(index).map(|sentence| sentence.section);
        if section != of {
            (section, number) = (of, 0);
        }
        let place = 1.0 / (1.0 + number as f32).sqrt();
        number += usize::from(source.is_prose(index));
        (1.0 - PLACE) * central / most + PLACE * place
    };
    central.into_iter().enumerate().map(score).collect()
}
