//! Plain text.

use bimo_convert::{Document, Edition, Kind};

use crate::{assert_same, read, texts, with};

#[test]
fn a_line_is_a_paragraph_and_space_stays() {
    let text = "Chapter 1\n\n\tHe left.\n　　她没走。\n* * *\n\nEnd";
    let document = read(text, "a.txt");
    assert_eq!(document.kind(), Kind::Text);
    assert_eq!(texts(&document), ["Chapter 1", "He left.", "她没走。", "End"]);
    let dictionary = [("He left.", "他走了。"), ("她没走。", "She stayed."), ("End", "完")];
    assert_eq!(
        with(&document, Edition::Translated, &dictionary),
        "Chapter 1\n\n\t他走了。\n　　She stayed.\n* * *\n\n完"
    );
    assert_eq!(
        with(&document, Edition::Bilingual, &dictionary),
        "Chapter 1\n\n\tHe left.\n\t他走了。\n　　她没走。\n　　She stayed.\n* * *\n\nEnd\n完"
    );
}

#[test]
fn a_text_of_one_width_has_paragraphs_of_several_lines() {
    let text = "It was the best of times, it was the worst of times, it was\n\
                the age of wisdom, it was the age of foolishness, it was the\n\
                epoch of belief.\n\n\
                It was the season of Light, it was the season of Darkness,\n\
                it was the spring of hope.\n";
    let document = read(text, "a.txt");
    assert_eq!(document.blocks().len(), 2);
    assert!(document.blocks()[0].text.ends_with("it was the epoch of belief."));
    let long = "那是最美好的时代，那是最糟糕的时代；那是智慧的年头，那是愚昧的年头；那是信仰的时期，那是怀疑的时期。";
    let written = with(&document, Edition::Translated, &[(&document.blocks()[0].text, long)]);
    let lines: Vec<&str> = written.lines().collect();
    assert_eq!(lines[0].chars().count(), 30, "Han characters are as wide as two: {written}");
    assert_eq!(
        &lines[2..],
        [
            "",
            "It was the season of Light, it was the season of Darkness,",
            "it was the spring of hope."
        ]
    );
}

#[test]
fn what_is_written_without_a_change_is_what_was_read() {
    assert_same("a\r\n\r\n  b \t\r\nc".as_bytes(), "a.txt");
    assert_same(b"\xef\xbb\xbfa\n", "a.txt");
    assert_same(b"", "a.txt");
    assert_same(b"\xff\xfea\0\n\0", "a.txt");
    assert_same(
        b"\xb5\xda\xd2\xbb\xd5\xc2\n\xcb\xfb\xd7\xdf\xb3\xf6\xc3\xc5\xa3\xac\xcc\xec\xd2\xd1",
        "a.txt",
    );
}

#[test]
fn old_encodings_are_written_as_utf_8() {
    // Python: "他走了。".encode("gb18030")
    let document = Document::read(b"\xcb\xfb\xd7\xdf\xc1\xcb\xa1\xa3\r\n", Some("a.txt")).unwrap();
    assert_eq!(
        with(&document, Edition::Bilingual, &[("他走了。", "He left.")]),
        "他走了。\r\nHe left.\r\n"
    );
}
