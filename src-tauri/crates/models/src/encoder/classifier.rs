//! A classifier on candle.

use bimo_engine::{
    CancellationToken, Classification, EngineError, ModelCard, Passage, Progress, Scoring,
    SequenceClassifier,
};

use super::reading::{Reader, Reading, compute, softmax};
use super::{ClassifierConfig, Encoder, HeadConfig, Input};
use crate::TextTokenizer;

/// Sorts texts into classes.
pub struct TextClassifier {
    encoder: Encoder,
    reader: Reader,
    config: ClassifierConfig,
    card: ModelCard,
}

impl TextClassifier {
    /// Of an encoder with a classifier's head; another is [`EngineError::ModelUnsupported`].
    pub fn new(
        encoder: Encoder,
        tokenizer: TextTokenizer,
        card: ModelCard,
    ) -> Result<Self, EngineError> {
        let HeadConfig::Classifier(config) = encoder.config().head.clone() else {
            let found = encoder.config().head.task();
            let words = format!("it is {found}, and a classifier is wanted");
            return Err(EngineError::ModelUnsupported(words));
        };
        let reader = Reader::new(tokenizer, encoder.config().context_length)?;
        Ok(Self { encoder, reader, config, card })
    }

    /// The logits of each window of each text, before anything is made of them.
    pub fn logits(&self, texts: &[Passage]) -> Result<Vec<Vec<Vec<f32>>>, EngineError> {
        let (inputs, _) = self.read(texts)?;
        let mut logits = Vec::new();
        let never = CancellationToken::new();
        compute(&self.encoder, inputs, &never, &mut |_| {}, |_, windows| {
            logits.push(windows.into_iter().flatten().collect());
        })?;
        Ok(logits)
    }

    fn read(&self, texts: &[Passage]) -> Result<(Vec<Vec<Input>>, Vec<Reading>), EngineError> {
        let read = |text: &Passage| match &text.second {
            Some(second) => self.reader.read(Some(&text.text), second),
            None => self.reader.read(None, &text.text),
        };
        let mut readings = texts.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let inputs = readings.iter_mut().map(Reading::take_inputs).collect();
        Ok((inputs, readings))
    }

    /// The mean over the windows, each as important as it is long.
    fn judge(&self, reading: &Reading, windows: &[Vec<Vec<f32>>]) -> Classification {
        let mut scores = vec![0.0; self.config.labels.len()];
        let weight = |tokens: usize| tokens.max(1) as f32;
        let sum: f32 = reading.windows.iter().map(|window| weight(window.tokens.len())).sum();
        for (window, rows) in reading.windows.iter().zip(windows) {
            let share = weight(window.tokens.len()) / sum;
            for (score, found) in scores.iter_mut().zip(self.scores(&rows[0])) {
                *score += share * found;
            }
        }
        Classification {
            scores,
            tokens: reading.offsets.len(),
            windows: reading.windows.len(),
            left_out: reading.left_out,
        }
    }

    fn scores(&self, logits: &[f32]) -> Vec<f32> {
        let cooled = logits.iter().map(|logit| logit / self.config.temperature);
        match self.config.scoring {
            Scoring::OneOf => softmax(&cooled.collect::<Vec<_>>()),
            Scoring::AnyOf => cooled.map(|logit| 1.0 / (1.0 + (-logit).exp())).collect(),
            Scoring::Amount => logits.to_vec(),
        }
    }
}

impl SequenceClassifier for TextClassifier {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn labels(&self) -> &[String] {
        &self.config.labels
    }

    fn scoring(&self) -> Scoring {
        self.config.scoring
    }

    fn classify(
        &mut self,
        texts: &[Passage],
        cancel: &CancellationToken,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Vec<Option<Classification>>, EngineError> {
        let (inputs, readings) = self.read(texts)?;
        let mut found = vec![None; texts.len()];
        compute(&self.encoder, inputs, cancel, on_progress, |text, windows| {
            found[text] = Some(self.judge(&readings[text], &windows));
        })?;
        Ok(found)
    }
}
