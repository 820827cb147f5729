//! Sentences as vectors of their words, the rarer the heavier: TF-IDF over words and pairs of Han characters.

use std::collections::HashMap;

use bimo_text::search::index_terms;

/// Vectors of length 1, or of nothing for a sentence without words.
#[derive(Debug, Default)]
pub(super) struct Vectors {
    /// Terms by number with their weights, ascending.
    rows: Vec<Vec<(u32, f32)>>,
    /// How many terms each sentence has, repeated ones too.
    counts: Vec<usize>,
    terms: usize,
}

impl Vectors {
    /// The weight of a term is how often the sentence has it, times ln((sentences + 1) / sentences that have it).
    pub fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut numbers: HashMap<String, u32> = HashMap::new();
        let mut sentences_with: Vec<u32> = Vec::new();
        let (mut rows, mut counts) = (Vec::new(), Vec::new());
        for text in texts {
            let mut row: HashMap<u32, f32> = HashMap::new();
            let terms = index_terms(text);
            let mut count = 0;
            for term in terms.split(' ').filter(|term| !term.is_empty()) {
                count += 1;
                let next = numbers.len() as u32;
                let number = *numbers.entry(term.to_owned()).or_insert(next);
                if number == next {
                    sentences_with.push(0);
                }
                let often = row.entry(number).or_default();
                if *often == 0.0 {
                    sentences_with[number as usize] += 1;
                }
                *often += 1.0;
            }
            rows.push(row);
            counts.push(count);
        }
        let all = rows.len() as f32 + 1.0;
        let weighed = |row: HashMap<u32, f32>| {
            let weigh = |(number, often): (u32, f32)| {
                (number, often * (all / sentences_with[number as usize] as f32).ln())
            };
            let mut row: Vec<(u32, f32)> = row.into_iter().map(weigh).collect();
            row.sort_unstable_by_key(|(number, _)| *number);
            let length = row.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt();
            row.iter_mut().for_each(|(_, weight)| *weight /= length);
            row
        };
        let rows = rows.into_iter().map(weighed).collect();
        Self { rows, counts, terms: numbers.len() }
    }

    /// How many sentences there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// How many terms a sentence has.
    pub fn terms(&self, sentence: usize) -> usize {
        self.counts[sentence]
    }

    /// True where a sentence has no words.
    pub fn is_blank(&self, sentence: usize) -> bool {
        self.rows[sentence].is_empty()
    }

    /// The sum of all vectors, each times its factor.
    pub fn weighted_sum(&self, factors: &[f32]) -> Vec<f32> {
        let mut sum = vec![0.0; self.terms];
        for (row, factor) in self.rows.iter().zip(factors) {
            for &(term, weight) in row {
                sum[term as usize] += weight * factor;
            }
        }
        sum
    }

    /// The product of a sentence's vector with one of all terms.
    pub fn product(&self, sentence: usize, other: &[f32]) -> f32 {
        self.rows[sentence].iter().map(|&(term, weight)| weight * other[term as usize]).sum()
    }

    /// Writes a sentence's weights into a vector of all terms, or zeros in their places.
    pub fn write(&self, sentence: usize, into: &mut [f32], is_zero: bool) {
        for &(term, weight) in &self.rows[sentence] {
            into[term as usize] = if is_zero { 0.0 } else { weight };
        }
    }

    /// Room for [`Vectors::write`].
    pub fn room(&self) -> Vec<f32> {
        vec![0.0; self.terms]
    }
}
