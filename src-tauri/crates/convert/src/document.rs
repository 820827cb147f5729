//! A document from bytes, and back.

use crate::block::{Block, Edition, Rewording};
use crate::encoding::{decode, stated_in_markup};
use crate::kind::{self, Kind};
use crate::limits::{BLOCKS, PART_BYTES};
use crate::placing::places;
use crate::slot::{Pen, Slot, written};
use crate::splice::Splices;
use crate::{ConvertError, markdown, plain, subtitles};

/// A document that has been read.
///
/// Its blocks have the order in which they are read. Titles and entries of a table of contents are blocks too
/// ([`crate::Role::is_running_text`]), so that they are translated with the rest.
#[derive(Debug)]
pub struct Document {
    kind: Kind,
    bytes: Vec<u8>,
    title: Option<String>,
    language: Option<String>,
    parts: Vec<Part>,
    blocks: Vec<Block>,
    slots: Vec<Slot>,
}

/// A text that has blocks: the whole document, or a file inside it.
#[derive(Debug)]
pub(crate) struct Part {
    /// Its text.
    pub text: String,
}

impl Document {
    /// Reads a document. What it is says its content; `name` may only confirm it.
    ///
    /// # Errors
    /// `import_too_large` beyond [`crate::limits`], `import_invalid` where it is damaged, is no text, or its name says
    /// something else, `import_unsupported` for other formats.
    pub fn read(bytes: &[u8], name: Option<&str>) -> Result<Self, ConvertError> {
        kind::refuse_foreign(bytes)?;
        if kind::is_archive(bytes) {
            return Err(ConvertError::unsupported("it is an archive: unpack it first"));
        }
        let promised = name.and_then(Kind::promised_by);
        if bytes.len() > PART_BYTES {
            return Err(ConvertError::too_many_bytes("the text", PART_BYTES));
        }
        let label = match promised {
            Some(Kind::Html) => stated_in_markup(bytes),
            _ => None,
        };
        let text = decode(bytes, label.as_deref())?;
        let kind = kind::of_text(&text, promised)?;
        let (found, title) = match kind {
            Kind::Markdown => markdown::read(&text),
            Kind::Subtitles => (subtitles::read(&text), None),
            _ => (plain::read(&text), None),
        };
        if found.len() > BLOCKS {
            return Err(ConvertError::too_many("the document", found.len(), "paragraphs", BLOCKS));
        }
        let (blocks, slots) = found.into_iter().unzip();
        let parts = vec![Part { text }];
        Ok(Self { kind, bytes: bytes.to_vec(), title, language: None, parts, blocks, slots })
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Its title, as it states it.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// The tag of its language, as it states it; it may be wrong.
    pub fn language(&self) -> Option<&str> {
        self.language.as_deref()
    }

    /// Its blocks.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
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
        let mut splices: Vec<Splices> = self.parts.iter().map(|_| Splices::default()).collect();
        // From the last to the first, so that what is inside another is there when that is written.
        for (index, rewording) in rewordings.iter().enumerate().take(self.blocks.len()).rev() {
            let (block, slot) = (&self.blocks[index], &self.slots[index]);
            let is_new = |new: &&Rewording| new.text != block.text;
            if let Some(rewording) = rewording.as_ref().filter(is_new) {
                let (part, splices) = (&self.parts[slot.part], &mut splices[slot.part]);
                put(part, block, slot, rewording, edition, language, splices);
            }
        }
        if splices.iter().all(Splices::is_empty) {
            return Ok(self.bytes.clone());
        }
        let part = &self.parts[0];
        Ok(splices[0].take(&part.text, 0..part.text.len()).into_bytes())
    }
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
    let _ = language;
    let is_copy = edition == Edition::Bilingual;
    let pen = Pen { source: &part.text, is_copy };
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
