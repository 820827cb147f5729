//! Summaries: what is summarised, how, what comes of it, and what it rests on. Offsets are UTF-16 units.

use serde::{Deserialize, Serialize};

use super::{ApiError, ChapterId, Destination, SourceLanguage, SummaryId, TargetLanguage, WorkId};

/// What is summarised.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, specta::Type)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum SummarySource {
    /// Pasted text; the source of a page is read as a page.
    Text {
        /// The text.
        text: String,
    },
    /// A pasted page, of which the article is taken.
    Page {
        /// HTML.
        html: String,
    },
    /// A text, Markdown, a page, subtitles, a Word document or a book.
    File {
        /// Where it lies.
        path: String,
    },
    /// A file that was let go over the window, which does not tell where it lies.
    Dropped {
        /// Its name.
        name: String,
        /// What is in it, in Base64.
        content: String,
    },
    /// A chapter of the library.
    Chapter {
        /// Which.
        chapter: ChapterId,
    },
    /// All chapters of a work.
    Work {
        /// Which.
        work: WorkId,
    },
    /// The source of a summary that is kept, as it was then.
    Kept {
        /// Which.
        summary: SummaryId,
    },
}

/// Where a source came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum SourceKind {
    /// Pasted text.
    Text,
    /// A pasted page.
    Page,
    /// A file.
    File,
    /// A chapter.
    Chapter,
    /// A whole work.
    Work,
}

/// How a summary is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum SummaryMethod {
    /// Of the text's own sentences those that say the most of it. No model is needed.
    Key,
    /// A model says it in its own words.
    Rewritten,
}

/// What a summary looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum SummaryForm {
    /// Running text.
    Paragraph,
    /// A list.
    Bullets,
    /// One sentence, whatever the length.
    OneLine,
    /// A title, whatever the length.
    Title,
}

/// How long a summary is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum SummaryLength {
    /// So many sentences, 1 to 200.
    Sentences {
        /// How many.
        count: u32,
    },
    /// About so many words and Han characters, 5 to 20,000.
    Words {
        /// How many.
        count: u32,
    },
    /// This part of the source, above 0 and up to 1.
    Share {
        /// Which part.
        share: f32,
    },
}

/// A summary that is wanted.
#[derive(Debug, Clone, PartialEq, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct SummaryRequest {
    /// Of what.
    pub source: SummarySource,
    /// How it is made.
    pub method: SummaryMethod,
    /// How long it is.
    pub length: SummaryLength,
    /// What it looks like.
    pub form: SummaryForm,
    /// Its language; nothing for that of the source.
    pub to: Option<TargetLanguage>,
}

/// What lies on the panel and is kept with no summary yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct SummaryDraft {
    /// The article; empty where it is kept elsewhere.
    pub text: String,
    /// Those that gave way to another before they were summarised.
    pub aside: Vec<String>,
    /// How its summary is to be made.
    pub method: SummaryMethod,
    /// How long it is to be.
    pub length: SummaryLength,
    /// What it is to look like.
    pub form: SummaryForm,
    /// Its language; nothing for that of the article.
    pub to: Option<TargetLanguage>,
}

/// How a summary stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum SummaryStatus {
    /// It is being made.
    Running,
    /// It is there.
    Complete,
    /// The person stopped it, or the program ended in the middle; what was written is there.
    Stopped,
    /// It failed.
    Failed,
}

/// A summary in the list.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct SummaryEntry {
    /// Its number.
    pub id: SummaryId,
    /// The article's, chapter's, file's or work's title, or the first words.
    pub title: String,
    /// Where the source came from.
    pub kind: SourceKind,
    /// The work that is summarised, or whose chapter is.
    pub work: Option<WorkId>,
    /// The chapter that is summarised.
    pub chapter: Option<ChapterId>,
    /// How it is made.
    pub method: SummaryMethod,
    /// What it looks like.
    pub form: SummaryForm,
    /// How long it was to be.
    pub length: SummaryLength,
    /// Its language; nothing for that of the source.
    pub to: Option<TargetLanguage>,
    /// How it stands.
    pub status: SummaryStatus,
    /// Its first words.
    pub preview: String,
    /// The model that wrote or translated it; empty where none did.
    pub model: String,
    /// When it was asked for.
    pub created_at_ms: f64,
}

