//! What crosses the boundary between desk and window, and nothing else: plain data, camelCase on the wire.
//!
//! Offsets into a page are UTF-16 code units, as the editor counts them; the desk turns them into bytes at once.
//! Times are milliseconds since 1970. Nothing here has behaviour beyond conversion.

mod convert;
mod error;
mod glossary;
mod history;
mod hub;
mod library;
mod model;
mod mood_view;
mod page;
mod sentiment;
mod server;
mod settings;
mod story;
mod summary;
mod translate;

pub use error::{ApiError, Instead, Shortage};
pub use glossary::{
    DictionaryEntry, DictionaryStatus, DifferenceKind, DifferencePart, GlossaryEntry, Imported,
    MemoryMatch, MemoryPair,
};
pub use history::{GenerationDetail, GenerationStatus, GenerationSummary, HistoryQuery};
pub use hub::{
    Bilingual, CatalogueEntry, Download, DownloadState, Downloads, Fit, FoundModel, HubAccess,
    ModelOffer, NetworkRequest, OfferedModel, TokenFrom,
};
pub use library::{
    BinEntry, ChapterSummary, Counts, Created, Library, LibraryItem, SearchHit, WorkSummary,
};
pub use model::{MemoryUse, ModelShelf, ModelTask, ShelvedFrom, ShelvedModel, TaskModel};
pub use mood_view::{
    ArcPoint, LabelCount, LinePoint, MoodArc, MoodBasis, MoodCharacter, MoodCharacters,
    MoodComparison, MoodOverall, MoodPartView, MoodView, MoodWords, TableColumn, TableColumns,
    WordWeight,
};
pub use page::{AuthorSpan, ChapterPage, ChapterRevision, Edit, Guidance, RevisionReason, Saved};
pub use sentiment::{
    LabelScore, Mood, MoodBeside, MoodDraft, MoodEvent, MoodMeasure, MoodModel, MoodPart,
    MoodProgress, MoodReading, MoodReadingId, MoodRequest, MoodSentence, MoodSide, MoodSource,
    MoodWish, Polarity, Scoring,
};
pub use server::{Destination, KeyFrom, KnownServer, NewServer};
pub use settings::{
    CacheBits, ComputeOn, DeskState, InterfaceLanguage, ModelState, ModelStatus, Notice, Recovered,
    Settings, Theme,
};
pub use story::{
    ContextPiece, ContextReport, ContinueRequest, GenerationStart, StoryEvent, Try, WritingParams,
};
pub use summary::{
    Compared, Coverage, CoverageBar, Doubt, DoubtKind, OpenSummary, SentenceSupport, SourceKind,
    SourceParagraph, SourceSection, SourceText, Stretch, Summarizer, SummaryDraft, SummaryEntry,
    SummaryEvent, SummaryFlag, SummaryForm, SummaryLength, SummaryMethod, SummaryOutcome,
    SummaryPart, SummaryProgress, SummaryRequest, SummarySentence, SummarySource, SummaryStage,
    SummaryStatus,
};
pub use translate::{
    Alternative, Edition, FlagCount, OpenTranslation, Segment, SegmentFlag, SegmentState,
    SourceChange, SourceLanguage, TargetLanguage, TermSpan, TranslationEvent, TranslationKind,
    TranslationProgress, TranslationReport, TranslationStatus, TranslationSummary,
};

pub use bimo_engine::DeviceReason;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, specta::Type)]
        #[serde(transparent)]
        pub struct $name(pub u32);
    };
}

id!(
    /// A work's number in the library.
    WorkId
);
id!(
    /// A chapter's number in the library.
    ChapterId
);
id!(
    /// A generation's number in the history.
    GenerationId
);
id!(
    /// A translation's number.
    TranslationId
);
id!(
    /// A summary's number.
    SummaryId
);
id!(
    /// A segment's number; no two segments of the library have the same.
    SegmentId
);
id!(
    /// A glossary entry's number.
    GlossaryEntryId
);
id!(
    /// The number of a pair of sentences in the memory.
    MemoryId
);
id!(
    /// The number of an earlier version of a chapter.
    RevisionId
);
