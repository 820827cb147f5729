//! Word documents: the words of the runs in a paragraph are replaced, in the body, in notes and at the edges of pages.
//!
//! Word cuts a sentence into runs for reasons of its own. Runs of one look are one span here; what most of a paragraph
//! looks like is the look of its translation, and only what differs is a span.

mod fields;
mod hand;
mod paragraph;
mod reader;
mod styles;

use crate::ConvertError;
use crate::archive::Archive;
use crate::document::{Contents, Part};
use crate::xml;
use reader::Reader;
use styles::Styles;

/// The part that every Word document has.
pub(crate) const BODY: &str = "word/document.xml";

/// Parts with text that is no running text, by the beginning of their names.
const NOTES: &[&str] = &["word/footnotes", "word/endnotes", "word/header", "word/footer"];

/// Reads a document.
pub(crate) fn read(archive: &mut Archive<'_>) -> Result<Contents, ConvertError> {
    if !archive.has(BODY) {
        return Err(ConvertError::invalid(format!("{BODY} is missing in it")));
    }
    let styles = match archive.has("word/styles.xml") {
        true => Styles::read(&xml::text_of(&archive.part("word/styles.xml")?, "word/styles.xml")?)?,
        false => Styles::default(),
    };
    let is_note = |name: &&String| {
        name.ends_with(".xml") && NOTES.iter().any(|begins| name.starts_with(begins))
    };
    let notes: Vec<String> = archive.names().iter().filter(is_note).cloned().collect();
    let mut contents = Contents::stating(title(archive)?, None);
    for name in std::iter::once(BODY.to_owned()).chain(notes) {
        let text = xml::text_of(&archive.part(&name)?, &name)?;
        if text.contains("<!DOCTYPE") {
            return Err(ConvertError::invalid(format!(
                "{name} has a document type, which no Word file has"
            )));
        }
        let found = Reader::read(&text, &name, &styles, name == BODY)?;
        contents.add(Part::named(name, text), found)?;
    }
    Ok(contents)
}

/// The title among the document's properties.
fn title(archive: &mut Archive<'_>) -> Result<Option<String>, ConvertError> {
    const PROPERTIES: &str = "docProps/core.xml";
    if !archive.has(PROPERTIES) {
        return Ok(None);
    }
    let text = xml::text_of(&archive.part(PROPERTIES)?, PROPERTIES)?;
    let mut title = String::new();
    let mut is_inside = false;
    xml::read(&text, PROPERTIES, |event, _| match event {
        quick_xml::events::Event::Start(tag) => is_inside = tag.name().as_ref() == "dc:title",
        quick_xml::events::Event::End(_) => is_inside = false,
        quick_xml::events::Event::Text(words) if is_inside => {
            title.push_str(&words.xml10_content())
        }
        quick_xml::events::Event::GeneralRef(name) if is_inside => {
            title.push_str(&xml::reference(name))
        }
        _ => {}
    })?;
    Ok(Some(title.trim().to_owned()).filter(|title| !title.is_empty()))
}
