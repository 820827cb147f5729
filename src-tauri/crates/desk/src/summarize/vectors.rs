//! Sentences that can be compared: by their words, or by what an encoder makes of them.

use super::meanings::{self, Meanings};
use super::words::{self, Words};

/// From this likeness on two sentences have more in common than chance: of words, rare ones; of meanings, nearly half the
/// way from any two sentences of the text to the same sentence twice.
const LEAST_ALIKE_BY_WORDS: f32 = 0.15;
const LEAST_ALIKE_BY_MEANING: f32 = 0.35;

/// The sentences of a source.
#[derive(Debug, Default)]
pub(super) struct Vectors {
    words: Words,
    meanings: Option<Meanings>,
}

/// A sentence of the source, or another, as it is compared.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Row {
    Words(words::Row),
    Meaning(Vec<f32>),
}

impl Vectors {
    /// By their words.
    pub fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        Self { words: Words::of(texts), meanings: None }
    }

    /// By an encoder's vectors, one behind another, each of so many numbers.
    pub fn with_meanings(self, numbers: Vec<f32>, dimensions: usize) -> Self {
        Self { meanings: Some(Meanings::of(numbers, dimensions)), ..self }
    }

    /// Another sentence, by its words.
    pub fn row_of(&self, text: &str) -> Row {
        Row::Words(self.words.row_of(text))
    }

    /// How many sentences there are.
    pub fn len(&self) -> usize {
        self.words.counts().len()
    }

    /// How many terms a sentence has that say something.
    pub fn terms(&self, sentence: usize) -> usize {
        self.words.counts()[sentence]
    }

    /// True where a sentence has nothing to compare.
    pub fn is_blank(&self, sentence: usize) -> bool {
        self.terms(sentence) == 0
    }

    /// The sum of all vectors, each times its factor.
    pub fn weighted_sum(&self, factors: &[f32]) -> Vec<f32> {
        match &self.meanings {
            Some(meanings) => meanings.weighted_sum(factors),
            None => self.words.weighted_sum(factors),
        }
    }

    /// The product of a sentence's vector with such a sum.
    pub fn product(&self, sentence: usize, sum: &[f32]) -> f32 {
        match &self.meanings {
            Some(meanings) => meanings::dot(meanings.row(sentence), sum),
            None => self.words.product(sentence, sum),
        }
    }

    /// The sentences that are alike to one of them, itself among these, from 0 to 1.
    pub fn alike_to(&self, sentence: usize) -> Vec<(usize, f32)> {
        match &self.meanings {
            Some(meanings) => meanings.alike(meanings.row(sentence)),
            None => self.words.alike(self.words.row(sentence)),
        }
    }

    /// The sentences that are alike to another one, from 0 to 1.
    pub fn alike(&self, row: &Row) -> Vec<(usize, f32)> {
        match (row, &self.meanings) {
            (Row::Words(row), _) => self.words.alike(row),
            (Row::Meaning(row), Some(meanings)) => meanings.alike(row),
            (Row::Meaning(_), None) => Vec::new(),
        }
    }

    /// How alike two other sentences are, from 0 to 1.
    pub fn likeness(&self, one: &Row, other: &Row) -> f32 {
        match (one, other, &self.meanings) {
            (Row::Words(one), Row::Words(other), _) => words::dot(one, other),
            (Row::Meaning(one), Row::Meaning(other), Some(meanings)) => {
                meanings.likeness(one, other)
            }
            _ => 0.0,
        }
    }

    /// Below this, two sentences have nothing in common.
    pub fn least_alike(&self) -> f32 {
        if self.meanings.is_some() { LEAST_ALIKE_BY_MEANING } else { LEAST_ALIKE_BY_WORDS }
    }
}
