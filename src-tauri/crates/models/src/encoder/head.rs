//! The layers that stand on an encoder.

use bimo_engine::EngineError;
use candle_core::{Result, Tensor};

use super::{Bend, EncoderConfig, HeadConfig};
use crate::layers::{Bias, Linear, Loader};

/// What a model's task adds to its encoder.
pub(super) enum Head {
    Classifier { inner: Option<Linear>, bend: Bend, output: Linear },
    Span(Linear),
    Sentence,
}

impl Head {
    pub fn load(loader: &Loader<'_, EncoderConfig>) -> std::result::Result<Self, EngineError> {
        let hidden = loader.config.hidden_size;
        let linear = |name, outputs| loader.linear(name, hidden, outputs, Bias::Required);
        Ok(match &loader.config.head {
            HeadConfig::Classifier(config) => Self::Classifier {
                inner: if loader.contains("cls.weight") {
                    Some(linear("cls", hidden)?)
                } else {
                    None
                },
                bend: config.bend,
                output: linear("cls.output", config.labels.len())?,
            },
            HeadConfig::Span => Self::Span(linear("span", 2)?),
            HeadConfig::Sentence(_) => Self::Sentence,
        })
    }

    /// Of a classifier, `[texts, hidden]` of their first tokens to `[texts, labels]`; of a span head `[tokens, hidden]`
    /// to `[tokens, 2]`. A sentence's head changes nothing.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Classifier { inner: None, output, .. } => output.forward(x),
            Self::Classifier { inner: Some(inner), bend, output } => {
                let x = inner.forward(x)?;
                output.forward(&match bend {
                    Bend::Tanh => x.tanh()?,
                    Bend::Relu => x.relu()?,
                })
            }
            Self::Span(linear) => linear.forward(x),
            Self::Sentence => Ok(x.clone()),
        }
    }
}
