//! Looks for texts in a text that is still being written.

/// Texts that something is to happen at.
pub(super) struct Phrases {
    phrases: Vec<Vec<u8>>,
    ignore_case: bool,
}

impl Phrases {
    /// Texts that are found as they are.
    pub fn exact(phrases: &[String]) -> Self {
        Self::new(phrases, false)
    }

    /// Texts that are found whatever the case of their ASCII letters.
    pub fn ignoring_case(phrases: &[String]) -> Self {
        Self::new(phrases, true)
    }

    fn new(phrases: &[String], ignore_case: bool) -> Self {
        let phrases = phrases.iter().filter(|phrase| !phrase.is_empty());
        Self { phrases: phrases.map(|phrase| phrase.clone().into_bytes()).collect(), ignore_case }
    }

    /// True if there is nothing to find.
    pub fn is_empty(&self) -> bool {
        self.phrases.is_empty()
    }

    /// Where the first of them begins in `text`.
    pub fn find(&self, text: &[u8]) -> Option<usize> {
        let places = self.phrases.iter().filter_map(|phrase| {
            text.windows(phrase.len()).position(|window| self.same(window, phrase))
        });
        places.min()
    }

    /// Where the text begins that may still become one of them; the text's length if it cannot.
    pub fn possible_from(&self, text: &[u8]) -> usize {
        let begins = |start: usize| {
            let rest = &text[start..];
            self.phrases
                .iter()
                .any(|phrase| phrase.len() > rest.len() && self.same(rest, &phrase[..rest.len()]))
        };
        (0..text.len()).find(|&start| begins(start)).unwrap_or(text.len())
    }

    fn same(&self, a: &[u8], b: &[u8]) -> bool {
        if self.ignore_case { a.eq_ignore_ascii_case(b) } else { a == b }
    }
}

/// Length of `text` without a last character that is not whole yet.
pub(super) fn whole_characters(text: &[u8]) -> usize {
    // A character has at most four bytes; the last three at most can be its beginning.
    for back in 1..=text.len().min(3) {
        let start = text.len() - back;
        let width = match text[start] {
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            0x80..=0xBF => continue,
            _ => 1,
        };
        return if width > back { start } else { text.len() };
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrases(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn the_first_of_several_is_found() {
        let stops = Phrases::exact(&phrases(&["。", "End", ""]));
        assert_eq!(stops.find("the End。".as_bytes()), Some(4));
        assert_eq!(stops.find("the end".as_bytes()), None);
        let banned = Phrases::ignoring_case(&phrases(&["End"]));
        assert_eq!(banned.find(b"the eND"), Some(4));
    }

    #[test]
    fn what_may_become_one_is_known_from_where_it_begins() {
        let stops = Phrases::exact(&phrases(&["\n\n", "###"]));
        assert_eq!(stops.possible_from(b"text\n"), 4);
        assert_eq!(stops.possible_from(b"text##"), 4);
        assert_eq!(stops.possible_from(b"text#a"), 6);
        // Part of a character may be the beginning too.
        let han = Phrases::exact(&phrases(&["完"]));
        assert_eq!(han.possible_from(&"a完".as_bytes()[..2]), 1);
    }

    #[test]
    fn a_character_counts_when_its_last_byte_is_there() {
        for character in ["a", "é", "雨", "🖋"] {
            let text = format!("雨{character}");
            assert_eq!(whole_characters(text.as_bytes()), text.len());
            for cut in 4..text.len() {
                assert_eq!(whole_characters(&text.as_bytes()[..cut]), 3, "{character} {cut}");
            }
        }
        assert_eq!(whole_characters(b""), 0);
        // No beginning that could still become a character: it is not waited for.
        assert_eq!(whole_characters(&[0xFF]), 1);
        assert_eq!(whole_characters(&[0x80, 0x80, 0x80, 0x80]), 4);
    }
}
