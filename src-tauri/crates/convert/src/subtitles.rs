//! Subtitles in SubRip's format: numbers and times stay, the lines of a cue are one block.

use std::ops::Range;

use crate::block::{Block, Role, SpanKind};
use crate::passage::{Piece, Spacing, What, passages};
use crate::slot::{Hand, Pen, Slot};
use crate::wrapping::{columns, wrapped};

/// Columns of a line that can be read in time.
const WIDTH: usize = 42;

/// A cue; its lines are broken anew.
#[derive(Debug)]
struct Cue {
    line_end: &'static str,
}

/// True for `00:00:01,000 --> 00:00:04,000`, with or without a place on the screen behind it.
pub(crate) fn is_times(line: &str) -> bool {
    let Some((from, to)) = line.split_once("-->") else { return false };
    let is_time = |time: &str| {
        time.contains(':') && time.chars().all(|c| c.is_ascii_digit() || ":,. ".contains(c))
    };
    is_time(from.trim()) && to.split_whitespace().next().is_some_and(is_time)
}

/// The cues of a file.
pub(crate) fn read(text: &str) -> Vec<(Block, Slot)> {
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut found = Vec::new();
    let mut in_cue = false;
    let mut pieces = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n').chain([""]) {
        let words = line.trim_end_matches(['\n', '\r']);
        if in_cue && !words.trim().is_empty() && !is_times(words) {
            line_pieces(at, words, &mut pieces);
        } else {
            found.extend(cue(&std::mem::take(&mut pieces), text, line_end));
            in_cue = is_times(words);
        }
        at += line.len();
    }
    found
}

fn cue(pieces: &[Piece], source: &str, line_end: &'static str) -> Vec<(Block, Slot)> {
    let found = passages(pieces, source, Spacing::Collapsed);
    found
        .into_iter()
        .map(|passage| passage.into_block(Role::Subtitle, 0, Box::new(Cue { line_end })))
        .collect()
}

/// Words, `<i>`-like tags and `{\an8}`-like places of a line.
fn line_pieces(at: usize, line: &str, pieces: &mut Vec<Piece>) {
    if !pieces.is_empty() {
        // A new speaker's line is a line; any other goes on.
        let is_speech = line.trim_start().starts_with(['-', '–', '—', '♪']);
        let what = if is_speech { What::Break } else { What::Words("\n".into(), None) };
        pieces.push(Piece { what, range: at..at });
    }
    let mut rest = 0;
    while rest < line.len() {
        let (what, length) = next(&line[rest..]);
        let range = at + rest..at + rest + length;
        pieces.push(match what {
            Some(what) => Piece { what, range },
            None => Piece::kept(String::new(), range),
        });
        rest += length;
    }
}

/// The first piece of a line and its bytes; nothing for what is kept.
fn next(line: &str) -> (Option<What>, usize) {
    let until = |mark: char| line.find(mark).map(|at| at + mark.len_utf8());
    if line.starts_with("{\\")
        && let Some(length) = until('}')
    {
        return (None, length);
    }
    if let Some(tag) = line.strip_prefix('<')
        && tag.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && let Some(length) = until('>')
    {
        let mark = line[..length].to_owned();
        let name = |tag: &str| {
            let end = tag.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(tag.len());
            tag[..end].to_ascii_lowercase()
        };
        let what = match tag.strip_prefix('/') {
            Some(tag) => What::Close { name: name(tag), mark },
            None => What::Open { name: name(tag), kind: SpanKind::Style, mark },
        };
        return (Some(what), length);
    }
    let first = line.chars().next().map_or(0, char::len_utf8);
    let length = line[first..].find(['<', '{']).map_or(line.len(), |at| first + at);
    (Some(What::Words(line[..length].to_owned(), None)), length)
}

impl Hand for Cue {
    fn words(&self, _: &Pen<'_>, words: &str, _: Option<&Range<usize>>, _: bool) -> String {
        let words = without_marks(words);
        // An empty line would end the cue.
        let is_kept = |line: &&str| !line.trim().is_empty() || words.len() == line.len();
        let lines = words.split('\n').filter(is_kept).flat_map(balanced);
        lines.collect::<Vec<_>>().join(self.line_end)
    }

    fn beside(&self, _: &Pen<'_>, inner: &Range<usize>, words: String) -> (usize, String) {
        (inner.end, format!("{}{words}", self.line_end))
    }
}

/// Words with a space in what would be read as a tag; the format has no escapes.
fn without_marks(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    let mut last = ' ';
    for c in words.chars() {
        let begins_tag = last == '<' && (c.is_ascii_alphabetic() || c == '/');
        if begins_tag || (last == '{' && c == '\\') {
            out.push(' ');
        }
        out.push(c);
        last = c;
    }
    out
}

/// A line as it is, or where it is too long, lines of about one length.
fn balanced(line: &str) -> Vec<String> {
    let width = columns(line);
    if width <= WIDTH {
        return vec![line.to_owned()];
    }
    let count = width.div_ceil(WIDTH);
    let words = line.trim();
    let before = &line[..line.len() - line.trim_start().len()];
    let behind = &line[line.trim_end().len()..];
    // Words are not cut, so that some room is needed.
    let mut lines = wrapped(words, (width.div_ceil(count) + 4).min(WIDTH));
    lines.iter_mut().take(1).for_each(|first| first.insert_str(0, before));
    lines.iter_mut().next_back().into_iter().for_each(|last| last.push_str(behind));
    lines
}
