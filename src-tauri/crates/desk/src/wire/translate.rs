//! Texts on their way into the other language: a translation, its segments, how far it is.

use serde::{Deserialize, Serialize};

use super::{ApiError, ChapterId, GlossaryEntryId, SegmentId, TranslationId, WorkId};

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum TargetLanguage {
    /// English.
    English,
    /// Chinese in simplified characters.
    Simplified,
    /// Chinese in traditional characters.
    Traditional,
}

/// What a text was found to be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum SourceLanguage {
    /// English.
    English,
    /// Chinese in simplified characters.
    Simplified,
    /// Chinese in traditional characters.
    Traditional,
    /// English and Chinese, much of both.
    Mixed,
    /// Letters of some other language.
    Other,
    /// No letters, or none yet.
    Unknown,
}

/// What is translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum TranslationKind {
    /// A text that is typed in the panel.
    Text,
    /// A chapter, into a linked one.
    Chapter,
    /// A file, into one of the same format.
    Document,
}

/// How far a translation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum TranslationStatus {
    /// Sentences are being translated.
    Running,
    /// It goes on when the person says so: they paused it, or the program ended in the middle.
    Paused,
    /// The person gave it up; it can go on all the same.
    Stopped,
    /// Nothing is left to translate.
    Complete,
    /// It failed; it can be tried again from where it was.
    Failed,
}

/// How much of a translation is done.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct TranslationProgress {
    /// How far it is.
    pub status: TranslationStatus,
    /// Segments that have a translation.
    pub done: u32,
    /// All segments.
    pub total: u32,
    /// Seconds until all is done, once that can be told.
    pub seconds_left: Option<f32>,
}

/// A translation in the list.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct TranslationSummary {
    /// Its number.
    pub id: TranslationId,
    /// What is translated.
    pub kind: TranslationKind,
    /// The chapter's title, the file's name, the first words of the text.
    pub title: String,
    /// The work whose glossary is used.
    pub work: Option<WorkId>,
    /// The chapter that is translated.
    pub chapter: Option<ChapterId>,
    /// The chapter that takes the translation.
    pub linked_chapter: Option<ChapterId>,
    /// What the text is written in.
    pub from: SourceLanguage,
    /// What is written.
    pub to: TargetLanguage,
    /// `to` follows the text; false where the person chose it.
    pub direction_detected: bool,
    /// How far it is.
    pub progress: TranslationProgress,
    /// When it was changed last.
    pub updated_at_ms: f64,
}

/// A translation with all of its text. The source is `lead`, and behind it every segment's `source` and `gap`; the
/// translation is `lead`, and behind it every segment's `target` and `target_gap`.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct OpenTranslation {
    /// As in the list.
    pub summary: TranslationSummary,
    /// What stands before the first segment: spaces, empty lines, marks of Markdown.
    pub lead: String,
    /// In the order of the text.
    pub segments: Vec<Segment>,
    /// Why it failed, where it did.
    pub error: Option<ApiError>,
}

/// What a change of the source changed of the segments: `removed` of them at `at` make room for `inserted`.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct SourceChange {
    /// The translation as it is now.
    pub summary: TranslationSummary,
    /// What stands before the first segment now.
    pub lead: String,
    /// The first segment that is another one, by its place among the segments.
    pub at: u32,
    /// Segments that are gone.
    pub removed: u32,
    /// Segments in their place. Those that are translated already keep their numbers and their text.
    pub inserted: Vec<Segment>,
}

/// Who made a segment's translation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum SegmentState {
    /// Nobody yet.
    New,
    /// The model.
    Machine,
    /// The memory had this very sentence.
    Memory,
    /// The person.
    Edited,
    /// The person has agreed to it, and the memory keeps it.
    Confirmed,
}

