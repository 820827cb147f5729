//! From the store's and the text's types to those of the wire, and back.

use bimo_store as store;
use bimo_text as text;

use super::{
    AuthorSpan, BinEntry, ChapterId, ChapterPage, ChapterRevision, ChapterSummary, Counts, Edit,
    GenerationId, GenerationStatus, GenerationSummary, GlossaryEntryId, Guidance, HistoryQuery,
    Library, LibraryItem, MemoryId, RevisionId, RevisionReason, Saved, SearchHit, SegmentId,
    SummaryId, TranslationId, Try, WorkId, WorkSummary,
};

macro_rules! same_number {
    ($($name:ident),*) => {$(
        impl From<store::$name> for $name {
            fn from(id: store::$name) -> Self {
                Self(id.0)
            }
        }
        impl From<$name> for store::$name {
            fn from(id: $name) -> Self {
                Self(id.0)
            }
        }
    )*};
}

same_number!(
    WorkId,
    ChapterId,
    GenerationId,
    TranslationId,
    SegmentId,
    GlossaryEntryId,
    MemoryId,
    SummaryId,
    RevisionId
);

impl From<store::Revision> for ChapterRevision {
    fn from(revision: store::Revision) -> Self {
        Self {
            id: revision.id.into(),
            reason: match revision.reason {
                store::RevisionReason::BigLoss => RevisionReason::BigLoss,
                store::RevisionReason::Replaced => RevisionReason::Replaced,
                store::RevisionReason::Recovery => RevisionReason::Recovery,
            },
            version: revision.version,
            created_at_ms: revision.created_at_ms as f64,
        }
    }
}

impl From<text::Counts> for Counts {
    fn from(text::Counts { han, words, characters }: text::Counts) -> Self {
        Self { han, words, characters }
    }
}

impl From<LibraryItem> for store::LibraryItem {
    fn from(item: LibraryItem) -> Self {
        match item {
            LibraryItem::Work(work) => Self::Work(work.into()),
            LibraryItem::Chapter(chapter) => Self::Chapter(chapter.into()),
        }
    }
}

impl From<store::LibraryItem> for LibraryItem {
    fn from(item: store::LibraryItem) -> Self {
        match item {
            store::LibraryItem::Work(work) => Self::Work(work.into()),
            store::LibraryItem::Chapter(chapter) => Self::Chapter(chapter.into()),
        }
    }
}

impl From<store::Library> for Library {
    fn from(library: store::Library) -> Self {
        Self {
            works: library.works.into_iter().map(WorkSummary::from).collect(),
            bin: library.bin.into_iter().map(BinEntry::from).collect(),
        }
    }
}

impl From<store::WorkSummary> for WorkSummary {
    fn from(work: store::WorkSummary) -> Self {
        let chapters = work.chapters.into_iter().map(|chapter| ChapterSummary {
            id: chapter.id.into(),
            title: chapter.title,
            counts: chapter.counts.into(),
        });
        Self {
            id: work.id.into(),
            title: work.title,
            counts: work.counts.into(),
            goal: work.goal,
            chapters: chapters.collect(),
        }
    }
}

impl From<store::BinEntry> for BinEntry {
    fn from(entry: store::BinEntry) -> Self {
        Self {
            item: entry.item.into(),
            title: entry.title,
            work_title: entry.work_title,
            binned_at_ms: entry.binned_at_ms as f64,
        }
    }
}

impl From<store::SearchHit> for SearchHit {
    fn from(hit: store::SearchHit) -> Self {
        Self {
            chapter: hit.chapter.into(),
            chapter_title: hit.chapter_title,
            work_title: hit.work_title,
            from: hit.from.0,
            to: hit.to.0,
            before: hit.before,
            matched: hit.matched,
            after: hit.after,
        }
    }
}

impl From<store::Guidance> for Guidance {
    fn from(store::Guidance { memory, note, note_depth }: store::Guidance) -> Self {
        Self { memory, note, note_depth }
    }
}

impl From<Guidance> for store::Guidance {
    fn from(Guidance { memory, note, note_depth }: Guidance) -> Self {
        Self { memory, note, note_depth }
    }
}

impl From<store::Chapter> for ChapterPage {
    fn from(chapter: store::Chapter) -> Self {
        let spans = chapter.authorship.spans().iter().map(|span| AuthorSpan {
            from: span.from.0,
            to: span.to.0,
            generation: GenerationId(span.generation),
        });
        Self {
            id: chapter.id.into(),
            work: chapter.work.into(),
            title: chapter.title,
            version: chapter.version,
            authorship: spans.collect(),
            counts: chapter.counts.into(),
            guidance: chapter.guidance.into(),
            body: chapter.body,
        }
    }
}

impl From<Edit> for text::TextEdit {
    fn from(edit: Edit) -> Self {
        Self {
            from: text::Utf16Offset(edit.from),
            to: text::Utf16Offset(edit.to),
            insert: edit.insert,
            generation: edit.generation.map(|generation| generation.0),
        }
    }
}

impl From<AuthorSpan> for text::AuthorSpan {
    fn from(span: AuthorSpan) -> Self {
        Self {
            from: text::Utf16Offset(span.from),
            to: text::Utf16Offset(span.to),
            generation: span.generation.0,
        }
    }
}

impl From<store::Saved> for Saved {
    fn from(saved: store::Saved) -> Self {
        Self { version: saved.version, counts: saved.counts.into() }
    }
}

impl From<HistoryQuery> for store::HistoryQuery {
    fn from(query: HistoryQuery) -> Self {
        Self {
            text: query.text,
            chapter: query.chapter.map(Into::into),
            before: query.before.map(Into::into),
            limit: query.limit,
        }
    }
}

impl From<store::GenerationStatus> for GenerationStatus {
    fn from(status: store::GenerationStatus) -> Self {
        match status {
            store::GenerationStatus::Running => Self::Running,
            store::GenerationStatus::Complete => Self::Complete,
            store::GenerationStatus::Stopped => Self::Stopped,
            store::GenerationStatus::Failed => Self::Failed,
        }
    }
}

impl From<store::GenerationSummary> for GenerationSummary {
    fn from(summary: store::GenerationSummary) -> Self {
        // Stored by the name that serde gives it; an unknown one is a newer program's.
        let finish = summary.finish.and_then(|name| serde_json::from_value(name.into()).ok());
        let timed = summary.decode_seconds > 0.0;
        Self {
            id: summary.id.into(),
            chapter: summary.chapter.map(Into::into),
            chapter_title: summary.chapter_title,
            created_at_ms: summary.created_at_ms as f64,
            status: summary.status.into(),
            finish,
            output: summary.output,
            model: summary.model,
            seed: summary.seed,
            tokens: summary.tokens,
            tokens_per_second: timed
                .then(|| (f64::from(summary.tokens) / summary.decode_seconds) as f32),
        }
    }
}

impl From<store::GenerationSummary> for Try {
    fn from(summary: store::GenerationSummary) -> Self {
        Self {
            id: summary.id.into(),
            text: summary.edited_output.unwrap_or(summary.output),
            seed: summary.seed,
        }
    }
}
