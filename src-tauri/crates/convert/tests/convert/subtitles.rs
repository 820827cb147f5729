//! Subtitles.

use bimo_convert::{Edition, Kind, Role};

use crate::{assert_same, read, roles, texts, with};

const FILM: &str = "1\n00:00:01,000 --> 00:00:04,000\nWhere are\nyou going?\n\n\
                    2\n00:00:05,000 --> 00:00:06,500 X1:40\n{\\an8}- <i>Home</i>.\n- Wait!\n\n\
                    3\n00:00:07,000 --> 00:00:08,000\n\n\
                    4\n00:00:09,000 --> 00:00:10,000\n♪ 2 ♪\n";

#[test]
fn the_lines_of_a_cue_are_one_block_and_its_times_stay() {
    let document = read(FILM, "film.srt");
    assert_eq!(document.kind(), Kind::Subtitles);
    assert_eq!(texts(&document), ["Where are you going?", "- Home.\n- Wait!", "♪ 2 ♪"]);
    assert!(roles(&document).iter().all(|role| *role == Role::Subtitle));
    let dictionary =
        [("Where are you going?", "你去哪里？"), ("- Home.\n- Wait!", "- 回家。\n- 等等！")];
    assert_eq!(
        with(&document, Edition::Translated, &dictionary),
        FILM.replace("Where are\nyou going?", "你去哪里？")
            .replace("- <i>Home</i>.\n- Wait!", "- <i>回家</i>。\n- 等等！")
    );
    let both = with(&document, Edition::Bilingual, &dictionary);
    assert!(both.contains("Where are\nyou going?\n你去哪里？\n\n2\n"), "{both}");
    assert!(both.contains("- Wait!\n- <i>回家</i>。\n- 等等！\n\n3\n"), "{both}");
}

#[test]
fn a_long_cue_becomes_lines_of_about_one_length() {
    let document = read("1\n00:00:01,000 --> 00:00:04,000\nJa.\n", "film.srt");
    let long = "I have told you before that I shall never go back to that house.";
    let written = with(&document, Edition::Translated, &[("Ja.", long)]);
    let lines: Vec<&str> = written.lines().skip(2).collect();
    assert_eq!(lines, ["I have told you before that I shall", "never go back to that house."]);
}

#[test]
fn what_is_written_without_a_change_is_what_was_read() {
    assert_same(FILM.as_bytes(), "film.srt");
    assert_same(FILM.replace('\n', "\r\n").as_bytes(), "film.srt");
}

#[test]
fn new_words_are_never_tags() {
    let document = read("1\n00:00:01,000 --> 00:00:04,000\nJa.\n", "film.srt");
    let written = with(&document, Edition::Translated, &[("Ja.", "a <b> {\\an8}c </i>")]);
    assert_eq!(texts(&read(&written, "film.srt")), ["a < b> { \\an8}c < /i>"]);
}
