//! Sources from wherever they are: pasted, in a file, in the library, or kept with a summary.

use std::path::Path;
use std::sync::Arc;

use bimo_convert::{ConvertError, Document};
use bimo_store as store;
use bimo_store::SourceKind;

use super::source::{Chapter, Layout, Source};
use crate::Desk;
use crate::files::{dropped_bytes, read_file};
use crate::wire::{ApiError, ChapterId, SourceText, SummarySource, WorkId};

/// What a library's texts are called to whoever reads documents.
const PAGE_NAME: &str = "chapter.md";

/// A source with what is known of where it came from.
pub(super) struct Found {
    pub source: Arc<Source>,
    pub kind: SourceKind,
    pub work: Option<store::WorkId>,
    pub chapter: Option<store::ChapterId>,
    /// Where it is kept, if it is.
    pub kept: Option<store::SummarySourceId>,
}

impl Desk {
    /// What would be summarised. Keeps nothing.
    pub async fn read_source(&self, source: SummarySource) -> Result<SourceText, ApiError> {
        let found = self.find_source(source).await?;
        let told = move || Ok(found.source.told());
        on_thread(told).await
    }

    pub(super) async fn find_source(&self, source: SummarySource) -> Result<Found, ApiError> {
        match source {
            SummarySource::Text { text } => {
                let source = on_thread(move || Source::of_document(text.as_bytes(), None)).await?;
                Ok(Found::elsewhere(source, SourceKind::Text))
            }
            SummarySource::Page { html } => {
                let source = on_thread(move || of_page(&html)).await?;
                Ok(Found::elsewhere(source, SourceKind::Page))
            }
            SummarySource::File { path } => {
                let source = self.source_of_file(Path::new(&path)).await?;
                Ok(Found::elsewhere(source, SourceKind::File))
            }
            SummarySource::Dropped { name, content } => {
                let source = on_thread(move || of_file(&dropped_bytes(&content)?, name)).await?;
                Ok(Found::elsewhere(source, SourceKind::File))
            }
            SummarySource::Chapter { chapter } => self.source_of_chapter(chapter).await,
            SummarySource::Work { work } => self.source_of_work(work).await,
            SummarySource::Kept { summary } => {
                let id = self.store().summary(summary.into()).await?.entry.source;
                let kept = self.store().summary_source(id).await?;
                let source = Arc::new(restored(&kept));
                let store::SummarySource { kind, work, chapter, .. } = kept;
                Ok(Found { source, kind, work, chapter, kept: Some(id) })
            }
        }
    }

    async fn source_of_file(&self, path: &Path) -> Result<Source, ApiError> {
        let bytes = read_file(path).await?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        on_thread(move || of_file(&bytes, name)).await
    }

    async fn source_of_chapter(&self, chapter: ChapterId) -> Result<Found, ApiError> {
        let page = self.store().chapter(chapter.into()).await?;
        let (title, body) = (page.title, page.body);
        let source = on_thread(move || {
            let blocks = blocks_of(&body)?;
            let of_library = Some((chapter, title.clone()));
            Source::of(title, vec![Chapter { blocks, of_library }])
        });
        Ok(Found {
            source: Arc::new(source.await?),
            kind: SourceKind::Chapter,
            work: Some(page.work),
            chapter: Some(page.id),
            kept: None,
        })
    }

    async fn source_of_work(&self, work: WorkId) -> Result<Found, ApiError> {
        let library = self.store().library().await?;
        let id: store::WorkId = work.into();
        let found = library.works.into_iter().find(|other| other.id == id);
        let found = found.ok_or(store::StoreError::NotFound { kind: "work", id: id.0 })?;
        let mut pages = Vec::new();
        for chapter in found.chapters {
            let page = self.store().chapter(chapter.id).await?;
            pages.push((page.id, page.title, page.body));
        }
        let source = on_thread(move || {
            let mut chapters = Vec::new();
            for (id, title, body) in pages {
                let of_library = Some((id.into(), title));
                chapters.push(Chapter { blocks: blocks_of(&body)?, of_library });
            }
            Source::of(found.title, chapters)
        });
        Ok(Found {
            source: Arc::new(source.await?),
            kind: SourceKind::Work,
            work: Some(id),
            chapter: None,
            kept: None,
        })
    }

    /// Whether a chapter or a work reads otherwise than when it was summarised.
    pub(super) async fn source_changed(&self, kept: &store::SummarySource) -> bool {
        let now = match (kept.kind, kept.work, kept.chapter) {
            (SourceKind::Chapter, _, Some(chapter)) => self.source_of_chapter(chapter.into()).await,
            (SourceKind::Work, Some(work), _) => self.source_of_work(work.into()).await,
            _ => return false,
        };
        now.map_or(true, |now| now.source.text != kept.text)
    }
}

impl Found {
    fn elsewhere(source: Source, kind: SourceKind) -> Self {
        Self { source: Arc::new(source), kind, work: None, chapter: None, kept: None }
    }

    /// As it is kept.
    pub fn to_keep(&self) -> Result<store::SummarySource, ApiError> {
        Ok(store::SummarySource {
            kind: self.kind,
            title: title_of(&self.source),
            byline: self.source.byline.clone(),
            language: self.source.language().name().to_owned(),
            work: self.work,
            chapter: self.chapter,
            text: self.source.text.clone(),
            layout: serde_json::to_string(&self.source.layout).map_err(ApiError::internal)?,
        })
    }
}

/// A source as it was kept.
pub(super) fn restored(kept: &store::SummarySource) -> Source {
    let layout: Layout = serde_json::from_str(&kept.layout).unwrap_or_default();
    Source {
        title: kept.title.clone(),
        byline: kept.byline.clone(),
        text: kept.text.clone(),
        layout: layout.within(&kept.text),
    }
}

/// A file without a title of its own has its name.
fn of_file(bytes: &[u8], name: String) -> Result<Source, ApiError> {
    let source = Source::of_document(bytes, Some(&name))?;
    let title = if source.title.is_empty() { name } else { source.title.clone() };
    Ok(Source { title, ..source })
}

fn of_page(html: &str) -> Result<Source, ApiError> {
    // Some words without a tag are a text.
    let name = html.contains('<').then_some("page.html");
    Source::of_document(html.as_bytes(), name)
}

fn blocks_of(body: &str) -> Result<Vec<bimo_convert::Block>, ConvertError> {
    Ok(Document::read(body.as_bytes(), Some(PAGE_NAME))?.blocks().to_vec())
}

/// The title, or the first words where there is none.
fn title_of(source: &Source) -> String {
    match source.title.trim() {
        "" => first_words(source.sentence(0)),
        title => title.to_owned(),
    }
}

/// The beginning of a sentence, cut behind a word where it has spaces.
fn first_words(sentence: &str) -> String {
    const MOST: usize = 60;
    let words = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((end, _)) = words.char_indices().nth(MOST) else { return words };
    let cut = &words[..end];
    let space = cut.rfind(' ').filter(|at| *at > end / 2);
    format!("{}…", &cut[..space.unwrap_or(end)])
}

pub(super) async fn on_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work).await.map_err(ApiError::internal)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_a_title_is_called_by_its_first_words() {
        assert_eq!(first_words("The lamp\n broke."), "The lamp broke.");
        let long = "The ferry across the Carrow ran for forty years without a single accident.";
        let cut = "The ferry across the Carrow ran for forty years without a…";
        assert_eq!(first_words(long), cut);
        let chinese = "灯".repeat(61);
        assert_eq!(first_words(&chinese), format!("{}…", "灯".repeat(60)));
    }
}
