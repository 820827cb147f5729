//! Encoders: one implementation for BERT, DistilBERT, RoBERTa and XLM-R (Devlin et al. 2019; Sanh et al. 2019; Liu et
//! al. 2019; Conneau et al. 2020), with the heads that sort texts, find answers and place sentences.
//!
//! Start reading at [`Encoder::forward`]; [`TextClassifier`], [`SpanReader`] and [`SentencePlacer`] put texts through it.
//!
//! **Invariant**: a text is computed from its own tokens only. The texts of a batch lie behind one another without
//! padding, so none knows of another, nor how long it was.

mod attention;
mod block;
mod classifier;
mod config;
mod head;
mod model;
mod reading;
mod sentences;
mod spans;
mod wrapping;

pub use classifier::TextClassifier;
pub use config::{Bend, ClassifierConfig, EncoderArchitecture, EncoderConfig, HeadConfig, Pooling};
pub use model::{Encoder, Input};
pub use sentences::SentencePlacer;
pub use spans::SpanReader;
pub(crate) use wrapping::Wrapping;
