//! Everything that models have written.

use bimo_engine::{FinishReason, SamplingParams};
use serde::{Deserialize, Serialize};

use super::{ChapterId, ContextPiece, GenerationId};

/// Which generations to list, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct HistoryQuery {
    /// Only those whose text or prompt has these words.
    pub text: String,
    /// Only those of this chapter.
    pub chapter: Option<ChapterId>,
    /// Only those older than this one: the last of the page before.
    pub before: Option<GenerationId>,
    /// At most so many, up to 200.
    pub limit: u32,
}

/// How far a generation came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum GenerationStatus {
    /// It is being written.
    Running,
    /// It ended by itself.
    Complete,
    /// The person stopped it, or the program ended in the middle.
    Stopped,
    /// It failed.
    Failed,
}

/// A generation in the list.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct GenerationSummary {
    /// Its number.
    pub id: GenerationId,
    /// Where it was written; nothing where the chapter is gone for good or there was none.
    pub chapter: Option<ChapterId>,
    /// That chapter's title.
    pub chapter_title: Option<String>,
    /// When it began.
    pub created_at_ms: f64,
    /// How far it came.
    pub status: GenerationStatus,
    /// Why it ended, when it ended by itself or was stopped.
    pub finish: Option<FinishReason>,
    /// All of its text.
    pub output: String,
    /// Its model's name.
    pub model: String,
    /// Its seed.
    pub seed: u32,
    /// Tokens written.
    pub tokens: u32,
    /// Tokens written in a second.
    pub tokens_per_second: Option<f32>,
}

/// All about a generation.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct GenerationDetail {
    /// As in the list.
    pub summary: GenerationSummary,
    /// What the model thought before it wrote; mostly nothing.
    pub thoughts: String,
    /// Exactly what was sent.
    pub prompt: Vec<ContextPiece>,
    /// Every sampler setting.
    pub sampling: SamplingParams,
    /// Most tokens that were asked for.
    pub max_tokens: u32,
    /// SHA-256 of the model's weights.
    pub model_sha256: String,
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// Of these, taken from the cache.
    pub reused_tokens: u32,
    /// Seconds to read the prompt.
    pub prefill_seconds: f32,
    /// Seconds to write.
    pub decode_seconds: f32,
    /// Why it failed.
    pub error: Option<String>,
}
