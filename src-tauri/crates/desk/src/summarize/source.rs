//! What is summarised: its words as one text, and where in it sections, paragraphs and sentences are.
//!
//! **Invariant**: the stretches of each kind are in order, in characters' bounds, and inside the text; sections cover it.

use std::ops::Range;

use bimo_convert::{Article, Block, ConvertError, Role, SpanKind};
use bimo_text::{Counts, sentences, utf16_len};
use serde::{Deserialize, Serialize};

use crate::translation::detect;
use crate::wire::{
    self, ApiError, ChapterId, SourceLanguage, SourceParagraph, SourceSection, Stretch,
};

/// What stands between two paragraphs.
const BETWEEN: &str = "\n\n";
/// Bytes of a source.
const LONGEST: usize = 8 << 20;
/// Bytes of a sentence from which on it may be a speech of several.
const LONG_SPEECH: usize = 300;
/// Speeches inside or behind each other that are looked into.
const MOST_SPEECHES: usize = 6;
/// Bytes by which a language is told.
const SAMPLE: usize = 64 << 10;

/// A text that is summarised.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Source {
    /// Its title; empty where it has none.
    pub title: String,
    /// Who wrote it, if it says so.
    pub byline: Option<String>,
    /// Its words: paragraphs with an empty line between them.
    pub text: String,
    /// Where what is in it.
    pub layout: Layout,
}

/// Where in a source its parts are, in bytes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Layout {
    pub sections: Vec<Section>,
    pub paragraphs: Vec<Paragraph>,
    pub sentences: Vec<Sentence>,
}

/// A chapter or section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Section {
    pub title: String,
    pub from: usize,
    pub to: usize,
    /// The chapter of the library that it is part of.
    pub chapter: Option<u32>,
}

/// A paragraph, a heading, a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Paragraph {
    pub from: usize,
    pub to: usize,
    /// The level of a heading; 0 for anything else.
    pub heading: u8,
    /// Its sentences are whole ones: they can stand alone.
    pub prose: bool,
}

/// A sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sentence {
    pub from: usize,
    pub to: usize,
    /// Its paragraph's place in the list.
    pub paragraph: usize,
    /// Its section's place in the list.
    pub section: usize,
}

impl Layout {
    /// What of it is in a text: of a library that somebody else has changed nothing is believed.
    pub fn within(self, text: &str) -> Self {
        let fits = |from: usize, to: usize| text.get(from..to).is_some();
        let all_fit = self.sections.iter().all(|section| fits(section.from, section.to))
            && self.paragraphs.iter().all(|paragraph| fits(paragraph.from, paragraph.to))
            && self.sentences.iter().all(|sentence| fits(sentence.from, sentence.to));
        if all_fit { self } else { Self::default() }
    }
}

impl Sentence {
    pub fn range(&self) -> Range<usize> {
        self.from..self.to
    }
}

/// Blocks that are one section, or several where they say so themselves.
pub(crate) struct Chapter {
    pub blocks: Vec<Block>,
    /// The chapter of the library: one section of its own with this title.
    pub of_library: Option<(ChapterId, String)>,
}

impl Source {
    /// Of a document of any kind; of a page its article.
    ///
    /// # Errors
    /// Those of reading it; `import_no_article` for a page that has no text of its own; `nothing_to_summarize` and
    /// `too_long_to_summarize` as of [`Source::of`].
    pub fn of_document(bytes: &[u8], name: Option<&str>) -> Result<Self, ApiError> {
        let article = Article::of(bytes, name)?;
        let is_page = article.byline.is_some() || is_page(bytes, name);
        if is_page && is_navigation(&article.blocks) {
            return Err(ConvertError::NoArticle.into());
        }
        let chapter = Chapter { blocks: article.blocks, of_library: None };
        let source = Self::of(article.title, vec![chapter])?;
        Ok(Self { byline: article.byline, ..source })
    }

