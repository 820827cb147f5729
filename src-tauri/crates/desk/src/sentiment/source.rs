//! What is read: found in the library, in a file or in what was pasted, and cut.

use std::ops::Range;

use bimo_store as store;
use bimo_text::{has_words, utf16_len};

use super::table::Table;
use crate::Desk;
use crate::translation::{detect, is_of_other_script, sentence_ranges, source_of, translated};
use crate::wire::{
    ApiError, ChapterId, MoodSide, MoodSource, SourceLanguage, TranslationId, WorkId,
};

/// Bytes of a text that is read; a long novel has a tenth of it.
const LONGEST: usize = 8 << 20;

/// A text, or a chapter of one, that is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chapter {
    pub id: Option<ChapterId>,
    pub title: String,
    pub text: String,
}

/// How a text is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// Into sentences; what has nothing to read is left out.
    Sentences,
    /// Into lines that are not empty: each is a text of its own.
    Lines,
}

/// A sentence or line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    pub part: u32,
    pub bytes: Range<usize>,
    /// UTF-16 units.
    pub from: u32,
    pub to: u32,
    /// How many; a sentence is as important as it is long.
    pub characters: u32,
    /// The model has not learned what it is written in.
    pub guess: bool,
}

/// A text that is cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CutSource {
    pub chapters: Vec<Chapter>,
    pub cut: Cut,
    pub units: Vec<Unit>,
    pub language: SourceLanguage,
}

impl CutSource {
    /// Cuts texts for a model; one of `two_languages` knows English and Chinese.
    pub fn of(chapters: Vec<Chapter>, cut: Cut, two_languages: bool) -> Self {
        let all: Vec<&str> = chapters.iter().map(|chapter| chapter.text.as_str()).collect();
        let language = detect(&all.join("\n"));
        let is_foreign = language == SourceLanguage::Other;
        let mut units = Vec::new();
        for (part, chapter) in (0..).zip(&chapters) {
            let (mut at, mut from) = (0, 0);
            for bytes in ranges(&chapter.text, cut) {
                let text = &chapter.text[bytes.clone()];
                from += utf16_len(&chapter.text[at..bytes.start]);
                let to = from + utf16_len(text);
                let guess = two_languages && (is_foreign || is_of_other_script(text));
                let characters = text.chars().count() as u32;
                units.push(Unit { part, bytes: bytes.clone(), from, to, characters, guess });
                (at, from) = (bytes.end, to);
            }
        }
        Self { chapters, cut, units, language }
    }
}

fn ranges(text: &str, cut: Cut) -> Vec<Range<usize>> {
    match cut {
        Cut::Sentences => sentence_ranges(text, has_words),
        Cut::Lines => lines(text),
    }
}

/// The bytes of each line that is not empty, without the space around it.
pub(super) fn lines(text: &str) -> Vec<Range<usize>> {
    let mut end = 0;
    let lines = text.split_inclusive('\n').map(|line| {
        let start = end + line.len() - line.trim_start().len();
        end += line.len();
        start..start + line.trim().len()
    });
    lines.filter(|line| !line.is_empty()).collect()
}

impl Desk {
    /// Finds what is to be read, and says how it is cut. Refused where it is too much.
    pub(super) async fn mood_source(
        &self,
        source: MoodSource,
    ) -> Result<(Vec<Chapter>, Cut), ApiError> {
        let pasted = |text: String| vec![Chapter { id: None, title: String::new(), text }];
        let (chapters, cut) = match source {
            MoodSource::Text { text } => (pasted(text), Cut::Sentences),
            MoodSource::Lines { text } => (pasted(text), Cut::Lines),
            MoodSource::Table { path, column } => {
                let table = Table::open(path.as_ref()).await?;
                (pasted(table.texts_of(column)?), Cut::Lines)
            }
            MoodSource::Chapter { chapter } => {
                (vec![self.chapter_to_read(chapter).await?], Cut::Sentences)
            }
            MoodSource::Revision { revision } => {
                let (text, _) = self.store().revision_text(revision.into()).await?;
                (pasted(text), Cut::Sentences)
            }
            MoodSource::Work { work } => (self.work_to_read(work).await?, Cut::Sentences),
            MoodSource::Translation { translation, side } => {
                (vec![self.translation_to_read(translation, side).await?], Cut::Sentences)
            }
            MoodSource::Summary { summary } => {
                let summary = self.store().summary(summary.into()).await?;
                let title = summary.entry.title;
                (vec![Chapter { id: None, title, text: summary.text }], Cut::Sentences)
            }
        };
        let bytes: usize = chapters.iter().map(|chapter| chapter.text.len()).sum();
        if bytes > LONGEST {
            let message = "The text is too long to be read at once: read it in parts.";
            return Err(ApiError::new("mood_too_long", message)
                .with_detail(format!("{bytes} bytes, and {LONGEST} at most")));
        }
        Ok((chapters, cut))
    }