/// A sentence with its translation.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Segment {
    /// Its number; it stays the same as long as its source does.
    pub id: SegmentId,
    /// The sentence, without the marks of Markdown around it.
    pub source: String,
    /// What stands between it and the next.
    pub gap: String,
    /// Its translation; empty while it is new.
    pub target: String,
    /// What stands between its translation and the next.
    pub target_gap: String,
    /// Who made the translation.
    pub state: SegmentState,
    /// It stays as it is until the person unlocks it.
    pub locked: bool,
    /// From 0 to 1: the mean probability that the model gave to a token. Nothing where it was not asked.
    pub confidence: Option<f32>,
    /// What it could be instead, the best first.
    pub alternatives: Vec<Alternative>,
    /// What to look at.
    pub flags: Vec<SegmentFlag>,
    /// Where the glossary's words are.
    pub terms: Vec<TermSpan>,
    /// The score of the most alike sentence in the memory, where it has one that is alike enough; 1 is the same.
    pub memory: Option<f32>,
}

/// Another translation that the model thought of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Alternative {
    /// The text.
    pub text: String,
    /// From 0 to 1: the mean probability of its tokens; nothing where the model does not tell.
    pub confidence: Option<f32>,
}

/// A word of the glossary in a segment. Offsets are UTF-16 units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct TermSpan {
    /// The glossary's entry.
    pub entry: GlossaryEntryId,
    /// Where the term begins in the source.
    pub source_from: u32,
    /// Where it ends.
    pub source_to: u32,
    /// Where its translation begins in the target; nothing where the target lacks it.
    pub target_from: Option<u32>,
    /// Where it ends.
    pub target_to: Option<u32>,
}

/// What a reader should look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum SegmentFlag {
    /// The translation was as long as the model can write, and may lack its end.
    CutShort,
    /// The source was too long for the model and was translated in pieces.
    InPieces,
    /// A number of the source is missing, or there is one that the source has not.
    Numbers,
    /// A name of the source is missing.
    Names,
    /// There are not as many quotations as in the source.
    Quotes,
    /// The translation is much shorter than such a source usually becomes.
    TooShort,
    /// It is much longer.
    TooLong,
    /// It says the same again and again.
    Repeats,
    /// Part of it is still in the source's language.
    Untranslated,
    /// Words that were emphasised in the source are not found again.
    Emphasis,
    /// A term is not translated as the glossary has it.
    GlossaryMissed,
    /// The sentence is in no language that the model reads; it stays as it was.
    OtherLanguage,
    /// The person has changed the sentence since they made this translation of it.
    SourceChanged,
}

/// What happens to a translation. Text has been stored when it is told.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum TranslationEvent {
    /// A segment has a translation, or another one.
    Segment {
        /// Whose.
        translation: TranslationId,
        /// The segment as it is now.
        segment: Segment,
    },
    /// How far it is has changed.
    Progress {
        /// Whose.
        translation: TranslationId,
        /// How far it is.
        progress: TranslationProgress,
    },
    /// Nothing is left to translate.
    Finished {
        /// Which.
        translation: TranslationId,
        /// What it came to.
        report: TranslationReport,
    },
    /// It has failed; what was translated is kept.
    Failed {
        /// Which.
        translation: TranslationId,
        /// Why.
        error: ApiError,
    },
}

/// What a translation came to.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct TranslationReport {
    /// All segments.
    pub segments: u32,
    /// Segments that have a translation.
    pub translated: u32,
    /// Segments that the person has edited.
    pub edited: u32,
    /// Segments that the person has confirmed.
    pub confirmed: u32,
    /// Segments with any flag.
    pub flagged: u32,
    /// How often each flag was given; those that were not are left out.
    pub flags: Vec<FlagCount>,
    /// Segments that the memory had word for word.
    pub memory_exact: u32,
    /// Segments for which the memory had a sentence like it.
    pub memory_fuzzy: u32,
    /// Terms of the glossary in the sources.
    pub terms: u32,
    /// Of these, terms that are translated as the glossary has them.
    pub terms_honoured: u32,
}

/// How often a flag was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct FlagCount {
    /// Which.
    pub flag: SegmentFlag,
    /// How often.
    pub count: u32,
}

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum Edition {
    /// The translation only.
    Translated,
    /// Each paragraph, and behind it its translation.
    Bilingual,
}
