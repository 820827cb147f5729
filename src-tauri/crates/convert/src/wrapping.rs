//! Lines of a width: a Han character is as wide as two Latin ones.

use bimo_text::{is_han, is_kana};
use unicode_segmentation::UnicodeSegmentation;

/// Columns that a text takes.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

/// Han characters and the marks that are as wide.
fn is_wide(c: char) -> bool {
    is_han(c) || is_kana(c) || matches!(c, '\u{3000}'..='\u{303F}' | '\u{FF00}'..='\u{FF60}')
}

/// Breaks a text at words so that no line is wider, where its words allow that.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split_word_bounds() {
            let must_stay = word.chars().all(|c| CLINGING.contains(c));
            if !must_stay && !line.is_empty() && columns(&line) + columns(word.trim_end()) > width {
                lines.push(line.trim_end().to_owned());
                line.clear();
            }
            if !(line.is_empty() && word.trim().is_empty()) {
                line.push_str(word);
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// What begins no line.
const CLINGING: &str = "，。！？；：、”’」』）》…—,.!?;:)]\"'";

/// One text from two lines: Han characters need no space between them, nor do the marks that Chinese has in common with
/// English where a Han character is on the other side.
pub(crate) fn joint(before: Option<char>, after: Option<char>) -> &'static str {
    let (Some(before), Some(after)) = (before, after) else { return " " };
    let (wide, shared) = (is_wide(before) || is_wide(after), |c| is_wide(c) || SHARED.contains(c));
    if wide && shared(before) && shared(after) { "" } else { " " }
}

/// Quotation marks, dashes and dots of both languages.
const SHARED: &str = "“”‘’—…·";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_words_and_never_before_a_comma() {
        assert_eq!(wrapped("He went to the old house.", 12), ["He went to", "the old", "house."]);
        assert_eq!(wrapped("他走出门，天已经黑了。", 8), ["他走出门，", "天已经黑", "了。"]);
        assert_eq!(wrapped("one\ntwo", 80), ["one", "two"]);
        assert_eq!(wrapped("", 80), [""]);
    }

    #[test]
    fn only_han_lines_are_joined_without_a_space() {
        assert_eq!(joint(Some('门'), Some('天')), "");
        assert_eq!(joint(Some('，'), Some('天')), "");
        assert_eq!(joint(Some('a'), Some('天')), " ");
        assert_eq!(joint(Some('”'), Some('他')), "");
        assert_eq!(joint(Some('，'), Some('“')), "");
        assert_eq!(joint(Some('—'), Some('天')), "");
        assert_eq!(joint(Some('”'), Some('“')), " ");
        assert_eq!(joint(Some('”'), Some('H')), " ");
    }
}