    /// Of blocks.
    ///
    /// # Errors
    /// `nothing_to_summarize` where there are no words, `too_long_to_summarize` beyond what is kept.
    pub fn of(title: String, chapters: Vec<Chapter>) -> Result<Self, ApiError> {
        let mut source = Self { title, ..Self::default() };
        for chapter in chapters {
            source.add(chapter)?;
        }
        if !source.text.contains(char::is_alphanumeric) {
            return Err(nothing());
        }
        // The sections cover the text: each ends where the next begins.
        let starts: Vec<usize> =
            source.layout.sections.iter().skip(1).map(|section| section.from).collect();
        let ends = starts.into_iter().chain([source.text.len()]);
        for (section, end) in source.layout.sections.iter_mut().zip(ends) {
            section.to = end;
        }
        Ok(source)
    }

    fn add(&mut self, Chapter { blocks, of_library }: Chapter) -> Result<(), ApiError> {
        let mut part = None;
        let whole = of_library.is_some();
        let (number, title) =
            of_library.map_or((None, None), |(id, title)| (Some(id.0), Some(title)));
        for block in blocks.iter().filter(|block| block.role.is_running_text()) {
            if block.text.trim().is_empty() {
                continue;
            }
            if !self.text.is_empty() {
                self.text += BETWEEN;
            }
            let from = self.text.len();
            if part.is_none() || (!whole && part != Some(block.chapter)) {
                part = Some(block.chapter);
                let named = title.clone().unwrap_or_else(|| heading_of(block));
                self.layout.sections.push(Section {
                    title: named,
                    from,
                    to: from,
                    chapter: number,
                });
            }
            self.text += &block.text;
            if self.text.len() > LONGEST {
                let message = "The text is too long to be summarised as one: take it in parts.";
                return Err(ApiError::new("too_long_to_summarize", message)
                    .with_detail(format!("at most {} MiB are read", LONGEST >> 20)));
            }
            self.add_sentences(block, from);
        }
        Ok(())
    }

    fn add_sentences(&mut self, block: &Block, from: usize) {
        let heading = match block.role {
            Role::Heading(level) => level,
            _ => 0,
        };
        let prose = heading == 0 && block.role != Role::Cell;
        let paragraph = self.layout.paragraphs.len();
        let section = self.layout.sections.len().saturating_sub(1);
        self.layout.paragraphs.push(Paragraph { from, to: self.text.len(), heading, prose });
        for range in pieces(&block.text) {
            let (from, to) = (from + range.start, from + range.end);
            self.layout.sentences.push(Sentence { from, to, paragraph, section });
        }
    }

    /// The words of a sentence.
    pub fn sentence(&self, index: usize) -> &str {
        self.layout.sentences.get(index).map_or("", |sentence| &self.text[sentence.range()])
    }

    /// All sentences in order.
    pub fn sentences(&self) -> impl ExactSizeIterator<Item = &str> {
        self.layout.sentences.iter().map(|sentence| &self.text[sentence.range()])
    }

    /// True for a sentence that can stand alone.
    pub fn is_prose(&self, index: usize) -> bool {
        let paragraph = self.layout.sentences.get(index).map(|sentence| sentence.paragraph);
        paragraph.and_then(|at| self.layout.paragraphs.get(at)).is_some_and(|at| at.prose)
    }

    /// What it is written in.
    pub fn language(&self) -> SourceLanguage {
        detect(&self.text[..self.text.floor_char_boundary(SAMPLE)])
    }

    /// Words and Han characters.
    pub fn words(&self) -> u32 {
        Counts::of(&self.text).total()
    }

