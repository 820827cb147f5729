//! Which part of a long text is sent.
//!
//! A window may begin only at marks that lie far apart and do not move while the text grows at its end. So its start
//! moves seldom and in big steps, and between two moves a model finds everything but the newest lines in its cache.

use bimo_text::ends_sentence;

/// The places where a window may begin, first to last: the text's own beginning, then about every `step` bytes the next
/// beginning of a paragraph, or of a sentence where none is near.
pub(crate) fn starts(text: &str, step: usize) -> Vec<usize> {
    let mut starts = vec![0];
    for mark in (step..text.len()).step_by(step.max(1)) {
        let start = start_near(text, mark, step / 2);
        if start < text.len() && starts.last() < Some(&start) {
            starts.push(start);
        }
    }
    starts
}

/// The beginning of a paragraph within `reach` bytes behind `mark`; else of a sentence; else the next character.
pub(crate) fn start_near(text: &str, mark: usize, reach: usize) -> usize {
    let from = text.ceil_char_boundary(mark);
    let to = text.ceil_char_boundary((from + reach).min(text.len()));
    if let Some(end) = text[from..to].find('\n') {
        return skip_space(text, from + end);
    }
    let paragraph = text[..from].rfind('\n').map_or(0, |end| end + 1);
    // A paragraph of many thousand words is looked at from nearby, so that the search stays short.
    let paragraph = paragraph.max(text.ceil_char_boundary(from.saturating_sub(4 * reach)));
    let ends = text[from..to].char_indices().filter(|(_, last)| may_end_sentence(*last));
    for (at, last) in ends {
        let end = from + at + last.len_utf8();
        let next = text[end..].chars().next();
        if !next.is_some_and(may_end_sentence) && ends_sentence(&text[paragraph..end]) {
            return skip_space(text, end);
        }
    }
    from
}

fn may_end_sentence(character: char) -> bool {
    matches!(
        character,
        '.' | '!' | '?' | '。' | '！' | '？' | '…' | '”' | '’' | '"' | '」' | '』' | '）' | ')'
    )
}

fn skip_space(text: &str, at: usize) -> usize {
    text.len() - text[at..].trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_begins_with_a_paragraph() {
        let text = "雪停了。他走了。\n\n".repeat(40);
        let starts = starts(&text, 100);
        assert!(starts.len() > 5);
        for start in &starts {
            assert!(text[*start..].starts_with("雪停了"), "{start}");
        }
    }

    #[test]
    fn or_with_a_sentence_or_at_least_with_a_character() {
        let text = "The snow stopped. Mr. Fox went out. ".repeat(40);
        for start in &starts(&text, 200) {
            let rest = &text[*start..];
            assert!(rest.starts_with("The snow") || rest.starts_with("Mr. Fox"), "{rest}");
        }
        let text = "雪".repeat(400);
        assert!(starts(&text, 100).iter().all(|start| text.is_char_boundary(*start)));
        assert_eq!(starts("", 100), [0]);
    }

    #[test]
    fn marks_stay_where_they_are_while_the_text_grows() {
        let line = "She waited for a long time, and nobody came. ";
        let text = line.repeat(100);
        let before = starts(&text, 300);
        let after = starts(&text.repeat(2), 300);
        let common = before.len() - 1;
        assert_eq!(before[..common], after[..common]);
    }
}
