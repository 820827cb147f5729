//! What was left in the panel: kept in the library, there again after a restart.

use crate::Desk;
use crate::wire::{ApiError, MoodDraft};

const KEY: &str = "mood_draft";

impl Desk {
    /// What was left in the panel; an empty one where it never was used.
    pub async fn mood_draft(&self) -> Result<MoodDraft, ApiError> {
        let Some(value) = self.store().setting(KEY).await? else { return Ok(MoodDraft::default()) };
        Ok(serde_json::from_value(value).unwrap_or_else(|error| {
            tracing::warn!(%error, "what was left in the panel of moods is not valid");
            MoodDraft::default()
        }))
    }

    /// Keeps what is in the panel in place of what was.
    pub async fn keep_mood_draft(&self, draft: MoodDraft) -> Result<(), ApiError> {
        let value = serde_json::to_value(draft).map_err(ApiError::internal)?;
        Ok(self.store().set_setting(KEY, &value).await?)
    }
}
