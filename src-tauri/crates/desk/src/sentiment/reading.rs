//! A text that is read or was: its sentences, and what is known of them so far.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bimo_engine::CancellationToken;

use super::classifier::Classifier;
use super::scores::Scores;
use super::source::{Cut, CutSource, Unit};
use crate::wire::{
    ApiError, MoodModel, MoodPart, MoodProgress, MoodReading, MoodReadingId, MoodSentence, Polarity,
};

/// Characters up to which a text is read as a whole too, beside its sentences: a review or an article says one thing, and of
/// reviews the whole was right in 93 of 100 where the mean of the sentences was in 81. A longer text has many moods.
pub(super) const LONGEST_WHOLE: usize = 5000;

/// A text with its scores.
pub(super) struct Reading {
    pub id: MoodReadingId,
    pub model: MoodModel,
    pub path: Option<PathBuf>,
    /// SHA-256 of the model's files.
    pub sha256: String,
    pub source: CutSource,
    pub cancel: CancellationToken,
    known: Mutex<Known>,
}

/// What is known so far.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Of each sentence.
    pub sentences: Vec<Option<Scores>>,
    /// Of the text as a whole, where it is read so.
    pub whole: Option<Scores>,
    /// Sentences that were known before.
    recalled: u32,
}

/// A text that is still to be read, and whose scores it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unread {
    pub text: String,
    /// The sentences that are this very text; nothing for the text as a whole.
    pub units: Vec<usize>,
}

impl Reading {
    /// Waits until the model's digest is known.
    pub async fn of(
        id: MoodReadingId,
        (classifier, path, starter): (&Classifier, Option<PathBuf>, bool),
        source: CutSource,
    ) -> Result<Self, ApiError> {
        let sha256 = classifier.sha256().await?;
        let model = MoodModel {
            name: classifier.card().name.clone(),
            path: path.as_ref().map(|path| path.display().to_string()),
            starter,
            labels: classifier.labels().to_vec(),
            scoring: classifier.scoring(),
            polarity: classifier.polarity().cloned(),
        };
        let known = Known { sentences: vec![None; source.units.len()], ..Known::default() };
        let cancel = CancellationToken::new();
        Ok(Self { id, model, path, sha256, source, cancel, known: Mutex::new(known) })
    }

    pub fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn polarity(&self) -> Option<&Polarity> {
        self.model.polarity.as_ref()
    }

    pub fn text_of(&self, unit: &Unit) -> &str {
        &self.source.chapters[unit.part as usize].text[unit.bytes.clone()]
    }

    /// What is told when it begins.
    pub fn opened(&self) -> MoodReading {
        let CutSource { chapters, units, language, .. } = &self.source;
        let mut first = 0;
        let parts = (0..).zip(chapters).map(|(part, chapter)| {
            let sentences = units.iter().filter(|unit| unit.part == part).count() as u32;
            first += sentences;
            MoodPart {
                chapter: chapter.id,
                title: chapter.title.clone(),
                text: chapter.text.clone(),
                first: first - sentences,
                sentences,
            }
        });
        MoodReading {
            id: self.id,
            model: self.model.clone(),
            parts: parts.collect(),
            sentences: units.len() as u32,
            language: *language,
            guesses: units.iter().filter(|unit| unit.guess).count() as u32,
        }
    }

    /// How far it is.
    pub fn progress(&self) -> MoodProgress {
        let known = self.known();
        MoodProgress {
            done: known.sentences.iter().flatten().count() as u32,
            total: known.sentences.len() as u32,
            known: known.recalled,
            seconds_left: None,
        }
    }

    /// What is not known yet, each text once, in the order of the text; a short one as a whole at last.
    pub fn unread(&self) -> Vec<Unread> {
        let known = self.known();
        let (mut unread, mut places) = (Vec::<Unread>::new(), HashMap::new());
        let units = self.source.units.iter().enumerate();
        for (at, unit) in units.filter(|(at, _)| known.sentences[*at].is_none()) {
            let text = self.text_of(unit);
            let place = *places.entry(text).or_insert(unread.len());
            match unread.get_mut(place) {
                Some(same) => same.units.push(at),
                None => unread.push(Unread { text: text.to_owned(), units: vec![at] }),
            }
        }
        unread.extend(self.whole().filter(|_| known.whole.is_none()));
        unread
    }

    /// The text as a whole, where it is short and has several sentences.
    fn whole(&self) -> Option<Unread> {
        let CutSource { chapters, units, cut, .. } = &self.source;
        let [chapter] = &chapters[..] else { return None };
        let text = chapter.text.trim();
        let is_read =
            *cut == Cut::Sentences && units.len() > 1 && text.chars().nth(LONGEST_WHOLE).is_none();
        is_read.then(|| Unread { text: text.to_owned(), units: Vec::new() })
    }

    /// Notes what is known of a text. Answers the sentences that have scores now.
    pub fn note(&self, of: &Unread, scores: Scores, is_recalled: bool) -> Vec<MoodSentence> {
        let mut known = self.known();
        if of.units.is_empty() {
            known.whole = Some(scores);
            return Vec::new();
        }
        known.recalled += if is_recalled { of.units.len() as u32 } else { 0 };
        for &unit in &of.units {
            known.sentences[unit] = Some(scores.clone());
        }
        of.units.iter().map(|&unit| self.told(unit, &scores)).collect()
    }

    fn told(&self, index: usize, scores: &Scores) -> MoodSentence {
        let Unit { part, from, to, guess, .. } = self.source.units[index];
        let mood = scores.told(self.polarity());
        MoodSentence { index: index as u32, part, from, to, mood, guess }
    }

    /// The refusal of a question about a model that is not the one that read.
    pub async fn check_model(&self, classifier: &Classifier) -> Result<(), ApiError> {
        let is_same = classifier.sha256().await? == self.sha256;
        is_same.then_some(()).ok_or_else(reading_gone)
    }
}

/// The refusal of a question about a reading that is in memory no more.
pub(super) fn reading_gone() -> ApiError {
    let message = "This reading is no longer in memory: have the text read again.";
    ApiError::new("mood_reading_gone", message)
}
