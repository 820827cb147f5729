//! The mood of a text, or whatever else a classifier's labels say of it.

use std::ops::Range;
use std::path::PathBuf;

use bimo_engine::{
    CancellationToken, Classification, ClassifierWorker, EngineError, ModelCard, Passage, Progress,
    Scoring, SequenceClassifier,
};
use bimo_models::{LoadOptions, ModelSource, load_classifier};
use bimo_text::sentences;

use crate::error::too_large_for;
use crate::wire::{ApiError, ModelTask};

/// What the one inside the program is called.
pub(crate) const STARTER_NAME: &str = "Bimo sentiment starter";
/// Its file.
pub(crate) const STARTER: &[u8] = include_bytes!("../../../starter/sentiment/sentiment.gguf");

/// A loaded classifier.
pub struct MoodModel {
    worker: ClassifierWorker,
    labels: Vec<String>,
    scoring: Scoring,
}

/// What is classified, beside the whole text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// Each sentence.
    Sentence,
    /// Nothing else.
    Document,
    /// Each line that is not empty.
    Line,
}

/// What a classifier says of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Mood {
    /// The label with the highest score; of a model that gives an amount, its only one.
    pub label: String,
    /// One for each label.
    pub scores: Vec<f32>,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct MoodItem {
    /// Its bytes.
    pub range: Range<usize>,
    /// What the classifier says of it.
    pub mood: Mood,
}

/// A text and its parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Moods {
    /// Of the whole, read in windows where it is long.
    pub overall: Mood,
    /// In order; fewer than there are where it was cancelled.
    pub items: Vec<MoodItem>,
    /// Cancelled before all was read.
    pub is_cut: bool,
}

impl MoodModel {
    /// Loads a classifier from a GGUF file or a folder in Hugging Face layout.
    pub async fn load(path: PathBuf) -> Result<Self, ApiError> {
        Self::from(ModelSource::Path(path)).await
    }

    /// The small one that is part of the program, for English and Chinese.
    pub async fn starter() -> Result<Self, ApiError> {
        Self::from(ModelSource::Embedded { name: STARTER_NAME, bytes: STARTER }).await
    }

    async fn from(source: ModelSource) -> Result<Self, ApiError> {
        let load = move || -> Result<Box<dyn SequenceClassifier>, EngineError> {
            Ok(Box::new(load_classifier(&source, &LoadOptions::default())?))
        };
        let loaded = ClassifierWorker::spawn(load).await;
        Self::on(loaded.map_err(|error| too_large_for(ModelTask::Sentiment, error))?).await
    }

    /// One that is loaded already.
    pub async fn on(worker: ClassifierWorker) -> Result<Self, ApiError> {
        let (labels, scoring) = worker.labels().await?;
        Ok(Self { worker, labels, scoring })
    }

    /// The model's facts.
    pub fn card(&self) -> &ModelCard {
        self.worker.card()
    }

    /// In the order of every mood's scores.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// What the scores mean.
    pub fn scoring(&self) -> Scoring {
        self.scoring
    }

    /// Reads a text, its parts first. Nothing where it was cancelled before the whole was read.
    pub async fn read(
        &self,
        text: &str,
        per: Per,
        cancel: CancellationToken,
        on_progress: impl FnMut(Progress) + Send + 'static,
    ) -> Result<Option<Moods>, ApiError> {
        let parts = parts(text, per);
        let of_parts = parts.iter().map(|range| Passage::from(&text[range.clone()]));
        let passages = std::iter::once(Passage::from(text)).chain(of_parts).collect();
        let found = self.worker.classify(passages, cancel, Box::new(on_progress)).await?;
        let mut found = found.into_iter();
        let Some(overall) = found.next().flatten() else { return Ok(None) };
        let items: Vec<MoodItem> = parts
            .iter()
            .zip(found)
            .map_while(|(range, found)| {
                Some(MoodItem { range: range.clone(), mood: self.mood(found?) })
            })
            .collect();
        let is_cut = items.len() < parts.len();
        Ok(Some(Moods { overall: self.mood(overall), items, is_cut }))
    }

    fn mood(&self, found: Classification) -> Mood {
        let label = self.labels.get(found.best()).cloned().unwrap_or_default();
        Mood { label, scores: found.scores }
    }
}

fn parts(text: &str, per: Per) -> Vec<Range<usize>> {
    match per {
        Per::Sentence => sentences(text),
        Per::Document => Vec::new(),
        Per::Line => {
            let mut end = 0;
            let lines = text.split_inclusive('\n').map(|line| {
                let start = end + line.len() - line.trim_start().len();
                end += line.len();
                start..start + line.trim().len()
            });
            lines.filter(|line| !line.is_empty()).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use bimo_engine::scripted::ScriptedClassifier;

    use super::*;

    async fn model() -> MoodModel {
        let labels = [("negative", "lost"), ("positive", "found"), ("neutral", "")];
        let scripted = ScriptedClassifier::of(labels);
        let worker = ClassifierWorker::spawn(move || Ok(Box::new(scripted))).await.unwrap();
        MoodModel::on(worker).await.unwrap()
    }

    async fn read(text: &str, per: Per) -> Moods {
        let never = CancellationToken::new();
        model().await.read(text, per, never, |_| {}).await.unwrap().unwrap()
    }

    fn labelled(text: &str, moods: &Moods) -> Vec<(String, String)> {
        let pair = |item: &MoodItem| (text[item.range.clone()].to_owned(), item.mood.label.clone());
        moods.items.iter().map(pair).collect()
    }

    #[tokio::test]
    async fn every_sentence_has_its_mood_and_the_whole_has_one() {
        let text = "She lost it. He found it.\n 门开了。";
        let moods = read(text, Per::Sentence).await;
        let expected =
            [("She lost it.", "negative"), ("He found it.", "positive"), ("门开了。", "neutral")];
        assert_eq!(labelled(text, &moods), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
        assert_eq!(moods.overall.label, "negative");
        assert!(!moods.is_cut);
    }

    #[tokio::test]
    async fn lines_keep_their_places_and_empty_ones_are_passed_over() {
        let text = "  found \r\n\nlost. found.\n";
        let moods = read(text, Per::Line).await;
        let expected = [("found", "positive"), ("lost. found.", "negative")];
        assert_eq!(labelled(text, &moods), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
        assert!(read(text, Per::Document).await.items.is_empty());
        assert!(read("", Per::Sentence).await.items.is_empty());
    }

    #[tokio::test]
    async fn a_cancelled_reading_answers_nothing() {
        let cancel = CancellationToken::new();
        cancel.cancel();
        let moods = model().await.read("lost", Per::Line, cancel, |_| {}).await.unwrap();
        assert_eq!(moods, None);
    }
}
