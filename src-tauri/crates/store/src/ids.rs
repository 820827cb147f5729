//! Numbers of what is kept.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, sqlx::Type)]
        #[sqlx(transparent)]
        pub struct $name(pub u32);
    };
}

id!(
    /// A work's number.
    WorkId
);
id!(
    /// A chapter's number.
    ChapterId
);
id!(
    /// A generation's number; newer ones have higher numbers.
    GenerationId
);
id!(
    /// A revision's number; newer ones have higher numbers.
    RevisionId
);
id!(
    /// A translation's number.
    TranslationId
);
id!(
    /// A segment's number.
    SegmentId
);
id!(
    /// The number of a pair in the memory.
    MemoryId
);
id!(
    /// A glossary entry's number.
    GlossaryEntryId
);
id!(
    /// A summary's number; newer ones have higher numbers.
    SummaryId
);
id!(
    /// The number of what is summarised.
    SummarySourceId
);

/// A work or a chapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LibraryItem {
    /// A work with all its chapters.
    Work(WorkId),
    /// One chapter.
    Chapter(ChapterId),
}
