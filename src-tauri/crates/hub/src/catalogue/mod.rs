//! Models that are worth knowing of: what each is good for, and the files that its repository has.
//!
//! **Invariant**: no size and no hash is written down here. What a hub says when it is asked is true, what a list
//! remembers may not be.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::RepoId;

static ENTRIES: LazyLock<Vec<CatalogueEntry>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("models.json")).expect("a test reads the catalogue")
});

/// A sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bilingual {
    /// In English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
}

/// What the memory of a context depends on; zeros where a model keeps none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct CatalogueShape {
    /// Layers.
    pub layers: usize,
    /// Heads of keys and values.
    pub kv_heads: usize,
    /// Elements of a head.
    pub head_dim: usize,
    /// Tokens of the longest context.
    pub context: usize,
}

/// A model that is worth knowing of.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct CatalogueEntry {
    /// `story`, `translate`, `summarize`, `sentiment`, `answer` or `embed`.
    pub task: String,
    /// Its repository.
    pub repo: RepoId,
    /// Its file, where it is one.
    pub file: Option<String>,
    /// What people call it.
    pub title: String,
    /// The architecture, as its files name it.
    pub architecture: String,
    /// Number of weights.
    pub parameters: u64,
    /// Bits of a weight in its file, about.
    pub bits_per_weight: f64,
    /// For the memory of its context.
    pub shape: CatalogueShape,
    /// Languages that it knows well, `en` for instance.
    pub languages: Vec<String>,
    /// The licence's short name; none where its repository states none.
    pub licence: Option<String>,
    /// What it is good for.
    pub good_for: Bilingual,
    /// How good it is.
    pub quality: Bilingual,
    /// The files that are fetched, as its repository has them.
    pub files: Vec<String>,
    /// Its weights are in Python's pickle format only.
    pub pickle: bool,
}

impl CatalogueEntry {
    /// `owner/name`, with the file where it is one.
    pub fn name(&self) -> String {
        match &self.file {
            Some(file) => format!("{}:{file}", self.repo),
            None => self.repo.to_string(),
        }
    }
}

/// All of them: for each task from the smallest to the largest, and after those the ones of another age.
pub fn catalogue() -> &'static [CatalogueEntry] {
    &ENTRIES
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::ModelAddress;
    use crate::plan::{Pickle, plan};
    use crate::{RepoFile, RepoRevision};

    const TASKS: &[&str] = &["story", "translate", "summarize", "sentiment", "answer", "embed"];

    #[test]
    fn every_entry_can_be_addressed_and_has_words_in_both_languages() {
        let han = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        let mut names = HashSet::new();
        for entry in catalogue() {
            let name = entry.name();
            assert!(name.parse::<ModelAddress>().is_ok(), "{name}");
            assert!(TASKS.contains(&entry.task.as_str()), "{name}");
            for words in [&entry.good_for, &entry.quality] {
                assert!(han(&words.zh) && !words.en.is_empty() && !han(&words.en), "{name}");
            }
            assert!(!entry.languages.is_empty() && entry.parameters > 1_000_000, "{name}");
            assert!(names.insert(name.clone()), "{name} is there twice");
        }
        for task in TASKS {
            assert!(catalogue().iter().any(|entry| entry.task == *task), "{task}");
        }
    }

    #[test]
    fn the_files_of_every_entry_are_what_would_be_fetched() {
        for entry in catalogue() {
            let file = |path: &String| RepoFile {
                path: path.clone(),
                bytes: 1,
                sha256: None,
                git_sha1: Some("a".repeat(40)),
            };
            let files: Vec<RepoFile> = entry.files.iter().map(file).collect();
            let revision = RepoRevision { commit: "a".repeat(40), ..RepoRevision::default() };
            let pickle = if entry.pickle { Pickle::Accepted } else { Pickle::Refused };
            let address = entry.name().parse().expect("an address");
            let record = plan(&address, revision, &files, pickle).expect("a model");
            let mut planned: Vec<_> = record.files.into_iter().map(|file| file.path).collect();
            planned.sort();
            let mut listed = entry.files.clone();
            listed.sort();
            assert_eq!(planned, listed, "{}", entry.name());
        }
    }
}