    async fn chapter_to_read(&self, id: ChapterId) -> Result<Chapter, ApiError> {
        let page = self.store().chapter(id.into()).await?;
        Ok(Chapter { id: Some(id), title: page.title, text: page.body })
    }

    pub(super) async fn work_to_read(&self, id: WorkId) -> Result<Vec<Chapter>, ApiError> {
        let id = id.into();
        let library = self.store().library().await?;
        let work = library.works.into_iter().find(|work| work.id == id);
        let store::WorkId(number) = id;
        let work = work.ok_or(store::StoreError::NotFound { kind: "work", id: number })?;
        let mut chapters = Vec::new();
        for chapter in work.chapters {
            chapters.push(self.chapter_to_read(chapter.id.into()).await?);
        }
        Ok(chapters)
    }

    async fn translation_to_read(
        &self,
        id: TranslationId,
        side: MoodSide,
    ) -> Result<Chapter, ApiError> {
        let translation = self.store().translation(id.into()).await?;
        let segments = self.store().segments(id.into()).await?;
        let text = match side {
            MoodSide::Source => source_of(&translation, &segments),
            MoodSide::Target => translated(&translation, &segments),
        };
        Ok(Chapter { id: None, title: translation.title, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, cut: Cut) -> CutSource {
        let chapter = Chapter { id: None, title: String::new(), text: text.into() };
        CutSource::of(vec![chapter], cut, true)
    }

    fn units(text: &str, how: Cut) -> Vec<(String, u32, u32, bool)> {
        let units = cut(text, how).units.into_iter();
        units.map(|unit| (text[unit.bytes].to_owned(), unit.from, unit.to, unit.guess)).collect()
    }

    #[test]
    fn sentences_lie_where_the_editor_counts_them() {
        let text = "# 雪 😀\n\n雪停了。It was cold. 😀\n\n* * *\n\n```\ncode.\n```\n- Дождь идёт.";
        let expected = [
            ("雪 😀", 2, 6, false),
            ("雪停了。", 8, 12, false),
            ("It was cold.", 12, 24, false),
            ("😀", 25, 27, true),
            ("Дождь идёт.", 52, 63, true),
        ];
        let expected = expected.map(|(text, from, to, guess)| (text.to_owned(), from, to, guess));
        assert_eq!(units(text, Cut::Sentences), expected);
    }

    #[test]
    fn lines_keep_their_places_and_empty_ones_are_passed_over() {
        let expected = [("found", 2, 7, false), ("lost. found.", 11, 23, false)];
        let expected = expected.map(|(text, from, to, guess)| (text.to_owned(), from, to, guess));
        assert_eq!(units("  found \r\n\nlost. found.\n", Cut::Lines), expected);
    }

    #[test]
    fn a_text_in_another_language_is_a_guess_from_beginning_to_end() {
        let french = "Longtemps, je me suis couché de bonne heure. Parfois, à peine ma bougie éteinte, mes \
                      yeux se fermaient si vite. Merci.";
        let found = cut(french, Cut::Sentences);
        assert_eq!(found.language, SourceLanguage::Other);
        assert!(found.units.iter().all(|unit| unit.guess));
        let chapter = Chapter { id: None, title: String::new(), text: french.into() };
        let by_a_polyglot = CutSource::of(vec![chapter], Cut::Sentences, false);
        assert!(by_a_polyglot.units.iter().all(|unit| !unit.guess));
    }

    #[test]
    fn one_line_of_a_megabyte_is_cut_into_pieces_that_can_be_read() {
        let text = "snow and more snow ".repeat(55_000);
        let found = cut(&text, Cut::Sentences);
        assert!(found.units.len() > 500);
        assert!(found.units.iter().all(|unit| unit.characters <= 1500));
        let read: u32 = found.units.iter().map(|unit| unit.characters).sum();
        assert!(read as usize + found.units.len() >= text.trim().len());
    }
}
