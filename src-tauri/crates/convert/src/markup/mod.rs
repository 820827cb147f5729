//! Web pages and the chapters of books: the words between tags are replaced, every tag stays byte for byte.
//!
//! Tags are found as a browser finds them, which never fails; nothing of a page is run or fetched. Scripts, drawings,
//! formulas and code are kept as a whole, and so is what says `translate="no"`.

mod attributes;
mod elements;
mod hand;

use std::ops::Range;

use html5gum::{DefaultEmitter, Token, Tokenizer};

use crate::block::{Block, Role, SpanKind};
use crate::passage::{Piece, Spacing, What, passages};
use crate::slot::Slot;
use attributes::without_attribute;
pub(crate) use attributes::{attribute, with_attribute};
use elements::Element;
pub(crate) use elements::is_void;
pub(crate) use hand::escaped;
use hand::{Repeat, Tagged};

/// How tags are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// As a browser reads a page.
    Html,
    /// As XML: a tag may end itself.
    Xhtml,
}

/// What is found in a page.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// Its blocks; the parts of their slots are not yet numbered.
    pub found: Vec<(Block, Slot)>,
    /// The text of its `<title>`.
    pub title: Option<String>,
    /// The language that its `<html>` states.
    pub language: Option<String>,
    /// The tag that states it.
    pub html: Option<Range<usize>>,
    /// Where the encoding is stated.
    pub encodings: Vec<Range<usize>>,
}

/// Reads a page. A book's chapter has its number; of a page the headings of the first level are counted.
pub(crate) fn read(source: &str, dialect: Dialect, chapter: Option<usize>) -> Page {
    let mut emitter = DefaultEmitter::<usize>::new_with_span();
    emitter.naively_switch_states(dialect == Dialect::Html);
    let mut reader = Reader::new(source, dialect, chapter);
    for token in Tokenizer::new_with_emitter(source, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => {
                let name = String::from_utf8_lossy(&tag.name).into_owned();
                reader.start(&name, tag.self_closing, tag.span.start..tag.span.end);
            }
            Token::EndTag(tag) => {
                let name = String::from_utf8_lossy(&tag.name).into_owned();
                reader.end(&name, tag.span.start..tag.span.end);
            }
            Token::String(words) => {
                let text = String::from_utf8_lossy(&words.value).into_owned();
                reader.words(text, words.span.start..words.span.end);
            }
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    reader.end_of_block(source.len());
    reader.page
}

struct Reader<'a> {
    source: &'a str,
    dialect: Dialect,
    page: Page,
    pieces: Vec<Piece>,
    /// The elements that hold blocks, the innermost last.
    inside: Vec<Holder>,
    keeping: Option<Keeping>,
    chapter: usize,
    counts_headings: bool,
}

struct Holder {
    name: String,
    role: Option<Role>,
    tag: Range<usize>,
    /// True where a block or another holder has been inside.
    is_used: bool,
}

/// An element that is kept as a whole.
struct Keeping {
    name: String,
    depth: usize,
    start: usize,
    /// Its words, for what is read as part of the sentence.
    words: Option<String>,
    /// Inside a reading aid, whose words are not the sentence's.
    is_aside: bool,
    is_block: bool,
}

impl<'a> Reader<'a> {
    fn new(source: &'a str, dialect: Dialect, chapter: Option<usize>) -> Self {
        Self {
            source,
            dialect,
            page: Page::default(),
            pieces: Vec::new(),
            inside: Vec::new(),
            keeping: None,
            chapter: chapter.unwrap_or(0),
            counts_headings: chapter.is_none(),
        }
    }

    fn start(&mut self, name: &str, ends_itself: bool, range: Range<usize>) {
        let ends_itself = ends_itself && self.dialect == Dialect::Xhtml;
        if let Some(keeping) = &mut self.keeping {
            keeping.depth += usize::from(keeping.name == name && !ends_itself);
            keeping.is_aside |= name == "rt" || name == "rp";
            return;
        }
        let tag = self.source.get(range.clone()).unwrap_or_default();
        self.note_statements(name, tag, &range);
        let element = Element::of(name, tag);
        match element {
            Element::Break => self.piece(What::Break, range),
            Element::Void => self.kept(String::new(), range),
            Element::Rule => self.end_of_block(range.start),
            _ if ends_itself => match element {
                Element::Holder(_) => self.end_of_block(range.start),
                _ => self.kept(String::new(), range),
            },
            Element::Foreign => {
                self.end_of_block(range.start);
                self.keep(name, range.start, None, true);
            }
            Element::Kept => self.keep(name, range.start, None, false),
            Element::Verbatim => self.keep(name, range.start, Some(String::new()), false),
            Element::Holder(role) => {
                self.end_of_block(range.start);
                self.inside.iter_mut().next_back().into_iter().for_each(|h| h.is_used = true);
                self.inside.push(Holder { name: name.into(), role, tag: range, is_used: false });
            }
            Element::Inline(kind) => {
                let (name, mark) = (name.to_owned(), tag.to_owned());
                self.piece(What::Open { name, kind, mark }, range);
            }
        }
    }

