//! Words as Markdown has to write them, so that they are read as words again.

use std::ops::Range;

use crate::slot::{Hand, Pen};

/// What a piece of prose stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Around {
    Paragraph,
    Item,
    Heading,
    Cell,
}

/// A piece of prose.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// What it stands in.
    pub around: Around,
    /// What every line of its paragraph begins with.
    pub prefix: String,
    /// The line end of the whole text.
    pub line_end: &'static str,
}

/// What lines begin with that go on with the paragraph at `start`: `> `, or the width of a list's mark.
pub(super) fn prefix(source: &str, start: usize) -> String {
    let line = source[..start].rfind('\n').map_or(0, |at| at + 1);
    source[line..start].chars().map(|c| if "> \t".contains(c) { c } else { ' ' }).collect()
}

impl Line {
    fn line_break(&self) -> String {
        match self.around {
            Around::Heading => " ".to_owned(),
            Around::Cell => "<br>".to_owned(),
            Around::Paragraph | Around::Item => {
                format!("\\{}{}", self.line_end, self.prefix)
            }
        }
    }
}

impl Hand for Line {
    fn words(&self, _: &Pen<'_>, words: &str, _: Option<&Range<usize>>, starts: bool) -> String {
        let lines = words
            .split('\n')
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty() || words.len() == line.len());
        let lines = lines.map(|(number, line)| escaped(line, starts || number > 0, self.around));
        lines.collect::<Vec<_>>().join(&self.line_break())
    }

    fn tags(&self, _: &Pen<'_>, open: &str, close: &str) -> (String, String) {
        // Underscores do not work between letters, Han characters among them.
        let is_underscores = |mark: &str| !mark.is_empty() && mark.chars().all(|c| c == '_');
        let mark = |mark: &str| {
            if is_underscores(mark) { mark.replace('_', "*") } else { mark.to_owned() }
        };
        (mark(open), mark(close))
    }

    /// `**好。**的` is not bold: a mark between a full stop and a letter does not work. The stop is left outside.
    fn fitting(&self, text: &str, range: Range<usize>) -> Range<usize> {
        let is_mark = |c: char| !c.is_alphanumeric();
        let blocks = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let mut range = range;
        let words = text[range.clone()].to_owned();
        if blocks(text[range.end..].chars().next()) {
            range.end = range.start + words.trim_end_matches(is_mark).len();
        }
        if range.start < range.end && blocks(text[..range.start].chars().next_back()) {
            let words = &text[range.clone()];
            range.start += words.len() - words.trim_start_matches(is_mark).len();
        }
        range
    }

    fn beside(&self, _: &Pen<'_>, inner: &Range<usize>, words: String) -> (usize, String) {
        let text = match self.around {
            Around::Paragraph => {
                let (line_end, prefix) = (self.line_end, &self.prefix);
                let empty = prefix.trim_end();
                format!("{line_end}{empty}{line_end}{prefix}{words}")
            }
            Around::Item => format!("{}{words}", self.line_break()),
            Around::Heading => format!(" / {words}"),
            Around::Cell => format!("<br>{words}"),
        };
        (inner.end, text)
    }
}

/// A line of words with a backslash before what would be read as a mark.
fn escaped(line: &str, starts: bool, around: Around) -> String {
    let mut out = String::with_capacity(line.len() + 8);
    let mut last = None;
    for (at, c) in line.char_indices() {
        let rest = &line[at + c.len_utf8()..];
        let next = rest.chars().next();
        let is_mark = match c {
            '\\' | '`' | '*' | '<' | '[' | ']' => true,
            // Between Latin letters it marks nothing.
            '_' => {
                !(last.is_some_and(char::is_alphanumeric)
                    && next.is_some_and(char::is_alphanumeric))
            }
            '~' => last == Some('~') || next == Some('~'),
            '&' => {
                next.is_some_and(|c| c.is_ascii_alphanumeric() || c == '#') && rest.contains(';')
            }
            '|' => around == Around::Cell,
            '#' if around == Around::Heading => rest.chars().all(|c| c == '#' || c == ' '),
            '{' => around == Around::Heading,
            _ => false,
        };
        if is_mark || (starts && at == first_of(line) && begins_block(c, rest)) {
            out.push('\\');
        }
        out.push(c);
        last = Some(c);
    }
    if starts { ordinal_escaped(out) } else { out }
}

fn first_of(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// True where a line's first character would begin a heading, a quote, a list, a rule or a fence.
fn begins_block(c: char, rest: &str) -> bool {
    let is_alone = rest.is_empty() || rest.starts_with([' ', '\t', c]);
    match c {
        '#' | '>' | ':' => true,
        '-' | '+' | '=' => is_alone,
        '~' => rest.starts_with("~~"),
        '|' => true,
        _ => false,
    }
}

/// `1. ` at the beginning would be a list: the full stop gets the backslash.
fn ordinal_escaped(line: String) -> String {
    let digits = line.chars().take_while(char::is_ascii_digit).count();
    let rest = &line[digits..];
    let behind = rest.strip_prefix(['.', ')']);
    let goes_on = behind.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']));
    if (1..=9).contains(&digits) && goes_on { format!("{}\\{rest}", &line[..digits]) } else { line }
}
