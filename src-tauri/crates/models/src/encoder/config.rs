//! The shape of an encoder, whatever file it was read from.

use bimo_engine::Scoring;

use crate::layers::Activation;

/// The families that [`super::Encoder`] computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncoderArchitecture {
    /// BERT, and the Chinese models that are called RoBERTa and are BERT by their files.
    Bert,
    /// BERT without token types and pooler.
    DistilBert,
    /// RoBERTa: BERT whose positions begin behind those of padding.
    Roberta,
    /// RoBERTa on a hundred languages.
    XlmRoberta,
}

impl EncoderArchitecture {
    /// The name in a config's `model_type`; GGUF files call all of them `bert`.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "bert" => Self::Bert,
            "distilbert" => Self::DistilBert,
            "roberta" => Self::Roberta,
            "xlm-roberta" => Self::XlmRoberta,
            _ => return None,
        })
    }

    /// See [`EncoderArchitecture::from_name`].
    pub fn name(self) -> &'static str {
        match self {
            Self::Bert => "bert",
            Self::DistilBert => "distilbert",
            Self::Roberta => "roberta",
            Self::XlmRoberta => "xlm-roberta",
        }
    }
}

/// The shape of an encoder.
#[derive(Debug, Clone, PartialEq)]
pub struct EncoderConfig {
    /// Which family.
    pub architecture: EncoderArchitecture,
    /// Width of the residual stream.
    pub hidden_size: usize,
    /// Blocks.
    pub layers: usize,
    /// Attention heads; divides `hidden_size`.
    pub heads: usize,
    /// Inner width of the feed-forward part.
    pub ffn_size: usize,
    /// Rows of the embedding.
    pub vocabulary: usize,
    /// Rows of the position embedding.
    pub position_rows: usize,
    /// The row of the first position.
    pub first_position: usize,
    /// Most tokens of a text, those around it counted.
    pub context_length: usize,
    /// Rows of the token types' embedding; none where texts are not told apart.
    pub token_types: usize,
    /// Added to the variance before its root is taken.
    pub norm_eps: f64,
    /// What bends in the feed-forward part.
    pub activation: Activation,
    /// What is asked of the model.
    pub head: HeadConfig,
}

/// What stands on an encoder.
#[derive(Debug, Clone, PartialEq)]
pub enum HeadConfig {
    /// Scores for a text.
    Classifier(ClassifierConfig),
    /// Scores of each token as the beginning and the end of an answer.
    Span,
    /// One vector for a text.
    Sentence(Pooling),
}

impl HeadConfig {
    /// The task in words.
    pub fn task(&self) -> &'static str {
        match self {
            Self::Classifier(_) => "a classifier",
            Self::Span => "a model that finds answers in a text",
            Self::Sentence(_) => "a model that turns sentences into vectors",
        }
    }
}

/// A classifier's last layers.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassifierConfig {
    /// By number.
    pub labels: Vec<String>,
    /// What the scores mean.
    pub scoring: Scoring,
    /// Between the layer over the first token and the one that scores.
    pub bend: Bend,
    /// Logits are divided by it.
    pub temperature: f32,
}

/// What bends a classifier's inner numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bend {
    /// BERT's pooler and RoBERTa's head.
    Tanh,
    /// DistilBERT's head.
    Relu,
}

/// How tokens become one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pooling {
    /// The mean of all tokens; else the first one alone.
    pub is_mean: bool,
    /// The vector is brought to length one.
    pub is_normalised: bool,
}
