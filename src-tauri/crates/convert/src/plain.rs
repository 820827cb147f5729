//! Plain text: paragraphs are lines, or lines of one width with an empty line between paragraphs.

use std::ops::Range;

use crate::block::{Block, Role};
use crate::slot::{Hand, Pen, Slot};
use crate::wrapping::{columns, joint, wrapped};

/// Columns between which the lines of a wrapped text end.
const WRAPPED: std::ops::RangeInclusive<usize> = 45..=100;

/// A paragraph and how its lines begin.
#[derive(Debug)]
struct Line {
    indent: String,
    /// Columns of the file's lines, where the file is wrapped.
    width: Option<usize>,
    line_end: &'static str,
    /// True where an empty line follows a paragraph.
    is_apart: bool,
}

/// The paragraphs of a text.
pub(crate) fn read(text: &str) -> Vec<(Block, Slot)> {
    let lines: Vec<Range<usize>> = lines(text).collect();
    let width = width(text, &lines);
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let first = at;
        at += 1;
        if text[lines[first].clone()].trim().is_empty() {
            continue;
        }
        while width.is_some() && at < lines.len() && continues(&text[lines[at].clone()]) {
            at += 1;
        }
        let is_apart = lines.get(at).is_some_and(|line| text[line.clone()].trim().is_empty());
        let paragraph = &text[lines[first].start..lines[at - 1].end];
        let indent = paragraph[..paragraph.len() - paragraph.trim_start().len()].to_owned();
        let start = lines[first].start + indent.len();
        let hand = Line { indent, width, line_end, is_apart };
        let text = joined(paragraph);
        if text.chars().any(char::is_alphanumeric) {
            let block = Block { text, role: Role::Paragraph, chapter: 0, spans: Vec::new() };
            let inner = start..start + paragraph.trim().len();
            found.push((block, Slot::without_spans(inner, Box::new(hand))));
        }
    }
    found
}

fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut end = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = end;
        end += line.len();
        start..start + line.trim_end_matches(['\n', '\r']).len()
    })
}

/// The width of a text whose paragraphs are broken into lines: nine of ten lines that another follows end near it.
fn width(text: &str, lines: &[Range<usize>]) -> Option<usize> {
    let followed = lines.windows(2).filter(|pair| continues(&text[pair[1].clone()]));
    let widths: Vec<usize> = followed
        .map(|pair| columns(text[pair[0].clone()].trim_end()))
        .filter(|&columns| columns > 0)
        .collect();
    let fit = widths.iter().filter(|columns| WRAPPED.contains(columns)).count();
    (widths.len() >= 2 && fit * 10 >= widths.len() * 9)
        .then(|| widths.iter().copied().filter(|columns| WRAPPED.contains(columns)).max())
        .flatten()
}

fn continues(line: &str) -> bool {
    line.starts_with(|c: char| !c.is_whitespace())
}

fn joined(paragraph: &str) -> String {
    let mut text = String::new();
    for line in paragraph.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if !text.is_empty() {
            text.push_str(joint(text.chars().next_back(), line.chars().next()));
        }
        text.push_str(line);
    }
    text
}

impl Line {
    fn broken(&self, words: &str) -> String {
        match self.width {
            Some(width) => wrapped(words, width).join(self.line_end),
            None => words.replace('\n', self.line_end),
        }
    }
}

impl Hand for Line {
    fn words(&self, _: &Pen<'_>, words: &str, _: Option<&Range<usize>>, _: bool) -> String {
        self.broken(words)
    }

    fn beside(&self, _: &Pen<'_>, inner: &Range<usize>, words: String) -> (usize, String) {
        let apart = if self.is_apart || self.width.is_some() { self.line_end } else { "" };
        (inner.end, format!("{}{apart}{}{words}", self.line_end, self.indent))
    }
}
