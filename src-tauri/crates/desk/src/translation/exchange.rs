//! Glossaries and memories in the files of other programs: CSV (RFC 4180) and TMX 1.4.

use std::path::Path;

use bimo_store::Pair;
use bimo_text::is_han;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use quick_xml::{Reader, Writer};

use super::language::is_latin;
use crate::wire::{ApiError, GlossaryEntry};

/// Sentences longer than this many bytes are none.
const LONGEST: usize = 8 << 10;
/// What the first row of a CSV file may say.
const HEADS: [&str; 6] = ["term", "source", "english", "en", "术语", "原文"];

/// The rows of a glossary: term, translation, note. A row with a heading is left out.
pub(super) fn read_entries(bytes: &[u8]) -> Result<Vec<[String; 3]>, ApiError> {
    let rows = rows(bytes)?.into_iter().map(|row| {
        let field = |at: usize| row.get(at).cloned().unwrap_or_default();
        [field(0), field(1), field(2)]
    });
    Ok(rows.collect())
}

/// A glossary as a CSV file.
pub(super) fn write_entries(entries: &[GlossaryEntry]) -> Result<Vec<u8>, ApiError> {
    let rows = entries
        .iter()
        .map(|entry| [&entry.term, &entry.translation, &entry.note].map(String::as_str));
    csv_of([["term", "translation", "note"]].into_iter().chain(rows))
}

/// English and Chinese, by turns.
type Pairs = Vec<(String, String)>;

/// The pairs of a TMX file, or of a CSV file with two columns, and how many rows are no pair of the two languages.
pub(super) fn read_pairs(path: &Path, bytes: &[u8]) -> Result<(Pairs, u32), ApiError> {
    let is_tmx = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("tmx"));
    let rows = if is_tmx { units(bytes)? } else { rows(bytes)? };
    let all = rows.len();
    let pairs: Pairs = rows.into_iter().filter_map(pair).collect();
    let skipped = (all - pairs.len()) as u32;
    Ok((pairs, skipped))
}

/// The memory as a TMX file, or as CSV with two columns.
pub(super) fn write_pairs(path: &Path, pairs: &[Pair]) -> Result<Vec<u8>, ApiError> {
    let is_csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    if is_csv {
        let rows = pairs.iter().map(|pair| [&pair.english[..], &pair.chinese]);
        return csv_of([["english", "chinese"]].into_iter().chain(rows));
    }
    tmx_of(pairs).map_err(ApiError::internal)
}

/// The first text in English and the first in Chinese; nothing where one is missing or too long.
fn pair(texts: Vec<String>) -> Option<(String, String)> {
    let is_chinese = |text: &&String| text.chars().any(is_han);
    let is_english = |text: &&String| !text.chars().any(is_han) && text.chars().any(is_latin);
    let english = texts.iter().find(is_english)?.trim().to_owned();
    let chinese = texts.iter().find(is_chinese)?.trim().to_owned();
    (english.len() <= LONGEST && chinese.len() <= LONGEST).then_some((english, chinese))
}

fn rows(bytes: &[u8]) -> Result<Vec<Vec<String>>, ApiError> {
    let text = bimo_convert::text_of(bytes)?;
    let first = text.lines().next().unwrap_or_default();
    let delimiter = if first.contains('\t') { b'\t' } else { b',' };
    let mut reader = csv::ReaderBuilder::new();
    let mut reader =
        reader.has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| not_valid("CSV", &error))?;
        rows.push(record.iter().map(|field| field.trim().to_owned()).collect::<Vec<_>>());
    }
    let is_heading = |row: &Vec<String>| {
        row.first().is_some_and(|head| HEADS.contains(&&head.to_lowercase()[..]))
    };
    if rows.first().is_some_and(is_heading) {
        rows.remove(0);
    }
    Ok(rows)
}

fn csv_of<const N: usize>(
    rows: impl Iterator<Item = [impl AsRef<str>; N]>,
) -> Result<Vec<u8>, ApiError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.iter().map(AsRef::as_ref)).map_err(ApiError::internal)?;
    }
    writer.into_inner().map_err(ApiError::internal)
}

/// The texts of each `<tu>`. Entities other than XML's own five are refused by the reader, a DOCTYPE is passed over.
fn units(bytes: &[u8]) -> Result<Vec<Vec<String>>, ApiError> {
    let text = bimo_convert::text_of(bytes)?;
    let mut reader = Reader::from_str(&text);
    let (mut units, mut texts, mut open) = (Vec::new(), Vec::new(), None::<String>);
    let mut is_whole = false;
    loop {
        match reader.read_event().map_err(|error| not_valid("TMX", &error))? {
            Event::Start(start) => match start.name().as_ref() {
                "tu" => texts.clear(),
                "seg" => open = Some(String::new()),
                _ => {}
            },
            Event::Text(text) => {
                open.iter_mut().for_each(|open| *open += &text);
            }
            Event::GeneralRef(entity) => {
                let character =
                    entity.resolve_char_ref().map_err(|error| not_valid("TMX", &error))?;
                let known = character.map(String::from);
                let known = known.or_else(|| {
                    quick_xml::escape::resolve_predefined_entity(&entity).map(str::to_owned)
                });
                open.iter_mut().for_each(|open| *open += known.as_deref().unwrap_or_default());
            }
            Event::End(end) => match end.name().as_ref() {
                "seg" => texts.extend(open.take()),
                "tu" => units.push(std::mem::take(&mut texts)),
                "tmx" => is_whole = true,
                _ => {}
            },
            Event::Eof if is_whole => return Ok(units),
            Event::Eof => return Err(not_valid("TMX", &"it has no end")),
            _ => {}
        }
    }
}

fn tmx_of(pairs: &[Pair]) -> quick_xml::Result<Vec<u8>> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 1);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let start = |writer: &mut Writer<Vec<u8>>, name: &'static str, attributes: &[(&str, &str)]| {
        let element = BytesStart::new(name).with_attributes(attributes.iter().copied());
        writer.write_event(Event::Start(element))
    };
    start(&mut writer, "tmx", &[("version", "1.4")])?;
    let header = [
        ("creationtool", "Bimo"),
        ("creationtoolversion", env!("CARGO_PKG_VERSION")),
        ("segtype", "sentence"),
        ("o-tmf", "Bimo"),
        ("adminlang", "en"),
        ("srclang", "*all*"),
        ("datatype", "plaintext"),
    ];
    writer.write_event(Event::Empty(BytesStart::new("header").with_attributes(header)))?;
    start(&mut writer, "body", &[])?;
    for pair in pairs {
        start(&mut writer, "tu", &[])?;
        for (language, text) in [("en", &pair.english), ("zh", &pair.chinese)] {
            start(&mut writer, "tuv", &[("xml:lang", language)])?;
            start(&mut writer, "seg", &[])?;
            writer.write_event(Event::Text(BytesText::new(text)))?;
            writer.write_event(Event::End(BytesEnd::new("seg")))?;
            writer.write_event(Event::End(BytesEnd::new("tuv")))?;
        }
        writer.write_event(Event::End(BytesEnd::new("tu")))?;
    }
    writer.write_event(Event::End(BytesEnd::new("body")))?;
    writer.write_event(Event::End(BytesEnd::new("tmx")))?;
    Ok(writer.into_inner())
}

fn not_valid(format: &str, error: &dyn std::fmt::Display) -> ApiError {
    let message = format!(
        "The file is no valid {format}: open it in the program that wrote it, and save it again."
    );
    ApiError::new("exchange_invalid", message).with_detail(error)
}
