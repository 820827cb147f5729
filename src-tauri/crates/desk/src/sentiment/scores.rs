//! What a classifier says of a sentence, as it is kept: the labels that fit best.

use bimo_store::LabelScore;

use crate::wire::{self, Mood, MoodMeasure, Polarity};

/// Labels that are kept of a sentence: all of a classifier of moods, the best of one with thousands. One that is not
/// kept counts as 0.
const MOST_KEPT: usize = 64;
/// Labels that the window is told of.
const MOST_TOLD: usize = 8;

/// At least one label and its score, the best first.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scores(Box<[LabelScore]>);

impl Scores {
    /// Of the scores of all labels.
    pub fn of(all: &[f32]) -> Self {
        let mut scores: Vec<LabelScore> =
            (0..).zip(all).map(|(label, &score)| LabelScore { label, score }).collect();
        scores.sort_by(|one, other| other.score.total_cmp(&one.score));
        scores.truncate(MOST_KEPT);
        Self(scores.into())
    }

    /// As the library kept them; nothing where it has none.
    pub fn kept(scores: Vec<LabelScore>) -> Option<Self> {
        (!scores.is_empty()).then(|| Self(scores.into()))
    }

    pub fn to_keep(&self) -> Vec<LabelScore> {
        self.0.to_vec()
    }

    /// The label that fits best.
    pub fn best(&self) -> u32 {
        self.0.first().map_or(0, |best| best.label)
    }

    pub fn of_label(&self, label: u32) -> f32 {
        self.0.iter().find(|one| one.label == label).map_or(0.0, |one| one.score)
    }

    pub fn valence(&self, polarity: &Polarity) -> f32 {
        let value = |label: u32| polarity.values.get(label as usize).copied().unwrap_or_default();
        let sum: f32 = self.0.iter().map(|one| one.score * value(one.label)).sum();
        sum.clamp(-1.0, 1.0)
    }

    /// By a measure of the same model.
    pub fn value(&self, measure: MoodMeasure, polarity: Option<&Polarity>) -> f32 {
        match (measure, polarity) {
            (MoodMeasure::Label { label }, _) => self.of_label(label),
            (MoodMeasure::Mood, Some(polarity)) => self.valence(polarity),
            (MoodMeasure::Mood, None) => 0.0,
        }
    }

    pub fn told(&self, polarity: Option<&Polarity>) -> Mood {
        let told = |one: &LabelScore| wire::LabelScore { label: one.label, score: one.score };
        Mood {
            label: self.best(),
            scores: self.0.iter().take(MOST_TOLD).map(told).collect(),
            valence: polarity.map(|polarity| self.valence(polarity)),
        }
    }

    /// The mean of many, each with its weight, of a model with so many labels; nothing of none.
    pub fn mean<'s>(labels: usize, many: impl Iterator<Item = (&'s Self, f32)>) -> Option<Self> {
        let (mut sums, mut weights) = (vec![0.0; labels], 0.0);
        for (scores, weight) in many {
            weights += f64::from(weight);
            for one in &scores.0 {
                if let Some(sum) = sums.get_mut(one.label as usize) {
                    *sum += f64::from(one.score * weight);
                }
            }
        }
        let means: Vec<f32> = sums.iter().map(|sum| (sum / weights) as f32).collect();
        (weights > 0.0).then(|| Self::of(&means))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_keeps_the_labels_that_fit_best() {
        let all: Vec<f32> = (0..3000).map(|label| label as f32 / 3000.0).collect();
        let scores = Scores::of(&all);
        assert_eq!(scores.best(), 2999);
        assert_eq!(scores.to_keep().len(), 64);
        assert_eq!(scores.told(None).scores.len(), 8);
        assert_eq!((scores.of_label(2998), scores.of_label(7)), (2998.0 / 3000.0, 0.0));
    }

    #[test]
    fn the_valence_is_the_weighted_sum_of_the_labels_polarities() {
        let polarity = Polarity { values: vec![-1.0, 0.0, 1.0], assumed: false };
        let scores = Scores::of(&[0.125, 0.25, 0.625]);
        assert_eq!(scores.valence(&polarity), 0.5);
        assert_eq!(scores.told(Some(&polarity)).valence, Some(0.5));
        assert_eq!(scores.told(None).valence, None);
    }

    #[test]
    fn a_mean_weighs_each_by_its_length() {
        let (bad, good) = (Scores::of(&[1.0, 0.0]), Scores::of(&[0.0, 1.0]));
        let mean = Scores::mean(2, [(&bad, 1.0), (&good, 3.0)].into_iter()).expect("a mean");
        assert_eq!((mean.of_label(0), mean.of_label(1)), (0.25, 0.75));
        assert_eq!(Scores::mean(2, std::iter::empty()), None);
    }
}
