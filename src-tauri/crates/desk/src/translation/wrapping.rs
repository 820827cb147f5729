//! What stands around a sentence and is no part of its words: marks of Markdown, dialogue dashes, quotes and brackets
//! that hold all of it. A model is not given it and so cannot lose it.

use crate::wire::TargetLanguage;

/// What opens and what closes.
type Pair = (&'static str, &'static str);

/// What opens and closes, in the source and then in English, simplified and traditional Chinese.
const PAIRS: &[(&str, &str, [Pair; 3])] = &[
    ("***", "***", [("***", "***"); 3]),
    ("**", "**", [("**", "**"); 3]),
    ("__", "__", [("__", "__"); 3]),
    ("~~", "~~", [("~~", "~~"); 3]),
    ("*", "*", [("*", "*"); 3]),
    ("_", "_", [("_", "_"); 3]),
    ("“", "”", DOUBLE),
    ("「", "」", DOUBLE),
    ("\"", "\"", [("\"", "\""), ("“", "”"), ("「", "」")]),
    ("‘", "’", SINGLE),
    ("『", "』", SINGLE),
    ("（", "）", BRACKETS),
    ("(", ")", BRACKETS),
    ("【", "】", [("[", "]"), ("【", "】"), ("【", "】")]),
];
const DOUBLE: [Pair; 3] = [("“", "”"), ("“", "”"), ("「", "」")];
const SINGLE: [Pair; 3] = [("‘", "’"), ("‘", "’"), ("『", "』")];
const BRACKETS: [Pair; 3] = [("(", ")"), ("（", "）"), ("（", "）")];

/// A sentence taken out of what is around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrapped<'t> {
    /// Spaces and marks before it.
    before: &'t str,
    /// Indices in [`PAIRS`], the outermost first, each with whether it opens and whether it closes.
    pairs: Vec<(usize, bool, bool)>,
    /// The words.
    pub inner: &'t str,
    /// Spaces behind it.
    after: &'t str,
}

impl<'t> Wrapped<'t> {
    /// Takes a sentence out.
    pub fn of(text: &'t str) -> Self {
        let space = text.len() - text.trim_start().len();
        let marks = space + marks_at_line_start(&text[space..]);
        let (before, rest) = text.split_at(marks);
        let mut inner = rest.trim_end();
        let after = &rest[inner.len()..];
        let mut pairs = Vec::new();
        while let Some((pair, opens, closes)) =
            (0..PAIRS.len()).find_map(|pair| around(inner, pair))
        {
            let (open, close, _) = PAIRS[pair];
            let start = if opens { open.len() } else { 0 };
            let end = inner.len() - if closes { close.len() } else { 0 };
            inner = inner[start..end].trim();
            pairs.push((pair, opens, closes));
        }
        Self { before, pairs, inner, after }
    }

    /// Puts another sentence in its place.
    pub fn around(&self, inner: &str, to: TargetLanguage) -> String {
        let language = match to {
            TargetLanguage::English => 0,
            TargetLanguage::Simplified => 1,
            TargetLanguage::Traditional => 2,
        };
        let wrap = |inner: String, &(pair, opens, closes): &(usize, bool, bool)| {
            let (open, close) = PAIRS[pair].2[language];
            let open = if opens { open } else { "" };
            let close = if closes { close } else { "" };
            format!("{open}{inner}{close}")
        };
        let wrapped = self.pairs.iter().rev().fold(inner.to_owned(), wrap);
        let before = match to {
            TargetLanguage::English => self.before.replace("——", "— "),
            _ => self.before.replace("— ", "——"),
        };
        before + &wrapped + self.after
    }
}

