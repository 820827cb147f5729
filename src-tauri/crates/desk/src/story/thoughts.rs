//! What a model thinks and what it says, told apart as it streams.
//!
//! A thinking model writes its thoughts between `<think>` and `</think>`. A tag may be cut anywhere, a thought may never
//! end, and where the prompt has opened one already the text begins inside it.
//!
//! **Invariant**: nothing between the tags, and no tag, is ever part of what is said.

use bimo_engine::PieceKind;

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// Text and thoughts, each in the order in which it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// What is said.
    pub text: String,
    /// What is only thought.
    pub thought: String,
}

/// Where a stream of text stands between thinking and saying.
#[derive(Debug)]
pub(crate) struct Thoughts {
    inside: bool,
    /// What may still become a tag.
    held: String,
    /// White space before the first word: no part of the text if a thought comes first.
    space: String,
    spoken: Spoken,
}

/// What was said last, as far as it decides over the white space that comes next.
#[derive(Debug, PartialEq, Eq)]
enum Spoken {
    Nothing,
    Word,
    Space,
    /// A thought has ended; white space that follows belongs to it.
    ThoughtSince,
}

impl Thoughts {
    /// For a text that begins inside a thought, or outside.
    pub fn new(inside: bool) -> Self {
        Self { inside, held: String::new(), space: String::new(), spoken: Spoken::Nothing }
    }

    /// True where what comes next is a thought.
    pub fn is_thinking(&self) -> bool {
        self.inside
    }

    /// Tells apart what has become certain with `text`.
    pub fn push(&mut self, text: &str) -> Told {
        self.held.push_str(text);
        let mut told = Told::default();
        while let Some((place, tag)) = self.next_tag() {
            let rest = self.held.split_off(place + tag.len());
            self.held.truncate(place);
            let before = std::mem::replace(&mut self.held, rest);
            self.tell(&before, &mut told);
            self.inside = tag == OPEN;
            self.space.clear();
            if self.spoken != Spoken::Word {
                self.spoken = Spoken::ThoughtSince;
            }
        }
        let certain = self.held.len() - possible_tag(&self.held);
        let rest = self.held.split_off(certain);
        let certain = std::mem::replace(&mut self.held, rest);
        self.tell(&certain, &mut told);
        told
    }

    /// What was held back, at the end.
    pub fn end(&mut self) -> Told {
        let mut told = Told::default();
        let held = std::mem::take(&mut self.held);
        self.tell(&held, &mut told);
        told
    }

    /// The next tag that means something here. A `</think>` that nothing has opened is only dropped.
    fn next_tag(&self) -> Option<(usize, &'static str)> {
        let open = self.held.find(OPEN).filter(|_| !self.inside).map(|place| (place, OPEN));
        let close = self.held.find(CLOSE).map(|place| (place, CLOSE));
        open.into_iter().chain(close).min()
    }

    fn tell(&mut self, text: &str, told: &mut Told) {
        if self.inside {
            told.thought.push_str(text);
            return;
        }
        let text = if self.spoken == Spoken::ThoughtSince { text.trim_start() } else { text };
        if self.spoken == Spoken::Nothing && text.trim_start().is_empty() {
            self.space.push_str(text);
        } else if let Some(last) = text.chars().next_back() {
            told.text += &std::mem::take(&mut self.space);
            told.text += text;
            self.spoken = if last.is_whitespace() { Spoken::Space } else { Spoken::Word };
        }
    }
}

/// True where the end of a prompt has opened a thought: the model's format, not the person's text.
pub(crate) fn opens_thought<'p>(
    prompt: impl DoubleEndedIterator<Item = (PieceKind, &'p str)>,
) -> bool {
    let last = prompt.rev().find(|(_, text)| !text.trim().is_empty());
    last.is_some_and(|(kind, text)| kind == PieceKind::Template && text.trim_end().ends_with(OPEN))
}

/// Bytes at the end of `text` that may become a tag.
fn possible_tag(text: &str) -> usize {
    let longest = |tag: &str| (1..tag.len()).rev().find(|&length| text.ends_with(&tag[..length]));
    longest(OPEN).max(longest(CLOSE)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(inside: bool, pieces: &[&str]) -> (String, String) {
        let mut thoughts = Thoughts::new(inside);
        let mut all: Vec<Told> = pieces.iter().map(|piece| thoughts.push(piece)).collect();
        all.push(thoughts.end());
        (
            all.iter().map(|told| told.text.as_str()).collect(),
            all.iter().map(|told| told.thought.as_str()).collect(),
        )
    }

    /// However the text is cut into tokens, the answer is the same.
    fn told_in_any_cut(inside: bool, whole: &str) -> (String, String) {
        let characters: Vec<char> = whole.chars().collect();
        let cut = |size: usize| {
            let pieces: Vec<String> = characters.chunks(size).map(String::from_iter).collect();
            told(inside, &pieces.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let one_by_one = cut(1);
        for size in 2..=characters.len().max(2) {
            assert_eq!(cut(size), one_by_one, "{whole:?} in pieces of {size}");
        }
        one_by_one
    }

    #[test]
    fn thoughts_are_told_apart_however_they_are_cut() {
        for (inside, whole, text, thought) in [
            (
                false,
                "\n<think>\nShe should leave.</think>\n\nShe left.",
                "She left.",
                "\nShe should leave.",
            ),
            (false, "She left.", "She left.", ""),
            (false, " She left.\n", " She left.\n", ""),
            (false, "<think>never ended", "", "never ended"),
            (false, "<think>想一想</think>走。", "走。", "想一想"),
            (false, "<think>a < b</thinking></think>c", "c", "a < b</thinking>"),
            (false, "He left. <think>Why?</think>\nShe stayed.", "He left. She stayed.", "Why?"),
            (false, "他走了。<think>为什么？</think>她留下。", "他走了。她留下。", "为什么？"),
            (false, "<think>a</think><think>b</think>c", "c", "ab"),
            (false, "\n</think>\n\nShe left.", "She left.", ""),
            (false, "<thin ice> and <think", "<thin ice> and <think", ""),
            (true, "I begin inside.</think>\n\nShe left.", "She left.", "I begin inside."),
            (true, "I never end </thi", "", "I never end </thi"),
            (true, "<think>twice</think>x", "x", "<think>twice"),
        ] {
            let expected = (text.to_owned(), thought.to_owned());
            assert_eq!(told_in_any_cut(inside, whole), expected, "{whole:?}");
        }
    }

    #[test]
    fn only_the_format_opens_a_thought_and_only_at_the_end() {
        let opens_thought = |pieces: &[_]| opens_thought(pieces.iter().copied());
        let template = |text| (PieceKind::Template, text);
        let text = |words| (PieceKind::Text, words);
        assert!(opens_thought(&[text("Go on."), template("<|assistant|><think>\n")]));
        assert!(!opens_thought(&[template("<|assistant|>"), text("She wrote <think>")]));
        assert!(!opens_thought(&[template("<think>\n"), text("She left.")]));
        assert!(!opens_thought(&[template("<think>\n\n</think>\n\n")]));
        assert!(!opens_thought(&[]));
    }
}
