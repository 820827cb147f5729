//! What is known of a model on this machine, or of one that is being fetched.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::address::check_path;
use crate::{RepoFile, RepoId};

/// Digits of the commit in the name of a model's folder.
const COMMIT_DIGITS: usize = 12;

/// The files that are one model, and where they come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelRecord {
    /// The repository.
    pub repo: RepoId,
    /// The commit, in hexadecimal.
    pub commit: String,
    /// The licence's short name, where the hub says it.
    pub licence: Option<String>,
    /// The one file that is opened; none where the folder is.
    pub entry: Option<String>,
    /// All files.
    pub files: Vec<RepoFile>,
    /// The folder where its files lie, if the person keeps them elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<PathBuf>,
    /// When all of it had been fetched, in milliseconds since 1970; 0 before.
    pub fetched_at_ms: i64,
}

impl ModelRecord {
    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).fold(0, u64::saturating_add)
    }

    /// `owner/name`, with the file where it is one.
    pub fn name(&self) -> String {
        match &self.entry {
            Some(entry) => format!("{}:{entry}", self.repo),
            None => self.repo.to_string(),
        }
    }

    /// Where a file lies in the model's folder: the one that is opened directly in it, with its other parts, others as in
    /// the repository.
    pub fn place_of<'a>(&self, file: &'a RepoFile) -> &'a str {
        let name = file.path.rsplit('/').next().unwrap_or(&file.path);
        if self.entry.is_some() { name } else { &file.path }
    }

    /// The repository's folder and the model's own in it.
    pub(crate) fn folder_names(&self) -> [String; 2] {
        let commit = &self.commit[..COMMIT_DIGITS.min(self.commit.len())];
        let edition = match &self.entry {
            Some(entry) => format!("{commit}--{}", entry.trim_end_matches(".gguf")),
            None => commit.to_owned(),
        };
        [format!("{}--{}", self.repo.owner(), self.repo.name()), edition]
    }

    /// True where nothing in it leads out of its folder: whoever could write into the folder of models could have
    /// written it.
    pub(crate) fn is_sound(&self) -> bool {
        let is_commit = self.commit.len() >= COMMIT_DIGITS
            && self.commit.bytes().all(|b| b.is_ascii_hexdigit());
        let is_place = |path: &str| check_path(path).is_ok();
        is_commit
            && self.entry.as_deref().is_none_or(|entry| is_place(entry) && !entry.contains('/'))
            && self.files.iter().all(|file| is_place(&file.path))
    }
}