    fn end(&mut self, name: &str, range: Range<usize>) {
        if let Some(keeping) = &mut self.keeping {
            keeping.is_aside &= name != "rt" && name != "rp";
            keeping.depth -= usize::from(keeping.name == name);
            if keeping.depth == 0
                && let Some(Keeping { start, words, is_block, .. }) = self.keeping.take()
                && !is_block
            {
                self.kept(words.unwrap_or_default(), start..range.end);
            }
            return;
        }
        match Element::of(name, "") {
            Element::Holder(_) => {
                self.end_of_block(range.end);
                self.leave(name);
            }
            Element::Inline(_) => {
                let mark = self.source.get(range.clone()).unwrap_or_default().to_owned();
                self.piece(What::Close { name: name.to_owned(), mark }, range);
            }
            _ => {}
        }
    }

    fn words(&mut self, words: String, range: Range<usize>) {
        match &mut self.keeping {
            Some(Keeping { words: Some(text), is_aside: false, .. }) => {
                let gap = if text.is_empty() || text.ends_with(' ') { "" } else { " " };
                let joined = words.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
                let begins = words.starts_with(|c: char| c.is_ascii_whitespace());
                text.push_str(if begins { gap } else { "" });
                text.push_str(&joined);
            }
            Some(_) => {}
            None => self.piece(What::Words(words, None), range),
        }
    }

    fn piece(&mut self, what: What, range: Range<usize>) {
        self.pieces.push(Piece { what, range });
    }

    fn kept(&mut self, words: String, slice: Range<usize>) {
        self.pieces.push(Piece::kept(words, slice));
    }

    fn keep(&mut self, name: &str, start: usize, words: Option<String>, is_block: bool) {
        let name = name.to_owned();
        self.keeping = Some(Keeping { name, depth: 1, start, words, is_aside: false, is_block });
    }

    /// Leaves the innermost holder of a name, and those inside it that nobody closed. Far out none is looked for.
    fn leave(&mut self, name: &str) {
        let inward = self.inside.iter().rev().take(elements::LOOKED_FOR);
        if let Some(above) = inward.into_iter().position(|holder| holder.name == name) {
            self.inside.truncate(self.inside.len() - above - 1);
        }
    }

    /// The words since the last block become blocks; `at` is where their paragraph has ended.
    fn end_of_block(&mut self, at: usize) {
        let pieces = std::mem::take(&mut self.pieces);
        let passages = passages(&pieces, self.source, Spacing::Collapsed);
        let is_one = passages.len() == 1;
        for passage in passages {
            let role = self.role();
            if role == Role::Heading(1) && self.counts_headings {
                let is_first = self.page.found.iter().all(|(block, _)| block.role == Role::Title);
                self.chapter += usize::from(!is_first);
            }
            let repeat = self.repeat(at).filter(|_| is_one);
            self.inside.iter_mut().next_back().into_iter().for_each(|h| h.is_used = true);
            if role == Role::Title {
                self.page.title.get_or_insert_with(|| passage.text.clone());
            }
            let hand = Tagged { repeat, is_name: role == Role::Title };
            self.page.found.push(passage.into_block(role, self.chapter, Box::new(hand)));
        }
    }

    /// What is written around the translation of a paragraph that has an element to itself.
    fn repeat(&self, at: usize) -> Option<Repeat> {
        let holder = self.inside.last().filter(|holder| holder.name == "p" && !holder.is_used)?;
        let is_in_cell = self.inside.iter().rev().take(elements::LOOKED_FOR);
        let is_in_cell = is_in_cell.into_iter().any(|holder| holder.role == Some(Role::Cell));
        (!is_in_cell).then(|| Repeat { tag: holder.tag.clone(), at })
    }

    /// What is outside the running text is so whatever is inside it.
    fn role(&self) -> Role {
        let inward = || self.inside.iter().rev().take(elements::LOOKED_FOR).filter_map(|h| h.role);
        let outside = inward().find(|role| !role.is_running_text());
        outside.or_else(|| inward().next()).unwrap_or(Role::Paragraph)
    }

    /// What the page says of itself.
    fn note_statements(&mut self, name: &str, tag: &str, range: &Range<usize>) {
        if name == "html" && self.page.html.is_none() {
            self.page.html = Some(range.clone());
            let stated = attribute(tag, "lang").or_else(|| attribute(tag, "xml:lang"));
            self.page.language = stated.filter(|language| !language.trim().is_empty());
        }
        if name == "meta"
            && let Some(at) = tag.to_ascii_lowercase().find("charset=")
        {
            let start = at + "charset=".len();
            let value = tag[start..].trim_start_matches(['"', '\'']);
            let start = range.start + tag.len() - value.len();
            let length = value.find(|c: char| !c.is_ascii_alphanumeric() && !"-_:.".contains(c));
            self.page.encodings.push(start..start + length.unwrap_or(value.len()));
        }
    }
}

/// Where an XML declaration states the encoding.
pub(crate) fn declared_encoding(source: &str) -> Option<Range<usize>> {
    let end = source.strip_prefix("<?xml")?.find('>')? + 5;
    let at = source[..end].find("encoding")? + "encoding".len();
    let open = at + source[at..end].find(['"', '\''])? + 1;
    let length = source[open..end].find(['"', '\''])?;
    Some(open..open + length)
}

/// The kind of an inline element: a link where it leads somewhere.
fn inline_kind(name: &str, tag: &str) -> SpanKind {
    if name == "a" && attribute(tag, "href").is_some() { SpanKind::Link } else { SpanKind::Style }
}
