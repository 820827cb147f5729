//! What a document is, by its content.

use crate::ConvertError;

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Plain text.
    Text,
    /// Markdown.
    Markdown,
    /// A web page.
    Html,
    /// Subtitles in SubRip's format.
    Subtitles,
    /// A Word document (Office Open XML).
    Word,
    /// A book in EPUB's format.
    Epub,
}

impl Kind {
    /// The ending of its files' names.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Markdown => "md",
            Self::Html => "html",
            Self::Subtitles => "srt",
            Self::Word => "docx",
            Self::Epub => "epub",
        }
    }

    /// What a file's name promises.
    pub fn promised_by(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        Some(match ending.to_ascii_lowercase().as_str() {
            "txt" | "text" => Self::Text,
            "md" | "markdown" => Self::Markdown,
            "html" | "htm" | "xhtml" => Self::Html,
            "srt" => Self::Subtitles,
            "docx" => Self::Word,
            "epub" => Self::Epub,
            _ => return None,
        })
    }

    fn described(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Markdown => "Markdown",
            Self::Html => "a web page",
            Self::Subtitles => "subtitles",
            Self::Word => "a Word document",
            Self::Epub => "an EPUB book",
        }
    }
}

/// Kinds of files by their first bytes that are no documents here, and what to do with them.
const FOREIGN: &[(&[u8], &str)] = &[
    (
        b"%PDF",
        "it is a PDF: copy its text, or save it as .docx or .txt from the program that made it",
    ),
    (b"{\\rtf", "it is a rich text file: save it as .docx"),
    (b"\xd0\xcf\x11\xe0", "it is an old Word file or has a password: save it as .docx without one"),
    (b"\x89PNG", "it is a picture"),
    (b"\xff\xd8\xff", "it is a picture"),
    (b"GIF8", "it is a picture"),
    (b"\x1f\x8b", "it is compressed: unpack it first"),
    (b"7z\xbc\xaf", "it is an archive: unpack it first"),
    (b"Rar!", "it is an archive: unpack it first"),
    (b"WEBVTT", "it is WebVTT: save the subtitles as .srt"),
];

/// Refuses what is known to be none of ours.
pub(crate) fn refuse_foreign(bytes: &[u8]) -> Result<(), ConvertError> {
    match FOREIGN.iter().find(|(begins, _)| bytes.starts_with(begins)) {
        Some((_, reason)) => Err(ConvertError::unsupported(*reason)),
        None => Ok(()),
    }
}

/// True for an archive of the kind that .docx and .epub are.
pub(crate) fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// What a text is: what its name promises if that can be, else what it looks like.
pub(crate) fn of_text(text: &str, promised: Option<Kind>) -> Result<Kind, ConvertError> {
    match promised {
        Some(kind @ (Kind::Text | Kind::Markdown)) => Ok(kind),
        Some(Kind::Html) if has_tags(text) => Ok(Kind::Html),
        Some(Kind::Subtitles) if has_cues(text) => Ok(Kind::Subtitles),
        Some(kind) => Err(mismatch(kind, Kind::Text)),
        None if is_page(text) => Ok(Kind::Html),
        None if has_cues(text) => Ok(Kind::Subtitles),
        None => Ok(Kind::Text),
    }
}

pub(crate) fn mismatch(promised: Kind, found: Kind) -> ConvertError {
    ConvertError::invalid(format!(
        "its name says {}, and it is {}: see whether it is the right file, and give it the ending .{} if it is",
        promised.described(),
        found.described(),
        found.extension(),
    ))
}

/// True where a page or a piece of one begins.
fn is_page(text: &str) -> bool {
    let start = text.trim_start();
    let head = start[..start.floor_char_boundary(512)].to_ascii_lowercase();
    let begins =
        ["<!doctype html", "<html", "<head", "<body", "<article", "<div", "<p>", "<p ", "<meta"];
    begins.iter().any(|tag| head.starts_with(tag))
        || (head.starts_with("<?xml") && head.contains("<html"))
        || (head.starts_with("<!--") && text.contains("<html"))
}

fn has_tags(text: &str) -> bool {
    let begins_tag = |c: char| c.is_ascii_alphabetic() || c == '!' || c == '/' || c == '?';
    text.match_indices('<').any(|(at, _)| text[at + 1..].starts_with(begins_tag))
}

/// True where the first lines are those of a subtitle.
fn has_cues(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let times = if first.chars().all(|c| c.is_ascii_digit()) { lines.next() } else { Some(first) };
    times.is_some_and(crate::subtitles::is_times)
}