/// A source as text: paragraphs with an empty line between them.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct SourceText {
    /// Its title; empty where it has none.
    pub title: String,
    /// Who wrote it, if it says so.
    pub byline: Option<String>,
    /// What it is written in.
    pub language: SourceLanguage,
    /// Its words.
    pub text: String,
    /// Its chapters or sections, which cover it; one where it has none.
    pub sections: Vec<SourceSection>,
    /// Its paragraphs.
    pub paragraphs: Vec<SourceParagraph>,
    /// Its sentences: [`SentenceSupport::sentence`] is a place in this list.
    pub sentences: Vec<Stretch>,
    /// Words and Han characters.
    pub words: u32,
}

/// A stretch of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Stretch {
    /// Where it begins.
    pub from: u32,
    /// Where it ends.
    pub to: u32,
}

/// A chapter or section of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct SourceSection {
    /// Its title; empty where it has none.
    pub title: String,
    /// Where it begins.
    pub from: u32,
    /// Where it ends.
    pub to: u32,
    /// The chapter of the library that it is, or is part of.
    pub chapter: Option<ChapterId>,
}

/// A paragraph of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct SourceParagraph {
    /// Where it begins.
    pub from: u32,
    /// Where it ends.
    pub to: u32,
    /// The level of a heading, 1 to 6; 0 for anything else.
    pub heading: u8,
}

/// A summary with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct OpenSummary {
    /// As in the list.
    pub entry: SummaryEntry,
    /// What was summarised, as it was then.
    pub source: SourceText,
    /// The chapter or work reads differently now.
    pub source_changed: bool,
    /// How far it is.
    pub progress: SummaryProgress,
    /// What there is of it.
    pub outcome: SummaryOutcome,
    /// Intermediate summaries, where the source is too long for the model.
    pub parts: Vec<SummaryPart>,
    /// Why it failed, where it did.
    pub error: Option<ApiError>,
}

/// What there is of a summary. While it is written there is only text.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct SummaryOutcome {
    /// Its words. An entry of a list begins with `- ` and has a line of its own.
    pub text: String,
    /// Its sentences, with what they rest on.
    pub sentences: Vec<SummarySentence>,
    /// Which parts of the source it rests on.
    pub coverage: Coverage,
    /// By what its sentences were compared with those of the source.
    #[serde(default)]
    pub compared: Compared,
}

/// By what sentences were compared: their words, or what an encoder makes of them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Compared {
    /// The encoder; nothing where it was by words.
    pub encoder: Option<String>,
    /// Why it was by words though there is an encoder.
    pub problem: Option<ApiError>,
}

/// A sentence of a summary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct SummarySentence {
    /// Where it begins in the summary.
    pub from: u32,
    /// Where it ends.
    pub to: u32,
    /// The source's sentences that say it, the most alike first: of a key sentence its own.
    pub sources: Vec<SentenceSupport>,
    /// From 0 to 1: how much a key sentence counts; else how alike its best source is.
    pub score: f32,
    /// What to look at.
    pub flags: Vec<SummaryFlag>,
    /// Numbers and names in it that the source does not have.
    pub doubts: Vec<Doubt>,
}

/// A sentence of the source that says what one of the summary says.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct SentenceSupport {
    /// Its place in [`SourceText::sentences`].
    pub sentence: u32,
    /// How alike they are, from 0 to 1.
    pub similarity: f32,
}

/// Words of a summary that the source does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Doubt {
    /// Where they begin in the summary.
    pub from: u32,
    /// Where they end.
    pub to: u32,
    /// What they are.
    pub kind: DoubtKind,
}

