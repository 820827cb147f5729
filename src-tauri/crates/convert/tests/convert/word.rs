//! Word documents.

use bimo_convert::{Document, Edition, Kind, Role, SpanKind};

use crate::archives::{body, entry, names, word};
use crate::{assert_same, roles, texts, translated};

fn document(body: &str) -> Document {
    Document::read(&word(body), Some("a.docx")).unwrap()
}

/// The body with the words of the only block replaced.
fn with(source: &str, edition: Edition, words: &str) -> String {
    let document = document(source);
    let write = |text: &str| if text == "A note." { text.to_owned() } else { words.to_owned() };
    body(&translated(&document, edition, write))
}

const LANG: &str = "<w:rPr><w:lang w:eastAsia=\"zh-CN\"/></w:rPr>";

#[test]
fn paragraphs_are_found_with_their_roles() {
    let document = document(
        "<w:p><w:pPr><w:pStyle w:val=\"1\"/></w:pPr><w:r><w:t>Title</w:t></w:r></w:p>\
         <w:p><w:r><w:t xml:space=\"preserve\">He </w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>left</w:t></w:r><w:r><w:t>&#46; A&amp;B</w:t><w:tab/><w:t>x</w:t><w:br/><w:t>y</w:t></w:r></w:p>\
         <w:p><w:pPr><w:numPr/></w:pPr><w:r><w:t>item</w:t></w:r></w:p>\
         <w:p><w:pPr><w:pStyle w:val=\"a3\"/></w:pPr><w:r><w:t>quote</w:t></w:r></w:p>\
         <w:tbl><w:tr><w:tc><w:p><w:r><w:t>cell</w:t></w:r></w:p></w:tc></w:tr></w:tbl><w:p/>\
         <w:p><w:pPr><w:pStyle w:val=\"1\"/></w:pPr><w:r><w:t>Second</w:t></w:r></w:p>",
    );
    assert_eq!(document.kind(), Kind::Word);
    assert_eq!(document.title(), Some("A & B"));
    assert_eq!(
        texts(&document),
        ["Title", "He left. A&B\tx\ny", "item", "quote", "cell", "Second", "A note."]
    );
    use Role::{Cell, Heading, ListItem, Note, Paragraph, Quote};
    assert_eq!(roles(&document), [Heading(1), Paragraph, ListItem, Quote, Cell, Heading(1), Note]);
    let chapters: Vec<usize> = document.blocks().iter().map(|block| block.chapter).collect();
    assert_eq!(chapters, [0, 0, 0, 0, 0, 1, 0]);
}

#[test]
fn runs_of_one_look_are_one_and_the_look_of_most_is_that_of_all() {
    let source = "<w:p><w:pPr><w:jc/></w:pPr><w:r><w:rPr><w:b/></w:rPr><w:t>He </w:t></w:r><w:proofErr/><w:r w:rsidR=\"1\"><w:rPr><w:b/><w:lang w:val=\"de\"/></w:rPr><w:t>left</w:t></w:r></w:p>";
    let document = document(source);
    assert!(document.blocks()[0].spans.is_empty());
    assert_eq!(
        with(source, Edition::Translated, "他走了"),
        "<w:p><w:pPr><w:jc/></w:pPr><w:r><w:rPr><w:b/><w:lang w:eastAsia=\"zh-CN\"/></w:rPr><w:t xml:space=\"preserve\">他走了</w:t></w:r></w:p>"
    );
}

#[test]
fn a_style_links_and_marks_move_with_the_words() {
    let source = "<w:p><w:bookmarkStart w:id=\"0\"/><w:r><w:t>See </w:t></w:r><w:hyperlink r:id=\"r1\"><w:r><w:rPr><w:u/></w:rPr><w:t>Paris</w:t></w:r></w:hyperlink><w:r><w:t> now.</w:t></w:r><w:r><w:rPr><w:vertAlign/></w:rPr><w:footnoteReference w:id=\"1\"/></w:r><w:bookmarkEnd w:id=\"0\"/></w:p>";
    let document = document(source);
    let kinds: Vec<_> = document.blocks()[0].spans.iter().map(|span| span.kind).collect();
    use SpanKind::{Anchor, Link, Style};
    assert_eq!(kinds, [Link, Style, Anchor, Anchor]);
    assert_eq!(
        with(source, Edition::Translated, "现在看Paris吧。"),
        format!(
            "<w:p><w:bookmarkStart w:id=\"0\"/><w:r>{LANG}<w:t xml:space=\"preserve\">现在看</w:t></w:r><w:hyperlink r:id=\"r1\"><w:r><w:rPr><w:u/><w:lang w:eastAsia=\"zh-CN\"/></w:rPr><w:t xml:space=\"preserve\">Paris</w:t></w:r></w:hyperlink><w:r>{LANG}<w:t xml:space=\"preserve\">吧。</w:t></w:r><w:r><w:rPr><w:vertAlign/></w:rPr><w:footnoteReference w:id=\"1\"/></w:r><w:bookmarkEnd w:id=\"0\"/></w:p>"
        )
    );
    for words in ["", "看", "甲。乙。丙。"] {
        let written = with(source, Edition::Translated, words);
        for kept in ["<w:hyperlink ", "<w:footnoteReference ", "<w:bookmarkEnd "] {
            assert_eq!(written.matches(kept).count(), 1, "{kept} in {written}");
        }
    }
}

