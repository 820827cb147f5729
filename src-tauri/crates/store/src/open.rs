//! Opening a library: one process at a time, checked and brought up to date before anything is read.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{Connection, Sqlite, Transaction};

use crate::migrations::{MIGRATIONS, migrate, schema_of};
use crate::{StoreError, backup};

/// The oldest SQLite that is free of the known WAL faults.
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);
const OLDEST_SQLITE_NAME: &str = "3.51.3";

const READERS: u32 = 3;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The write-ahead log is cut back to this many bytes after a checkpoint.
const WAL_LIMIT_BYTES: u32 = 16 << 20;
/// Pages that a connection may keep in memory, in KiB: a text of some million characters is read from there.
const CACHE_KIB: u32 = 32 << 10;
/// Rows that a statement may be ahead of who reads them; each wait costs a change of threads.
const ROWS_AHEAD: usize = 1000;

/// Where a library is kept.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// The library's folder; it is created if it is not there.
    pub folder: PathBuf,
    /// Where dated copies go: beside the folder, never inside.
    pub backups: PathBuf,
    /// The time, in milliseconds since 1970: a copy made before a migration is dated by it.
    pub now_ms: i64,
}

impl StoreOptions {
    /// A library in `folder`, with its backups in a folder of that name and `-backups` beside it.
    pub fn new(folder: impl Into<PathBuf>, now_ms: i64) -> Self {
        let folder = folder.into();
        let mut name = folder.file_name().unwrap_or("library".as_ref()).to_owned();
        name.push("-backups");
        Self { backups: folder.with_file_name(name), folder, now_ms }
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.folder.join("library.sqlite")
    }
}

/// An open library.
///
/// Its operations are methods, each in the file of the table it is about. The store may be shared between tasks;
/// writes wait for each other, reads do not wait.
#[derive(Debug)]
pub struct Store {
    pub(crate) options: StoreOptions,
    /// A pool of one, so that writes queue.
    pub(crate) writer: SqlitePool,
    pub(crate) readers: SqlitePool,
    /// Who only reads needs none.
    pub(crate) _lock: Option<FolderLock>,
}

impl Store {
    /// Opens the library, creating it if there is none.
    ///
    /// The file is checked (`quick_check`); a damaged one is left as it is and the newest whole backup is named.
    /// Before a schema change a backup is made.
    pub async fn open(options: StoreOptions) -> Result<Self, StoreError> {
        match open_checked(&options, MIGRATIONS).await {
            Err(StoreError::Corrupted { reason, .. }) => {
                let newest_backup = backup::newest_whole(&options.backups).await;
                Err(StoreError::Corrupted { reason, newest_backup })
            }
            Err(StoreError::NotWritable { path, reason }) if path.as_os_str().is_empty() => {
                Err(StoreError::NotWritable { path: options.database(), reason })
            }
            opened => opened,
        }
    }

    /// Writes the log back into the file and closes it. Not needed for safety, only for a tidy folder.
    pub async fn close(self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// The library's folder.
    pub fn folder(&self) -> &Path {
        &self.options.folder
    }

    /// Begins a change. Nothing of it is there until it is committed; dropped, it never was.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }
}

/// One process's right to a library's folder. The system takes it back when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct FolderLock(File);

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Closing the file is not enough: a process that is just being started still has it open for a moment.
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "the library's lock could not be given back");
        }
    }
}

/// Takes the folder's lock, or says that another process has it.
pub(crate) fn lock(folder: &Path) -> Result<FolderLock, StoreError> {
    std::fs::create_dir_all(folder).map_err(|error| StoreError::from_io(folder, &error))?;
    let path = folder.join("library.lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|error| StoreError::from_io(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(FolderLock(file)),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked { folder: folder.to_owned() }),
        Err(TryLockError::Error(error)) => Err(StoreError::from_io(&path, &error)),
    }
}

