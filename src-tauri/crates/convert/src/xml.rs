//! XML as a row of events with their places. No entity is ever expanded but the five of XML itself.

use std::ops::Range;

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::ConvertError;
use crate::encoding::{decode, stated_in_markup};

/// A part of an archive as text.
pub(crate) fn text_of(bytes: &[u8], name: &str) -> Result<String, ConvertError> {
    let text = decode(bytes, stated_in_markup(bytes).as_deref())
        .map_err(|error| ConvertError::invalid(format!("{name}: {error}")))?;
    if defines_entities(&text) {
        return Err(ConvertError::invalid(format!(
            "{name} defines entities of its own, which documents have no need of"
        )));
    }
    Ok(text)
}

/// True where a document type brings definitions with it.
fn defines_entities(text: &str) -> bool {
    let Some(start) = text.find("<!DOCTYPE") else { return false };
    let rest = &text[start..];
    let end = rest.find('>').unwrap_or(rest.len());
    rest[..end].contains('[') || rest[..end].contains("<!ENTITY")
}

/// Calls `on` with each event and its bytes.
pub(crate) fn read<'a>(
    source: &'a str,
    name: &str,
    mut on: impl FnMut(&Event<'a>, Range<usize>),
) -> Result<(), ConvertError> {
    let mut reader = Reader::from_str(source);
    let (mut start, mut depth, mut is_empty) = (0, 0_usize, true);
    loop {
        let event = reader
            .read_event()
            .map_err(|error| ConvertError::invalid(format!("{name}, byte {start}: {error}")))?;
        let end = reader.buffer_position() as usize;
        match &event {
            Event::Eof if depth > 0 => {
                return Err(ConvertError::invalid(format!("{name} ends in the middle")));
            }
            Event::Eof if is_empty => {
                return Err(ConvertError::invalid(format!("{name} is no XML")));
            }
            Event::Eof => return Ok(()),
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        is_empty &= !matches!(event, Event::Start(_) | Event::Empty(_));
        on(&event, start..end);
        start = end;
    }
}

/// An attribute's value, the five escapes undone; nothing where there is none.
pub(crate) fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.attributes().with_checks(false).flatten().find(|a| a.key.as_ref() == name)?;
    Some(
        quick_xml::escape::unescape(&found.value)
            .map_or_else(|_| found.value.to_string(), |v| v.into_owned()),
    )
}

/// What `&name;` stands for.
pub(crate) fn reference(reference: &BytesRef<'_>) -> String {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return character.to_string();
    }
    let name: &str = reference;
    quick_xml::escape::resolve_xml_entity(name).unwrap_or("\u{FFFD}").to_owned()
}
