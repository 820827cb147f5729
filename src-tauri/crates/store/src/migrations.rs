//! Schema changes, append-only: a released file in `migrations/` is never changed again.

use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection};

use crate::StoreError;

/// The schema changes in order; number `i` brings a library from schema `i` to `i + 1`.
pub const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_library.sql"),
    include_str!("../migrations/0002_thoughts.sql"),
    include_str!("../migrations/0003_translations.sql"),
    include_str!("../migrations/0004_summaries.sql"),
    include_str!("../migrations/0005_moods.sql"),
];

/// The library's schema: how many migrations it has seen. SQLite keeps it in the file's header.
pub async fn schema_of(connection: &mut SqliteConnection) -> Result<u32, StoreError> {
    Ok(sqlx::query_scalar("PRAGMA user_version").fetch_one(connection).await?)
}

/// Runs what is missing. Each step and its number are one transaction: a step is there as a whole or not at all.
pub async fn migrate(
    connection: &mut SqliteConnection,
    migrations: &[&'static str],
) -> Result<(), StoreError> {
    let reached = schema_of(connection).await?;
    for (schema, sql) in (1u32..).zip(migrations).skip(reached as usize) {
        step(connection, schema, sql).await.map_err(|error| match StoreError::from(error) {
            StoreError::Database(error) => {
                StoreError::Migration { schema, reason: error.to_string() }
            }
            coded => coded,
        })?;
        tracing::info!(schema, "the library's schema is up to date");
    }
    Ok(())
}

async fn step(
    connection: &mut SqliteConnection,
    schema: u32,
    sql: &'static str,
) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::raw_sql(sql).execute(&mut *transaction).await?;
    let number = AssertSqlSafe(format!("PRAGMA user_version = {schema}"));
    sqlx::raw_sql(number).execute(&mut *transaction).await?;
    transaction.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_step_that_fails_leaves_the_old_schema() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.expect("memory");
        let good = "CREATE TABLE one (x INTEGER)";
        let bad = "CREATE TABLE two (x INTEGER); INSERT INTO nowhere VALUES (1)";
        let error = migrate(&mut connection, &[good, bad]).await.expect_err("the second fails");
        assert_eq!(error.code(), "migration_failed");
        assert_eq!(schema_of(&mut connection).await.expect("schema"), 1);
        let tables: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_schema")
            .fetch_all(&mut connection)
            .await
            .expect("tables");
        assert_eq!(tables, ["one"]);
        migrate(&mut connection, &[good, "CREATE TABLE three (x INTEGER)"]).await.expect("mended");
        assert_eq!(schema_of(&mut connection).await.expect("schema"), 2);
    }
}
