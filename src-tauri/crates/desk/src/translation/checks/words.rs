//! Names, quotations, and words that were not translated.

use bimo_text::is_han;

use super::super::language::is_latin;
use crate::wire::TargetLanguage;

/// Runs of Latin letters and what belongs into a name: `GPT-2`, `O'Neil`, `iPhone15`.
pub(crate) fn latin_words(text: &str) -> impl Iterator<Item = &str> {
    let inside =
        |c: char| is_latin(c) || c.is_ascii_digit() || matches!(c, '-' | '\'' | '’' | '_' | '.');
    let words = text.split(move |c| !inside(c));
    words
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| word.contains(is_latin))
}

/// True for what is written the same in every language: letters with digits, capitals within a word.
fn is_code(word: &str) -> bool {
    let capitals_inside = word.chars().skip(1).any(char::is_uppercase);
    let lower = word.chars().any(char::is_lowercase);
    word.contains(|c: char| c.is_ascii_digit())
        || (capitals_inside && lower && !word.contains(['-', '\'', '’']))
}

/// Names that can be told: what a Chinese sentence has in Latin letters, and in an English one what is code.
pub(super) fn lack_names(source: &str, target: &str, to: TargetLanguage) -> bool {
    let lower = target.to_lowercase();
    let is_name = |word: &&str| match to {
        TargetLanguage::English => word.chars().count() > 1,
        _ => is_code(word) && !is_ordinal(word),
    };
    latin_words(source).filter(is_name).any(|name| !lower.contains(&name.to_lowercase()))
}

/// `1st`, `20th`, `1990s`: numbers, not names.
fn is_ordinal(word: &str) -> bool {
    let letters = word.trim_start_matches(|c: char| c.is_ascii_digit());
    letters.len() < word.len() && matches!(letters, "st" | "nd" | "rd" | "th" | "s" | "am" | "pm")
}

/// Quotations are counted, whatever their marks.
pub(super) fn quote_differently(source: &str, target: &str, _: TargetLanguage) -> bool {
    quotations(source) != quotations(target)
}

fn quotations(text: &str) -> usize {
    let count = |marks: &[char]| text.chars().filter(|c| marks.contains(c)).count();
    count(&['“', '「']).max(count(&['”', '」'])) + count(&['"']).div_ceil(2)
}

/// Words of the source's language that are still there.
pub(super) fn untranslated(source: &str, target: &str, to: TargetLanguage) -> bool {
    match to {
        TargetLanguage::English => target.contains(is_han),
        _ => {
            let sources: Vec<&str> = latin_words(source).collect();
            // A name may stay as it is; a word in small letters is a word.
            let is_word = |word: &&str| word.len() > 2 && word.chars().all(|c| c.is_lowercase());
            let left = latin_words(target).filter(is_word).any(|word| sources.contains(&word));
            left || !target.contains(is_han)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::assert_cases;
    use super::*;

    #[test]
    fn names_that_can_be_told_have_to_be_there() {
        assert_cases(
            lack_names,
            TargetLanguage::English,
            &[
                ("他用 Rust 写的。", "He wrote it in Rust.", false),
                ("他用 Rust 写的。", "He wrote it himself.", true),
                ("安娜走了。", "She left.", false),
                ("T恤", "A shirt.", false),
            ],
        );
        assert_cases(
            lack_names,
            TargetLanguage::Simplified,
            &[
                ("He asked GPT-2 about it.", "他问了GPT-2。", false),
                ("He asked GPT-2 about it.", "他问了它。", true),
                ("Anna left on the 3rd.", "安娜三号走了。", false),
                ("My iPhone is old.", "我的手机很旧。", true),
                ("A well-known Anglo-Saxon.", "一个有名的人。", false),
            ],
        );
    }

    #[test]
    fn quotations_are_as_many_as_before() {
        assert_cases(
            quote_differently,
            TargetLanguage::Simplified,
            &[
                ("“Go,” he said. “Now.”", "“走，”他说，“现在。”", false),
                ("\"Go,\" he said.", "“走。”他说。", false),
                ("“Go,” he said.", "走吧，他说。", true),
                ("“Go,” he said.", "「走。」他说。", false),
                ("He left.", "“他走了。”", true),
            ],
        );
    }

    #[test]
    fn words_of_the_source_are_not_left() {
        assert_cases(
            untranslated,
            TargetLanguage::English,
            &[("雨停了。", "The 雨 stopped.", true), ("雨停了。", "The rain stopped.", false)],
        );
        assert_cases(
            untranslated,
            TargetLanguage::Simplified,
            &[
                ("The rain stopped.", "The rain stopped.", true),
                ("The lantern went out.", "lantern灭了。", true),
                ("Anna left.", "Anna走了。", false),
                ("The rain stopped.", "雨停了。", false),
            ],
        );
    }
}
