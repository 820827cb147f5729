//! Reading the library without a desk, also while a window has it open.

use std::path::PathBuf;

use bimo_store::{Store, StoreOptions};

use crate::Folders;
use crate::hub_access::HubChoice;
use crate::options::system_time_ms;
use crate::shelf::Shelf;
use crate::wire::{
    ApiError, ChapterId, GenerationSummary, HistoryQuery, Library, ModelTask, WorkId,
};

/// A library that is only read.
pub struct LibraryReader {
    store: Store,
}

/// A work's whole text.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct WorkText {
    /// Its title, perhaps empty.
    pub title: String,
    /// Its chapters in order.
    pub chapters: Vec<ChapterText>,
}

/// A chapter's text.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ChapterText {
    /// Its title, perhaps empty.
    pub title: String,
    /// Markdown.
    pub body: String,
}

impl LibraryReader {
    /// Opens the library that a desk would open.
    pub async fn open(folders: &Folders) -> Result<Self, ApiError> {
        let options = StoreOptions::new(folders.current(), system_time_ms());
        if !options.database().exists() {
            let message =
                "There is no library there yet: open the desk once, or name another folder.";
            return Err(ApiError::new("no_library", message).with_detail(options.folder.display()));
        }
        Ok(Self { store: Store::open_read_only(options).await? })
    }

    /// The file or folder of the model that the person has chosen for a task; nothing where it is the one in the program.
    pub async fn chosen_model(&self, task: ModelTask) -> Result<Option<PathBuf>, ApiError> {
        Ok(Shelf::load(&self.store).await?.used.remove(&task))
    }

    pub(crate) async fn hub_choice(&self) -> Result<HubChoice, ApiError> {
        Ok(HubChoice::load(&self.store).await?.unwrap_or_default())
    }

    /// The tree.
    pub async fn library(&self) -> Result<Library, ApiError> {
        Ok(self.store.library().await?.into())
    }

    /// A work that is named by its number or its title.
    pub async fn find_work(&self, name: &str) -> Result<WorkId, ApiError> {
        let works = self.library().await?.works;
        let number = name.parse().ok().map(WorkId);
        let named = works.iter().filter(|work| work.title == name || Some(work.id) == number);
        match named.map(|work| work.id).collect::<Vec<_>>()[..] {
            [work] => Ok(work),
            [] => {
                Err(ApiError::new("not_found", "There is no such work: `bimo works` lists them.")
                    .with_detail(name))
            }
            _ => {
                let message =
                    "Several works have that title: give the number that `bimo works` shows.";
                Err(ApiError::new("ambiguous", message).with_detail(name))
            }
        }
    }

    /// A work's whole text.
    pub async fn work_text(&self, work: WorkId) -> Result<WorkText, ApiError> {
        let library = self.library().await?;
        let work = library.works.into_iter().find(|other| other.id == work).ok_or_else(|| {
            ApiError::new("not_found", "That work is not there any more: look for it in the bin.")
        })?;
        let mut chapters = Vec::new();
        for chapter in work.chapters {
            let ChapterId(id) = chapter.id;
            let body = self.store.chapter(bimo_store::ChapterId(id)).await?.body;
            chapters.push(ChapterText { title: chapter.title, body });
        }
        Ok(WorkText { title: work.title, chapters })
    }

    /// A page of the history, newest first.
    pub async fn history(&self, query: HistoryQuery) -> Result<Vec<GenerationSummary>, ApiError> {
        let page = self.store.history(&query.into()).await?;
        Ok(page.into_iter().map(GenerationSummary::from).collect())
    }
}
