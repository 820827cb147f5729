//! Settings: JSON values by name.

use serde_json::Value;

use crate::{Store, StoreError};

impl Store {
    /// A setting's value, if it was ever set.
    pub async fn setting(&self, key: &str) -> Result<Option<Value>, StoreError> {
        let text: Option<String> = sqlx::query_scalar("SELECT value FROM setting WHERE key = ?")
            .bind(key)
            .fetch_optional(&self.readers)
            .await?;
        let parse = |text: String| {
            serde_json::from_str(&text)
                .map_err(|error| StoreError::corrupted(format!("setting {key}: {error}")))
        };
        text.map(parse).transpose()
    }

    /// Sets a setting.
    pub async fn set_setting(&self, key: &str, value: &Value) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO setting (key, value) VALUES (?, ?)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )
        .bind(key)
        .bind(value.to_string())
        .execute(&self.writer)
        .await?;
        Ok(())
    }
}
