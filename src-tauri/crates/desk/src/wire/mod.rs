//! What crosses the boundary between desk and window, and nothing else: plain data, camelCase on the wire.
//!
//! Offsets into a page are UTF-16 code units, as the editor counts them; the desk turns them into bytes at once.
//! Times are milliseconds since 1970. Nothing here has behaviour beyond conversion.

mod convert;
mod error;
mod history;
mod hub;
mod library;
mod model;
mod page;
mod settings;
mod story;

pub use error::ApiError;
pub use history::{GenerationDetail, GenerationStatus, GenerationSummary, HistoryQuery};
pub use hub::{
    Bilingual, CatalogueEntry, Download, DownloadState, Downloads, Fit, FoundModel, HubAccess,
    ModelOffer, NetworkRequest, OfferedModel, TokenFrom,
};
pub use library::{
    BinEntry, ChapterSummary, Counts, Created, Library, LibraryItem, SearchHit, WorkSummary,
};
pub use model::{ModelShelf, ModelTask, ShelvedFrom, ShelvedModel};
pub use page::{AuthorSpan, ChapterPage, Edit, Guidance, Saved};
pub use settings::{
    DeskState, InterfaceLanguage, ModelState, ModelStatus, Notice, Recovered, Settings, Theme,
};
pub use story::{
    ContextPiece, ContextReport, ContinueRequest, GenerationStart, StoryEvent, Try, WritingParams,
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
