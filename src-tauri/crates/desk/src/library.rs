//! Works and chapters: the tree, the bin, the search. Every change answers with the library as it is then.

use crate::Desk;
use crate::wire::{ApiError, ChapterId, Created, Library, LibraryItem, SearchHit, WorkId};

/// Places that a search shows.
const MOST_HITS: u32 = 200;
/// Characters of a title.
const LONGEST_TITLE: usize = 500;

impl Desk {
    /// Adds a work behind the others, with one empty chapter.
    pub async fn create_work(&self, title: String) -> Result<Created, ApiError> {
        let (_, chapter) = self.store().create_work(&one_line(&title), self.now_ms()).await?;
        Ok(Created { library: self.library().await?, chapter: chapter.into() })
    }

    /// Adds an empty chapter at a place counted from 0, or behind the others.
    pub async fn create_chapter(
        &self,
        work: WorkId,
        title: String,
        position: Option<u32>,
    ) -> Result<Created, ApiError> {
        let title = one_line(&title);
        let chapter =
            self.store().create_chapter(work.into(), &title, position, self.now_ms()).await?;
        Ok(Created { library: self.library().await?, chapter: chapter.into() })
    }

    /// Gives a work or a chapter another title.
    pub async fn rename(&self, item: LibraryItem, title: String) -> Result<Library, ApiError> {
        let title = one_line(&title);
        match item {
            LibraryItem::Work(work) => {
                self.store().rename_work(work.into(), &title, self.now_ms()).await?;
            }
            LibraryItem::Chapter(chapter) => {
                self.store().rename_chapter(chapter.into(), &title, self.now_ms()).await?;
            }
        }
        self.library().await
    }

    /// Moves a work to a place among the others, counted from 0; past the end means last.
    pub async fn move_work(&self, work: WorkId, position: u32) -> Result<Library, ApiError> {
        self.store().move_work(work.into(), position, self.now_ms()).await?;
        self.library().await
    }

    /// Moves a chapter to a place in this or another work, counted from 0; past the end means last.
    pub async fn move_chapter(
        &self,
        chapter: ChapterId,
        work: WorkId,
        position: u32,
    ) -> Result<Library, ApiError> {
        let now_ms = self.now_ms();
        self.store().move_chapter(chapter.into(), work.into(), position, now_ms).await?;
        self.library().await
    }

    /// Sets or removes the length that the person wants to reach. A goal of nothing is none.
    pub async fn set_goal(&self, work: WorkId, goal: Option<u32>) -> Result<Library, ApiError> {
        let goal = goal.filter(|goal| *goal > 0);
        self.store().set_goal(work.into(), goal, self.now_ms()).await?;
        self.library().await
    }

    /// Throws a work or a chapter away; it can come back.
    pub async fn move_to_bin(&self, item: LibraryItem) -> Result<Library, ApiError> {
        self.store().move_to_bin(item.into(), self.now_ms()).await?;
        self.library().await
    }

    /// Takes something out of the bin.
    pub async fn restore(&self, item: LibraryItem) -> Result<Library, ApiError> {
        self.store().restore(item.into(), self.now_ms()).await?;
        self.library().await
    }

    /// Removes something that is in the bin for good.
    pub async fn delete_forever(&self, item: LibraryItem) -> Result<Library, ApiError> {
        self.store().delete_forever(item.into()).await?;
        self.library().await
    }

    /// Places in the library that match what was typed, in the library's order.
    pub async fn search_library(&self, query: String) -> Result<Vec<SearchHit>, ApiError> {
        let hits = self.store().search(&query, MOST_HITS).await?;
        Ok(hits.into_iter().map(SearchHit::from).collect())
    }

    async fn library(&self) -> Result<Library, ApiError> {
        Ok(self.store().library().await?.into())
    }
}

/// A title on one line, without white space around it.
fn one_line(title: &str) -> String {
    let words: Vec<&str> = title.split_whitespace().collect();
    words.join(" ").chars().take(LONGEST_TITLE).collect()
}
