//! Sentences as vectors of their words, the rarer the heavier: TF-IDF over words and pairs of Han characters.

use std::collections::HashMap;

use bimo_text::search::index_terms;

use super::small_words::is_small;

/// A vector: numbers of terms with their weights, ascending.
pub(super) type Row = Vec<(u32, f32)>;

/// Vectors of length 1, or of nothing for a sentence without words that say something.
#[derive(Debug, Default)]
pub(super) struct Words {
    rows: Vec<Row>,
    /// How many terms each sentence has, repeated ones too.
    counts: Vec<usize>,
    numbers: HashMap<String, u32>,
    /// The weight that a term has once; of a term that no sentence has, the last.
    weights: Vec<f32>,
    /// For each term the sentences that have it, and its weight there.
    places: Vec<Vec<(u32, f32)>>,
}

impl Words {
    /// The weight of a term is how often the sentence has it, times ln((sentences + 1) / sentences that have it).
    pub fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut numbers: HashMap<String, u32> = HashMap::new();
        let mut sentences_with: Vec<u32> = Vec::new();
        let (mut rows, mut counts) = (Vec::new(), Vec::new());
        for text in texts {
            let mut row: HashMap<u32, f32> = HashMap::new();
            let mut count = 0;
            for term in terms(&index_terms(text)) {
                count += 1;
                let number = match numbers.get(term) {
                    Some(number) => *number,
                    None => {
                        let next = numbers.len() as u32;
                        numbers.insert(term.to_owned(), next);
                        sentences_with.push(0);
                        next
                    }
                };
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
        let mut weights: Vec<f32> =
            sentences_with.iter().map(|with| (all / *with as f32).ln()).collect();
        weights.push(all.ln());
        let rows: Vec<Row> = rows.into_iter().map(|row| weighed(row, &weights)).collect();
        let mut places: Vec<Vec<(u32, f32)>> =
            sentences_with.iter().map(|with| Vec::with_capacity(*with as usize)).collect();
        for (sentence, row) in (0..).zip(&rows) {
            for &(term, weight) in row {
                places[term as usize].push((sentence, weight));
            }
        }
        Self { rows, counts, numbers, weights, places }
    }

    /// The vector of another text, whose words may be new here: those count towards its length alone.
    pub fn row_of(&self, text: &str) -> Row {
        let unknown = self.numbers.len() as u32;
        let mut row: HashMap<u32, f32> = HashMap::new();
        let mut new: HashMap<String, f32> = HashMap::new();
        for term in terms(&index_terms(text)) {
            match self.numbers.get(term) {
                Some(number) => *row.entry(*number).or_default() += 1.0,
                None => *new.entry(term.to_owned()).or_default() += 1.0,
            }
        }
        let foreign = new.values().map(|often| often * often).sum::<f32>().sqrt();
        if foreign > 0.0 {
            row.insert(unknown, foreign);
        }
        let mut row = weighed(row, &self.weights);
        row.retain(|(number, _)| *number != unknown);
        row
    }

    /// A sentence's vector.
    pub fn row(&self, sentence: usize) -> &Row {
        &self.rows[sentence]
    }

    /// For each sentence how many terms it has.
    pub fn counts(&self) -> &[usize] {
        &self.counts
    }

    /// The sum of all vectors, each times its factor.
    pub fn weighted_sum(&self, factors: &[f32]) -> Vec<f32> {
        let mut sum = vec![0.0; self.places.len()];
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

    /// The sentences that share a term with a vector, with their cosines.
    pub fn alike(&self, row: &Row) -> Vec<(usize, f32)> {
        let mut cosines = vec![0.0_f32; self.rows.len()];
        let mut met = Vec::new();
        for &(term, weight) in row {
            for &(sentence, other) in self.places.get(term as usize).into_iter().flatten() {
                let cosine = &mut cosines[sentence as usize];
                if *cosine == 0.0 {
                    met.push(sentence as usize);
                }
                *cosine += weight * other;
            }
        }
        met.into_iter().map(|sentence| (sentence, cosines[sentence])).collect()
    }
}

/// The product of two vectors.
pub(super) fn dot(one: &Row, other: &Row) -> f32 {
    let weight = |term: &u32| {
        other.binary_search_by_key(term, |(own, _)| *own).map_or(0.0, |at| other[at].1)
    };
    one.iter().map(|(term, own)| own * weight(term)).sum()
}

fn terms(indexed: &str) -> impl Iterator<Item = &str> {
    indexed.split(' ').filter(|term| !term.is_empty() && !is_small(term))
}

fn weighed(row: HashMap<u32, f32>, weights: &[f32]) -> Row {
    let weigh = |(number, often): (u32, f32)| (number, often * weights[number as usize]);
    let mut row: Row = row.into_iter().map(weigh).collect();
    row.sort_unstable_by_key(|(number, _)| *number);
    let length = row.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt();
    row.iter_mut().for_each(|(_, weight)| *weight /= length);
    row
}
