//! A document from bytes, and back.

use std::ops::Range;

use crate::archive::{self, Archive};
use crate::block::{Block, Edition, Rewording, Role};
use crate::encoding::{decode, stated_in_markup};
use crate::kind::{self, Kind};
use crate::limits::{BLOCKS, PART_BYTES};
use crate::markup::{self, Dialect, with_attribute};
use crate::placing::places;
use crate::slot::{Pen, Slot, written};
use crate::splice::Splices;
use crate::{ConvertError, epub, markdown, plain, subtitles, word};

/// A document that has been read.
///
/// Its blocks have the order in which they are read. Titles and entries of a table of contents are blocks too
/// ([`Role::is_running_text`]), so that they are translated with the rest.
#[derive(Debug)]
pub struct Document {
    kind: Kind,
    bytes: Vec<u8>,
    contents: Contents,
}

/// What is found in a document.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// As the document states it.
    pub title: Option<String>,
    /// As the document states it.
    pub language: Option<String>,
    parts: Vec<Part>,
    blocks: Vec<Block>,
    slots: Vec<Slot>,
}

/// A text that has blocks: the whole document, or a file inside it.
#[derive(Debug, Default)]
pub(crate) struct Part {
    /// Its name in the archive; empty where it is the whole.
    pub name: String,
    /// Its text.
    pub text: String,
    /// What it states of itself.
    pub statements: Vec<Statement>,
}

/// Something that a part states of itself and that changes with its words.
#[derive(Debug, Clone)]
pub(crate) enum Statement {
    /// A tag whose `lang` is the language.
    Tag(Range<usize>, Dialect),
    /// Text that is the tag of the language; beside its source a second element with the new one is written.
    Language(Range<usize>),
    /// The name of the encoding, which is UTF-8 from now on.
    Encoding(Range<usize>),
}

impl Part {
    /// A file in an archive.
    pub fn named(name: String, text: String) -> Self {
        let statements = markup::declared_encoding(&text).map(Statement::Encoding);
        Self { name, text, statements: statements.into_iter().collect() }
    }
}

impl Contents {
    /// Nothing yet but what a document states.
    pub fn stating(title: Option<String>, language: Option<String>) -> Self {
        Self { title, language, ..Self::default() }
    }

    /// Adds a part with its blocks.
    pub fn add(&mut self, part: Part, found: Vec<(Block, Slot)>) -> Result<(), ConvertError> {
        let count = self.blocks.len() + found.len();
        if count > BLOCKS {
            return Err(ConvertError::too_many("the document", count, "paragraphs", BLOCKS));
        }
        let number = self.parts.len();
        for (block, slot) in found {
            self.blocks.push(block);
            self.slots.push(Slot { part: number, ..slot });
        }
        self.parts.push(part);
        Ok(())
    }

    /// Adds a page with what it states.
    pub fn add_page(
        &mut self,
        mut part: Part,
        page: markup::Page,
        dialect: Dialect,
    ) -> Result<(), ConvertError> {
        part.statements.extend(page.html.map(|tag| Statement::Tag(tag, dialect)));
        part.statements.extend(page.encodings.into_iter().map(Statement::Encoding));
        self.add(part, page.found)
    }
}

