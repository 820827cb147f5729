//! Sentence vectors on candle (Reimers & Gurevych 2019).

use bimo_engine::{
    CancellationToken, EngineError, ModelCard, Progress, SentenceEncoder, SentenceVector,
};

use super::reading::{Reader, compute};
use super::{Encoder, HeadConfig, Pooling};
use crate::TextTokenizer;

/// Places sentences.
pub struct SentencePlacer {
    encoder: Encoder,
    reader: Reader,
    pooling: Pooling,
    card: ModelCard,
}

impl SentencePlacer {
    /// Of an encoder without another head; one with it is [`EngineError::ModelUnsupported`].
    pub fn new(
        encoder: Encoder,
        tokenizer: TextTokenizer,
        card: ModelCard,
    ) -> Result<Self, EngineError> {
        let HeadConfig::Sentence(pooling) = encoder.config().head else {
            let found = encoder.config().head.task();
            let words = format!("it is {found}, and one for sentence vectors is wanted");
            return Err(EngineError::ModelUnsupported(words));
        };
        let reader = Reader::new(tokenizer, encoder.config().context_length)?;
        Ok(Self { encoder, reader, pooling, card })
    }

    fn pool(&self, rows: &[Vec<f32>]) -> Vec<f32> {
        let taken = if self.pooling.is_mean { rows } else { &rows[..1] };
        let mut vector = vec![0.0; self.encoder.config().hidden_size];
        for row in taken {
            for (sum, number) in vector.iter_mut().zip(row) {
                *sum += number / taken.len() as f32;
            }
        }
        if self.pooling.is_normalised {
            let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
            vector.iter_mut().for_each(|number| *number /= length.max(f32::MIN_POSITIVE));
        }
        vector
    }
}

impl SentenceEncoder for SentencePlacer {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn dimensions(&self) -> usize {
        self.encoder.config().hidden_size
    }

    fn encode(
        &mut self,
        texts: &[String],
        cancel: &CancellationToken,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Vec<Option<SentenceVector>>, EngineError> {
        let read = texts.iter().map(|text| self.reader.read_beginning(text));
        let (inputs, left_out): (Vec<_>, Vec<_>) =
            read.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
        let inputs = inputs.into_iter().map(|input| vec![input]).collect();
        let mut found = vec![None; texts.len()];
        compute(&self.encoder, inputs, cancel, on_progress, |text, rows| {
            let numbers = self.pool(&rows[0]);
            found[text] = Some(SentenceVector { numbers, left_out: left_out[text] });
        })?;
        Ok(found)
    }
}
