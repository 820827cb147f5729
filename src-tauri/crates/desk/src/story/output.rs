//! What of a model's text a person sees: no thoughts, no doubled space, no control characters.

/// Cleans a continuation as it streams.
#[derive(Debug)]
pub(crate) struct OutputFilter {
    thoughts: Thoughts,
    /// White space that the text so far ends with; nothing once a visible character has come.
    leading: Option<Space>,
}

#[derive(Debug)]
enum Thoughts {
    /// What has come may still become the opening of a thought.
    Undecided(String),
    /// In a thought; the last of it, in which its end is looked for.
    Inside(String),
    /// Between a thought and the text.
    After,
    /// Nothing is hidden any more.
    Past,
}

#[derive(Debug)]
struct Space {
    spaced: bool,
    lines: u32,
}

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";
/// An empty line lies between two paragraphs, not more.
const LINE_ENDS: u32 = 2;

impl OutputFilter {
    /// For a continuation of `before`. Thoughts are looked for only where the model may have some.
    pub fn new(before: &str, hide_thoughts: bool) -> Self {
        let thoughts =
            if hide_thoughts { Thoughts::Undecided(String::new()) } else { Thoughts::Past };
        Self { thoughts, leading: Some(Space::at_end_of(before)) }
    }

    /// What of `text` is seen, which comes next.
    pub fn push(&mut self, text: &str) -> String {
        let spoken = self.without_thoughts(text);
        self.without_doubled_space(&spoken)
    }

    /// What was held back, at the end.
    pub fn end(&mut self) -> String {
        match std::mem::replace(&mut self.thoughts, Thoughts::Past) {
            Thoughts::Undecided(held) => self.without_doubled_space(&held),
            _ => String::new(),
        }
    }

    fn without_thoughts(&mut self, text: &str) -> String {
        match &mut self.thoughts {
            Thoughts::Past => text.to_owned(),
            Thoughts::After => {
                let text = text.trim_start();
                if !text.is_empty() {
                    self.thoughts = Thoughts::Past;
                }
                text.to_owned()
            }
            Thoughts::Undecided(held) => {
                held.push_str(text);
                let seen = held.trim_start();
                if let Some(thought) = seen.strip_prefix(OPEN) {
                    let thought = thought.to_owned();
                    self.thoughts = Thoughts::Inside(String::new());
                    self.without_thoughts(&thought)
                } else if OPEN.starts_with(seen) {
                    String::new()
                } else {
                    let held = std::mem::take(held);
                    self.thoughts = Thoughts::Past;
                    held
                }
            }
            Thoughts::Inside(tail) => {
                tail.push_str(text);
                if let Some((_, rest)) = tail.split_once(CLOSE) {
                    let rest = rest.to_owned();
                    self.thoughts = Thoughts::After;
                    return self.without_thoughts(&rest);
                }
                let keep = tail.ceil_char_boundary(tail.len().saturating_sub(CLOSE.len()));
                tail.drain(..keep);
                String::new()
            }
        }
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

    fn seen(before: &str, hide_thoughts: bool, pushed: &[&str]) -> String {
        let mut filter = OutputFilter::new(before, hide_thoughts);
        let mut seen: String = pushed.iter().map(|text| filter.push(text)).collect();
        seen += &filter.end();
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
            assert_eq!(seen(before, false, pushed), expected, "{before:?} {pushed:?}");
        }
    }

    #[test]
    fn thoughts_are_hidden_however_they_are_cut() {
        let whole = "\n<think>\nShe should leave.</think>\n\nShe left.";
        for size in 1..=whole.len() {
            let pieces: Vec<&str> = whole
                .as_bytes()
                .chunks(size)
                .map(|chunk| std::str::from_utf8(chunk).expect("ASCII"))
                .collect();
            assert_eq!(seen("Then ", true, &pieces), "She left.", "{size}");
        }
        assert_eq!(seen("Then ", true, &["<thi", "s"]), "<this");
        assert_eq!(seen("Then ", true, &["<think"]), "<think");
        assert_eq!(seen("Then ", true, &["<think>never", " ended"]), "");
        assert_eq!(seen("Then ", false, &["<think>"]), "<think>");
        assert_eq!(seen("说", true, &["<think>想一想，再想一想", "</think>", "走。"]), "走。");
    }

    #[test]
    fn control_characters_have_no_place_in_a_page() {
        assert_eq!(seen("a", false, &["b\r\nc\u{0}\u{7}\td"]), "b\nc\td");
    }
}
