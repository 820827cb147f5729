//! The trait of models that sort texts into classes.

use serde::{Deserialize, Serialize};

use crate::{CancellationToken, EngineError, Loaded, ModelCard, Worker};

/// A model that says how well each of its labels fits a text. One request at a time; [`ClassifierWorker`] queues them.
pub trait SequenceClassifier: Send {
    /// The model's facts.
    fn card(&self) -> &ModelCard;

    /// Its labels, in the order of every answer's scores.
    fn labels(&self) -> &[String];

    /// What its scores mean.
    fn scoring(&self) -> Scoring;

    /// Classifies every text, telling `on_progress` as it goes. Answers in the order of the texts.
    ///
    /// A text that is longer than the model reads at once is read in overlapping windows, so nothing of it is left out.
    /// Cancelling is no error: texts that were not reached have no answer.
    fn classify(
        &mut self,
        texts: &[Passage],
        cancel: &CancellationToken,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Vec<Option<Classification>>, EngineError>;
}

/// A text, or two that are read together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// What looks like a control token in it stays text.
    pub text: String,
    /// Read behind it, for models that compare.
    pub second: Option<String>,
}

impl From<&str> for Passage {
    fn from(text: &str) -> Self {
        Self { text: text.to_owned(), second: None }
    }
}

/// How far a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Texts that are done.
    pub done: usize,
    /// All texts of the request.
    pub total: usize,
}

/// What a classifier's scores mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Scoring {
    /// One label fits: probabilities that add up to one.
    OneOf,
    /// Any number of labels fit: a probability for each.
    AnyOf,
    /// Numbers of any size.
    Amount,
}

/// What a classifier says of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Classification {
    /// One for each label; see [`Scoring`].
    pub scores: Vec<f32>,
    /// Tokens of the text.
    pub tokens: usize,
    /// Windows that it was read in.
    pub windows: usize,
    /// Tokens that were not read: a second text that leaves no room is cut.
    pub left_out: usize,
}

impl Classification {
    /// The number of the label with the highest score; of equal ones the first.
    pub fn best(&self) -> usize {
        let better = |best: usize, other: usize| {
            if self.scores[other] > self.scores[best] { other } else { best }
        };
        (0..self.scores.len()).reduce(better).unwrap_or_default()
    }
}

/// A [`SequenceClassifier`] on its thread.
pub type ClassifierWorker = Worker<dyn SequenceClassifier>;

/// Hears how far a request has come, on the model's own thread: keep it short.
pub type ProgressSink = Box<dyn FnMut(Progress) + Send>;

impl Loaded for dyn SequenceClassifier {
    fn facts(&self) -> &ModelCard {
        self.card()
    }
}

impl ClassifierWorker {
    /// See [`SequenceClassifier::labels`] and [`SequenceClassifier::scoring`].
    pub async fn labels(&self) -> Result<(Vec<String>, Scoring), EngineError> {
        self.ask(|model| Ok((model.labels().to_vec(), model.scoring()))).await
    }

    /// See [`SequenceClassifier::classify`]; `on_progress` runs on the model's thread.
    pub async fn classify(
        &self,
        texts: Vec<Passage>,
        cancel: CancellationToken,
        mut on_progress: ProgressSink,
    ) -> Result<Vec<Option<Classification>>, EngineError> {
        self.ask(move |model| model.classify(&texts, &cancel, &mut on_progress)).await
    }
}
