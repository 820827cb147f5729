//! Emphasis, links, images and code inside a sentence. A model is given the words without them, and they are put around
//! the same words in what it writes.
//!
//! What the words became is known where the model's rendering of them alone, or they themselves, stand in the
//! translation. Else a link goes around all of the sentence and an image to its end, for they must not be lost; an emphasis
//! is flagged.

use super::terms::places;

/// Levels of marks inside each other that are taken out.
const DEEPEST: usize = 4;

/// A mark that was taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Inline {
    /// The words that it is around.
    pub text: String,
    open: String,
    close: String,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Emphasis,
    Link,
    Image,
    Code,
}

/// Where a mark is: where it opens, where its words are, where it ends.
struct Found {
    start: usize,
    words: std::ops::Range<usize>,
    end: usize,
    kind: Kind,
}

/// A sentence without its marks, and the marks: what is inside another comes behind it.
pub(crate) fn taken_out(text: &str) -> (String, Vec<Inline>) {
    let mut plain = text.to_owned();
    let mut inlines = Vec::new();
    for _ in 0..DEEPEST {
        let mut without = String::with_capacity(plain.len());
        let mut rest = &plain[..];
        let before = inlines.len();
        while let Some(found) = next(rest) {
            without += &rest[..found.start];
            let words = &rest[found.words.clone()];
            if found.kind != Kind::Image {
                without += words;
            }
            inlines.push(Inline {
                text: words.to_owned(),
                open: rest[found.start..found.words.start].to_owned(),
                close: rest[found.words.end..found.end].to_owned(),
                kind: found.kind,
            });
            rest = &rest[found.end..];
        }
        without += rest;
        plain = without;
        if inlines.len() == before {
            break;
        }
    }
    (plain, inlines)
}

impl Inline {
    /// True where the model is asked what the words become.
    pub fn wants_rendering(&self) -> bool {
        matches!(self.kind, Kind::Emphasis | Kind::Link)
    }

    /// The sentence with the mark in it; nothing where its words are not found, and it may be left out.
    pub fn put_into(&self, text: &str, renderings: &[String]) -> Option<String> {
        let Self { open, close, .. } = self;
        if self.kind == Kind::Image {
            return Some(format!("{text}{open}{}{close}", self.text));
        }
        let made = renderings.iter().chain([&self.text]);
        let found = made.flat_map(|made| places(text, made).into_iter().next()).next();
        match found {
            Some(place) => {
                let (before, behind) = (&text[..place.start], &text[place.end..]);
                Some(format!("{before}{open}{}{close}{behind}", &text[place]))
            }
            None if self.kind == Kind::Link => Some(format!("{open}{text}{close}")),
            None => None,
        }
    }
}

fn next(text: &str) -> Option<Found> {
    text.char_indices().find_map(|(at, c)| match c {
        '!' if text[at..].starts_with("![") => link(text, at, at + 2, Kind::Image),
        '[' => link(text, at, at + 1, Kind::Link),
        '`' => code(text, at),
        '*' | '_' | '~' => emphasis(text, at),
        _ => None,
    })
}

/// `[words](address)`
fn link(text: &str, start: usize, words: usize, kind: Kind) -> Option<Found> {
    let behind = words + text[words..].find("](")?;
    let end = behind + text[behind..].find(')')? + 1;
    let is_one = !text[words..behind].contains(['[', ']'])
        && !text[behind + 2..end].contains(char::is_whitespace);
    is_one.then_some(Found { start, words: words..behind, end, kind })
}

fn code(text: &str, start: usize) -> Option<Found> {
    let words = start + 1;
    let end = words + text[words..].find('`')?;
    (end > words).then_some(Found { start, words: words..end, end: end + 1, kind: Kind::Code })
}

fn emphasis(text: &str, start: usize) -> Option<Found> {
    let mark =
        ["**", "__", "~~", "*", "_"].into_iter().find(|mark| text[start..].starts_with(mark))?;
    let words = start + mark.len();
    let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let in_word = mark.starts_with('_');
    if (in_word && letter(text[..start].chars().next_back()))
        || text[words..].starts_with(|c: char| c.is_whitespace() || mark.starts_with(c))
    {
        return None;
    }
    let closes = |at: &usize| {
        let at = words + at;
        at > words
            && !text[..at].ends_with(char::is_whitespace)
            && !(in_word && letter(text[at + mark.len()..].chars().next()))
    };
    let close = text[words..].match_indices(mark).map(|(at, _)| at).find(closes)?;
    let end = words + close;
    Some(Found { start, words: words..end, end: end + mark.len(), kind: Kind::Emphasis })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_taken_out_and_words_stay() {
        let cases: &[(&str, &str, &[&str])] = &[
            ("He was *very* old.", "He was very old.", &["very"]),
            ("**[Here](http://a.b/c)** it is.", "Here it is.", &["[Here](http://a.b/c)", "Here"]),
            ("Use `let x` now.", "Use let x now.", &["let x"]),
            ("A ![map](m.png) of it.", "A  of it.", &["map"]),
            ("snake_case_name and 2 * 3 * 4", "snake_case_name and 2 * 3 * 4", &[]),
            ("He said [no] (really).", "He said [no] (really).", &[]),
            ("他_很_老，~~不~~。", "他_很_老，不。", &["不"]),
            ("* a ** b", "* a ** b", &[]),
        ];
        for (text, plain, words) in cases {
            let (found, inlines) = taken_out(text);
            assert_eq!(&found, plain);
            assert_eq!(
                inlines.iter().map(|one| &one.text[..]).collect::<Vec<_>>(),
                *words,
                "{text}"
            );
        }
    }

    #[test]
    fn they_come_back_around_what_the_words_became() {
        let put = |source, target: &str, renderings: &[&str]| {
            let renderings: Vec<String> = renderings.iter().map(|&one| one.into()).collect();
            taken_out(source).1[0].put_into(target, &renderings)
        };
        assert_eq!(put("*Rose* left.", "罗斯走了。", &["罗斯"]).as_deref(), Some("*罗斯*走了。"));
        assert_eq!(put("*Rose* left.", "她走了。", &["罗斯"]), None);
        assert_eq!(put("See [it](u).", "看它。", &[]).as_deref(), Some("[看它。](u)"));
        assert_eq!(put("Run `ls`.", "运行ls。", &[]).as_deref(), Some("运行`ls`。"));
        assert_eq!(put("![a](b) Here.", "这里。", &[]).as_deref(), Some("这里。![a](b)"));
    }
}
