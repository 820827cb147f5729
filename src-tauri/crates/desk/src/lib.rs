//! What a writer asks for: the library, the page, the story that goes on.
//!
//! Start reading at [`Desk`], which has one method for each thing a person can do; the window's commands and the
//! command line are one-liners into it.
//!
//! **Invariant**: no SQL, no tensor and no window here. Models are reached through `bimo-engine`, rows through
//! `bimo-store`; the model that runs, the clock and the seeds are given by whoever opens the desk.
//!
//! **Invariant**: what the window is told of has been stored before. Text that a person saw does not vanish with the
//! process.

mod backup;
mod catalogue;
mod checking;
mod desk;
mod downloads;
mod error;
mod files;
mod folder;
mod history;
mod hub_access;
mod library;
mod model;
mod models;
mod open;
mod options;
mod page;
mod reader;
mod samples;
mod secrets;
mod sentiment;
mod servers;
mod settings;
mod shelf;
mod shelved;
mod starter;
mod story;
mod summarize;
mod tasks;
mod text_model;
mod translation;
pub mod wire;

pub use bimo_engine::{
    CancellationToken, FinishReason, ModelCard, PieceKind, SamplingParams, TokenChoice,
};
pub use bimo_hub::{
    Fault, FoundRepo, LocalModel, ModelRecord, Phase, Pickle, Placing, Progress, RequestLog,
    RequestRecord,
};
pub use bimo_models::{
    CacheBits, DescribedModel, DeviceWish, compute_in_the_background, settle_threads,
};
pub use bimo_text::has_words;
pub use checking::{CHECK_MODEL, check_model, check_models_with};
pub use desk::Desk;
pub use files::write_file;
pub use folder::Folders;
pub use model::{Means, ModelSpec};
pub use models::Models;
pub use options::{Clock, DeskOptions, SeedSource, new_seed};
pub use reader::{ChapterText, LibraryReader, WorkText};
pub use secrets::{Secrets, SecretsError};
pub use sentiment::{
    Classifier, ClassifierSpec, Judged, JudgedPart, JudgedText, Per, readable_text,
};
pub use starter::{describe_model, open_tokenizer};
pub use story::{HeardToken, sampling_for};
pub use summarize::{
    Rewriter, SummarizedText, SummaryLine, SummaryModels, SummaryWish, summarize_document,
};
pub use text_model::{Continuation, Score, ScoredToken, TextModel, TextPart, TextRequest};
pub use translation::{
    Cut, TextPiece, TextTranslation, TextTranslationRequest, TranslatedSegment, Translator,
    TranslatorSpec, document_sample, plain_text, read_glossary,
};
