//! Markdown.

use bimo_convert::{Edition, Role, SpanKind};

use crate::{assert_same, read, roles, texts, with};

const PAGE: &str = "---\ntitle: The \"House\"\n---\n\n# The house {#house}\n\nHe **left** [early](http://a.b \"t\"), see `code` and ![pic](p.png).\n\
                    It rained.[^1]\n\n> She _stayed_.\n> Alone.\n\n- one\n- [x] two\n\n  more\n\n1. three\n\n```\ncode block\n```\n\n\
                    | a | b |\n|---|---|\n| c d | <b>e</b> |\n\n<div>raw</div>\n\nTitle\n=====\n\n[^1]: A note.\n\n[ref]: http://x.y\n\nSee [ref].\n";

#[test]
fn prose_is_found_and_nothing_else() {
    let document = read(PAGE, "a.md");
    assert_eq!(document.title(), Some("The \"House"));
    assert_eq!(
        texts(&document),
        [
            "The house",
            "He left early, see code and . It rained.",
            "She stayed. Alone.",
            "one",
            "two",
            "more",
            "three",
            "a",
            "b",
            "c d",
            "e",
            "Title",
            "A note.",
            "See ref."
        ]
    );
    use Role::{Cell, Heading, ListItem, Note, Paragraph, Quote};
    assert_eq!(
        roles(&document),
        [
            Heading(1),
            Paragraph,
            Quote,
            ListItem,
            ListItem,
            ListItem,
            ListItem,
            Cell,
            Cell,
            Cell,
            Cell,
            Heading(1),
            Note,
            Paragraph
        ]
    );
    let kinds: Vec<_> = document.blocks()[1].spans.iter().map(|span| span.kind).collect();
    use SpanKind::{Anchor, Link, Style, Verbatim};
    assert_eq!(kinds, [Style, Link, Verbatim, Anchor, Anchor]);
    assert_eq!(document.blocks()[11].chapter, 1);
}

#[test]
fn marks_move_with_the_words_and_everything_else_stays() {
    let document = read(PAGE, "a.md");
    let dictionary = [
        ("The house", "房子"),
        ("She stayed. Alone.", "她留下了。独自一人。"),
        ("two", "二"),
        ("c d", "丙|丁"),
        ("e", "戊"),
        ("A note.", "注。"),
        ("See ref.", "参见这里。"),
    ];
    let expected = PAGE
        .replace("The house", "房子")
        .replace("She _stayed_.\n> Alone.", "她留*下了*。独自一人。")
        .replace("[x] two", "[x] 二")
        .replace("| c d | <b>e</b> |", "| 丙\\|丁 | <b>戊</b> |")
        .replace("A note.", "注。")
        .replace("See [ref].", "参见这[里][ref]。");
    assert_eq!(with(&document, Edition::Translated, &dictionary), expected);
}

#[test]
fn links_images_code_and_notes_are_never_lost() {
    let document = read(PAGE, "a.md");
    let source = "He left early, see code and . It rained.";
    for target in [
        "他很早就走了，见code和。下雨了。",
        "走",
        "",
        "很长的一句话，没有任何相同的词，也没有第二句",
    ] {
        let written = with(&document, Edition::Translated, &[(source, target)]);
        for kept in ["](http://a.b \"t\")", "`code`", "![pic](p.png)", "[^1]"] {
            assert!(written.contains(kept), "{kept} in {written}");
        }
    }
    let written =
        with(&document, Edition::Translated, &[(source, "他很早就走了，见code和。下雨了。")]);
    assert!(written.contains("见`code`和"), "{written}");
    assert!(written.contains("下雨了。[^1]\n"), "{written}");
}

#[test]
fn a_bilingual_edition_has_each_paragraph_twice() {
    let document = read("# A\n\nOne.\n\n> Two.\n\n- three\n- four\n\n|x|\n|-|\n|y|\n", "a.md");
    let dictionary = [
        ("A", "甲"),
        ("One.", "一。"),
        ("Two.", "二。"),
        ("three", "三"),
        ("x", "十"),
        ("y", "百"),
    ];
    assert_eq!(
        with(&document, Edition::Bilingual, &dictionary),
        "# A / 甲\n\nOne.\n\n一。\n\n> Two.\n>\n> 二。\n\n- three\\\n  三\n- four\n\n|x<br>十|\n|-|\n|y<br>百|\n"
    );
}

#[test]
fn words_are_read_as_words_again() {
    let odd = [
        "# no heading",
        "1. no list",
        "12) no",
        "- no",
        "+ no",
        "> no",
        "a*b*c",
        "_x_ and snake_case",
        "[a](b) <b> `c`",
        "&amp; \\",
        "~~no~~",
        "---",
        "=== no",
        "a\nb",
        "| no |",
        ": no",
        "![no](a)",
        "http://a.b",
        "~~~",
        "#",
    ];
    for source in ["Text.", "> Text.", "- Text.", "*Text.*"] {
        let document = read(source, "a.md");
        for words in odd {
            let written = with(&document, Edition::Translated, &[("Text.", words)]);
            let again = read(&written, "a.md");
            let expected: &[&str] =
                if words.chars().any(char::is_alphanumeric) { &[words] } else { &[] };
            assert_eq!(
                texts(&again),
                expected,
                "{words:?} in {source:?} is written as {written:?}"
            );
        }
    }
}

#[test]
fn bold_works_beside_chinese_marks() {
    let document = read("**He left.** She stayed.", "a.md");
    let written =
        with(&document, Edition::Translated, &[("He left. She stayed.", "他走了。她留下来。")]);
    assert_eq!(written, "**他走了**。她留下来。");
    let again = read(&written, "a.md");
    assert_eq!(again.blocks()[0].spans.len(), 1);
}

#[test]
fn tags_without_a_partner_stay_and_nothing_hangs_on_them() {
    let document = read("He **lit <b>the** lamp</i> <x>now</x>.", "a.md");
    assert_eq!(texts(&document), ["He lit the lamp now."]);
    let written = with(&document, Edition::Translated, &[("He lit the lamp now.", "他点亮了灯。")]);
    for kept in ["<b>", "</i>", "<x>", "</x>"] {
        assert_eq!(written.matches(kept).count(), 1, "{kept} in {written}");
    }
}

#[test]
fn escaped_marks_belong_to_the_words() {
    let document = read("\\# one\n\n*\\*two*\n", "a.md");
    assert_eq!(texts(&document), ["# one", "*two"]);
    let dictionary = [("# one", "一"), ("*two", "二")];
    assert_eq!(with(&document, Edition::Translated, &dictionary), "一\n\n*二*\n");
}

#[test]
fn what_is_written_without_a_change_is_what_was_read() {
    assert_same(PAGE.as_bytes(), "a.md");
    assert_same(PAGE.replace('\n', "\r\n").as_bytes(), "a.md");
}