async fn open_checked(
    options: &StoreOptions,
    migrations: &[&'static str],
) -> Result<Store, StoreError> {
    let lock = lock(&options.folder)?;
    let path = options.database();
    let length = std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
    if length == 0 && backup::any(&options.backups) {
        return Err(StoreError::corrupted(
            "the file is empty or gone, and there are backups of it",
        ));
    }
    let connect = connect_options(&path);
    let writer = pool_of(1).connect_with(connect.clone()).await?;
    if let Err(error) = prepare(&writer, options, migrations, length > 0).await {
        // Not only dropped: a connection that is still being closed would meet the backup that may come in its place.
        writer.close().await;
        return Err(error);
    }
    let readers = pool_of(READERS)
        .connect_with(connect.create_if_missing(false).pragma("query_only", "ON"))
        .await?;
    Ok(Store { options: options.clone(), writer, readers, _lock: Some(lock) })
}

/// Connections that stay, but for one whose change failed so that SQLite took it back by itself, as on a full disk: it would
/// count as begun for ever, and begin no other.
fn pool_of(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .idle_timeout(None)
        .max_lifetime(None)
        .before_acquire(|connection, _| {
            Box::pin(async move { Ok(!connection.is_in_transaction()) })
        })
}

/// Checks the library and brings it up to date.
async fn prepare(
    writer: &SqlitePool,
    options: &StoreOptions,
    migrations: &[&'static str],
    has_content: bool,
) -> Result<(), StoreError> {
    let mut connection = writer.acquire().await?;
    check_sqlite(&mut connection).await?;
    let known = migrations.len() as u32;
    let found = schema_of(&mut connection).await?;
    if found > known {
        return Err(StoreError::NewerSchema { found, known });
    }
    if has_content {
        quick_check(&mut connection).await?;
    }
    if found > 0 && found < known {
        backup::write(&mut connection, &options.backups, options.now_ms).await?;
    }
    migrate(&mut connection, migrations).await
}

/// How the library is opened, for writing.
pub(crate) fn connect_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .row_buffer_size(ROWS_AHEAD)
        // Without it, macOS only hands the data to the drive and does not wait until it is written.
        .pragma("fullfsync", "ON")
        .pragma("journal_size_limit", WAL_LIMIT_BYTES.to_string())
        .pragma("cache_size", format!("-{CACHE_KIB}"))
}

async fn check_sqlite(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let found: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(connection).await?;
    if new_enough(&found) {
        return Ok(());
    }
    Err(StoreError::SqliteTooOld { found, needed: OLDEST_SQLITE_NAME })
}

fn new_enough(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let mut part = || parts.next().unwrap_or(0);
    (part(), part(), part()) >= OLDEST_SQLITE
}

/// Lets SQLite look through the whole file for contradictions.
pub(crate) async fn quick_check(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let started = Instant::now();
    let findings: Vec<String> =
        sqlx::query_scalar("PRAGMA quick_check(3)").fetch_all(connection).await?;
    tracing::info!(milliseconds = started.elapsed().as_millis() as u64, "checked the library");
    if findings == ["ok"] { Ok(()) } else { Err(StoreError::corrupted(findings.join("; "))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_connection_waits_for_the_disk() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = StoreOptions::new(folder.path().join("library"), 0);
        let store = Store::open(options).await.expect("a new library");
        for (pool, query_only) in [(&store.writer, 0), (&store.readers, 1)] {
            let value = async |name: &'static str| -> i64 {
                sqlx::query_scalar(name).fetch_one(pool).await.expect(name)
            };
            assert_eq!(value("PRAGMA synchronous").await, 2, "2 is FULL");
            assert_eq!(value("PRAGMA fullfsync").await, 1);
            assert_eq!(value("PRAGMA foreign_keys").await, 1);
            assert_eq!(value("PRAGMA query_only").await, query_only);
            let mode: String =
                sqlx::query_scalar("PRAGMA journal_mode").fetch_one(pool).await.expect("its mode");
            assert_eq!(mode, "wal");
        }
    }

    #[tokio::test]
    async fn the_bundled_sqlite_is_new_enough() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = StoreOptions::new(folder.path().join("library"), 0);
        let store = Store::open(options).await.expect("a new library");
        let number: String = sqlx::query_scalar("SELECT sqlite_version()")
            .fetch_one(&store.readers)
            .await
            .expect("its version");
        let parts: Vec<u32> = number.split('.').map(|part| part.parse().expect(part)).collect();
        assert!(parts >= vec![3, 51, 3], "{number}");
        // The check itself, at the limit and one below it.
        assert!(new_enough("3.51.3") && new_enough("3.52.0") && new_enough("4.0"));
        assert!(!new_enough("3.51.2") && !new_enough("3.50.9") && !new_enough("2.99.99"));
    }

    #[tokio::test]
    async fn a_failed_schema_change_leaves_the_old_library_and_a_backup() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = StoreOptions::new(folder.path().join("library"), 0);
        let store = Store::open(options.clone()).await.expect("a new library");
        store.create_work("旧", 1).await.expect("a work");
        store.close().await;

        let failing = "CREATE TABLE extra (x INTEGER); SELECT no_such_function()";
        let failing = [MIGRATIONS, &[failing]].concat();
        let error = open_checked(&options, &failing).await.expect_err("it fails");
        assert_eq!(error.code(), "migration_failed");
        let copy = backup::newest_whole(&options.backups).await.expect("a backup was made before");
        assert!(copy.is_file());

        let store = Store::open(options).await.expect("the old program still opens it");
        assert_eq!(store.library().await.expect("the library").works[0].title, "旧");
    }

    #[tokio::test]
    async fn a_library_of_a_newer_program_is_refused_and_not_touched() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = StoreOptions::new(folder.path().join("library"), 0);
        let newer = [MIGRATIONS, &["CREATE TABLE extra (x INTEGER)"]].concat();
        open_checked(&options, &newer).await.expect("the newer program's library").close().await;
        let before = std::fs::read(options.database()).expect("the file");

        let error = Store::open(options.clone()).await.expect_err("it is too new");
        let known = MIGRATIONS.len() as u32;
        let StoreError::NewerSchema { found, known: said } = error else { panic!("{error}") };
        assert_eq!((found, said), (known + 1, known));
        assert_eq!(std::fs::read(options.database()).expect("the file"), before);
    }

    #[tokio::test]
    async fn a_full_disk_is_said_and_changes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(StoreOptions::new(folder.path().join("library"), 0))
            .await
            .expect("a new library");
        let (_, chapter) = store.create_work("", 1).await.expect("a work");
        let pages: u32 = sqlx::query_scalar("PRAGMA page_count")
            .fetch_one(&store.writer)
            .await
            .expect("its size");
        // SQLite answers with the same code as for a disk without room.
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {}", pages + 2)))
            .execute(&store.writer)
            .await
            .expect("a limit");
        let long = "长".repeat(100_000);
        let error = store.replace_page(chapter, &long, Vec::new(), 2).await.expect_err("no room");
        assert_eq!(error.code(), "disk_full");
        assert!(error.retryable());
        let kept = store.chapter(chapter).await.expect("the chapter");
        assert_eq!((kept.version, kept.body.as_str()), (0, ""));
        store.rename_work(crate::WorkId(1), "short", 3).await.expect("what fits is still written");
    }
}