impl Document {
    /// Reads a document. What it is says its content; `name` may only confirm it.
    ///
    /// # Errors
    /// `import_too_large` beyond [`crate::limits`], `import_invalid` where it is damaged, is no text, or its name says
    /// something else, `import_unsupported` for other formats and for what has a password.
    pub fn read(bytes: &[u8], name: Option<&str>) -> Result<Self, ConvertError> {
        kind::refuse_foreign(bytes)?;
        let promised = name.and_then(Kind::promised_by);
        let (kind, contents) = match kind::is_archive(bytes) {
            true => from_archive(bytes, promised)?,
            false => from_text(bytes, promised)?,
        };
        Ok(Self { kind, bytes: bytes.to_vec(), contents })
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Its title, as it states it.
    pub fn title(&self) -> Option<&str> {
        self.contents.title.as_deref()
    }

    /// The tag of its language, as it states it; it may be wrong.
    pub fn language(&self) -> Option<&str> {
        self.contents.language.as_deref()
    }

    /// Its blocks.
    pub fn blocks(&self) -> &[Block] {
        &self.contents.blocks
    }

    /// The document with other words. A block that has no rewording, or the same words, stays as it is; where all do, the
    /// bytes are those that were read.
    ///
    /// `rewordings` has as many as there are blocks; what is missing at its end is none. `language` is the tag of the language
    /// of the new words: `en`, `zh`, `zh-Hant`.
    ///
    /// # Errors
    /// `import_invalid` where an archive cannot be copied.
    pub fn write(
        &self,
        rewordings: &[Option<Rewording>],
        edition: Edition,
        language: &str,
    ) -> Result<Vec<u8>, ConvertError> {
        let Contents { parts, blocks, slots, .. } = &self.contents;
        let language = &tag_of(language);
        let mut splices: Vec<Splices> = parts.iter().map(|_| Splices::default()).collect();
        // From the last to the first, so that what is inside another is there when that is written.
        for (index, rewording) in rewordings.iter().enumerate().take(blocks.len()).rev() {
            let (block, slot) = (&blocks[index], &slots[index]);
            let is_new = |new: &&Rewording| new.text != block.text;
            if let Some(rewording) = rewording.as_ref().filter(is_new) {
                let (part, splices) = (&parts[slot.part], &mut splices[slot.part]);
                put(part, block, slot, rewording, edition, language, splices);
            }
        }
        if splices.iter().all(Splices::is_empty) {
            return Ok(self.bytes.clone());
        }
        let mut changed = Vec::new();
        for (part, mut splices) in parts.iter().zip(splices) {
            let says_language = |statement: &Statement| matches!(statement, Statement::Language(_));
            if !splices.is_empty() || part.statements.iter().any(says_language) {
                state(part, edition, language, &mut splices);
                let text = splices.take(&part.text, 0..part.text.len());
                changed.push((part.name.as_str(), text.into_bytes()));
            }
        }
        match self.kind {
            Kind::Word | Kind::Epub => archive::with_parts(&self.bytes, &changed),
            _ => {
                Ok(changed.into_iter().next().map_or_else(|| self.bytes.clone(), |(_, text)| text))
            }
        }
    }
}

fn from_archive(bytes: &[u8], promised: Option<Kind>) -> Result<(Kind, Contents), ConvertError> {
    let mut archive = Archive::open(bytes)?;
    let kind = match promised {
        _ if archive.has(word::BODY) => Kind::Word,
        _ if archive.has(epub::CONTAINER) => Kind::Epub,
        // A damaged one of its kind, of which the reader says what is missing.
        Some(kind @ (Kind::Word | Kind::Epub)) => kind,
        _ => {
            return Err(ConvertError::unsupported(
                "it is an archive, and neither a Word document nor an EPUB book: unpack it first",
            ));
        }
    };
    match promised {
        Some(other) if other != kind => Err(kind::mismatch(other, kind)),
        _ if kind == Kind::Word => Ok((kind, word::read(&mut archive)?)),
        _ => Ok((kind, epub::read(&mut archive)?)),
    }
}

fn from_text(bytes: &[u8], promised: Option<Kind>) -> Result<(Kind, Contents), ConvertError> {
    if bytes.len() > PART_BYTES {
        return Err(ConvertError::too_many_bytes("the text", PART_BYTES));
    }
    let looks_like_page = bytes.trim_ascii_start().starts_with(b"<");
    let label = match promised {
        Some(Kind::Html) => stated_in_markup(bytes),
        None if looks_like_page => stated_in_markup(bytes),
        _ => None,
    };
    let text = decode(bytes, label.as_deref())?;
    let kind = kind::of_text(&text, promised)?;
    let mut contents = Contents::default();
    if kind == Kind::Html {
        let part = Part::named(String::new(), text);
        let dialect = if part.text.starts_with("<?xml") { Dialect::Xhtml } else { Dialect::Html };
        let mut page = markup::read(&part.text, dialect, None);
        contents.title = page.title.take();
        contents.language = page.language.take();
        contents.add_page(part, page, dialect)?;
        return Ok((kind, contents));
    }
    let (found, title) = match kind {
        Kind::Markdown => markdown::read(&text),
        Kind::Subtitles => (subtitles::read(&text), None),
        _ => (plain::read(&text), None),
    };
    contents.title = title;
    contents.add(Part { text, ..Part::default() }, found)?;
    Ok((kind, contents))
}

/// A tag of a language that cannot be anything else.
fn tag_of(language: &str) -> String {
    language.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect()
}

/// Puts a block's new words where they belong.
fn put(
    part: &Part,
    block: &Block,
    slot: &Slot,
    rewording: &Rewording,
    edition: Edition,
    language: &str,
    splices: &mut Splices,
) {
    let is_name = matches!(block.role, Role::Title | Role::Contents);
    if edition == Edition::Bilingual && is_name {
        // A window's title and an entry of a table of contents have one line.
        let both = Rewording::from(format!("{} / {}", block.text, rewording.text));
        return put(part, block, slot, &both, Edition::Translated, language, splices);
    }
    let is_copy = edition == Edition::Bilingual;
    let pen = Pen { source: &part.text, language, is_copy };
    let fitting = |text: &str, range| slot.hand.fitting(text, range);
    let places = places(block, &slot.parents, rewording, is_copy, &fitting);
    let words = written(&pen, slot, &rewording.text, &places, splices);
    match edition {
        Edition::Translated => splices.replace(slot.inner.clone(), words),
        Edition::Bilingual => {
            let (at, words) = slot.hand.beside(&pen, &slot.inner, words);
            splices.replace(at..at, words);
        }
    }
}

/// What a part with new words states of itself.
fn state(part: &Part, edition: Edition, language: &str, splices: &mut Splices) {
    let slice = |range: &Range<usize>| part.text.get(range.clone()).unwrap_or_default();
    for statement in &part.statements {
        match (statement, edition) {
            (Statement::Encoding(range), _) if !slice(range).eq_ignore_ascii_case("utf-8") => {
                splices.replace(range.clone(), "utf-8".to_owned());
            }
            (Statement::Tag(range, dialect), Edition::Translated) => {
                let mut tag = with_attribute(slice(range), "lang", language);
                if *dialect == Dialect::Xhtml {
                    tag = with_attribute(&tag, "xml:lang", language);
                }
                splices.replace(range.clone(), tag);
            }
            (Statement::Language(range), Edition::Translated) => {
                splices.replace(range.clone(), language.to_owned());
            }
            (Statement::Language(range), Edition::Bilingual) => {
                let both = format!("{}</dc:language><dc:language>{language}", slice(range));
                splices.replace(range.clone(), both);
            }
            _ => {}
        }
    }
}