    /// As the window has it.
    pub fn told(&self) -> wire::SourceText {
        let mut units = Units::of(&self.text);
        let Layout { sections, paragraphs, sentences } = &self.layout;
        let section = |section: &Section| SourceSection {
            title: section.title.clone(),
            from: units.at(section.from),
            to: units.at(section.to),
            chapter: section.chapter.map(ChapterId),
        };
        let sections = sections.iter().map(section).collect();
        let paragraph = |paragraph: &Paragraph| SourceParagraph {
            from: units.at(paragraph.from),
            to: units.at(paragraph.to),
            heading: paragraph.heading,
        };
        let paragraphs = paragraphs.iter().map(paragraph).collect();
        let sentence = |sentence: &Sentence| units.stretch(sentence.range());
        let sentences = sentences.iter().map(sentence).collect();
        wire::SourceText {
            title: self.title.clone(),
            byline: self.byline.clone(),
            language: self.language(),
            text: self.text.clone(),
            sections,
            paragraphs,
            sentences,
            words: self.words(),
        }
    }
}

/// The refusal of a text without words.
pub(crate) fn nothing() -> ApiError {
    let message = "There is too little text here to be summarised: give some sentences.";
    ApiError::new("nothing_to_summarize", message)
}

/// The sentences of a text. Those of a long speech each stand for themselves: who says much in quotes says more than one thing.
fn pieces(text: &str) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut waiting: Vec<(Range<usize>, usize)> =
        sentences(text).into_iter().rev().map(|range| (range, 0)).collect();
    while let Some((range, depth)) = waiting.pop() {
        match speeches(text, &range).filter(|_| depth < MOST_SPEECHES) {
            Some(parts) => waiting.extend(parts.into_iter().rev().map(|part| (part, depth + 1))),
            None => pieces.push(range),
        }
    }
    pieces
}

/// What a long sentence falls into once one of its quotation marks is taken for none; nothing where that is one again.
fn speeches(text: &str, range: &Range<usize>) -> Option<Vec<Range<usize>>> {
    let words = text.get(range.clone()).filter(|words| words.len() > LONG_SPEECH)?;
    let marks = words.match_indices(['“', '「', '『', '"']).take(MOST_SPEECHES);
    marks.map(|(at, mark)| range.start + at + mark.len()).find_map(|inside| {
        let mut parts: Vec<Range<usize>> = sentences(&text[inside..range.end])
            .into_iter()
            .map(|part| inside + part.start..inside + part.end)
            .collect();
        parts.first_mut()?.start = range.start;
        (parts.len() > 1).then_some(parts)
    })
}

fn heading_of(block: &Block) -> String {
    match block.role {
        Role::Heading(_) => block.text.split_whitespace().collect::<Vec<_>>().join(" "),
        _ => String::new(),
    }
}

fn is_page(bytes: &[u8], name: Option<&str>) -> bool {
    let document = bimo_convert::Document::read(bytes, name);
    document.is_ok_and(|document| document.kind() == bimo_convert::Kind::Html)
}

/// True for a page that only leads elsewhere: half of its words are links, or none of them are in a paragraph.
fn is_navigation(blocks: &[Block]) -> bool {
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
    let all: usize = blocks.iter().map(|block| letters(&block.text)).sum();
    let links = blocks.iter().flat_map(|block| {
        let spans = block.spans.iter().filter(|span| span.kind == SpanKind::Link);
        spans.map(|span| letters(&block.text[span.range.clone()]))
    });
    let linked: usize = links.sum();
    let has_prose = blocks
        .iter()
        .any(|block| matches!(block.role, Role::Paragraph | Role::Quote | Role::ListItem));
    linked * 2 >= all || !has_prose
}

/// From bytes to UTF-16 units, walking on from the place that was asked for last.
pub(crate) struct Units<'t> {
    text: &'t str,
    byte: usize,
    unit: u32,
}

impl<'t> Units<'t> {
    pub fn of(text: &'t str) -> Self {
        Self { text, byte: 0, unit: 0 }
    }

    /// The units before a byte that begins a character.
    pub fn at(&mut self, byte: usize) -> u32 {
        if byte < self.byte {
            (self.byte, self.unit) = (0, 0);
        }
        self.unit += utf16_len(&self.text[self.byte..byte]);
        self.byte = byte;
        self.unit
    }

    pub fn stretch(&mut self, range: Range<usize>) -> Stretch {
        Stretch { from: self.at(range.start), to: self.at(range.end) }
    }
}
