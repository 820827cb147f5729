//! Changed documents: a seed and a number make one again.

use std::io::{Cursor, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use bimo_convert::{Article, Document, Edition, Kind, Rewording};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// What became of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It was read, written in both editions, and read again.
    Read,
    /// It was refused with this code.
    Refused(&'static str),
    /// It ended in a panic, or what was written cannot be read.
    Failed,
}

/// The formats, each with a document to begin with.
pub const FORMATS: &[(&str, &[u8])] = &[
    ("txt", "Chapter 1\n\n  He left.\r\n　　她没走。\n\n\nIt rained.\n".as_bytes()),
    ("md", include_bytes!("specimens/page.md")),
    ("html", include_bytes!("specimens/page.html")),
    ("srt", "1\n00:00:01,000 --> 00:00:04,000\n- <i>Where</i>\n- {\\an8}here\n\n2\n00:00:05,000 --> 00:00:06,000\n家\n".as_bytes()),
    ("docx", include_bytes!("specimens/letter.docx")),
    ("epub", include_bytes!("specimens/book.epub")),
];

/// Reads and writes one case.
pub fn run(format: &str, original: &[u8], seed: u64, case: u64) -> Ending {
    let bytes = mutated(format, original, seed, case);
    let name = format!("case.{format}");
    catch_unwind(AssertUnwindSafe(|| through(&bytes, &name))).unwrap_or(Ending::Failed)
}

fn through(bytes: &[u8], name: &str) -> Ending {
    if name.ends_with("html") {
        let _ = Article::extract(bytes);
    }
    let document = match Document::read(bytes, Some(name)) {
        Ok(document) => document,
        Err(error) => return Ending::Refused(error.code()),
    };
    let written = written(bytes, name);
    let again: Vec<_> = written.iter().map(|bytes| Document::read(bytes, Some(name))).collect();
    // Words that are marks by accident would not come back as words. In Markdown whose marks are broken already, other words
    // may well pair them differently.
    let has_all = |again: &Document| {
        again.blocks().len() >= document.blocks().len() || again.kind() == Kind::Markdown
    };
    match &again[..] {
        [Ok(translated), Ok(_)] if has_all(translated) => Ending::Read,
        _ => Ending::Failed,
    }
}

/// The translated and the bilingual edition of a document; none where it cannot be read.
pub fn written(bytes: &[u8], name: &str) -> Vec<Vec<u8>> {
    let Ok(document) = Document::read(bytes, Some(name)) else { return Vec::new() };
    let words = |text: &str| {
        let begins = &text[..text.floor_char_boundary(9)];
        Some(Rewording::from(format!("{begins}。新 & <words>")))
    };
    let rewordings: Vec<_> = document.blocks().iter().map(|block| words(&block.text)).collect();
    let editions = [Edition::Translated, Edition::Bilingual].into_iter();
    editions.filter_map(|edition| document.write(&rewordings, edition, "zh").ok()).collect()
}

/// The case's bytes: of an archive, half of the cases change a part before it is packed.
pub fn mutated(format: &str, original: &[u8], seed: u64, case: u64) -> Vec<u8> {
    let mut random = Random::new(seed, case);
    if matches!(format, "docx" | "epub") && !case.is_multiple_of(4) {
        return with_changed_part(original, &mut random);
    }
    let mut bytes = original.to_vec();
    change(&mut bytes, &mut random);
    bytes
}

fn with_changed_part(original: &[u8], random: &mut Random) -> Vec<u8> {
    let mut zip = ZipArchive::new(Cursor::new(original)).expect("the specimen is an archive");
    let chosen = random.below(zip.len());
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).expect("the specimen is whole");
        let name = entry.name().expect("it has a name").into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("it can be unpacked");
        if index == chosen {
            change(&mut content, random);
        }
        writer.start_file(name, SimpleFileOptions::DEFAULT).expect("it can be written");
        writer.write_all(&content).expect("it can be written");
    }
    writer.finish().expect("it can be written").into_inner()
}

/// One to four changes.
fn change(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        let length = random.below(24).min(bytes.len() - at);
        match random.below(6) {
            0 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << random.below(8)),
            1 => drop(bytes.drain(at..at + length)),
            2 => {
                let copy = bytes[at..at + length].to_vec();
                let to = random.below(bytes.len() + 1);
                bytes.splice(to..to, copy);
            }
            3 => bytes.truncate(at),
            _ => {
                let word = WORDS[random.below(WORDS.len())];
                bytes.splice(at..at, word.bytes());
            }
        }
    }
}

/// What means something in one of the formats.
const WORDS: &[&str] = &[
    "<",
    ">",
    "</",
    "/>",
    "&",
    "&#x",
    "&amp;",
    "<p>",
    "</p>",
    "<b>",
    "</b>",
    "<a href='",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?",
    "<script>",
    "<title>",
    "\"",
    "'",
    "*",
    "**",
    "_",
    "`",
    "```",
    "[",
    "](",
    ")",
    "![",
    "|",
    "\n\n",
    "\n",
    "\r\n",
    "    ",
    "> ",
    "- ",
    "1. ",
    "# ",
    "\\",
    "---\n",
    "\u{0}",
    "\u{feff}",
    "\u{202e}",
    "笔",
    "😀",
    "\u{301}",
    "<w:p>",
    "</w:p>",
    "<w:r>",
    "</w:r>",
    "<w:t>",
    "<w:fldChar w:fldCharType=\"end\"/>",
    "<w:sdt>",
    "<w:br/>",
    "-->",
    "00:00:01,000 --> 00:00:02,000\n",
    "<!DOCTYPE a [",
];

/// Small and the same everywhere (SplitMix64).
struct Random(u64);

impl Random {
    fn new(seed: u64, case: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ case.wrapping_mul(0xD1B5_4A32_D192_ED03))
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % limit.max(1) as u64) as usize
    }
}
