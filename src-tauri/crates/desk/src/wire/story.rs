//! A story that goes on: what is asked, what is sent, what comes back.

use bimo_engine::{FinishReason, PieceKind, SamplingParams};
use serde::{Deserialize, Serialize};

use super::{ApiError, ChapterId, GenerationId};

/// How to write, as the inspector sets it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase", default)]
pub struct WritingParams {
    /// From 0, steady, to 1, wild. Sets the sampler unless `sampling` is given.
    pub wildness: f32,
    /// Tokens of a continuation.
    pub length: u32,
    /// Runs on to the end of the sentence.
    pub finish_sentence: bool,
    /// The advanced settings, when the person has opened and changed them. The seed in it is not used.
    pub sampling: Option<SamplingParams>,
    /// A fixed seed; a new one each time where there is none.
    pub seed: Option<u32>,
}

impl Default for WritingParams {
    fn default() -> Self {
        Self { wildness: 0.5, length: 120, finish_sentence: true, sampling: None, seed: None }
    }
}

/// Write on from the caret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ContinueRequest {
    /// The chapter.
    pub chapter: ChapterId,
    /// The version that the editor shows; everything typed has been saved.
    pub version: u32,
    /// UTF-16 offset of the caret; what follows it stays.
    pub caret: u32,
    /// Continuations to write side by side: 1, or 3 for alternatives.
    pub choices: u32,
    /// For another try: any earlier try at the same place.
    pub try_of: Option<GenerationId>,
    /// How to write.
    pub writing: WritingParams,
}

/// What a model is sent, and how much room it takes.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ContextReport {
    /// Exactly what is sent, in order.
    pub pieces: Vec<ContextPiece>,
    /// Tokens of all pieces.
    pub prompt_tokens: u32,
    /// Tokens kept free for the continuation.
    pub reserved_tokens: u32,
    /// The model's longest sequence.
    pub context_length: u32,
    /// UTF-16 units of the chapter's beginning that did not fit.
    pub dropped: u32,
    /// Tokens taken from the cache, once that is known.
    pub reused_tokens: Option<u32>,
}

/// A stretch of what is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ContextPiece {
    /// Where it comes from.
    pub kind: PieceKind,
    /// Its text.
    pub text: String,
    /// Its length.
    pub tokens: u32,
}

/// One of the continuations that have begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct GenerationStart {
    /// Its number in the history.
    pub id: GenerationId,
    /// Its seed.
    pub seed: u32,
}

/// What happens while a story is written. Text has been stored when it is told.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum StoryEvent {
    /// The generations exist; one for each choice.
    Started {
        /// In the order of the choices.
        generations: Vec<GenerationStart>,
        /// What is sent.
        context: ContextReport,
    },
    /// Settings that are left out, because the server that writes does not know them.
    Ignored {
        /// Their usual names, `min_p` for instance.
        settings: Vec<String>,
    },
    /// The prompt is being read.
    Prefill {
        /// Tokens read or reused so far.
        done: u32,
        /// All of them.
        total: u32,
        /// Tokens taken from the cache.
        reused: u32,
    },
    /// The model thinks before it writes. Its thoughts come to the history and to no page.
    Thinking {
        /// Which generation.
        generation: GenerationId,
        /// Han characters and words of its thoughts so far.
        words: u32,
    },
    /// More text of one generation.
    Text {
        /// Which.
        generation: GenerationId,
        /// Whole characters.
        text: String,
        /// Tokens of this generation so far.
        tokens: u32,
    },
    /// One generation has ended and is complete in the history.
    Finished {
        /// Which.
        generation: GenerationId,
        /// Why.
        finish: FinishReason,
        /// Tokens written.
        tokens: u32,
        /// Tokens written in a second.
        tokens_per_second: f32,
    },
    /// The generations have failed; what they wrote is kept.
    Failed {
        /// Why.
        error: ApiError,
    },
}

/// One of several continuations at the same place.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Try {
    /// Its number in the history.
    pub id: GenerationId,
    /// What it wrote; or what the author had made of it when leaving it for another try.
    pub text: String,
    /// Its seed.
    pub seed: u32,
}
