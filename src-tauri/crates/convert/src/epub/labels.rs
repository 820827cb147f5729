//! Texts of a book that are nothing but text: its title, and the entries of EPUB 2's table of contents.

use std::ops::Range;

use quick_xml::events::Event;

use crate::ConvertError;
use crate::block::{Block, Role};
use crate::markup::escaped;
use crate::slot::{Hand, Pen, Slot};
use crate::xml;

#[derive(Debug)]
struct Label;

impl Hand for Label {
    fn words(&self, _: &Pen<'_>, words: &str, _: Option<&Range<usize>>, _: bool) -> String {
        escaped(words).replace('\n', " ")
    }

    fn beside(&self, _: &Pen<'_>, inner: &Range<usize>, words: String) -> (usize, String) {
        (inner.end, format!(" / {words}"))
    }
}

/// Text that stands at `range` as a block; nothing where there are no words.
pub(super) fn label(words: &str, range: Range<usize>, role: Role) -> Option<(Block, Slot)> {
    let text = words.split_whitespace().collect::<Vec<_>>().join(" ");
    text.chars().any(char::is_alphanumeric).then(|| {
        let block = Block { text, role, chapter: 0, spans: Vec::new() };
        (block, Slot::without_spans(range, Box::new(Label)))
    })
}

/// The labels of a table of contents in NCX.
pub(super) fn read(source: &str, name: &str) -> Result<Vec<(Block, Slot)>, ConvertError> {
    let mut found = Vec::new();
    let mut role = Role::Contents;
    let mut words: Option<(String, usize)> = None;
    xml::read(source, name, |event, range| match event {
        Event::Start(tag) => match tag.local_name().as_ref() {
            "docTitle" => role = Role::Title,
            "text" => words = Some((String::new(), range.end)),
            _ => {}
        },
        Event::Text(text) => {
            words.iter_mut().for_each(|(words, _)| words.push_str(&text.xml10_content()))
        }
        Event::GeneralRef(name) => {
            words.iter_mut().for_each(|(words, _)| words.push_str(&xml::reference(name)))
        }
        Event::End(tag) => match tag.local_name().as_ref() {
            "docTitle" => role = Role::Contents,
            "text" => {
                let read = words.take();
                found.extend(
                    read.and_then(|(words, start)| label(&words, start..range.start, role)),
                );
            }
            _ => {}
        },
        _ => {}
    })?;
    Ok(found)
}
