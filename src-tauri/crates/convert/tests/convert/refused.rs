//! What is refused, with its code, and what is only odd.

use std::time::{Duration, Instant};

use bimo_convert::{ConvertError, Document, Edition};

use crate::archives::{archive, book};
use crate::translated;

fn refused(bytes: &[u8], name: &str) -> ConvertError {
    Document::read(bytes, Some(name)).expect_err(name)
}

#[test]
fn a_name_that_promises_something_else_is_refused() {
    for (bytes, name) in [
        (&b"Just words"[..], "a.html"),
        (b"Just words", "a.srt"),
        (b"Just words", "a.docx"),
        (b"Just words", "a.epub"),
    ] {
        assert_eq!(refused(bytes, name).code(), "import_invalid", "{name}");
    }
}

#[test]
fn other_formats_are_named_with_what_to_do() {
    for (bytes, word) in [
        (&b"%PDF-1.7"[..], "PDF"),
        (b"{\\rtf1", ".docx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "password"),
        (b"\x89PNG\r\n", "picture"),
        (b"WEBVTT\n\n", ".srt"),
    ] {
        let error = refused(bytes, "a.txt");
        assert_eq!(error.code(), "import_unsupported");
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn a_text_of_100_mb_is_refused_and_a_line_of_10_mb_is_not() {
    let huge = vec![b'a'; 100_000_000];
    assert_eq!(refused(&huge, "a.txt").code(), "import_too_large");
    let line = "One word after another. ".repeat(10_000_000 / 24);
    for name in ["a.txt", "a.md", "a.html"] {
        in_time(|| {
            let text = if name == "a.html" { format!("<p>{line}") } else { line.clone() };
            let document = Document::read(text.as_bytes(), Some(name)).unwrap();
            assert_eq!(document.blocks().len(), 1);
            translated(&document, Edition::Bilingual, |text| text.to_uppercase());
        });
    }
}

#[test]
fn nesting_does_not_hang_or_overflow() {
    for (text, name) in [
        (">".repeat(50_000) + " deep", "a.md"),
        ("- ".repeat(20_000) + "deep", "a.md"),
        ("*a ".repeat(50_000) + &" a*".repeat(50_000), "a.md"),
        ("[".repeat(50_000) + "a" + &"](b)".repeat(50_000), "a.md"),
        ("<b>".repeat(50_000) + "a" + &"</b>".repeat(50_000), "a.md"),
        ("<div>".repeat(50_000) + "deep", "a.html"),
        ("<div>".repeat(50_000) + "a" + &"</div>".repeat(50_000), "a.html"),
        ("<b>".repeat(50_000) + "a" + &"</b> a".repeat(50_000), "a.html"),
        ("<p><b><code>".repeat(50_000), "a.html"),
        ("<a href=x>a <i>".repeat(50_000), "a.html"),
        ("<p x=".to_owned() + &"'a' b=".repeat(50_000) + ">a", "a.html"),
    ] {
        in_time(|| {
            let document = Document::read(text.as_bytes(), Some(name)).unwrap();
            translated(&document, Edition::Translated, |text| text.to_uppercase());
        });
    }
}

fn in_time(work: impl FnOnce()) {
    let began = Instant::now();
    work();
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

/// The document's main part replaced.
fn word_with(document: &[u8]) -> Vec<u8> {
    archive(&[("[Content_Types].xml", b"<Types/>"), ("word/document.xml", document)])
}

#[test]
fn archives_that_lie_or_swell_are_refused() {
    let zeros = vec![b' '; 80 << 20];
    let bomb = word_with(&zeros);
    assert!(bomb.len() * 500 < zeros.len(), "it is packed a thousand times smaller");
    assert_eq!(refused(&bomb, "a.docx").code(), "import_too_large");

    let part = [&b"<a/>"[..], &vec![b' '; 60 << 20]].concat();
    let parts: Vec<String> = (0..6).map(|n| format!("word/header{n}.xml")).collect();
    let mut entries: Vec<(&str, &[u8])> = vec![("word/document.xml", b"<a/>")];
    entries.extend(parts.iter().map(|name| (name.as_str(), part.as_slice())));
    assert_eq!(refused(&archive(&entries), "a.docx").code(), "import_too_large");

    // The size in the directory at the end, 42 bytes before the entry's name there.
    let mut lying = word_with(b"<w:document/>");
    let at = last(&lying, b"word/document.xml") - 46 + 24;
    lying[at..at + 4].copy_from_slice(&7_u32.to_le_bytes());
    assert_eq!(refused(&lying, "a.docx").code(), "import_invalid");

    let many: Vec<String> = (0..100_000).map(|n| n.to_string()).collect();
    let mut entries: Vec<(&str, &[u8])> = vec![("word/document.xml", b"<a/>")];
    entries.extend(many.iter().map(|name| (name.as_str(), &b""[..])));
    assert_eq!(refused(&archive(&entries), "a.docx").code(), "import_too_large");
}

fn last(bytes: &[u8], words: &[u8]) -> usize {
    bytes.windows(words.len()).rposition(|window| window == words).unwrap()
}

#[test]
fn archives_with_odd_entries_are_refused() {
    let mut outside = word_with(b"<w:document/>");
    for at in [
        outside.windows(19).position(|w| w == b"[Content_Types].xml").unwrap(),
        last(&outside, b"[Content_Types].xml"),
    ] {
        outside[at..at + 19].copy_from_slice(b"../../../../evil.sh");
    }
    let error = refused(&outside, "a.docx");
    assert_eq!(error.code(), "import_invalid");
    assert!(error.to_string().contains("outside"), "{error}");

    let mut locked = word_with(b"<w:document/>");
    // The flags of both the entry and the directory: bit 0 says that a password is needed.
    let at = last(&locked, b"word/document.xml") - 46 + 8;
    locked[at] |= 1;
    let error = refused(&locked, "a.docx");
    assert_eq!(error.code(), "import_unsupported");
    assert!(error.to_string().contains("password"), "{error}");

    let inner = word_with(b"<w:document/>");
    let nested = archive(&[("a.docx", &inner)]);
    assert_eq!(refused(&nested, "a.zip").code(), "import_unsupported");
    assert_eq!(refused(&nested, "a.docx").code(), "import_invalid");
    assert_eq!(refused(&nested, "a.epub").code(), "import_invalid");
    assert_eq!(refused(&inner, "a.epub").code(), "import_invalid");
    assert_eq!(refused(&inner, "a.txt").code(), "import_invalid");
}

#[test]
fn damaged_documents_are_refused() {
    for document in [
        &b"<w:document><w:body>"[..],
        b"<w:document></w:body>",
        b"<!DOCTYPE a [<!ENTITY x \"y\">]><w:document/>",
        b"<!DOCTYPE a SYSTEM \"http://a/b\"><w:document/>",
        b"\xff\xff\xff",
        b"<w:document\0/>",
    ] {
        let error = refused(&word_with(document), "a.docx");
        assert_eq!(error.code(), "import_invalid", "{error}");
    }
    let whole = book(&["<p>One</p>"]);
    for length in [4, 30, 100, whole.len() / 2, whole.len() - 1] {
        assert_eq!(refused(&whole[..length], "a.epub").code(), "import_invalid", "{length}");
    }
    let without_package = archive(&[
        ("mimetype", b"application/epub+zip"),
        ("META-INF/container.xml", b"<container><rootfile full-path=\"a.opf\"/></container>"),
    ]);
    assert!(refused(&without_package, "a.epub").to_string().contains("a.opf"));
    let laughs = "<!DOCTYPE html [<!ENTITY a \"aa\"><!ENTITY b \"&a;&a;\">]><html><body><p>&b;</p></body></html>";
    let package = "<package><manifest><item id=\"a\" href=\"a.xhtml\" media-type=\"application/xhtml+xml\"/></manifest><spine><itemref idref=\"a\"/></spine></package>";
    let entities = archive(&[
        ("META-INF/container.xml", b"<container><rootfile full-path=\"a.opf\"/></container>"),
        ("a.opf", package.as_bytes()),
        ("a.xhtml", laughs.as_bytes()),
    ]);
    assert!(refused(&entities, "a.epub").to_string().contains("entities"));
}
