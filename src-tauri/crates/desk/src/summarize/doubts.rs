//! Numbers and names of a summary that its source does not have.
//!
//! Only what can be told by looking is doubted: numbers that nobody says by the way, names in Latin letters, which in English
//! are words with a capital inside a sentence, and such names in Han characters as look like nothing else (`han_names.rs`).

use std::collections::HashSet;
use std::ops::Range;

use super::han_names::{HanName, han_names};
use crate::translation::checks::numbers::values;
use crate::translation::checks::words::latin_words;
use crate::translation::to_simplified;
use crate::wire::DoubtKind;

/// Bytes behind a number that say of what it is: `3万`, `2 million`.
const SCALE: usize = 16;

/// What the source has.
#[derive(Debug)]
pub(super) struct Known {
    /// Ascending.
    numbers: Vec<f64>,
    /// In small letters.
    words: HashSet<String>,
    /// Whether names can be compared: both texts write them in Latin letters.
    has_names: bool,
    /// The source in simplified characters, where both texts write names in Han.
    han: Option<String>,
}

/// In which letters both a source and its summary write names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Letters {
    pub latin: bool,
    pub han: bool,
}

/// What is doubted in a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Doubts {
    /// Bytes of the sentence.
    pub places: Vec<(Range<usize>, DoubtKind)>,
    /// A number is new, in words perhaps.
    pub numbers: bool,
    /// A name is new.
    pub names: bool,
}

impl Known {
    /// Of a source; names are looked for only where they would be written as the source has them.
    pub fn of(source: &str, letters: Letters) -> Self {
        let mut numbers: Vec<f64> = values(source).into_iter().map(|(value, _)| value).collect();
        numbers.sort_unstable_by(f64::total_cmp);
        let mut words = HashSet::new();
        for word in latin_words(source) {
            let word = word.to_lowercase();
            words.extend(word.split(['-', '\'', '’', '.']).map(str::to_owned));
            words.insert(word);
        }
        let han = letters.han.then(|| to_simplified(source));
        Self { numbers, words, has_names: letters.latin, han }
    }

    /// Looks through a sentence of the summary.
    pub fn doubts(&self, sentence: &str) -> Doubts {
        let is_new = |&(value, is_sure): &(f64, bool)| is_sure && !self.has_number(value);
        let mut doubts =
            Doubts { numbers: values(sentence).iter().any(is_new), ..Doubts::default() };
        if doubts.numbers {
            let places = digits(sentence).filter(|place| {
                let end = sentence.ceil_char_boundary((place.end + SCALE).min(sentence.len()));
                values(&sentence[place.start..end]).first().is_some_and(is_new)
            });
            doubts.places.extend(places.map(|place| (place, DoubtKind::Number)));
        }
        if self.has_names {
            let names = latin_words(sentence).map(|word| place_of(word, sentence));
            let names = names.filter(|place| self.is_new_name(sentence, place));
            doubts.places.extend(names.map(|place| (place, DoubtKind::Name)));
        }
        if let Some(source) = &self.han {
            let is_new = |name: &HanName| {
                !name.known_by.iter().any(|known| source.contains(&to_simplified(known)))
            };
            let names = han_names(sentence).into_iter().filter(is_new);
            doubts.places.extend(names.map(|name| (name.place, DoubtKind::Name)));
        }
        doubts.places.sort_by_key(|(place, _)| place.start);
        doubts.names = doubts.places.iter().any(|(_, kind)| *kind == DoubtKind::Name);
        doubts
    }

    fn has_number(&self, value: f64) -> bool {
        let near = 1e-9 * value.abs().max(1.0);
        let first = self.numbers.partition_point(|known| *known < value - near);
        self.numbers.get(first).is_some_and(|known| *known <= value + near)
    }

    fn is_new_name(&self, sentence: &str, place: &Range<usize>) -> bool {
        let word = &sentence[place.clone()];
        let is_name = word.starts_with(char::is_uppercase) && word.chars().count() > 1;
        // A sentence begins with a capital, whatever the word.
        let before = sentence[..place.start].trim_end().chars().next_back();
        let is_inside =
            before.is_some_and(|before| before.is_alphanumeric() || ",，、;—-".contains(before));
        if !is_name || !is_inside {
            return false;
        }
        let lower = word.to_lowercase();
        let is_known = |part: &str| part.chars().count() < 2 || self.words.contains(part);
        !self.words.contains(&lower) && !lower.split(['-', '\'', '’', '.']).all(is_known)
    }
}

fn place_of(part: &str, whole: &str) -> Range<usize> {
    let from = part.as_ptr() as usize - whole.as_ptr() as usize;
    from..from + part.len()
}

/// Runs of digits with their points and commas, not those inside names.
fn digits(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_digit = |c: char| c.is_ascii_digit() || ('０'..='９').contains(&c);
    let belongs = move |c: char| is_digit(c) || matches!(c, '.' | ',' | '．');
    let runs = text.split(move |c| !belongs(c)).filter(move |run| run.contains(is_digit));
    runs.filter_map(move |run| {
        let run = run.trim_matches(|c| !is_digit(c));
        let place = place_of(run, text);
        let before = text[..place.start].trim_end_matches('-').chars().next_back();
        (!before.is_some_and(|before| before.is_ascii_alphabetic())).then_some(place)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: Letters = Letters { latin: true, han: true };

    fn doubted<'s>(source: &str, sentence: &'s str) -> Vec<&'s str> {
        let doubts = Known::of(source, BOTH).doubts(sentence);
        assert_eq!(doubts.places.iter().any(|(_, kind)| *kind == DoubtKind::Name), doubts.names);
        doubts.places.into_iter().map(|(place, _)| &sentence[place]).collect()
    }

    const SOURCE: &str =
        "In 1998 Anna O’Neil left Port Ellen with 2 million dollars. 她有三万五千本书。";

    #[test]
    fn what_the_source_has_is_not_doubted() {
        for sentence in [
            "Anna left Port Ellen in 1998.",
            "It was in 1998 that O’Neil left, with 2,000,000 dollars.",
            "她有35000本书，200万美元。",
            "She has 3.5万 books.",
            "However, three reasons are given.",
            "I left.",
        ] {
            assert_eq!(doubted(SOURCE, sentence), [""; 0], "{sentence}");
        }
    }

    #[test]
    fn new_numbers_and_names_are_shown_where_they_are() {
        assert_eq!(doubted(SOURCE, "In 1999 she left Port Askaig."), ["1999", "Askaig"]);
        assert_eq!(doubted(SOURCE, "She, Marie-Claire, had 3 million."), ["Marie-Claire", "3"]);
        assert_eq!(doubted(SOURCE, "她有４万本书。"), ["４"]);
        assert!(Known::of(SOURCE, BOTH).doubts("She has forty-two books.").numbers, "in words");
        let neither = Letters { latin: false, han: false };
        assert!(!Known::of(SOURCE, neither).doubts("She left for Paris, 去了巴黎。").names);
    }

    #[test]
    fn names_in_han_are_doubted_where_the_source_does_not_have_them() {
        let source = "記者在臨江採訪了王建國先生。約翰·史密斯沒有回答。";
        for sentence in
            ["王建国没有回答。", "王先生在临江市。", "约翰·史密斯没有说话。", "建国先生走了。"]
        {
            assert_eq!(doubted(source, sentence), [""; 0], "{sentence}");
        }
        assert_eq!(doubted(source, "李先生去了北京。"), ["李", "北京"]);
        assert_eq!(
            doubted(source, "韩梅梅和威廉·布朗在海东市。"),
            ["韩梅梅", "威廉·布朗", "海东市"]
        );
    }
}
