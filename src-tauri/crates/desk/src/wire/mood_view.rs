//! What is drawn of a reading: its arc, its parts, the words that move a sentence, two readings side by side; and what
//! is chosen from: characters, columns of a table.

use serde::{Deserialize, Serialize};

use super::{Mood, MoodMeasure};

/// A reading from one side.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct MoodView {
    /// Only this part.
    pub part: Option<u32>,
    /// Only sentences with one of these names.
    pub names: Vec<String>,
    /// What is drawn.
    pub measure: MoodMeasure,
    /// Sentences of it that have scores.
    pub sentences: u32,
    /// Of all of them; nothing where there are none.
    pub overall: Option<MoodOverall>,
    /// How many sentences have each label as their best, the most frequent first; at most 100.
    pub counts: Vec<LabelCount>,
    /// Their values along the text.
    pub arc: MoodArc,
    /// Each part by itself.
    pub parts: Vec<MoodPartView>,
}

/// The mood of many sentences.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct MoodOverall {
    /// It.
    pub mood: Mood,
    /// How it was come by.
    pub by: MoodBasis,
}

/// How a mood was come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum MoodBasis {
    /// The text is short, of up to 5,000 characters, and was read as one.
    Whole,
    /// The mean of the sentences, each as important as it is long.
    Sentences,
}

/// How often a label fits best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct LabelCount {
    /// Its number.
    pub label: u32,
    /// How often.
    pub count: u32,
}

/// A part in a view.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct MoodPartView {
    /// Which.
    pub part: u32,
    /// Its sentences that have scores, and the names.
    pub sentences: u32,
    /// The mean of them; nothing where there are none.
    pub mood: Option<Mood>,
    /// Where it begins in the arc, from 0 to 1.
    pub from: f32,
    /// Where it ends.
    pub to: f32,
}

/// Values along a text.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct MoodArc {
    /// The lowest value that can be: -1 of moods, 0 of a label; of an amount the lowest there is.
    pub low: f32,
    /// The highest.
    pub high: f32,
    /// In order, at most 600: in a long text each stands for several sentences.
    pub points: Vec<ArcPoint>,
    /// The smooth line through them, at most 200 points; empty where there are fewer than three sentences.
    pub line: Vec<LinePoint>,
}

/// One sentence in the arc, or a few neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ArcPoint {
    /// Its place in the text by characters, from 0 to 1.
    pub position: f32,
    /// The mean of its sentences, each as important as it is long.
    pub value: f32,
    /// The lowest of them.
    pub low: f32,
    /// The highest.
    pub high: f32,
    /// The number of the first.
    pub sentence: u32,
    /// How many they are.
    pub sentences: u32,
    /// The part of the first.
    pub part: u32,
    /// Where the first begins in its part.
    pub from: u32,
}

/// A point of the smooth line.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct LinePoint {
    /// Its place in the text by characters, from 0 to 1.
    pub position: f32,
    /// Its value.
    pub value: f32,
}

/// Why a sentence is judged so.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct MoodWords {
    /// The sentence's number.
    pub sentence: u32,
    /// What the weights are of.
    pub measure: MoodMeasure,
    /// The sentence's value.
    pub value: f32,
    /// At most 12, the strongest first.
    pub words: Vec<WordWeight>,
    /// How many were left out, one by one. In a very long sentence neighbours go together.
    pub tried: u32,
}

/// How much a word moves its sentence.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct WordWeight {
    /// Where it begins.
    pub from: u32,
    /// Where it ends.
    pub to: u32,
    /// The word.
    pub text: String,
    /// The sentence's value with it, less the value without it.
    pub weight: f32,
}

/// Two readings side by side.
#[derive(Debug, Clone, PartialEq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct MoodComparison {
    /// The first.
    pub one: MoodView,
    /// The second.
    pub other: MoodView,
    /// Correlation of their smooth lines, from -1 to 1; nothing where one is too short, or flat.
    pub likeness: Option<f32>,
    /// Where the lines are farthest apart, from 0 to 1; nothing where one is too short.
    pub farthest: Option<f32>,
}

/// Somebody who is found in a text by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct MoodCharacter {
    /// All are looked for, the first is shown.
    pub names: Vec<String>,
}

/// The characters of a work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct MoodCharacters {
    /// Those that the person named.
    pub kept: Vec<MoodCharacter>,
    /// Other names that its glossary and its text have, the most frequent first.
    pub suggested: Vec<String>,
}

/// A file with rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct TableColumns {
    /// How many, without the one that names the columns.
    pub rows: u32,
    /// In order.
    pub columns: Vec<TableColumn>,
    /// The one that looks like texts.
    pub chosen: u32,
    /// The first row names the columns.
    pub has_header: bool,
}

/// A column of a file with rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct TableColumn {
    /// Its name; empty where the file has none.
    pub name: String,
    /// What its first rows have.
    pub samples: Vec<String>,
}
