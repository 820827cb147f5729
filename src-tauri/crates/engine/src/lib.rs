//! What a model is to everyone else: traits, requests, events, stops, cancel.
//!
//! Start reading at [`TextGenerator`], then [`GeneratorWorker`], which owns one loaded model on a thread of its own
//! and lets the async world ask things of it.
//!
//! **Invariant**: nothing here does input or output, names a tensor library or knows a file format. A model that runs
//! in this process, one behind a network and the scripted one in [`scripted`] look the same from outside.
//!
//! **Invariant**: text leaves a generator in whole characters only, and text that has left is never taken back.

mod card;
mod classify;
mod digest;
mod embed;
mod error;
mod extract;
mod generate;
mod prompt;
mod sampling;
pub mod scripted;
mod seq2seq;
mod worker;

pub use card::{DeviceKind, DeviceReason, MemoryGauge, ModelCard};
pub use classify::{
    Classification, ClassifierWorker, Passage, Progress, ProgressSink, Scoring, SequenceClassifier,
};
pub use digest::{Digesting, ModelDigest};
pub use embed::{SentenceEncoder, SentenceEncoderWorker, SentenceVector};
pub use error::{EngineError, GenerationResult};
pub use extract::{Answer, ExtractRequest, ExtractorWorker, Question, Span, SpanExtractor};
pub use generate::{
    ChoiceOutcome, FinishReason, Flow, GenerationEvent, GenerationOutcome, GenerationRequest,
    TextGenerator, TokenChoice, TokenScore,
};
pub use prompt::{EncodedPiece, EncodedPrompt, Message, Piece, PieceKind, Prompt, Role};
pub use sampling::{DryParams, SamplingParams, XtcParams};
pub use seq2seq::{
    Candidate, EarlyStopping, GivenTerm, RewriteEvent, RewriteRequest, RewriteSink, Rewriting,
    SearchParams, Seq2Seq, Seq2SeqWorker, Source,
};
pub use tokio_util::sync::CancellationToken;
pub use worker::{EventSink, GeneratorWorker, Loaded, Worker};

/// The number of a token in a model's vocabulary.
pub type TokenId = u32;