/// Whether a pair holds all of a text, or one of its two sides stands alone at the edge of it.
fn around(text: &str, pair: usize) -> Option<(usize, bool, bool)> {
    let (open, close, _) = PAIRS[pair];
    let opens = text.starts_with(open);
    let closes = text.ends_with(close) && text.len() > close.len();
    let directed = open != close;
    let count = |mark: &str| count_of(text, mark);
    let has_words = |inner: &str| inner.chars().any(char::is_alphanumeric);
    let found = match directed {
        true if opens && closes => count(open) == 1 && count(close) == 1,
        // Speech that goes on over several sentences.
        true if opens => {
            return (count(close) == 0 && has_words(text)).then_some((pair, true, false));
        }
        true if closes => {
            return (count(open) == 0 && has_words(text)).then_some((pair, false, true));
        }
        true => false,
        false => opens && closes && text.len() > 2 * open.len() && count(open) == 2,
    };
    (found && has_words(text)).then_some((pair, true, true))
}

/// How often a mark stands in a text; an apostrophe is none.
fn count_of(text: &str, mark: &str) -> usize {
    let letter = |c: Option<char>| c.is_some_and(char::is_alphabetic);
    let is_apostrophe = |at: usize| {
        mark == "’"
            && letter(text[..at].chars().next_back())
            && letter(text[at + mark.len()..].chars().next())
    };
    text.match_indices(mark).filter(|(at, _)| !is_apostrophe(*at)).count()
}

/// Bytes of what Markdown and dialogue have at the start of a line: `> # - 1. —`.
pub(crate) fn marks_at_line_start(text: &str) -> usize {
    let mut rest = text;
    loop {
        let before = rest.len();
        rest = rest.trim_start();
        rest = rest.strip_prefix('>').unwrap_or(rest);
        rest = spaced(rest, heading(rest));
        rest = spaced(rest, usize::from(rest.starts_with(['-', '*', '+', '•'])));
        rest = spaced(rest, number(rest));
        rest = rest.trim_start_matches(['—', '–', '―']);
        if rest.len() == before {
            return text.len() - rest.len();
        }
    }
}

/// Takes a mark away where a space follows it.
fn spaced(text: &str, mark: usize) -> &str {
    let behind = &text[mark..];
    if mark > 0 && behind.starts_with([' ', '\t']) { behind.trim_start() } else { text }
}

fn heading(text: &str) -> usize {
    let marks = text.bytes().take_while(|byte| *byte == b'#').count();
    if marks <= 6 { marks } else { 0 }
}

fn number(text: &str) -> usize {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let is_item = (1..=9).contains(&digits) && text[digits..].starts_with(['.', ')']);
    if is_item { digits + 1 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_around_a_sentence_comes_back_as_its_language_has_it() {
        use TargetLanguage::{English, Simplified, Traditional};
        let cases = [
            ("“走吧。”", "走吧。", English, "“x”"),
            ("「走吧。」", "走吧。", English, "“x”"),
            ("\"Go.\"", "Go.", Simplified, "“x”"),
            ("“Go.”", "Go.", Traditional, "「x」"),
            ("‘I don’t know.’", "I don’t know.", Simplified, "‘x’"),
            ("**“走吧。”**", "走吧。", English, "**“x”**"),
            ("- *Run!*", "Run!", Simplified, "- *x*"),
            ("（他没有来。）", "他没有来。", English, "(x)"),
            ("  ## 第一章  ", "第一章", English, "  ## x  "),
            ("——走吧！", "走吧！", English, "— x"),
            ("— Go!", "Go!", Simplified, "——x"),
            ("“Go,” she said. “Now.”", "“Go,” she said. “Now.”", Simplified, "x"),
            ("“One.", "One.", Simplified, "“x"),
            ("他走了。”", "他走了。", English, "x”"),
            ("the “art”", "the “art”", Simplified, "x"),
            ("12. 走", "走", English, "12. x"),
            ("3.14 is pi", "3.14 is pi", Simplified, "x"),
            ("*", "*", English, "x"),
            ("", "", English, "x"),
        ];
        for (text, inner, to, expected) in cases {
            let wrapped = Wrapped::of(text);
            assert_eq!(wrapped.inner, inner, "{text}");
            assert_eq!(wrapped.around("x", to), expected, "{text}");
        }
    }
}
