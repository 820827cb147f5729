//! A classifier that knows a text by the words in it.

use crate::{
    CancellationToken, Classification, EngineError, ModelCard, Passage, Progress, Scoring,
    SequenceClassifier,
};

/// Gives a text the first label whose word it contains, else the last label, with a probability of 0.9.
#[derive(Clone)]
pub struct ScriptedClassifier {
    card: ModelCard,
    words: Vec<String>,
    labels: Vec<String>,
}

impl ScriptedClassifier {
    /// Of labels with the word for each; the word of the last is not looked for.
    pub fn of<const N: usize>(labels: [(&str, &str); N]) -> Self {
        Self {
            card: super::card(),
            words: labels.iter().map(|(_, word)| (*word).to_owned()).collect(),
            labels: labels.iter().map(|(label, _)| (*label).to_owned()).collect(),
        }
    }
}

impl SequenceClassifier for ScriptedClassifier {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn labels(&self) -> &[String] {
        &self.labels
    }

    fn scoring(&self) -> Scoring {
        Scoring::OneOf
    }

    fn classify(
        &mut self,
        texts: &[Passage],
        cancel: &CancellationToken,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Vec<Option<Classification>>, EngineError> {
        let mut found = vec![None; texts.len()];
        on_progress(Progress { done: 0, total: texts.len() });
        for (place, text) in texts.iter().enumerate() {
            if cancel.is_cancelled() {
                break;
            }
            let known = self.words.iter().position(|word| text.text.contains(word.as_str()));
            let label = known.unwrap_or(self.labels.len() - 1);
            let rest = 0.1 / (self.labels.len() - 1).max(1) as f32;
            let scores =
                (0..self.labels.len()).map(|other| if other == label { 0.9 } else { rest });
            let tokens = text.text.chars().count();
            found[place] =
                Some(Classification { scores: scores.collect(), tokens, windows: 1, left_out: 0 });
            on_progress(Progress { done: place + 1, total: texts.len() });
        }
        Ok(found)
    }
}
