//! The moods of texts, or whatever else a classifier's labels say of them: sentence by sentence, and as an arc.
//!
//! Sentences of a reading are numbered through all of its parts. Offsets are UTF-16 units in the text of the part.

use serde::{Deserialize, Serialize};

use super::{
    ApiError, ChapterId, MoodView, RevisionId, SourceLanguage, SummaryId, TranslationId, WorkId,
};

pub use bimo_engine::Scoring;

/// The number of a text that is read or was; the last few of them stay in memory.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, specta::Type,
)]
#[serde(transparent)]
pub struct MoodReadingId(pub u32);

/// What is read, and by which model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct MoodRequest {
    /// The text.
    pub source: MoodSource,
    /// The file or folder of a classifier on the shelf; nothing for the one that is chosen for the task.
    pub model: Option<String>,
}

/// What lies in the panel: it is there again after a restart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase", default)]
pub struct MoodDraft {
    /// What was typed or pasted.
    pub text: String,
    /// What is read; nothing for the text above.
    pub source: Option<MoodSource>,
    /// The part that is drawn; nothing for all.
    pub part: Option<u32>,
    /// What is drawn; nothing for what is usual.
    pub measure: Option<MoodMeasure>,
    /// What it is compared with.
    pub beside: Option<MoodBeside>,
    /// Many texts are labelled, instead of one being read.
    pub labels: bool,
    /// Texts to label, one a line.
    pub lines: String,
    /// A table to label in their place: a file and a column.
    pub table: Option<MoodSource>,
    /// The classifier that labels; nothing for the one that reads moods.
    pub classifier: Option<String>,
}

/// A text that another is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct MoodBeside {
    /// It.
    pub source: MoodSource,
    /// What it was called in the list.
    pub title: String,
}

/// Where a text comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum MoodSource {
    /// Pasted: its sentences.
    Text {
        /// It.
        text: String,
    },
    /// Many short texts: each line that is not empty.
    Lines {
        /// They.
        text: String,
    },
    /// The rows of a CSV file.
    Table {
        /// The file.
        path: String,
        /// The column that has the texts; nothing for the one that looks so.
        column: Option<u32>,
    },
    /// A chapter.
    Chapter {
        /// Which.
        chapter: ChapterId,
    },
    /// A chapter as it was.
    Revision {
        /// Which.
        revision: RevisionId,
    },
    /// All chapters of a work.
    Work {
        /// Which.
        work: WorkId,
    },
    /// One side of a translation.
    Translation {
        /// Which.
        translation: TranslationId,
        /// What it was made of, or what was made.
        side: MoodSide,
    },
    /// A summary.
    Summary {
        /// Which.
        summary: SummaryId,
    },
}

/// A side of a translation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum MoodSide {
    /// What was translated.
    Source,
    /// The translation, as far as there is one.
    Target,
}

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum MoodMeasure {
    /// The mood, where the labels are moods.
    Mood,
    /// How well one label fits.
    Label {
        /// Its number.
        label: u32,
    },
}

/// From which side a reading is looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct MoodWish {
    /// Only this part.
    pub part: Option<u32>,
    /// Only sentences that have one of these names: Han names anywhere, others as whole words. Empty for all.
    pub names: Vec<String>,
    /// Nothing for the mood; where the labels are no moods, for the label that fits the whole best.
    pub measure: Option<MoodMeasure>,
}

/// What happens to a reading. `Opened` comes first; `Finished`, `Stopped` or `Failed` last.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum MoodEvent {
    /// The text is cut; reading begins.
    Opened {
        /// What is read.
        reading: MoodReading,
    },
    /// Sentences that have their scores now, in no particular order.
    Scored {
        /// Whose.
        reading: MoodReadingId,
        /// At most 500.
        sentences: Vec<MoodSentence>,
    },
    /// How far it is.
    Progress {
        /// Whose.
        reading: MoodReadingId,
        /// So far.
        progress: MoodProgress,
    },
    /// The whole as far as it is known.
    View {
        /// Whose.
        reading: MoodReadingId,
        /// The whole.
        view: MoodView,
    },
    /// Scores could not be kept, and reading goes on: they are read again the next time. Told once.
    Unkept {
        /// Whose.
        reading: MoodReadingId,
        /// Why.
        error: ApiError,
    },
    /// All is read.
    Finished {
        /// Which.
        reading: MoodReadingId,
        /// The whole.
        view: MoodView,
        /// How much was known before.
        progress: MoodProgress,
    },
    /// The person has stopped it.
    Stopped {
        /// Which.
        reading: MoodReadingId,
        /// The whole as far as it was read.
        view: MoodView,
        /// How far it was.
        progress: MoodProgress,
    },
    /// It has failed; what was scored is kept.
    Failed {
        /// Which.
        reading: MoodReadingId,
        /// Why.
        error: ApiError,
    },
}

/// How far a reading is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct MoodProgress {
    /// Sentences that have scores.
    pub done: u32,
    /// All sentences.
    pub total: u32,
    /// Of those done, the ones that were known and not read again.
    pub known: u32,
    /// Seconds until all is read, once that can be told.
    pub seconds_left: Option<f32>,
}

/// A text that is read.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct MoodReading {
    /// Its number.
    pub id: MoodReadingId,
    /// What reads it.
    pub model: MoodModel,
    /// The chapters of a work; else one.
    pub parts: Vec<MoodPart>,
    /// Sentences of all parts.
    pub sentences: u32,
    /// What the text was found to be written in.
    pub language: SourceLanguage,
    /// Sentences whose scores are a guess; see [`MoodSentence::guess`].
    pub guesses: u32,
}

/// A text, or a chapter of one.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct MoodPart {
    /// Its chapter in the library.
    pub chapter: Option<ChapterId>,
    /// Its title, perhaps empty.
    pub title: String,
    /// The text as it was read. Of a table its cells, one a line.
    pub text: String,
    /// The number of its first sentence.
    pub first: u32,
    /// How many it has.
    pub sentences: u32,
}

/// A classifier, and how its labels are understood.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct MoodModel {
    /// Its name.
    pub name: String,
    /// Its file or folder; nothing for the one in the program.
    pub path: Option<String>,
    /// It is part of the program.
    pub starter: bool,
    /// Names of the labels, by their numbers.
    pub labels: Vec<String>,
    /// What scores mean.
    pub scoring: Scoring,
    /// How the labels are moods; nothing where they are something else.
    pub polarity: Option<Polarity>,
}

/// What labels are as moods.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Polarity {
    /// For each label from -1, negative, to 1, positive.
    pub values: Vec<f32>,
    /// The labels only have numbers: that they go from negative to positive was assumed.
    pub assumed: bool,
}

/// A sentence, a line, or a row of a table, with its scores.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct MoodSentence {
    /// Its number in the reading.
    pub index: u32,
    /// Its part.
    pub part: u32,
    /// Where it begins.
    pub from: u32,
    /// Where it ends.
    pub to: u32,
    /// What the model says of it.
    pub mood: Mood,
    /// It has no letters, or is in a language that the model has not learned.
    pub guess: bool,
}

/// What a classifier says.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Mood {
    /// The label that fits best.
    pub label: u32,
    /// The eight labels that fit best, the best first.
    pub scores: Vec<LabelScore>,
    /// From -1 to 1: each label's polarity, weighted by its probability; nothing where labels are no moods.
    pub valence: Option<f32>,
}

/// How well a label fits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct LabelScore {
    /// Its number.
    pub label: u32,
    /// See [`Scoring`].
    pub score: f32,
}
