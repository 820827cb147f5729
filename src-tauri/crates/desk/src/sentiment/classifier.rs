//! A loaded classifier: what its labels are, and what it says of texts.

use std::sync::Arc;

use bimo_engine::{
    CancellationToken, Classification, ClassifierWorker, EngineError, ModelCard, Passage,
    ProgressSink, Scoring,
};

use super::polarity::polarity;
use crate::wire::{ApiError, Polarity};

/// A loaded classifier. Clones are the same one.
#[derive(Clone)]
pub struct Classifier {
    worker: ClassifierWorker,
    labels: Arc<[String]>,
    scoring: Scoring,
    polarity: Option<Arc<Polarity>>,
}

impl Classifier {
    /// One that is loaded already.
    pub async fn on(worker: ClassifierWorker) -> Result<Self, ApiError> {
        let (labels, scoring) = worker.labels().await?;
        let polarity = polarity(&labels, scoring).map(Arc::new);
        Ok(Self { worker, labels: labels.into(), scoring, polarity })
    }

    /// The model's facts.
    pub fn card(&self) -> &ModelCard {
        self.worker.card()
    }

    /// See [`bimo_engine::Worker::sha256`].
    pub async fn sha256(&self) -> Result<String, EngineError> {
        self.worker.sha256().await
    }

    /// In the order of every text's scores.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// What the scores mean.
    pub fn scoring(&self) -> Scoring {
        self.scoring
    }

    /// What the labels are as moods; nothing where they are something else.
    pub fn polarity(&self) -> Option<&Polarity> {
        self.polarity.as_deref()
    }

    /// What it says of texts, in their order; of those that were not reached when it was cancelled, nothing.
    pub(super) async fn classify(
        &self,
        texts: Vec<Passage>,
        cancel: CancellationToken,
        on_progress: ProgressSink,
    ) -> Result<Vec<Option<Classification>>, ApiError> {
        Ok(self.worker.classify(texts, cancel, on_progress).await?)
    }
}
