//! What of a model's text a person sees: no thoughts, no doubled space, no control characters.

use super::thoughts::{Thoughts, Told};

/// Cleans a continuation as it streams.
#[derive(Debug)]
pub(crate) struct OutputFilter {
    /// Nothing where the model has none.
    thoughts: Option<Thoughts>,
    /// White space that the text so far ends with; nothing once a visible character has come.
    leading: Option<Space>,
}

#[derive(Debug)]
struct Space {
    spaced: bool,
    lines: u32,
}

/// An empty line lies between two paragraphs, not more.
const LINE_ENDS: u32 = 2;

impl OutputFilter {
    /// For a continuation of `before` by a model that may think, or cannot.
    pub fn new(before: &str, thoughts: Option<Thoughts>) -> Self {
        Self { thoughts, leading: Some(Space::at_end_of(before)) }
    }

    /// True while the model thinks.
    pub fn is_thinking(&self) -> bool {
        self.thoughts.as_ref().is_some_and(Thoughts::is_thinking)
    }

    /// What of `text` is seen, which comes next, and what is a thought.
    pub fn push(&mut self, text: &str) -> Told {
        let told = match &mut self.thoughts {
            Some(thoughts) => thoughts.push(text),
            None => Told { text: text.to_owned(), thought: String::new() },
        };
        self.cleaned(told)
    }

    /// What was held back, at the end.
    pub fn end(&mut self) -> Told {
        let told = self.thoughts.as_mut().map(Thoughts::end).unwrap_or_default();
        self.cleaned(told)
    }

    fn cleaned(&mut self, told: Told) -> Told {
        Told { text: self.without_doubled_space(&told.text), thought: told.thought }
    }

    fn without_doubled_space(&mut self, text: &str) -> String {
        text.chars().filter(|&character| self.is_seen(character)).collect()
    }

    fn is_seen(&mut self, character: char) -> bool {
        match (character, &mut self.leading) {
            ('\n', Some(space)) => {
                space.spaced = true;
                space.lines += 1;
                space.lines <= LINE_ENDS
            }
            (' ' | '\t', Some(space)) => !std::mem::replace(&mut space.spaced, true),
            ('\n' | '\t', None) => true,
            // Line ends are `\n` alone, and no other control character has a place in a page.
            (character, _) if character.is_control() => false,
            _ => {
                self.leading = None;
                true
            }
        }
    }
}

impl Space {
    fn at_end_of(text: &str) -> Self {
        if text.is_empty() {
            return Self { spaced: true, lines: LINE_ENDS };
        }
        let space = text.chars().rev().take_while(|last| last.is_whitespace());
        Self {
            spaced: text.ends_with(char::is_whitespace),
            lines: space.filter(|last| *last == '\n').count() as u32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(before: &str, pushed: &[&str]) -> String {
        let mut filter = OutputFilter::new(before, None);
        let mut seen: String = pushed.iter().map(|text| filter.push(text).text).collect();
        seen += &filter.end().text;
        seen
    }

    #[test]
    fn a_space_is_never_doubled_and_never_taken_from_where_it_belongs() {
        for (before, pushed, expected) in [
            ("Once", &[" upon", " a time"][..], " upon a time"),
            ("Once ", &[" upon", " a time"], "upon a time"),
            ("Once ", &[" ", " ", "upon"], "upon"),
            ("Once", &["  upon"], " upon"),
            ("", &[" Once"], "Once"),
            ("", &["\n\n", "Once"], "Once"),
            ("End.\n\n", &["\n", "Next"], "Next"),
            ("End.\n", &["\n\n", " Next"], "\nNext"),
            ("End.", &["\n\n\n", "Next"], "\n\nNext"),
            ("一段。\n\n", &["　　二段"], "　　二段"),
            ("他说", &["：“走。”\n\n\n走了"], "：“走。”\n\n\n走了"),
        ] {
            assert_eq!(seen(before, pushed), expected, "{before:?} {pushed:?}");
        }
    }

    #[test]
    fn the_space_around_a_thought_is_not_doubled_either() {
        let mut filter = OutputFilter::new("End.\n\n", Some(Thoughts::new(false)));
        let told = filter.push("\n<think>So?</think>\n\nNext");
        assert_eq!((told.text.as_str(), told.thought.as_str()), ("Next", "So?"));
        let mut filter = OutputFilter::new("Then ", Some(Thoughts::new(true)));
        assert!(filter.is_thinking());
        assert_eq!(filter.push("So.</think> she left.").text, "she left.");
        assert!(!filter.is_thinking());
    }

    #[test]
    fn control_characters_have_no_place_in_a_page() {
        assert_eq!(seen("a", &["b\r\nc\u{0}\u{7}\td"]), "b\nc\td");
    }
}
