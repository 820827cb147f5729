//! What is refused, with its code, and what is only odd.

use std::time::{Duration, Instant};

use bimo_convert::{ConvertError, Document, Edition};

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
    for name in ["a.txt", "a.md"] {
        in_time(|| {
            let document = Document::read(line.as_bytes(), Some(name)).unwrap();
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
