//! Web pages.

use bimo_convert::{Document, Edition, Kind, Role, SpanKind};

use crate::{assert_same, read, roles, texts, with};

const PAGE: &str = "<!DOCTYPE html>\n<html lang=en>\n<head><meta charset=\"utf-8\"><title>The &amp; House</title>\n\
<script>if (a<b) { document.write('<p>no</p>') }</script><style>p > b { }</style></head>\n<body onload='x()'>\n\
<h1 id=top>The <em>house</em></h1>\n<!-- no -->\n<p class=\"a\" id=p1>He <b>left</b>\n   early&nbsp;&mdash; see <a href='x?a=1&amp;b=2'>this</a><img src=p.png>.<sup><a href=#n1>1</a></sup></p>\n\
<ul><li>one<li>two <code>x &lt; y</code> three</ul>\n<blockquote><p>She stayed.</blockquote>\n\
<table><tr><td>cell<td>12</table>\n<pre>no <b>code</b></pre>\n<p translate=no>Bimo</p><div>loose <br>line</div>\n<p></p><svg><text>no</text></svg>\n</body></html>\n";

#[test]
fn words_are_found_and_nothing_else() {
    let document = read(PAGE, "a.html");
    assert_eq!(document.kind(), Kind::Html);
    assert_eq!(document.title(), Some("The & House"));
    assert_eq!(document.language(), Some("en"));
    assert_eq!(
        texts(&document),
        [
            "The & House",
            "The house",
            "He left early\u{a0}— see this.",
            "one",
            "two x < y three",
            "She stayed.",
            "cell",
            "12",
            "loose\nline",
        ]
    );
    use Role::{Cell, Heading, ListItem, Paragraph, Quote, Title};
    assert_eq!(
        roles(&document),
        [Title, Heading(1), Paragraph, ListItem, ListItem, Quote, Cell, Cell, Paragraph]
    );
    let kinds: Vec<_> = document.blocks()[2].spans.iter().map(|span| span.kind).collect();
    use SpanKind::{Anchor, Link, Style};
    assert_eq!(kinds, [Style, Link, Anchor, Anchor]);
}

#[test]
fn tags_move_with_the_words_and_everything_else_stays() {
    let document = read(PAGE, "a.html");
    let dictionary = [
        ("The & House", "房子 <1>"),
        ("The house", "房子"),
        ("two x < y three", "二 x < y 三"),
        ("She stayed.", "她留下了。"),
        ("loose\nline", "松\n行"),
    ];
    let expected = PAGE
        .replace("<html lang=en>", "<html lang=\"zh\">")
        .replace("The &amp; House", "房子 &lt;1&gt;")
        .replace("The <em>house</em>", "房<em>子</em>")
        .replace("two <code>x &lt; y</code> three", "二 <code>x &lt; y</code> 三")
        .replace("She stayed.", "她留下了。")
        .replace("loose <br>line", "松<br/>行");
    assert_eq!(with(&document, Edition::Translated, &dictionary), expected);
}

#[test]
fn links_images_and_notes_are_never_lost() {
    let document = read(PAGE, "a.html");
    let source = "He left early\u{a0}— see this.";
    for target in ["他很早就走了——见此。", "走", "", "甲。乙。丙。丁。"] {
        let written = with(&document, Edition::Translated, &[(source, target)]);
        for kept in ["<a href='x?a=1&amp;b=2'>", "<img src=p.png>", "<sup><a href=#n1>1</a></sup>"]
        {
            assert_eq!(written.matches(kept).count(), 1, "{kept} in {written}");
        }
    }
    let written = with(&document, Edition::Translated, &[(source, "他很早就走了——见此。")]);
    let expected =
        "见<a href='x?a=1&amp;b=2'>此</a>。<img src=p.png><sup><a href=#n1>1</a></sup></p>";
    assert!(written.contains(expected), "{written}");
}

#[test]
fn a_bilingual_edition_repeats_paragraphs_and_breaks_lines_elsewhere() {
    let page = "<title>T</title><h1>A</h1><p id=x class=c>One <b id=y>two</b><sup><a href=#n>1</a></sup>.</p><ul><li>three</li></ul><blockquote><p>Four</blockquote><table><td>five</td></table>";
    let document = read(page, "a.html");
    let dictionary = [
        ("T", "题"),
        ("A", "甲"),
        ("One two.", "一二。"),
        ("three", "三"),
        ("Four", "四"),
        ("five", "五"),
    ];
    assert_eq!(
        with(&document, Edition::Bilingual, &dictionary),
        "<title>T / 题</title><h1>A<br/><span lang=\"zh\">甲</span></h1><p id=x class=c>One <b id=y>two</b><sup><a href=#n>1</a></sup>.</p>\n<p class=c lang=\"zh\">一<b>二</b>。</p><ul><li>three<br/><span lang=\"zh\">三</span></li></ul><blockquote><p>Four\n<p lang=\"zh\">四</p></blockquote><table><td>five<br/><span lang=\"zh\">五</span></td></table>"
            .replace("Four\n<p lang=\"zh\">四</p></blockquote>", "Four</blockquote>\n<p lang=\"zh\">四</p>")
    );
}

#[test]
fn tag_soup_is_written_as_it_was_but_for_its_words() {
    for page in [
        "<p>a <b>b <i>c</b> d</i> e",
        "<div>a<a href=x><div>b</div></a>c</div></p></div>",
        "<b><p>one</b> two</p>",
        "<p>a < b & c <3 </x> <!-- d",
        "<p>one<script>alert('<p>')</script> two",
        "<table><p>x</table><li>y",
        "<p a='>b",
    ] {
        let document = read(page, "a.html");
        let upper = crate::translated(&document, Edition::Translated, str::to_uppercase);
        let upper = String::from_utf8(upper).unwrap();
        let again = read(&upper, "a.html");
        let expected: Vec<String> =
            texts(&document).iter().map(|text| text.to_uppercase()).collect();
        assert_eq!(texts(&again), expected, "{page} is written as {upper}");
    }
}

#[test]
fn old_encodings_become_utf_8_and_the_page_says_so() {
    let page = b"<html><head><meta http-equiv=Content-Type content=\"text/html; charset=gb2312\"></head><p>\xcb\xfb\xd7\xdf\xc1\xcb\xa1\xa3</p>";
    let document = Document::read(page, None).unwrap();
    assert_eq!(texts(&document), ["他走了。"]);
    let written = with(&document, Edition::Translated, &[("他走了。", "He left.")]);
    assert!(
        written.contains("charset=utf-8\"") && written.contains("<p>He left.</p>"),
        "{written}"
    );
    assert_same(page, "a.html");
}

#[test]
fn new_words_are_never_tags() {
    let document = read("<p>x1</p>", "a.html");
    let hostile = "<script>alert(1)</script><img src=x onerror=y>&lt;\u{0}\u{b}";
    let written = with(&document, Edition::Bilingual, &[("x1", hostile)]);
    assert!(!written.contains("<script") && !written.contains("<img"), "{written}");
    assert!(!written.contains(['\0', '\u{b}']));
}

#[test]
fn what_is_written_without_a_change_is_what_was_read() {
    assert_same(PAGE.as_bytes(), "a.html");
    assert_same(PAGE.replace('\n', "\r\n").as_bytes(), "a.htm");
}
