//! The library's folder: where it is, and moving it somewhere else.
//!
//! The choice is kept in a small file beside the program's other configuration, for the settings are in the library
//! itself. A move is made at the next start, before the library is opened, so that nothing is written behind its back.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Desk;
use crate::wire::ApiError;

const FILE_NAME: &str = "folder.json";

/// Where the library is looked for.
#[derive(Debug, Clone)]
pub struct Folders {
    /// The folder of the program's own configuration: the person's choice is in a file there.
    pub configuration: PathBuf,
    /// The library's usual folder.
    pub usual: PathBuf,
    /// A folder that was named when the program was started; it wins over the person's choice.
    pub named: Option<PathBuf>,
}

/// The person's choice, as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Choice {
    /// The library's folder; none for the usual one.
    pub library: Option<PathBuf>,
    /// Where the library still is, until it has been moved.
    pub move_from: Option<PathBuf>,
}

impl Folders {
    /// The folders that this system has for such things.
    pub fn of_this_computer(named: Option<PathBuf>) -> Result<Self, ApiError> {
        let folders = directories::ProjectDirs::from("", "", "Bimo").ok_or_else(|| {
            ApiError::new(
                "no_home_folder",
                "The system names no home folder for you: set HOME, or give a folder in BIMO_LIBRARY.",
            )
        })?;
        Ok(Self {
            configuration: folders.config_dir().to_owned(),
            usual: folders.data_dir().join("library"),
            named,
        })
    }

    /// The folder of models: beside the library's usual one, wherever the library is now.
    #[must_use]
    pub fn models(&self) -> PathBuf {
        self.usual.with_file_name("models")
    }

    /// What the person chose. A file that cannot be understood counts as no choice.
    pub(crate) fn choice(&self) -> Choice {
        let Ok(text) = std::fs::read_to_string(self.configuration.join(FILE_NAME)) else {
            return Choice::default();
        };
        serde_json::from_str(&text).unwrap_or_else(|error| {
            tracing::warn!(%error, "the choice of the library's folder is not valid");
            Choice::default()
        })
    }

    /// Keeps a choice: the old one or the new one is on the disk at any moment.
    pub(crate) fn keep_choice(&self, choice: &Choice) -> Result<(), ApiError> {
        let path = self.configuration.join(FILE_NAME);
        let partial = path.with_extension("partial");
        let write = || -> std::io::Result<()> {
            std::fs::create_dir_all(&self.configuration)?;
            std::fs::write(&partial, serde_json::to_vec_pretty(choice)?)?;
            std::fs::File::options().write(true).open(&partial)?.sync_all()?;
            std::fs::rename(&partial, &path)
        };
        write().map_err(|error| not_writable(&self.configuration, &error))
    }

    /// The folder in which the library is looked for: named, chosen or usual.
    pub(crate) fn current(&self) -> PathBuf {
        let choice = || {
            let choice = self.choice();
            choice.move_from.or(choice.library)
        };
        self.named.clone().or_else(choice).unwrap_or_else(|| self.usual.clone())
    }
}

impl Desk {
    /// Takes another folder for the library from the next start on, and answers it.
    ///
    /// The folder is created if it is not there. If it has no library, the present one is copied there at the next
    /// start, checked, and stays where it was as well; if it has one, that one is opened.
    pub async fn set_library_folder(&self, path: String) -> Result<String, ApiError> {
        if self.folders().named.is_some() {
            return Err(ApiError::new(
                "library_folder_fixed",
                "The folder was named when the program was started: start it without BIMO_LIBRARY to choose another.",
            ));
        }
        let folder = checked(Path::new(path.trim()))?;
        let present = self.store().folder();
        let stays = same_folder(&folder, present);
        let choice = Choice {
            move_from: (!stays).then(|| present.to_owned()),
            library: Some(folder.clone()),
        };
        self.folders().keep_choice(&choice)?;
        Ok(folder.display().to_string())
    }
}

/// A folder in which one can write.
fn checked(folder: &Path) -> Result<PathBuf, ApiError> {
    if !folder.is_absolute() {
        let message = "Give the whole path of the folder, from the root of the disk on.";
        return Err(ApiError::new("folder_not_absolute", message).with_detail(folder.display()));
    }
    let probe = folder.join(".bimo-can-write-here");
    let try_it = || -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        std::fs::write(&probe, b"")?;
        std::fs::remove_file(&probe)
    };
    try_it().map_err(|error| not_writable(folder, &error))?;
    Ok(folder.to_owned())
}

fn same_folder(one: &Path, other: &Path) -> bool {
    let canonical = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    canonical(one) == canonical(other)
}

fn not_writable(folder: &Path, error: &std::io::Error) -> ApiError {
    let message = "That folder cannot be written: choose another, or allow writing there.";
    ApiError::new("library_not_writable", message)
        .with_detail(format!("{}: {error}", folder.display()))
        .worth_retrying()
}