/// What is doubted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum DoubtKind {
    /// A number.
    Number,
    /// A name.
    Name,
}

/// What a reader of a summary should look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum SummaryFlag {
    /// No sentence of the source is like it.
    Unsupported,
    /// It is in another language than the source, so that only numbers and names could be compared.
    OtherLanguage,
    /// It has a number that the source does not have.
    Numbers,
    /// It has a name that the source does not have.
    Names,
    /// It ends before the sentence does.
    CutShort,
    /// It says again what one before it says.
    Repeats,
}

/// How much of the source a summary rests on.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Coverage {
    /// From 0 to 1: how alike the source's sentences are to the nearest of the summary, in the mean.
    pub share: f32,
    /// The source from beginning to end.
    pub bars: Vec<CoverageBar>,
}

/// A stretch of the source, and how much the summary rests on it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct CoverageBar {
    /// Where it begins in the source.
    pub from: u32,
    /// Where it ends.
    pub to: u32,
    /// From 0 to 1.
    pub weight: f32,
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum SummaryStage {
    /// The model is loaded, or reads.
    Reading,
    /// The encoder places the source's sentences.
    Placing,
    /// A part of the source is being summarised.
    Parts,
    /// Summaries are being summarised.
    Joining,
    /// The summary itself is being written.
    Writing,
    /// Its sentences are being translated.
    Translating,
    /// Its sources are being looked for.
    Checking,
    /// Nothing any more.
    Done,
}

/// How far a summary is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct SummaryProgress {
    /// What is being done.
    pub stage: SummaryStage,
    /// Which part, from 1; 0 where there are none.
    pub part: u32,
    /// How many there are.
    pub parts: u32,
    /// Sentences of the source that are through.
    pub sentences_done: u32,
    /// All sentences of the source.
    pub sentences: u32,
    /// Seconds until it is done, once that can be told.
    pub seconds_left: Option<f32>,
}

/// An intermediate summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct SummaryPart {
    /// From 0, in the order in which they are written.
    pub number: u32,
    /// 1: of a stretch of the source; more: of summaries.
    pub level: u32,
    /// The title of its chapter or section.
    pub title: String,
    /// Where the stretch of the source begins that it stands for.
    pub from: u32,
    /// Where it ends.
    pub to: u32,
    /// The parts that it was made from.
    pub made_from: Vec<u32>,
    /// Its words; empty until they are written.
    pub text: String,
    /// The language that these are in: a model may have been asked for another than the source's.
    pub language: SourceLanguage,
    /// It is whole.
    pub done: bool,
}

/// What happens to a summary. Text has been stored when it is told.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum SummaryEvent {
    /// How far it is has changed.
    Progress {
        /// Which.
        summary: SummaryId,
        /// How far it is.
        progress: SummaryProgress,
    },
    /// More of the summary itself.
    Text {
        /// Which.
        summary: SummaryId,
        /// Where they begin in the summary.
        at: u32,
        /// The new words.
        text: String,
    },
    /// A part is planned, or done.
    Part {
        /// Which summary.
        summary: SummaryId,
        /// The part as it is now.
        part: SummaryPart,
    },
    /// It is complete, or was stopped.
    Finished {
        /// Which.
        summary: SummaryId,
        /// As in the list.
        entry: SummaryEntry,
        /// All there is of it.
        outcome: SummaryOutcome,
    },
    /// It has failed; what was written is kept.
    Failed {
        /// Which.
        summary: SummaryId,
        /// As in the list.
        entry: SummaryEntry,
        /// Why.
        error: ApiError,
    },
}

/// The model that rewrites.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Summarizer {
    /// Its name; nothing where there is none.
    pub name: Option<String>,
    /// It is the one that writes stories: none was chosen for summaries, and it follows instructions.
    pub by_story_model: bool,
    /// It follows instructions, and so writes either language and any form and length.
    pub follows_instructions: bool,
    /// Who gets the text, where it is not computed inside the program.
    pub goes_to: Option<Destination>,
}
