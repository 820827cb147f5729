//! What a summary looks like: sentences put together in a form, and a model's text brought into it.

use std::ops::Range;

use bimo_text::{is_han, sentences};

use crate::wire::SummaryForm;

/// What begins an entry of a list.
const BULLET: &str = "- ";
/// What a model may begin an entry with.
const BULLETS: [&str; 6] = ["- ", "* ", "• ", "– ", "·", "•"];
/// What models write around a title or a single line.
const AROUND: &[char] = &['"', '“', '”', '「', '」', '《', '》', '*', '#', ' '];

/// A summary in its form, with the bytes of each of its sentences.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Shaped {
    pub text: String,
    pub sentences: Vec<Range<usize>>,
}

impl Shaped {
    /// Sentences put together. The ranges are in their order.
    pub fn of<S: AsRef<str>>(parts: &[S], form: SummaryForm) -> Self {
        let mut shaped = Self::default();
        for part in parts {
            let part = part.as_ref().trim();
            let part = if form == SummaryForm::Title { without_stop(part) } else { part };
            match form {
                SummaryForm::Bullets => {
                    shaped.text += if shaped.text.is_empty() { BULLET } else { "\n- " };
                }
                _ if wants_space(&shaped.text, part) => shaped.text.push(' '),
                _ => {}
            }
            let from = shaped.text.len();
            shaped.text += part;
            shaped.sentences.push(from..shaped.text.len());
        }
        shaped
    }

    /// What a model wrote, without the marks of its lists and headings.
    pub fn read(written: &str, form: SummaryForm) -> Self {
        let lines = written.lines().map(str::trim).filter(|line| !line.is_empty());
        let mut shaped = Self::default();
        match form {
            SummaryForm::Title | SummaryForm::OneLine => {
                let line =
                    lines.map(without_label).find(|line| line.contains(char::is_alphanumeric));
                let line = line.unwrap_or_default().trim_matches(AROUND);
                return Self::of(&[line], form);
            }
            SummaryForm::Bullets => {
                for line in lines.filter_map(entry) {
                    shaped.text += if shaped.text.is_empty() { BULLET } else { "\n- " };
                    shaped.add(&line);
                }
            }
            SummaryForm::Paragraph => {
                for line in lines {
                    let line = entry(line).unwrap_or_default();
                    if !shaped.text.is_empty() {
                        shaped.text += "\n\n";
                    }
                    shaped.add(&line);
                }
            }
        }
        shaped
    }

    fn add(&mut self, line: &str) {
        let from = self.text.len();
        self.text += line;
        let found = sentences(line).into_iter();
        self.sentences.extend(found.map(|range| from + range.start..from + range.end));
    }

    /// The words of each sentence.
    pub fn words(&self) -> impl ExactSizeIterator<Item = &str> {
        self.sentences.iter().map(|range| &self.text[range.clone()])
    }
}

/// A line without what makes it an entry or a heading; nothing where nothing is left.
fn entry(line: &str) -> Option<String> {
    let mut line = line.trim_start_matches('#').trim_start();
    let numbered = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_numbered = numbered.len() < line.len();
    if let Some(rest) = BULLETS.iter().find_map(|mark| line.strip_prefix(mark)) {
        line = rest;
    } else if let Some(rest) = ["．", "、", ". ", ") "]
        .iter()
        .find_map(|mark| numbered.strip_prefix(mark))
        .filter(|_| is_numbered)
    {
        line = rest;
    }
    let words = line.replace("**", "").replace("__", "");
    let words = words.trim();
    words.contains(char::is_alphanumeric).then(|| words.to_owned())
}

/// Without the `Title:` that some models begin with.
fn without_label(line: &str) -> &str {
    let line = line.trim_matches(AROUND);
    let labels = ["Title:", "Summary:", "标题：", "标题:", "摘要：", "摘要:", "概要："];
    labels.iter().find_map(|label| line.strip_prefix(label)).unwrap_or(line)
}

/// A title has no full stop.
fn without_stop(text: &str) -> &str {
    if text.ends_with("...") { text } else { text.trim_end_matches(['.', '。']) }
}

/// Han sentences follow each other without a space.
fn wants_space(before: &str, next: &str) -> bool {
    let is_wide = |c: char| is_han(c) || "。！？…”’」』）".contains(c);
    let touches = before.chars().next_back().is_some_and(is_wide) && next.contains(is_han);
    !before.is_empty() && !touches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_put_together_in_every_form() {
        let english = ["The lamp broke.", "No ship came."];
        let text = |form| Shaped::of(&english, form).text;
        assert_eq!(text(SummaryForm::Paragraph), "The lamp broke. No ship came.");
        assert_eq!(text(SummaryForm::Bullets), "- The lamp broke.\n- No ship came.");
        assert_eq!(Shaped::of(&english[..1], SummaryForm::Title).text, "The lamp broke");
        let chinese = Shaped::of(&["灯坏了。", "没有船。", "He left."], SummaryForm::Paragraph);
        assert_eq!(chinese.text, "灯坏了。没有船。 He left.");
        let words: Vec<&str> = chinese.words().collect();
        assert_eq!(words, ["灯坏了。", "没有船。", "He left."]);
    }

    #[test]
    fn what_a_model_wrote_comes_into_the_form_without_its_marks() {
        let read = |text, form| Shaped::read(text, form).text;
        let listed = "## Summary\n\n1. **The lamp** broke.\n2) No ship came.\n* 灯坏了。\n";
        assert_eq!(
            read(listed, SummaryForm::Bullets),
            "- Summary\n- The lamp broke.\n- No ship came.\n- 灯坏了。"
        );
        assert_eq!(
            read("The lamp broke. No\n\n- ship came.", SummaryForm::Paragraph),
            "The lamp broke. No\n\nship came."
        );
        assert_eq!(
            read("**Title: “The Broken Lamp.”**\n\nIt tells", SummaryForm::Title),
            "The Broken Lamp"
        );
        assert_eq!(read("标题：《坏了的灯》", SummaryForm::Title), "坏了的灯");
        assert_eq!(
            read("1984 was a year. It ended.", SummaryForm::Bullets),
            "- 1984 was a year. It ended."
        );
        let two = Shaped::read("One came. Two went.", SummaryForm::Bullets);
        assert_eq!(two.words().collect::<Vec<_>>(), ["One came.", "Two went."]);
        assert_eq!(read(" \n- \n", SummaryForm::Bullets), "");
    }
}
