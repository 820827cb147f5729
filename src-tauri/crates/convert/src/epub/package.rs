//! The package of a book: its title and language, and which files it has in which order.

use std::collections::HashMap;
use std::ops::Range;

use quick_xml::events::{BytesStart, Event};

use crate::ConvertError;
use crate::block::{Block, Role};
use crate::epub::labels::label;
use crate::slot::Slot;
use crate::xml::{self, attribute};

/// What a package says.
#[derive(Debug, Default)]
pub(super) struct Package {
    /// The first title.
    pub title: Option<String>,
    /// The first language.
    pub language: Option<String>,
    /// Where that stands.
    pub language_text: Option<Range<usize>>,
    /// The titles as blocks.
    pub titles: Vec<(Block, Slot)>,
    /// The names of the chapters' entries in reading order.
    pub chapters: Vec<String>,
    /// The tables of contents of EPUB 3.
    pub navigation: Vec<String>,
    /// The tables of contents of EPUB 2.
    pub older_contents: Vec<String>,
}

/// The package's name, which the container says.
pub(super) fn path_in(container: &str) -> Result<String, ConvertError> {
    let mut path = None;
    xml::read(container, super::CONTAINER, |event, _| {
        if let Event::Start(tag) | Event::Empty(tag) = event
            && tag.local_name().as_ref() == "rootfile"
            && path.is_none()
        {
            path = attribute(tag, "full-path");
        }
    })?;
    path.ok_or_else(|| ConvertError::invalid("the book does not say where its contents are"))
}

impl Package {
    /// Reads a package that has the name `path`.
    pub fn read(source: &str, path: &str) -> Result<Self, ConvertError> {
        let folder = path.rfind('/').map_or("", |at| &path[..at]);
        let mut package = Self::default();
        let mut items = HashMap::new();
        let mut spine = Vec::new();
        // The words of a title or language while it is read.
        let mut words: Option<(String, usize)> = None;
        xml::read(source, path, |event, range| match event {
            Event::Start(tag) if matches!(tag.name().as_ref(), "dc:title" | "dc:language") => {
                words = Some((String::new(), range.end));
            }
            Event::Start(tag) | Event::Empty(tag) => match tag.local_name().as_ref() {
                "item" => package.item(tag, folder, &mut items),
                "itemref" => spine.extend(attribute(tag, "idref")),
                _ => {}
            },
            Event::Text(text) => {
                words.iter_mut().for_each(|(words, _)| words.push_str(&text.xml10_content()))
            }
            Event::GeneralRef(name) => {
                words.iter_mut().for_each(|(words, _)| words.push_str(&xml::reference(name)));
            }
            Event::End(tag) => {
                if let Some((words, start)) = words.take() {
                    package.stated(tag.name().as_ref(), words, start..range.start);
                }
            }
            _ => {}
        })?;
        package.chapters = spine.iter().filter_map(|id| items.get(id)).cloned().collect();
        // A file that is in the spine twice is read once.
        let mut seen = std::collections::HashSet::new();
        package.chapters.retain(|name| seen.insert(name.clone()));
        match package.chapters.is_empty() {
            true => Err(ConvertError::invalid("the book has no chapters")),
            false => Ok(package),
        }
    }

    fn item(&mut self, tag: &BytesStart<'_>, folder: &str, items: &mut HashMap<String, String>) {
        let (Some(id), Some(href)) = (attribute(tag, "id"), attribute(tag, "href")) else { return };
        let name = resolved(folder, &href);
        match attribute(tag, "media-type").as_deref() {
            Some("application/xhtml+xml") => {
                let properties = attribute(tag, "properties").unwrap_or_default();
                if properties.split_whitespace().any(|property| property == "nav") {
                    self.navigation.push(name.clone());
                }
                items.insert(id, name);
            }
            Some("application/x-dtbncx+xml") => self.older_contents.push(name),
            _ => {}
        }
    }

    fn stated(&mut self, name: &str, words: String, range: Range<usize>) {
        let text = words.trim().to_owned();
        if text.is_empty() {
            return;
        }
        match name {
            "dc:title" => {
                self.title.get_or_insert_with(|| text.clone());
                self.titles.extend(label(&words, range, Role::Title));
            }
            "dc:language" if self.language.is_none() => {
                self.language = Some(text);
                self.language_text = Some(range);
            }
            _ => {}
        }
    }
}

/// An address in a file of `folder` as the name of an entry.
pub(super) fn resolved(folder: &str, href: &str) -> String {
    let href = href.split(['#', '?']).next().unwrap_or_default();
    let mut parts: Vec<String> = match href.starts_with('/') {
        true => Vec::new(),
        false => folder.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
    };
    for part in href.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(unescaped(part)),
        }
    }
    parts.join("/")
}

/// `%20` and its like as the characters that they are.
fn unescaped(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        let digits = behind.get(..2).filter(|_| byte == b'%');
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(escaped) => {
                bytes.push(escaped);
                rest = &behind[2..];
            }
            None => {
                bytes.push(byte);
                rest = behind;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| part.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_become_names_of_entries() {
        let cases = [
            ("OEBPS", "a.xhtml", "OEBPS/a.xhtml"),
            ("", "text/a%20b.xhtml#x", "text/a b.xhtml"),
            ("OEBPS/package", "../text/./%E7%AC%94.xhtml", "OEBPS/text/笔.xhtml"),
            ("a", "../../../b", "b"),
            ("a", "/b", "b"),
            ("", "100%.html", "100%.html"),
        ];
        for (folder, href, expected) in cases {
            assert_eq!(resolved(folder, href), expected);
        }
    }
}
