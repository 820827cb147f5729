//! The archives that Word documents and books are.
//!
//! Only what is asked for is inflated, and only so far as the limits go, whatever the archive says of its sizes; the rest is
//! copied as it is stored.

use std::io::{Cursor, Read, Write};

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::ConvertError;
use crate::limits::{ALL_PARTS_BYTES, ARCHIVE_BYTES, ENTRIES, PART_BYTES};

/// An open archive.
pub(crate) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    names: Vec<String>,
    inflated: usize,
}

impl<'a> Archive<'a> {
    /// Reads what the archive says of its entries.
    pub fn open(bytes: &'a [u8]) -> Result<Self, ConvertError> {
        if bytes.len() > ARCHIVE_BYTES {
            return Err(ConvertError::too_many_bytes("the document", ARCHIVE_BYTES));
        }
        let zip =
            ZipArchive::new(Cursor::new(bytes)).map_err(|error| refused(&error, "the archive"))?;
        if zip.len() > ENTRIES {
            return Err(ConvertError::too_many("the document", zip.len(), "entries", ENTRIES));
        }
        let mut archive = Self { zip, names: Vec::new(), inflated: 0 };
        for index in 0..archive.zip.len() {
            let entry =
                archive.zip.by_index_raw(index).map_err(|error| refused(&error, "an entry"))?;
            let name =
                entry.name().map_err(|error| refused(&error, "an entry's name"))?.into_owned();
            if entry.encrypted() {
                return Err(ConvertError::unsupported(
                    "it has a password: save it without one from the program that made it",
                ));
            }
            if !is_harmless(&name) {
                return Err(ConvertError::invalid(format!(
                    "it has an entry that points outside: {name:?}"
                )));
            }
            archive.names.push(name);
        }
        Ok(archive)
    }

    /// True where it has an entry of that name.
    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|other| other == name)
    }

    /// The names of its entries.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// An entry's bytes.
    pub fn part(&mut self, name: &str) -> Result<Vec<u8>, ConvertError> {
        let room = PART_BYTES.min(ALL_PARTS_BYTES - self.inflated);
        let entry = self.zip.by_name(name).map_err(|error| refused(&error, name))?;
        let stated = entry.size();
        let mut bytes = Vec::new();
        let read = entry.take(room as u64 + 1).read_to_end(&mut bytes);
        if bytes.len() > room {
            return Err(match room {
                PART_BYTES => ConvertError::too_many_bytes(name, PART_BYTES),
                _ => ConvertError::too_many_bytes("the document", ALL_PARTS_BYTES),
            });
        }
        if let Err(error) = read {
            return Err(ConvertError::invalid(format!("{name} cannot be unpacked ({error})")));
        }
        if bytes.len() as u64 != stated {
            let found = bytes.len();
            return Err(ConvertError::invalid(format!(
                "{name} has {found} bytes and states {stated}"
            )));
        }
        self.inflated += bytes.len();
        Ok(bytes)
    }
}

fn refused(error: &ZipError, what: &str) -> ConvertError {
    match error {
        ZipError::FileNotFound => ConvertError::invalid(format!("{what} is missing in it")),
        ZipError::CompressionMethodNotSupported(_) | ZipError::UnsupportedArchive(_) => {
            ConvertError::unsupported(format!(
                "{what} is packed in an unusual way ({error}): save the document again"
            ))
        }
        _ => ConvertError::invalid(format!("{what} is damaged ({error}): get the document again")),
    }
}

/// True for a name inside the archive.
fn is_harmless(name: &str) -> bool {
    let is_outside = |part: &str| part == "..";
    let has_drive = name.as_bytes().get(1) == Some(&b':');
    !name.starts_with(['/', '\\'])
        && !has_drive
        && !name.contains('\0')
        && !name.split(['/', '\\']).any(is_outside)
}

/// The archive with other bytes for some of its entries, in the same order; a book's `mimetype` is first and not packed.
pub(crate) fn with_parts(bytes: &[u8], parts: &[(&str, Vec<u8>)]) -> Result<Vec<u8>, ConvertError> {
    let archive = Archive::open(bytes)?;
    let (mut zip, names) = (archive.zip, archive.names);
    let copied = |error: ZipError| refused(&error, "the archive");
    let mut writer = ZipWriter::new(Cursor::new(Vec::with_capacity(bytes.len())));
    if names.iter().any(|name| name == MIMETYPE) {
        put(&mut writer, MIMETYPE, EPUB.as_bytes(), CompressionMethod::Stored)?;
    }
    for (index, name) in names.iter().enumerate().filter(|(_, name)| *name != MIMETYPE) {
        match parts.iter().find(|(other, _)| other == name) {
            Some((_, content)) => put(&mut writer, name, content, CompressionMethod::Deflated)?,
            None => {
                let entry = zip.by_index_raw(index).map_err(copied)?;
                writer.raw_copy_file(entry).map_err(copied)?;
            }
        }
    }
    Ok(writer.finish().map_err(copied)?.into_inner())
}

fn put(
    writer: &mut ZipWriter<Cursor<Vec<u8>>>,
    name: &str,
    content: &[u8],
    method: CompressionMethod,
) -> Result<(), ConvertError> {
    let options = SimpleFileOptions::DEFAULT.compression_method(method);
    writer.start_file(name, options).map_err(|error| refused(&error, name))?;
    writer.write_all(content).map_err(|error| refused(&error.into(), name))
}

/// The entry of a book that says that it is one, and what it says.
pub(crate) const MIMETYPE: &str = "mimetype";
pub(crate) const EPUB: &str = "application/epub+zip";