#[test]
fn a_bilingual_edition_repeats_a_paragraph_and_breaks_the_line_elsewhere() {
    let plain = "<w:p w:rsidR=\"1\"><w:pPr><w:jc/></w:pPr><w:r><w:t>One</w:t></w:r></w:p>";
    assert_eq!(
        with(plain, Edition::Bilingual, "一"),
        format!(
            "{plain}<w:p><w:pPr><w:jc/></w:pPr><w:r>{LANG}<w:t xml:space=\"preserve\">一</w:t></w:r></w:p>"
        )
    );
    let heading = "<w:p><w:pPr><w:pStyle w:val=\"1\"/></w:pPr><w:r><w:t>One</w:t></w:r></w:p>";
    assert_eq!(
        with(heading, Edition::Bilingual, "一"),
        heading.replace(
            "</w:p>",
            &format!(
                "<w:r><w:br/></w:r><w:r>{LANG}<w:t xml:space=\"preserve\">一</w:t></w:r></w:p>"
            )
        )
    );
    let section = "<w:p><w:pPr><w:sectPr/></w:pPr><w:r><w:t>One</w:t></w:r></w:p>";
    assert_eq!(with(section, Edition::Bilingual, "一").matches("<w:sectPr").count(), 1);
}

#[test]
fn fields_are_links_or_words_that_are_kept() {
    let mark = |kind: &str| format!("<w:r><w:fldChar w:fldCharType=\"{kind}\"/></w:r>");
    let field = |instruction: &str, words: &str| {
        let (begin, separate, end) = (mark("begin"), mark("separate"), mark("end"));
        format!(
            "{begin}<w:r><w:instrText> {instruction} </w:instrText></w:r>{separate}<w:r><w:t>{words}</w:t></w:r>{end}"
        )
    };
    let link = field("HYPERLINK \"http://a\"", "here");
    let page = field("PAGEREF _1", "12");
    let source = format!(
        "<w:p><w:r><w:t xml:space=\"preserve\">Look </w:t></w:r>{link}<w:r><w:t>, page </w:t></w:r>{page}<w:r><w:t>.</w:t></w:r></w:p>"
    );
    let document = document(&source);
    assert_eq!(texts(&document)[0], "Look here, page 12.");
    let kinds: Vec<_> = document.blocks()[0].spans.iter().map(|span| span.kind).collect();
    assert_eq!(kinds, [SpanKind::Link, SpanKind::Verbatim]);
    let written = with(&source, Edition::Translated, "看这里，第12页。");
    assert!(
        written
            .contains(&format!("第</w:t></w:r>{page}<w:r>{LANG}<w:t xml:space=\"preserve\">页。")),
        "{written}"
    );
    assert_eq!(written.matches("HYPERLINK").count(), 1);
    // A field that goes on in the next paragraph.
    let source = format!(
        "<w:p>{}<w:r><w:instrText>TOC</w:instrText></w:r>{}<w:r><w:t>One</w:t></w:r></w:p>",
        mark("begin"),
        mark("separate")
    );
    let written = with(&source, Edition::Translated, "一");
    assert!(written.starts_with(&source[..source.find("<w:r><w:t>").unwrap()]), "{written}");
}

#[test]
fn the_words_of_a_text_box_are_a_block_inside_another() {
    let source = "<w:p><w:r><w:t>Before </w:t></w:r><w:r><w:drawing><w:txbxContent><w:p><w:r><w:t>boxed</w:t></w:r></w:p></w:txbxContent></w:drawing></w:r><w:r><w:t>after</w:t></w:r></w:p>";
    let document = document(source);
    assert_eq!(texts(&document), ["Before after", "boxed", "A note."]);
    let written = body(&translated(&document, Edition::Translated, |text| match text {
        "boxed" => "盒中".into(),
        "Before after" => "前 后".into(),
        text => text.into(),
    }));
    let texts: Vec<&str> =
        written.split("preserve\">").skip(1).map(|rest| rest.split('<').next().unwrap()).collect();
    assert_eq!(texts.concat().replace(' ', ""), "前盒中后", "{written}");
}

#[test]
fn tracked_changes_and_content_controls_stay_whole() {
    let source = "<w:p><w:r><w:t>a </w:t></w:r><w:ins w:id=\"1\"><w:r><w:t>bee </w:t></w:r></w:ins><w:del w:id=\"2\"><w:r><w:delText>gone</w:delText></w:r></w:del><w:sdt><w:sdtPr><w:tag/></w:sdtPr><w:sdtContent><w:r><w:t>see</w:t></w:r></w:sdtContent></w:sdt></w:p>";
    assert_eq!(texts(&document(source))[0], "a bee see");
    let written = with(source, Edition::Translated, "甲 bee 丙丁");
    for kept in [
        "<w:ins w:id=\"1\">",
        "</w:ins>",
        "<w:delText>gone</w:delText>",
        "<w:sdt><w:sdtPr><w:tag/></w:sdtPr><w:sdtContent>",
        "</w:sdtContent></w:sdt>",
    ] {
        assert_eq!(written.matches(kept).count(), 1, "{kept} in {written}");
    }
    assert!(written.contains("bee</w:t></w:r></w:ins>"), "{written}");
}

#[test]
fn everything_but_the_words_is_copied() {
    let bytes = word("<w:p><w:r><w:t>One</w:t></w:r></w:p>");
    assert_same(&bytes, "a.docx");
    let document = Document::read(&bytes, None).unwrap();
    let written = translated(&document, Edition::Translated, |text| format!("{text}!"));
    assert_eq!(names(&written), names(&bytes));
    assert_eq!(entry(&written, "word/styles.xml"), entry(&bytes, "word/styles.xml"));
    assert!(entry(&written, "word/footnotes.xml").contains("<w:r><w:footnoteRef/></w:r><w:r>"));
    assert!(entry(&written, "word/footnotes.xml").contains("A note.!"));
}
