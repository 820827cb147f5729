//! Books.

use bimo_convert::{Document, Edition, Kind, Role};

use crate::archives::{book, entry, names, page};
use crate::{assert_same, roles, texts, translated};

fn example() -> Vec<u8> {
    book(&[
        "<h1>One</h1><p>He <i>left</i>.<a epub:type=\"noteref\" href=\"#n\">1</a></p><aside epub:type=\"footnote\" id=\"n\"><p>A note.</p></aside>",
        "<p>Before.</p>",
    ])
}

#[test]
fn chapters_come_in_reading_order_with_titles_and_contents() {
    let document = Document::read(&example(), Some("a.epub")).unwrap();
    assert_eq!(document.kind(), Kind::Epub);
    assert_eq!(document.title(), Some("The House"));
    assert_eq!(document.language(), Some("en"));
    assert_eq!(
        texts(&document),
        ["The House", "Before.", "One", "He left.", "A note.", "One", "The House", "One"]
    );
    use Role::{Contents, Heading, Note, Paragraph, Title};
    assert_eq!(
        roles(&document),
        [Title, Paragraph, Heading(1), Paragraph, Note, Contents, Title, Contents]
    );
    let chapters: Vec<usize> = document.blocks().iter().map(|block| block.chapter).collect();
    assert_eq!(chapters, [0, 0, 1, 1, 1, 0, 0, 0]);
}

#[test]
fn a_translated_book_has_its_words_language_and_contents() {
    let bytes = example();
    let document = Document::read(&bytes, None).unwrap();
    let written = translated(&document, Edition::Translated, |text| match text {
        "The House" => "房子".into(),
        "One" => "一".into(),
        "He left." => "他走了。".into(),
        text => text.into(),
    });
    let package = entry(&written, "OEBPS/book.opf");
    assert!(
        package.contains("<dc:title>房子</dc:title><dc:language>zh</dc:language>"),
        "{package}"
    );
    let chapter = entry(&written, "OEBPS/text/c 0.xhtml");
    let expected = page(
        "<h1>一</h1><p>他走<i>了</i>。<a epub:type=\"noteref\" href=\"#n\">1</a></p><aside epub:type=\"footnote\" id=\"n\"><p>A note.</p></aside>",
    );
    assert_eq!(chapter, expected.replace("xml:lang=\"en\"", "xml:lang=\"zh\" lang=\"zh\""));
    assert!(entry(&written, "OEBPS/nav.xhtml").contains(">一</a>"));
    assert!(
        entry(&written, "OEBPS/toc.ncx")
            .contains("<text>房子</text></docTitle><navMap><navPoint><navLabel><text>一</text>")
    );
    assert_eq!(entry(&written, "OEBPS/text/c 1.xhtml"), entry(&bytes, "OEBPS/text/c 1.xhtml"));
    // The first entry says what it is, at a fixed place, without being unpacked.
    assert_eq!(&written[30..58], b"mimetypeapplication/epub+zip");
    assert_eq!(names(&written), names(&bytes));
}

#[test]
fn a_bilingual_book_has_both() {
    let document = Document::read(&example(), None).unwrap();
    let written = translated(&document, Edition::Bilingual, |text| match text {
        "One" => "一".into(),
        "He left." => "他走了。".into(),
        text => text.into(),
    });
    let package = entry(&written, "OEBPS/book.opf");
    assert!(
        package.contains("<dc:language>en</dc:language><dc:language>zh</dc:language>"),
        "{package}"
    );
    let chapter = entry(&written, "OEBPS/text/c 0.xhtml");
    assert!(chapter.contains("<h1>One<br/><span lang=\"zh\">一</span></h1>"), "{chapter}");
    assert!(
        chapter.contains("href=\"#n\">1</a></p>\n<p lang=\"zh\">他走<i>了</i>。</p>"),
        "{chapter}"
    );
    assert!(entry(&written, "OEBPS/nav.xhtml").contains(">One / 一</a>"));
}

#[test]
fn what_is_written_without_a_change_is_what_was_read() {
    assert_same(&example(), "a.epub");
}
