//! What a document is to whoever rewords it.

use std::ops::Range;

/// A heading, a paragraph, a list item: text that is translated or summarised as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Its words, without markup. A line break inside is `\n`; space around is left out and kept in the document.
    pub text: String,
    /// What it is.
    pub role: Role,
    /// The number of the chapter, from 0: the file of a book, else what the headings of the highest level begin.
    pub chapter: usize,
    /// What is styled, linked, kept as it is or fastened inside the text, from its beginning on; what is inside
    /// another follows it.
    pub spans: Vec<Span>,
}

/// What a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The document's name as its reader's window or library shows it: no part of the running text.
    Title,
    /// An entry of a table of contents: no part of the running text.
    Contents,
    /// A heading, of level 1 to 6.
    Heading(u8),
    /// A paragraph.
    Paragraph,
    /// An entry of a list.
    ListItem,
    /// A paragraph that is quoted.
    Quote,
    /// A cell of a table.
    Cell,
    /// A footnote, an endnote, or what stands at the edge of every page.
    Note,
    /// What is on the screen at a time.
    Subtitle,
}

impl Role {
    /// True for what is read from beginning to end: not for titles, tables of contents and notes.
    pub fn is_running_text(self) -> bool {
        !matches!(self, Self::Title | Self::Contents | Self::Note)
    }
}

/// Something about a stretch of a block's text that has to be in the translation too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Its bytes in [`Block::text`]; empty for an anchor.
    pub range: Range<usize>,
    /// What it is.
    pub kind: SpanKind,
}

/// What a span is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// Bold, a colour, another size: around words.
    Style,
    /// A link around words.
    Link,
    /// Words that are kept as they are: code, a number that the program counts.
    Verbatim,
    /// A thing without words: an image, a footnote's mark, a bookmark.
    Anchor,
}

/// Other words for a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewording {
    /// The words, without markup.
    pub text: String,
    /// Where each of [`Block::spans`] is in the words, if whoever translated knows: as many bytes' ranges as there are
    /// spans. Where nothing is given, or what is given does not fit the text, the rule of `placing.rs` decides.
    pub places: Option<Vec<Range<usize>>>,
}

impl From<String> for Rewording {
    fn from(text: String) -> Self {
        Self { text, places: None }
    }
}

impl From<&str> for Rewording {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    /// The new words in the place of the old.
    Translated,
    /// Each block with its new words behind it: a paragraph of their own for a paragraph, else on a line of their own.
    Bilingual,
}
