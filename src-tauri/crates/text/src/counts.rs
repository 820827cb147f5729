//! Length of a text as writers count it.

use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

use crate::edit::common_ends;
use crate::script::{is_han, is_unspaced};

/// Length of a text. `han + words` is what a Chinese word processor calls 字数 of a mixed text, punctuation left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Counts {
    /// Han characters, and kana in the same way. Punctuation is not counted, full-width or not.
    pub han: u32,
    /// Words and numbers in other scripts: "don't", "well-known", "U.S." and "3.14" are one each.
    pub words: u32,
    /// All characters but white space, punctuation included. A character is a grapheme cluster of UAX #29.
    pub characters: u32,
}

impl Counts {
    /// Counts a text.
    pub fn of(text: &str) -> Self {
        let (han, words) = han_and_words(text);
        Self { han, words, characters: characters(text) }
    }

    /// The length of `new`, which was made of `old`, whose length this is. Only lines that differ are counted.
    pub fn after(self, old: &str, new: &str) -> Self {
        let (beginning, end) = common_ends(old, new);
        // No word and no character reaches across the end of a line.
        let beginning = old[..beginning].rfind('\n').map_or(0, |at| at + 1);
        let common_end = &old[old.len() - end..];
        let end = common_end.find('\n').map_or(0, |at| common_end.len() - at - 1);
        let before = Self::of(&old[beginning..old.len() - end]);
        let after = Self::of(&new[beginning..new.len() - end]);
        let changed =
            |all: u32, before: u32, after: u32| all.saturating_sub(before).saturating_add(after);
        Self {
            han: changed(self.han, before.han, after.han),
            words: changed(self.words, before.words, after.words),
            characters: changed(self.characters, before.characters, after.characters),
        }
    }

    /// Both together: what a goal is measured in.
    pub fn total(self) -> u32 {
        self.han.saturating_add(self.words)
    }
}

impl std::ops::Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            han: self.han.saturating_add(other.han),
            words: self.words.saturating_add(other.words),
            characters: self.characters.saturating_add(other.characters),
        }
    }
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), std::ops::Add::add)
    }
}

fn han_and_words(text: &str) -> (u32, u32) {
    let (mut han, mut words) = (0u32, 0u32);
    let mut characters = text.chars().peekable();
    let mut last_of_word = None;
    while let Some(character) = characters.next() {
        if is_unspaced(character) {
            han += 1;
            last_of_word = None;
        } else if character.is_alphanumeric() {
            words += u32::from(last_of_word.is_none());
            last_of_word = Some(character);
        } else if let Some(last) = last_of_word
            && !extends_word(character)
            && !joins(last, character, characters.peek().copied())
        {
            last_of_word = None;
        }
    }
    (han, words)
}

/// Marks that belong to the letter before them, and the soft hyphen and joiners inside a word.
fn extends_word(character: char) -> bool {
    !character.is_ascii()
        && (matches!(character, '\u{AD}' | '\u{200C}' | '\u{200D}') || is_combining_mark(character))
}

/// True where `joint` between `last` and `next` does not end the word.
fn joins(last: char, joint: char, next: Option<char>) -> bool {
    let Some(next) = next.filter(|next| next.is_alphanumeric() && !is_han(*next)) else {
        return false;
    };
    match joint {
        '\'' | '’' | '-' | '\u{2010}' | '\u{2011}' | '_' | '.' => true,
        ',' | ':' => last.is_numeric() && next.is_numeric(),
        _ => false,
    }
}

/// Grapheme clusters that are not white space.
///
/// Between two *plain* characters there is always a boundary, so that UAX #29's rules are only run on the stretches
/// between such places. Most prose has none of these stretches.
fn characters(text: &str) -> u32 {
    let mut count = 0u32;
    let mut stretch = 0;
    let mut previous = None;
    for (at, character) in text.char_indices() {
        let plain = is_plain(character);
        if plain && let Some((true, before)) = previous {
            count += visible(&text[stretch..at], before, stretch + char::len_utf8(before) == at);
            stretch = at;
        }
        previous = Some((plain, character));
    }
    count + text[stretch..].graphemes(true).filter(|cluster| is_visible(cluster)).count() as u32
}

/// Visible clusters of a stretch that ends with `last`; `single` where that is all of it.
fn visible(stretch: &str, last: char, single: bool) -> u32 {
    if single {
        u32::from(!last.is_whitespace())
    } else {
        stretch.graphemes(true).filter(|cluster| is_visible(cluster)).count() as u32
    }
}

fn is_visible(cluster: &str) -> bool {
    !cluster.chars().next().is_some_and(char::is_whitespace)
}

