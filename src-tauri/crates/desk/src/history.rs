//! Everything that models have written.

use crate::Desk;
use crate::story::SentPrompt;
use crate::wire::{ApiError, GenerationDetail, GenerationId, GenerationSummary, HistoryQuery, Try};

impl Desk {
    /// All tries at the place of one of them, oldest first.
    pub async fn tries(&self, generation: GenerationId) -> Result<Vec<Try>, ApiError> {
        let tries = self.store().tries(generation.into()).await?;
        Ok(tries.into_iter().map(Try::from).collect())
    }

    /// Keeps what the author had made of a try when leaving it for another.
    pub async fn keep_edited_try(
        &self,
        generation: GenerationId,
        text: String,
    ) -> Result<(), ApiError> {
        Ok(self.store().keep_edited_try(generation.into(), &text).await?)
    }

    /// A page of the history, newest first.
    pub async fn history(&self, query: HistoryQuery) -> Result<Vec<GenerationSummary>, ApiError> {
        let page = self.store().history(&query.into()).await?;
        Ok(page.into_iter().map(GenerationSummary::from).collect())
    }

    /// All about a generation.
    pub async fn generation(&self, generation: GenerationId) -> Result<GenerationDetail, ApiError> {
        let stored = self.store().generation(generation.into()).await?;
        let sent = SentPrompt::parse(&stored.context)?;
        let sampling = serde_json::from_str(&stored.sampling).map_err(ApiError::internal)?;
        Ok(GenerationDetail {
            summary: stored.summary.clone().into(),
            thoughts: stored.thoughts,
            prompt: sent.pieces,
            sampling,
            max_tokens: stored.max_tokens,
            model_sha256: stored.model_sha256,
            prompt_tokens: stored.prompt_tokens,
            reused_tokens: stored.reused_tokens,
            prefill_seconds: stored.prefill_seconds as f32,
            decode_seconds: stored.summary.decode_seconds as f32,
            error: stored.error,
        })
    }
}
