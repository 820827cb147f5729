//! Dated copies of the library, beside its folder.

use std::fs::File;
use std::path::{Path, PathBuf};

use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::migrations::schema_of;
use crate::open::{connect_options, lock, quick_check};
use crate::thinning::{date_of_name, name_of_date, superfluous};
use crate::{Store, StoreError, StoreOptions};

/// A copy is due when the newest is older than this and something has changed.
const INTERVAL_MS: i64 = 24 * 60 * 60 * 1000;

impl Store {
    /// Makes a dated copy and thins the older ones out. Answers its path.
    pub async fn back_up(&self, now_ms: i64) -> Result<PathBuf, StoreError> {
        let mut connection = self.writer.acquire().await?;
        write(&mut connection, &self.options.backups, now_ms).await
    }

    /// Backs up if the newest copy is older than a day and works, chapters or generations have changed since.
    pub async fn back_up_if_due(&self, now_ms: i64) -> Result<Option<PathBuf>, StoreError> {
        let newest = dated(&self.options.backups).last().map_or(i64::MIN, |(date, _)| *date);
        let changed: Option<i64> = sqlx::query_scalar(
            "SELECT max(at) FROM (
                 SELECT max(updated_at) AS at FROM work
                 UNION ALL SELECT max(updated_at) FROM chapter
                 UNION ALL SELECT max(coalesce(ended_at, created_at)) FROM generation)",
        )
        .fetch_one(&self.readers)
        .await?;
        let due = newest.saturating_add(INTERVAL_MS) <= now_ms && changed > Some(newest);
        if due { self.back_up(now_ms).await.map(Some) } else { Ok(None) }
    }
}

/// Puts a backup in the library's place and keeps what was there under another name, which is answered.
///
/// The library must not be open. The backup is checked first; nothing is moved if it is not whole.
pub async fn restore_backup(
    options: &StoreOptions,
    backup: &Path,
) -> Result<Option<PathBuf>, StoreError> {
    let _lock = lock(&options.folder)?;
    check_file(backup).await?;
    let database = options.database();
    let at = |path: &Path| {
        let path = path.to_owned();
        move |error: std::io::Error| StoreError::from_io(&path, &error)
    };
    let restoring = options.folder.join("library.restoring");
    std::fs::copy(backup, &restoring).map_err(at(&restoring))?;
    sync(&restoring).map_err(at(&restoring))?;

    let aside = options.folder.join(format!("damaged-{}", name_of_date(options.now_ms)));
    let mut kept = None;
    // The log first: beside another file it would be taken for that one's.
    for suffix in ["-wal", "-shm", ""] {
        let from = with_suffix(&database, suffix);
        if from.exists() {
            let to = with_suffix(&aside, suffix);
            std::fs::rename(&from, &to).map_err(at(&from))?;
            kept = Some(aside.clone());
        }
    }
    std::fs::rename(&restoring, &database).map_err(at(&database))?;
    sync_folder(&options.folder).map_err(at(&options.folder))?;
    Ok(kept)
}

/// Copies a library into another folder and answers true; false where that folder has one already, which stays.
///
/// The library must not be open, so that nothing is written after the copy was made: this is for the start of a
/// program whose library is to move. The old folder stays as it is.
pub async fn copy_library(from: &StoreOptions, to: &StoreOptions) -> Result<bool, StoreError> {
    let _locks = (lock(&from.folder)?, lock(&to.folder)?);
    if to.database().exists() || !from.database().exists() {
        return Ok(false);
    }
    let mut connection = SqliteConnection::connect_with(&connect_options(&from.database())).await?;
    quick_check(&mut connection).await?;
    vacuum_into(&mut connection, &to.database()).await?;
    connection.close().await?;
    Ok(true)
}

/// True where there is at least one dated copy.
pub(crate) fn any(backups: &Path) -> bool {
    !dated(backups).is_empty()
}

/// The newest copy in which SQLite finds no fault.
pub(crate) async fn newest_whole(backups: &Path) -> Option<PathBuf> {
    for (_, path) in dated(backups).into_iter().rev() {
        match check_file(&path).await {
            Ok(()) => return Some(path),
            Err(error) => tracing::warn!(path = %path.display(), %error, "a backup is damaged"),
        }
    }
    None
}

/// Writes a dated copy and thins the older ones out.
pub(crate) async fn write(
    connection: &mut SqliteConnection,
    backups: &Path,
    now_ms: i64,
) -> Result<PathBuf, StoreError> {
    std::fs::create_dir_all(backups).map_err(|error| StoreError::from_io(backups, &error))?;
    let path = backups.join(name_of_date(now_ms));
    vacuum_into(connection, &path).await?;
    thin_out(backups, &path);
    Ok(path)
}

/// Writes a whole copy. It has its name only once it is on the disk.
async fn vacuum_into(connection: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    let failed = |error: std::io::Error| StoreError::from_io(path, &error);
    let partial = path.with_file_name("partial");
    if partial.exists() {
        std::fs::remove_file(&partial).map_err(failed)?;
    }
    let target = partial.to_str().ok_or_else(|| StoreError::NotWritable {
        path: partial.clone(),
        reason: "the path is not valid Unicode".to_owned(),
    })?;
    sqlx::query("VACUUM INTO ?").bind(target).execute(connection).await?;
    sync(&partial).map_err(failed)?;
    std::fs::rename(&partial, path).map_err(failed)?;
    path.parent().map_or(Ok(()), sync_folder).map_err(failed)
}

/// Removes what daily, weekly and monthly copies do not need, but never the one that was just made: the clock may have
/// been turned back. A copy that cannot be removed does no harm.
fn thin_out(backups: &Path, just_made: &Path) {
    let copies = dated(backups);
    let dates: Vec<i64> = copies.iter().map(|(date, _)| *date).collect();
    let remove = superfluous(&dates);
    for (date, path) in copies {
        if remove.contains(&date)
            && path != just_made
            && let Err(error) = std::fs::remove_file(&path)
        {
            tracing::warn!(path = %path.display(), %error, "an old backup could not be removed");
        }
    }
}

/// The dated copies, oldest first.
fn dated(backups: &Path) -> Vec<(i64, PathBuf)> {
    let entries = std::fs::read_dir(backups).into_iter().flatten().flatten();
    let mut copies: Vec<_> = entries
        .filter_map(|entry| Some((date_of_name(entry.file_name().to_str()?)?, entry.path())))
        .collect();
    copies.sort();
    copies
}

async fn check_file(path: &Path) -> Result<(), StoreError> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true).immutable(true);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    // To SQLite an empty file is a database without tables.
    if schema_of(&mut connection).await? == 0 {
        return Err(StoreError::corrupted("there is no library in it"));
    }
    quick_check(&mut connection).await
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn sync(path: &Path) -> std::io::Result<()> {
    // Windows flushes only what is open for writing.
    File::options().read(true).write(true).open(path)?.sync_all()
}

/// Makes a rename last. Windows has no such call and needs none.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
