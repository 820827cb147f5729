//! Works, chapters, generations, translations and summaries in SQLite.
//!
//! Start reading at [`Store`]: one method for each thing that is kept or asked, one file for each table.
//!
//! **Invariant**: every operation is one transaction. What it answered is on disk, whatever ends the process.
//!
//! **Invariant**: only this crate knows SQL, and it knows no model, no window and no clock: whoever asks says what
//! time it is (`now_ms`, milliseconds since 1970).
//!
//! **Invariant**: one writer. A second process that opens the same folder is refused ([`StoreError::Locked`]).

mod backup;
mod bin;
mod chapter;
mod checksum;
mod error;
mod generation;
mod glossary;
mod history;
mod ids;
mod library;
mod memory;
mod migrations;
mod mood;
mod open;
mod page;
mod passage;
mod read_only;
mod recovery;
mod revision;
mod search;
mod segment;
mod setting;
mod summary;
mod summary_writing;
mod thinning;
mod token_choice;
mod translation;
mod work;

pub use backup::{copy_library, restore_backup};
pub use chapter::Chapter;
pub use error::StoreError;
pub use generation::{
    Generation, GenerationEnd, GenerationStatus, GenerationSummary, Growth, NewGeneration, Place,
};
pub use glossary::{GlossaryEntry, Kept, NewGlossaryEntry};
pub use history::HistoryQuery;
pub use ids::{
    ChapterId, GenerationId, GlossaryEntryId, LibraryItem, MemoryId, RevisionId, SegmentId,
    SummaryId, SummarySourceId, TranslationId, WorkId,
};
pub use library::{BinEntry, ChapterSummary, Library, WorkSummary};
pub use memory::{NewPair, Pair, PairSide};
pub use mood::LabelScore;
pub use open::{Store, StoreOptions};
pub use page::Saved;
pub use recovery::Recovered;
pub use revision::{Revision, RevisionReason};
pub use search::SearchHit;
pub use segment::{NewSegment, Segment, SegmentChange, SegmentOutcome, SegmentState};
pub use summary::{
    SourceKind, Summary, SummaryEntry, SummaryForm, SummaryMethod, SummaryPart, SummarySource,
    SummaryStatus, SummaryWish,
};
pub use summary_writing::{SummaryEnd, SummaryPlace};
pub use token_choice::{Candidate, TokenChoice};
pub use translation::{
    Direction, NewTranslation, TranslatedDocument, Translation, TranslationKind, TranslationStatus,
};
pub use work::Guidance;
