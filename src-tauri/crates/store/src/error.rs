//! What can go wrong with what is kept.

use std::path::{Path, PathBuf};

use bimo_text::EditError;

/// Why something could not be stored or read. Nothing has been changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the library open.
    #[error("the library in {} is open in another window", folder.display())]
    Locked {
        /// The library's folder.
        folder: PathBuf,
    },
    /// The library was written by a newer program.
    #[error("the library has schema {found}; this program knows schemas up to {known}")]
    NewerSchema {
        /// Schema of the file.
        found: u32,
        /// Newest schema that this program knows.
        known: u32,
    },
    /// The file is damaged. It stays as it is; [`crate::restore_backup`] puts a backup in its place.
    #[error("the library is damaged: {reason}")]
    Corrupted {
        /// What was found.
        reason: String,
        /// The newest backup that is whole.
        newest_backup: Option<PathBuf>,
    },
    /// The folder or file cannot be written.
    #[error("cannot write in {}: {reason}", place(path))]
    NotWritable {
        /// The folder or file; empty where it is the library's own.
        path: PathBuf,
        /// The system's own words.
        reason: String,
    },
    /// No room left on the disk.
    #[error("the disk is full")]
    DiskFull,
    /// What was asked for is not there, or in the bin.
    #[error("there is no {kind} {id}")]
    NotFound {
        /// `chapter`, for instance.
        kind: &'static str,
        /// Its number.
        id: u32,
    },
    /// The edits were made on another version of the chapter than the stored one.
    #[error("the chapter is at version {stored}; the edits were made on version {given}")]
    VersionConflict {
        /// The stored version.
        stored: u32,
        /// The version that was given.
        given: u32,
    },
    /// An edit does not fit the text.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// A value that cannot be kept: JSON that is none, a generation that runs no more.
    #[error("{name} cannot be kept: {reason}")]
    InvalidValue {
        /// Which value.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A schema change failed; the library is as it was.
    #[error("the library could not be brought to schema {schema}: {reason}")]
    Migration {
        /// The schema that could not be reached.
        schema: u32,
        /// SQLite's own words.
        reason: String,
    },
    /// The SQLite library in this program is too old to be safe.
    #[error("SQLite {found} is too old; {needed} is needed")]
    SqliteTooOld {
        /// Version of the library.
        found: String,
        /// Oldest version that is accepted.
        needed: &'static str,
    },
    /// The file was busy for longer than it should be: a backup program or a virus scanner holds it.
    #[error("the library is busy")]
    Busy,
    /// Any other failure of the database.
    #[error("the library failed: {0}")]
    Database(sqlx::Error),
}

impl StoreError {
    /// A short, stable name for the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "library_locked",
            Self::NewerSchema { .. } => "library_newer",
            Self::Corrupted { .. } => "library_corrupted",
            Self::NotWritable { .. } => "library_not_writable",
            Self::DiskFull => "disk_full",
            Self::NotFound { .. } => "not_found",
            Self::VersionConflict { .. } => "version_conflict",
            Self::Edit(_) => "invalid_edit",
            Self::InvalidValue { .. } => "invalid_value",
            Self::Migration { .. } => "migration_failed",
            Self::SqliteTooOld { .. } => "sqlite_too_old",
            Self::Busy => "library_busy",
            Self::Database(_) => "library_failed",
        }
    }

    /// True where the same request may succeed later without anything being changed.
    pub fn retryable(&self) -> bool {
        matches!(self, Self::Locked { .. } | Self::DiskFull | Self::Busy | Self::NotWritable { .. })
    }

    /// A failure of the file system at `path`.
    pub(crate) fn from_io(path: &Path, error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::NotWritable { path: path.to_owned(), reason: error.to_string() },
        }
    }

    /// Damage that was found in the file.
    pub(crate) fn corrupted(reason: impl Into<String>) -> Self {
        Self::Corrupted { reason: reason.into(), newest_backup: None }
    }
}

fn place(path: &Path) -> std::path::Display<'_> {
    let library = Path::new("the library");
    if path.as_os_str().is_empty() { library } else { path }.display()
}

/// Primary result codes of SQLite, <https://www.sqlite.org/rescode.html>.
mod result_code {
    pub const BUSY: i32 = 5;
    pub const LOCKED: i32 = 6;
    pub const READ_ONLY: i32 = 8;
    pub const IO_ERROR: i32 = 10;
    pub const CORRUPT: i32 = 11;
    pub const FULL: i32 = 13;
    pub const CANNOT_OPEN: i32 = 14;
    pub const NOT_A_DATABASE: i32 = 26;
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let database = match &error {
            sqlx::Error::Database(database) => database,
            // A value that is not what its column says has changed on the disk.
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
                return Self::corrupted(error.to_string());
            }
            sqlx::Error::PoolTimedOut => return Self::Busy,
            _ => return Self::Database(error),
        };
        let extended = database.code().and_then(|code| code.parse::<i32>().ok()).unwrap_or(0);
        let reason = database.message().to_owned();
        match extended & 0xFF {
            result_code::BUSY | result_code::LOCKED => Self::Busy,
            result_code::READ_ONLY | result_code::IO_ERROR | result_code::CANNOT_OPEN => {
                Self::NotWritable { path: PathBuf::new(), reason }
            }
            result_code::CORRUPT | result_code::NOT_A_DATABASE => Self::corrupted(reason),
            result_code::FULL => Self::DiskFull,
            _ => Self::Database(error),
        }
    }
}