/// Characters without any property that UAX #29 looks at, and the control characters of plain text. Between the two of
/// a CR LF no boundary would be, but white space is not counted.
fn is_plain(character: char) -> bool {
    matches!(
        character,
        ' '..='~' | '\n' | '\r' | '\t'
            | '\u{4E00}'..='\u{9FFF}'
            | '\u{3400}'..='\u{4DBF}'
            | '\u{3000}'..='\u{3029}'
            | '\u{2010}'..='\u{2027}'
            | '\u{FF01}'..='\u{FF5E}'
            | '\u{20000}'..='\u{3FFFD}'
    )
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, han: u32, words: u32, characters: u32) {
        assert_eq!(Counts::of(text), Counts { han, words, characters }, "{text:?}");
    }

    #[test]
    fn english() {
        check("", 0, 0, 0);
        check(" \n\t\u{3000}", 0, 0, 0);
        check("It was a well-known fact.", 0, 5, 21);
        check("Don't go—not yet.", 0, 4, 15);
        check("Don’t", 0, 1, 5);
        check("He paid 1,000.50 at 10:30 in the U.S.", 0, 8, 30);
        check("*really* and **bold**", 0, 3, 19);
        check("- 'tis", 0, 1, 5);
        check(
            "It is a truth universally acknowledged, that a single man in possession of a good fortune, must be \
             in want of a wife.",
            0,
            23,
            95,
        );
        check("e\u{301}te\u{301}", 0, 1, 3);
    }

    #[test]
    fn chinese_and_both() {
        check("笔墨", 2, 0, 2);
        // 8 + 5 + 8 characters and three marks.
        check("我家门前有两棵树，一棵是枣树，还有一棵也是枣树。", 21, 0, 24);
        check("“走吧。”他说。", 4, 0, 8);
        check("用Rust写小说", 4, 1, 8);
        check("他有3只猫，2.5斤。", 5, 2, 11);
        check("𠮷野家", 3, 0, 3);
        check("ひらがな", 4, 0, 4);
        check("👨‍👩‍👧 笑", 1, 0, 2);
        check("a-笔", 1, 1, 3);
    }

    #[test]
    fn counts_add_up() {
        let sum: Counts = ["笔墨 ink", "one two"].map(Counts::of).into_iter().sum();
        assert_eq!(sum, Counts { han: 2, words: 3, characters: 11 });
        assert_eq!(sum.total(), 5);
    }

    #[test]
    fn a_million_characters_count_fast() {
        for line in
            ["他推开门，外面的雪还没有停。", "She opened the door; the snow hadn’t stopped. "]
        {
            let text = line.repeat(1_000_000 / line.chars().count());
            let fastest = (0..5)
                .map(|_| {
                    let started = Instant::now();
                    std::hint::black_box(Counts::of(&text));
                    started.elapsed()
                })
                .min();
            eprintln!("counted in {fastest:?}");
            assert!(fastest < Some(Duration::from_millis(250)), "{fastest:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]

        #[test]
        fn counting_what_changed_is_counting_all(
            old in "[a1'.\n\r 笔\u{301}👨\u{200D}🇨]{0,24}",
            new in "[a1'.\n\r 笔\u{301}👨\u{200D}🇨]{0,24}",
            from in 0usize..24,
            length in 0usize..6,
        ) {
            prop_assert_eq!(Counts::of(&old).after(&old, &new), Counts::of(&new));
            let mut edited: Vec<char> = old.chars().collect();
            let from = from.min(edited.len());
            let to = (from + length).min(edited.len());
            edited.splice(from..to, new.chars().take(3));
            let edited: String = edited.into_iter().collect();
            prop_assert_eq!(Counts::of(&old).after(&old, &edited), Counts::of(&edited));
        }

        #[test]
        fn characters_are_the_visible_grapheme_clusters(
            parts in prop::collection::vec(
                prop_oneof![
                    any::<char>().prop_map(String::from),
                    prop::sample::select(vec![
                        "a", "笔", "。", " ", "\r\n", "\n", "\u{301}", "\u{200D}", "👨", "🇨", "1\u{FE0F}\u{20E3}",
                        "\u{600}", "क", "\u{94D}", "각", "ᄀ", "ᅡ", "\u{FE0F}", "〰", "‼", "\u{3099}",
                    ]).prop_map(String::from),
                ],
                0..40,
            )
        ) {
            let text = parts.concat();
            let expected = text
                .graphemes(true)
                .filter(|cluster| !cluster.starts_with(char::is_whitespace))
                .count();
            prop_assert_eq!(characters(&text) as usize, expected);
        }
    }
}
