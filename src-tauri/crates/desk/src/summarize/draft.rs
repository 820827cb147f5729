//! The sheet of the Summarize panel: an article that was typed or pasted and belongs to no summary yet.

use crate::Desk;
use crate::wire::{ApiError, SummaryDraft};

const KEY: &str = "summary_draft";

impl Desk {
    /// The sheet as it was kept last, with how its summary was to be; nothing before there was any.
    pub async fn summary_draft(&self) -> Result<Option<SummaryDraft>, ApiError> {
        let Some(value) = self.store().setting(KEY).await? else { return Ok(None) };
        let read = serde_json::from_value(value);
        Ok(read.inspect_err(|error| tracing::warn!(%error, "the kept sheet is not valid")).ok())
    }

    /// Keeps the sheet as it is now.
    pub async fn keep_summary_draft(&self, draft: SummaryDraft) -> Result<(), ApiError> {
        let value = serde_json::to_value(draft).map_err(ApiError::internal)?;
        Ok(self.store().set_setting(KEY, &value).await?)
    }
}
