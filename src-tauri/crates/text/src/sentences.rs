//! A text as its sentences.

use std::ops::Range;

use crate::sentence::{CLOSERS, TERMINATORS, ends_sentence, is_emphasis};
use crate::{is_han, is_kana};

/// From so many bytes on any mark ends a sentence, also inside speech that nobody closes.
const LONGEST_BYTES: usize = 2000;

/// The bytes of each sentence, without the space around it. Headings, list items and verses end with their line; a line
/// that goes on in lower case goes on.
///
/// What ends a sentence is what [`ends_sentence`] says; speech inside quotes is one.
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut skip_to = 0;
    for (at, mark) in text.char_indices() {
        let end = at + mark.len_utf8();
        if at < skip_to || !(mark == '\n' || is_mark(mark)) {
            continue;
        }
        let end = if mark == '\n' { end } else { end_of_marks(text, end) };
        skip_to = end;
        let ends =
            if mark == '\n' { line_ends(&text[end..]) } else { mark_ends(text, start, at, end) };
        if ends {
            sentences.extend(trimmed(text, start..end));
            start = end;
        }
    }
    sentences.extend(trimmed(text, start..text.len()));
    sentences
}

fn is_mark(character: char) -> bool {
    character == '.' || character == '…' || TERMINATORS.contains(&character)
}

/// Behind the marks and what closes with them.
fn end_of_marks(text: &str, from: usize) -> usize {
    let belongs = |c: char| is_mark(c) || CLOSERS.contains(&c) || is_emphasis(c);
    text[from..].find(|c| !belongs(c)).map_or(text.len(), |length| from + length)
}

fn mark_ends(text: &str, start: usize, mark: usize, end: usize) -> bool {
    let next = text[end..].chars().next();
    let is_ascii = text[mark..end].is_ascii();
    let goes_on = |rest: &str| rest.starts_with(|next: char| next.is_ascii_lowercase());
    // So it does behind speech, whatever its quotes: “No!” he said.
    let is_latin = text[mark..].starts_with(|mark: char| mark.is_ascii());
    if is_latin && goes_on(text[end..].trim_start_matches([' ', '\t'])) {
        return false;
    }
    let stands_free = next.is_none_or(|next| next.is_whitespace() || is_han(next) || is_kana(next));
    if is_ascii && !stands_free {
        return false;
    }
    // What follows decides about a full stop.
    let behind = next.filter(|next| next.is_whitespace()).map_or(0, char::len_utf8);
    end - start > LONGEST_BYTES || ends_sentence(&text[start..end + behind])
}

fn line_ends(rest: &str) -> bool {
    !rest.starts_with(|next: char| next.is_ascii_lowercase())
}

fn trimmed(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let found = &text[range.clone()];
    let start = range.start + found.len() - found.trim_start().len();
    let length = found.trim().len();
    (length > 0).then_some(start..start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_where_a_reader_would_end_them() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            ("  \n ", &[]),
            ("One. Two! Three?", &["One.", "Two!", "Three?"]),
            ("Mr. Smith met Dr. Jones. They left.", &["Mr. Smith met Dr. Jones.", "They left."]),
            ("It cost 3.14 dollars. Cheap.", &["It cost 3.14 dollars.", "Cheap."]),
            ("\"Go. Now!\" he said. She went.", &["\"Go. Now!\" he said.", "She went."]),
            ("“Go. Now!” he said. She went.", &["“Go. Now!” he said.", "She went."]),
            ("“Go now.” He said no more.", &["“Go now.”", "He said no more."]),
            ("他走了。她来了！谁？", &["他走了。", "她来了！", "谁？"]),
            (
                "“你去哪里？我不知道。”他问。门开了。",
                &["“你去哪里？我不知道。”", "他问。", "门开了。"],
            ),
            ("等等……然后他走了。", &["等等……", "然后他走了。"]),
            (
                "A Heading\n\nThe text goes\non here. End",
                &["A Heading", "The text goes\non here.", "End"],
            ),
            ("- one\n- two\n", &["- one", "- two"]),
            ("他说hello.然后走了。", &["他说hello.", "然后走了。"]),
        ];
        for (text, expected) in cases {
            let found: Vec<&str> = sentences(text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(&found, expected, "{text:?}");
        }
    }

    #[test]
    fn a_quote_that_nobody_closes_does_not_swallow_the_text() {
        let text = format!("“{}", "他走了。".repeat(20_000));
        let found = sentences(&text);
        assert!(found.len() > 10_000);
        assert!(found.iter().all(|range| range.len() <= LONGEST_BYTES + 20));
    }
}
