//! Reading a library that another process may have open.

use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use crate::migrations::{MIGRATIONS, schema_of};
use crate::{Store, StoreError, StoreOptions};

const READERS: u32 = 2;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

impl Store {
    /// Opens a library to read it only, also while another process writes in it. Every change is refused, and so is a
    /// search, which brings its index up to date.
    ///
    /// Nothing is migrated: the library must have this program's schema.
    pub async fn open_read_only(options: StoreOptions) -> Result<Self, StoreError> {
        let connect = SqliteConnectOptions::new()
            .filename(options.database())
            .create_if_missing(false)
            .read_only(true)
            .busy_timeout(BUSY_TIMEOUT);
        let readers =
            SqlitePoolOptions::new().max_connections(READERS).connect_with(connect).await.map_err(
                |error| match error.into() {
                    StoreError::NotWritable { reason, .. } => {
                        StoreError::NotWritable { path: options.database(), reason }
                    }
                    other => other,
                },
            )?;
        let known = MIGRATIONS.len() as u32;
        let found = schema_of(&mut *readers.acquire().await?).await?;
        if found > known {
            return Err(StoreError::NewerSchema { found, known });
        }
        if found < known {
            let reason = format!("it has schema {found}, and is only being read");
            return Err(StoreError::Migration { schema: known, reason });
        }
        Ok(Self { options, writer: readers.clone(), readers, _lock: None })
    }
}
