//! What helps a translation: the glossary, the memory of confirmed sentences, the dictionary.

use serde::{Deserialize, Serialize};

use super::{GlossaryEntryId, MemoryId, WorkId};

/// How a term is translated. A term is in one language and its translation in the other; both ways are honoured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct GlossaryEntry {
    /// Its number; nothing for one that is to be added.
    pub id: Option<GlossaryEntryId>,
    /// The work that it belongs to; nothing for one of all works.
    pub work: Option<WorkId>,
    /// The term, as it is looked for.
    pub term: String,
    /// Its translation, as it is to stand there.
    pub translation: String,
    /// For people.
    pub note: String,
}

/// What came of reading a glossary or a memory from a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Imported {
    /// Entries that are new.
    pub added: u32,
    /// Entries that were there and have changed.
    pub changed: u32,
    /// Entries that are no use: empty, too long, or in other languages.
    pub skipped: u32,
}

/// A sentence of the memory that is like one that is translated.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct MemoryMatch {
    /// Its number.
    pub id: MemoryId,
    /// Its source.
    pub source: String,
    /// Its translation.
    pub target: String,
    /// From 0 to 1, the same: 1 less the edits between the two, word by word and Han character by Han character,
    /// divided by the length of the longer.
    pub score: f32,
    /// The way from the memory's sentence to the one that is translated.
    pub difference: Vec<DifferencePart>,
    /// Where it was confirmed: a title, the name of a file.
    pub origin: String,
    /// When it was confirmed.
    pub confirmed_at_ms: f64,
}

/// A pair of sentences that the person has agreed to.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct MemoryPair {
    /// Its number.
    pub id: MemoryId,
    /// In English.
    pub english: String,
    /// In Chinese, in either script.
    pub chinese: String,
    /// Where it was confirmed: a title, the name of a file.
    pub origin: String,
    /// When it was confirmed.
    pub confirmed_at_ms: f64,
}

/// A stretch of the difference between two sentences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct DifferencePart {
    /// Whether it is in both.
    pub kind: DifferenceKind,
    /// The stretch.
    pub text: String,
}

/// Which of two sentences has a stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum DifferenceKind {
    /// Both.
    Same,
    /// Only the one in the memory.
    Removed,
    /// Only the one that is translated.
    Added,
}

/// The dictionary that the person has chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct DictionaryStatus {
    /// Its file; nothing where there is none.
    pub path: Option<String>,
    /// Entries that it has.
    pub entries: u32,
}

/// A word in the dictionary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct DictionaryEntry {
    /// In simplified characters.
    pub simplified: String,
    /// In traditional characters.
    pub traditional: String,
    /// `bǐ mò`, for instance.
    pub pinyin: String,
    /// What it means, in English.
    pub meanings: Vec<String>,
}
