//! Opening the library, whatever has happened to it.

use std::path::{Path, PathBuf};

use bimo_store::{Store, StoreError, StoreOptions, copy_library, restore_backup};

use crate::folder::{Choice, Folders};
use crate::wire::{ApiError, Notice, Recovered};

/// An open library, and what the person should know of how it was opened.
pub(crate) struct Opened {
    pub store: Store,
    pub notices: Vec<Notice>,
}

/// Opens the library at its place: named, chosen or usual.
pub(crate) async fn open_library(folders: &Folders, now_ms: i64) -> Result<Opened, ApiError> {
    let mut notices = Vec::new();
    let folder = match &folders.named {
        Some(folder) => folder.clone(),
        None => chosen_folder(folders, now_ms, &mut notices).await,
    };
    let store = open_or_restore(StoreOptions::new(folder, now_ms), &mut notices).await?;
    Ok(Opened { store, notices })
}

/// The folder that the person chose, after a move that was asked for; where that cannot be, another with a notice.
async fn chosen_folder(folders: &Folders, now_ms: i64, notices: &mut Vec<Notice>) -> PathBuf {
    let choice = folders.choice();
    let Some(chosen) = choice.library else {
        return folders.usual.clone();
    };
    if let Some(old) = choice.move_from {
        return match move_library(folders, &old, &chosen, now_ms).await {
            Ok(()) => chosen,
            Err(error) => {
                tracing::warn!(%error, "the library could not be moved");
                notices.push(notice("library_not_moved", &chosen));
                old
            }
        };
    }
    let options = StoreOptions::new(&chosen, now_ms);
    // A disk that is not connected leaves no trace; a damaged library leaves its backups.
    if options.database().exists() || options.backups.exists() {
        return chosen;
    }
    notices.push(notice("library_folder_missing", &chosen));
    folders.usual.clone()
}

async fn move_library(
    folders: &Folders,
    old: &Path,
    new: &Path,
    now_ms: i64,
) -> Result<(), ApiError> {
    let moved =
        copy_library(&StoreOptions::new(old, now_ms), &StoreOptions::new(new, now_ms)).await?;
    tracing::info!(from = %old.display(), to = %new.display(), moved, "the library has another folder");
    folders.keep_choice(&Choice { library: Some(new.to_owned()), move_from: None })
}

/// Opens a library; one that is damaged is set aside, and its newest whole backup takes its place.
async fn open_or_restore(
    options: StoreOptions,
    notices: &mut Vec<Notice>,
) -> Result<Store, ApiError> {
    match Store::open(options.clone()).await {
        Err(StoreError::Corrupted { reason, newest_backup: Some(backup) }) => {
            tracing::error!(reason, backup = %backup.display(), "the library is damaged");
            let kept = restore_backup(&options, &backup).await?;
            notices.push(notice("restored_backup", &backup));
            notices.extend(kept.map(|kept| notice("damaged_library_kept", &kept)));
            Ok(Store::open(options).await?)
        }
        opened => Ok(opened?),
    }
}

fn notice(code: &str, path: &Path) -> Notice {
    Notice { code: code.into(), detail: path.display().to_string() }
}

impl From<bimo_store::Recovered> for Recovered {
    fn from(recovered: bimo_store::Recovered) -> Self {
        Self {
            generation: recovered.generation.into(),
            chapter: recovered.chapter.map(Into::into),
            words: bimo_text::Counts::of(&recovered.text).total(),
        }
    }
}
