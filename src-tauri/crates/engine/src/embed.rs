//! The trait of models that turn a sentence into a vector, near to those of sentences that mean the same.

use crate::{CancellationToken, EngineError, Loaded, ModelCard, Progress, ProgressSink, Worker};

/// A model that places sentences. One request at a time; [`SentenceEncoderWorker`] queues them.
pub trait SentenceEncoder: Send {
    /// The model's facts.
    fn card(&self) -> &ModelCard;

    /// Numbers of a vector.
    fn dimensions(&self) -> usize;

    /// The vectors of all texts, in their order, telling `on_progress` as it goes.
    ///
    /// Cancelling is no error: texts that were not reached have no vector.
    fn encode(
        &mut self,
        texts: &[String],
        cancel: &CancellationToken,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Vec<Option<SentenceVector>>, EngineError>;
}

/// Where a sentence lies.
#[derive(Debug, Clone, PartialEq)]
pub struct SentenceVector {
    /// Of length one, unless the model's files say otherwise.
    pub numbers: Vec<f32>,
    /// Tokens beyond what the model reads at once, which the vector does not know.
    pub left_out: usize,
}

/// A [`SentenceEncoder`] on its thread.
pub type SentenceEncoderWorker = Worker<dyn SentenceEncoder>;

impl Loaded for dyn SentenceEncoder {
    fn facts(&self) -> &ModelCard {
        self.card()
    }
}

impl SentenceEncoderWorker {
    /// See [`SentenceEncoder::encode`]; `on_progress` runs on the model's thread.
    pub async fn encode(
        &self,
        texts: Vec<String>,
        cancel: CancellationToken,
        mut on_progress: ProgressSink,
    ) -> Result<Vec<Option<SentenceVector>>, EngineError> {
        self.ask(move |model| model.encode(&texts, &cancel, &mut on_progress)).await
    }
}
