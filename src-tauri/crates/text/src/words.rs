//! A text as its words, and names among them.

use std::ops::Range;
use std::sync::LazyLock;

use icu_segmenter::options::WordBreakInvariantOptions;
use icu_segmenter::{WordSegmenter, WordSegmenterBorrowed};

use crate::is_han;
use crate::script::is_unspaced;

static SEGMENTER: LazyLock<WordSegmenterBorrowed<'static>> =
    LazyLock::new(|| WordSegmenter::new_dictionary(WordBreakInvariantOptions::default()));

/// The bytes of each word: letters and numbers between the bounds of Unicode's UAX #29, Chinese by ICU's dictionary.
/// Symbols that are pictures (emoji) are words, punctuation and space are none.
pub fn words(text: &str) -> Vec<Range<usize>> {
    let bounds: Vec<usize> = SEGMENTER.segment_str(text).collect();
    let mut words: Vec<Range<usize>> = bounds.windows(2).map(|pair| pair[0]..pair[1]).collect();
    for second in 1..words.len() {
        if let Some(bound) = better_bound(text, &words[second - 1], &words[second]) {
            words[second - 1].end = bound;
            words[second].start = bound;
        }
    }
    words.retain(|word| text[word.clone()].chars().any(is_of_a_word));
    words
}

/// The dictionary is followed from left to right and takes the longest word each time: 研究生·命. Where a single character is
/// left over, and is a word together with the one before it, it is one, as from right to left: 研究·生命.
fn better_bound(text: &str, first: &Range<usize>, second: &Range<usize>) -> Option<usize> {
    let (before, left_over) = (&text[first.clone()], &text[second.clone()]);
    let (at, last) = before.char_indices().next_back()?;
    let is_single = left_over.chars().count() == 1 && left_over.chars().all(is_han);
    let bound = first.start + at;
    let can_be = is_single && at > 0 && first.end == second.start && is_han(last);
    (can_be && is_word(&text[bound..second.end]) && is_word(&before[..at])).then_some(bound)
}

fn is_word(text: &str) -> bool {
    SEGMENTER.segment_str(text).nth(1) == Some(text.len())
}

fn is_of_a_word(character: char) -> bool {
    character.is_alphanumeric() || is_picture(character)
}

/// True for the symbols of Unicode's planes for pictures, and the older ones among its dingbats.
fn is_picture(character: char) -> bool {
    matches!(character, '\u{2600}'..='\u{27BF}' | '\u{1F000}'..='\u{1FAFF}')
}

/// True where a text has something to read: a letter, a number or an emoji.
pub fn has_words(text: &str) -> bool {
    text.chars().any(is_of_a_word)
}

/// True where a text has a name. One that ends in letters of a script with spaces has to end there as a word does;
/// Han and kana are written without spaces, and a name of them is found anywhere.
pub fn has_name(text: &str, name: &str) -> bool {
    let name = name.trim();
    let (Some(first), Some(last)) = (name.chars().next(), name.chars().next_back()) else {
        return false;
    };
    let goes_on = |edge: char, next: Option<char>| {
        is_spaced_letter(edge) && next.is_some_and(is_spaced_letter)
    };
    text.match_indices(name).any(|(at, found)| {
        let before = text[..at].chars().next_back();
        let behind = text[at + found.len()..].chars().next();
        !goes_on(first, before) && !goes_on(last, behind)
    })
}

fn is_spaced_letter(character: char) -> bool {
    character.is_alphanumeric() && !is_unspaced(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        words(text).into_iter().map(|range| &text[range]).collect()
    }

    /// Expected as the examples of UAX #29 and ICU's own segmenter, in JavaScript's `Intl.Segmenter`, have them.
    #[test]
    fn words_of_both_languages() {
        assert_eq!(
            found("The quick (“brown”) fox can’t jump 32.3 feet, right?"),
            ["The", "quick", "brown", "fox", "can’t", "jump", "32.3", "feet", "right"]
        );
        assert_eq!(found("我今天很高兴。"), ["我", "今天", "很", "高兴"]);
        assert_eq!(found("他们研究生命的起源。"), ["他们", "研究", "生命", "的", "起源"]);
        assert_eq!(found("老人回家了。"), ["老人", "回家", "了"]);
        assert_eq!(found("她用iPhone拍照"), ["她", "用", "iPhone", "拍照"]);
        assert_eq!(found("great 😀!"), ["great", "😀"]);
        assert_eq!(found(" … —— "), [""; 0]);
        assert_eq!(found(""), [""; 0]);
    }

    #[test]
    fn names_are_words_in_english_and_anywhere_in_chinese() {
        for (text, name, expected) in [
            ("Anna's door.", "Anna", true),
            ("“Anna!”", "Anna", true),
            ("Annabel came.", "Anna", false),
            ("Joanna came.", "anna", false),
            ("Mary Ann left.", "Mary Ann", true),
            ("林黛玉笑了。", "黛玉", true),
            ("他叫Tom来。", "Tom", true),
            ("宝玉", "", false),
            ("Ann, then Anna.", "Anna", true),
        ] {
            assert_eq!(has_name(text, name), expected, "{text} {name}");
        }
    }

    #[test]
    fn emoji_are_something_to_read_and_marks_are_not() {
        assert!(has_words("😀") && has_words("❤") && has_words("7") && has_words("雪"));
        assert!(!has_words("* * *") && !has_words("……") && !has_words(" \n"));
    }
}
