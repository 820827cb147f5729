//! Sentences as an encoder places them: near to each other where they mean the same.

use std::ops::Range;

/// Vectors of length 1, one behind another; nothing but zeros for a sentence that has none.
#[derive(Debug, Default)]
pub(super) struct Meanings {
    numbers: Vec<f32>,
    dimensions: usize,
    /// The cosine of two sentences in the mean. Encoders differ much in it.
    background: f32,
}

impl Meanings {
    /// Of the sentences' vectors, each of so many numbers.
    pub fn of(mut numbers: Vec<f32>, dimensions: usize) -> Self {
        numbers.chunks_mut(dimensions.max(1)).for_each(normalise);
        let mut meanings = Self { numbers, dimensions, background: 0.0 };
        let all = vec![1.0; meanings.len()];
        let placed = (0..meanings.len()).filter(|&sentence| !meanings.is_blank(sentence)).count();
        // The square of a sum of vectors has the cosine of each with each, and of each with itself.
        let sum = meanings.weighted_sum(&all);
        let pairs = (placed * placed.saturating_sub(1)).max(1) as f32;
        meanings.background = ((dot(&sum, &sum) - placed as f32) / pairs).clamp(0.0, 0.95);
        meanings
    }

    fn len(&self) -> usize {
        self.numbers.len() / self.dimensions.max(1)
    }

    fn is_blank(&self, sentence: usize) -> bool {
        self.row(sentence).iter().all(|number| *number == 0.0)
    }

    /// A sentence's vector.
    pub fn row(&self, sentence: usize) -> &[f32] {
        &self.numbers[self.place(sentence)]
    }

    fn place(&self, sentence: usize) -> Range<usize> {
        sentence * self.dimensions..(sentence + 1) * self.dimensions
    }

    /// The sum of all vectors, each times its factor.
    pub fn weighted_sum(&self, factors: &[f32]) -> Vec<f32> {
        let mut sum = vec![0.0; self.dimensions];
        for (sentence, factor) in factors.iter().enumerate() {
            for (sum, number) in sum.iter_mut().zip(self.row(sentence)) {
                *sum += number * factor;
            }
        }
        sum
    }

    /// The sentences that are nearer to a vector than two of them are in the mean: 1 where they mean the same.
    pub fn alike(&self, row: &[f32]) -> Vec<(usize, f32)> {
        let all =
            (0..self.len()).map(|sentence| (sentence, self.likeness(row, self.row(sentence))));
        all.filter(|(_, likeness)| *likeness > 0.0).collect()
    }

    /// How much nearer than the mean two vectors are, from 0 to 1.
    pub fn likeness(&self, one: &[f32], other: &[f32]) -> f32 {
        ((dot(one, other) - self.background) / (1.0 - self.background)).clamp(0.0, 1.0)
    }
}

/// Brings a vector to length 1; zeros stay.
pub(super) fn normalise(row: &mut [f32]) {
    let length = dot(row, row).sqrt();
    if length > 0.0 {
        row.iter_mut().for_each(|number| *number /= length);
    }
}

pub(super) fn dot(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three sentences in the plane: at 0°, 60° and 90°. Their cosines are 0.5, 0 and √3/2, in the mean 0.455342.
    #[test]
    fn likeness_counts_from_what_two_sentences_are_alike_anyway() {
        let meanings = Meanings::of(vec![2.0, 0.0, 0.5, 0.866025, 0.0, 3.0, 0.0, 0.0], 2);
        assert!((meanings.background - 0.455342).abs() < 1e-5, "{}", meanings.background);
        let found = meanings.alike(meanings.row(1));
        // (0.5 − 0.455342) / (1 − 0.455342) and (0.866025 − 0.455342) / 0.544658.
        for ((sentence, likeness), expected) in
            found.iter().zip([(0, 0.081992), (1, 1.0), (2, 0.754021)])
        {
            assert_eq!(*sentence, expected.0);
            assert!((likeness - expected.1).abs() < 1e-5, "{found:?}");
        }
        assert_eq!(found.len(), 3, "a sentence without a vector is like none");
        assert!(meanings.is_blank(3));
        assert_eq!(Meanings::default().alike(&[]), []);
    }
}
