//! How alike two sentences are, and where they differ.
//!
//! A unit is a word, or a Han or kana character; case, spaces and punctuation do not count. The likeness is 1 less the
//! fewest insertions, deletions and replacements of units that make one sentence of the other (Levenshtein), divided by
//! the units of the longer.

use bimo_text::{is_han, is_kana};

use crate::wire::{DifferenceKind, DifferencePart};

/// More tokens are not compared: a sentence is shorter.
const MOST_TOKENS: usize = 1500;

/// Cuts into words, single Han characters, and runs of what is neither.
fn tokens(text: &str) -> Vec<&str> {
    #[derive(PartialEq, Clone, Copy)]
    enum Kind {
        Word,
        Single,
        Other,
    }
    let kind_of = |c: char| match c {
        _ if is_han(c) || is_kana(c) => Kind::Single,
        _ if c.is_alphanumeric() || matches!(c, '\'' | '’') => Kind::Word,
        _ => Kind::Other,
    };
    let mut tokens = Vec::new();
    let (mut start, mut open) = (0, None);
    for (at, c) in text.char_indices() {
        let kind = kind_of(c);
        if at > start && (kind == Kind::Single || open != Some(kind)) {
            tokens.push(&text[start..at]);
            start = at;
        }
        open = Some(kind);
    }
    if start < text.len() {
        tokens.push(&text[start..]);
    }
    tokens.truncate(MOST_TOKENS);
    tokens
}

fn units(text: &str) -> Vec<String> {
    let units = tokens(text).into_iter().filter(|token| token.contains(char::is_alphanumeric));
    units.map(str::to_lowercase).collect()
}

/// From 0 to 1, the same.
pub(crate) fn likeness(one: &str, other: &str) -> f32 {
    let (one, other) = (units(one), units(other));
    let longer = one.len().max(other.len());
    if longer == 0 {
        return 0.0;
    }
    1.0 - edits(&one, &other) as f32 / longer as f32
}

fn edits(one: &[String], other: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (deleted, from) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = deleted + 1;
        for (at, to) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[at + 1];
            row[at + 1] = replaced.min(row[at] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

/// The way from one text to another: what is taken out comes before what is put in.
pub(crate) fn difference(from: &str, to: &str) -> Vec<DifferencePart> {
    let (one, other) = (tokens(from), tokens(to));
    let common = longest_common(&one, &other);
    let mut parts: Vec<DifferencePart> = Vec::new();
    let mut tell = |kind, text: &str| match parts.last_mut() {
        Some(last) if last.kind == kind => last.text += text,
        _ => parts.push(DifferencePart { kind, text: text.to_owned() }),
    };
    let (mut at, mut behind) = (0, 0);
    for (first, second) in common.into_iter().chain([(one.len(), other.len())]) {
        one[at..first].iter().for_each(|token| tell(DifferenceKind::Removed, token));
        other[behind..second].iter().for_each(|token| tell(DifferenceKind::Added, token));
        if let Some(token) = one.get(first) {
            tell(DifferenceKind::Same, token);
        }
        (at, behind) = (first + 1, second + 1);
    }
    parts
}

/// Pairs of places of a longest common subsequence.
fn longest_common(one: &[&str], other: &[&str]) -> Vec<(usize, usize)> {
    let width = other.len() + 1;
    let mut lengths = vec![0u16; (one.len() + 1) * width];
    for (at, from) in one.iter().enumerate().rev() {
        for (to_at, to) in other.iter().enumerate().rev() {
            lengths[at * width + to_at] = match from == to {
                true => lengths[(at + 1) * width + to_at + 1] + 1,
                false => lengths[(at + 1) * width + to_at].max(lengths[at * width + to_at + 1]),
            };
        }
    }
    let (mut at, mut to_at, mut common) = (0, 0, Vec::new());
    while at < one.len() && to_at < other.len() {
        if one[at] == other[to_at] {
            common.push((at, to_at));
            (at, to_at) = (at + 1, to_at + 1);
        } else if lengths[(at + 1) * width + to_at] >= lengths[at * width + to_at + 1] {
            at += 1;
        } else {
            to_at += 1;
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likeness_is_one_less_the_edits_by_the_longer() {
        let cases = [
            ("The cat sat.", "the cat sat", 1.0),
            ("The cat sat.", "The dog sat.", 2.0 / 3.0),
            ("The cat sat.", "The cat sat down.", 3.0 / 4.0),
            ("他坐在火边。", "他坐在门边。", 4.0 / 5.0),
            ("他坐在火边。", "他坐在火边！", 1.0),
            ("one two", "three four", 0.0),
            ("", "", 0.0),
            ("…", "one", 0.0),
        ];
        for (one, other, expected) in cases {
            assert!((likeness(one, other) - expected).abs() < 1e-6, "{one} {other}");
            assert!((likeness(other, one) - expected).abs() < 1e-6, "{other} {one}");
        }
    }

    #[test]
    fn a_difference_says_what_went_and_what_came() {
        let said = |from, to| {
            let part = |part: DifferencePart| match part.kind {
                DifferenceKind::Same => part.text,
                DifferenceKind::Removed => format!("[-{}]", part.text),
                DifferenceKind::Added => format!("[+{}]", part.text),
            };
            difference(from, to).into_iter().map(part).collect::<String>()
        };
        assert_eq!(said("The cat sat.", "The dog sat."), "The [-cat][+dog] sat.");
        assert_eq!(said("他坐在火边。", "他站在火边了。"), "他[-坐][+站]在火边[+了]。");
        assert_eq!(said("", "x"), "[+x]");
        assert_eq!(said("same", "same"), "same");
    }
}
