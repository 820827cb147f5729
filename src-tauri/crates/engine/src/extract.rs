//! The trait of models that find the answer to a question in a text.

use std::ops::Range;

use crate::{CancellationToken, EngineError, Loaded, ModelCard, Progress, ProgressSink, Worker};

/// A model that points at an answer. One request at a time; [`ExtractorWorker`] queues them.
pub trait SpanExtractor: Send {
    /// The model's facts.
    fn card(&self) -> &ModelCard;

    /// Answers every question, telling `on_progress` as it goes, in the order of the questions.
    ///
    /// A text that is longer than the model reads at once is read in overlapping windows. Cancelling is no error:
    /// questions that were not reached have no answer.
    fn extract(
        &mut self,
        request: &ExtractRequest,
        cancel: &CancellationToken,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Vec<Option<Answer>>, EngineError>;
}

/// Questions to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtractRequest {
    /// Any number.
    pub questions: Vec<Question>,
    /// Answers to each, at least 1.
    pub best: usize,
    /// Most tokens of an answer.
    pub max_tokens: usize,
}

/// A question about a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What is asked.
    pub question: String,
    /// Where the answer is looked for.
    pub text: String,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The likeliest spans, likeliest first; none where the text is empty.
    pub spans: Vec<Span>,
    /// Probability that the text has no answer; it means something only of a model that was taught to say so.
    pub nowhere: f32,
    /// Tokens of the question that were not read.
    pub left_out: usize,
}

/// A stretch of the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// Its bytes in the text.
    pub range: Range<usize>,
    /// The probability of its beginning times that of its end, in the window where it was found.
    pub score: f32,
}

/// A [`SpanExtractor`] on its thread.
pub type ExtractorWorker = Worker<dyn SpanExtractor>;

impl Loaded for dyn SpanExtractor {
    fn facts(&self) -> &ModelCard {
        self.card()
    }
}

impl ExtractorWorker {
    /// See [`SpanExtractor::extract`]; `on_progress` runs on the model's thread.
    pub async fn extract(
        &self,
        request: ExtractRequest,
        cancel: CancellationToken,
        mut on_progress: ProgressSink,
    ) -> Result<Vec<Option<Answer>>, EngineError> {
        self.ask(move |model| model.extract(&request, &cancel, &mut on_progress)).await
    }
}
