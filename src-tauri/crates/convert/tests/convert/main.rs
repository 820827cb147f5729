//! Documents read and written as a translator does it.

mod archives;
mod article;
mod epub;
mod html;
mod markdown;
mod plain;
mod refused;
mod subtitles;
mod word;

use bimo_convert::{Document, Edition, Rewording, Role};

/// A document from text.
fn read(text: &str, name: &str) -> Document {
    Document::read(text.as_bytes(), Some(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The texts of its blocks.
fn texts(document: &Document) -> Vec<&str> {
    document.blocks().iter().map(|block| block.text.as_str()).collect()
}

fn roles(document: &Document) -> Vec<Role> {
    document.blocks().iter().map(|block| block.role).collect()
}

/// The document with the words of each block changed by `translate`.
fn translated(
    document: &Document,
    edition: Edition,
    translate: impl Fn(&str) -> String,
) -> Vec<u8> {
    let rewordings: Vec<Option<Rewording>> =
        document.blocks().iter().map(|block| Some(translate(&block.text).into())).collect();
    document.write(&rewordings, edition, "zh").unwrap()
}

/// The text of the document whose blocks are translated by a list; what is not in it stays.
fn with(document: &Document, edition: Edition, dictionary: &[(&str, &str)]) -> String {
    let translate = |text: &str| {
        let entry = dictionary.iter().find(|(source, _)| *source == text);
        entry.map_or(text, |(_, target)| target).to_owned()
    };
    String::from_utf8(translated(document, edition, translate)).expect("it is UTF-8")
}

/// Writing nothing new gives the bytes that were read, and so does writing the same words.
fn assert_same(bytes: &[u8], name: &str) {
    let document = Document::read(bytes, Some(name)).unwrap();
    for edition in [Edition::Translated, Edition::Bilingual] {
        assert_eq!(document.write(&[], edition, "zh").unwrap(), bytes, "{name}");
        assert_eq!(translated(&document, edition, str::to_owned), bytes, "{name}");
    }
}
