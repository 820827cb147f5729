//! Punctuation as the readers of a language expect it: full-width in Chinese, with spaces in English.
//!
//! Only marks are changed, never words; a text that is set well already stays as it is.

use bimo_text::is_han;

use crate::wire::TargetLanguage;

/// Sets a translation. `curly` says whether English gets curly quotes: the source has them, or corner brackets.
pub(crate) fn set(text: &str, to: TargetLanguage, curly: bool) -> String {
    match to {
        TargetLanguage::English => english(text, curly),
        TargetLanguage::Simplified => chinese(text),
        TargetLanguage::Traditional => cornered(&chinese(text)),
    }
}

/// True where a text's quotes are not the straight ones of a typewriter.
pub(crate) fn has_curly_quotes(text: &str) -> bool {
    text.contains(['“', '”', '「', '」', '『', '』', '‘'])
}

const FULL_WIDTH: &str = "，。！？：；、（）“”‘’「」『』《》…—";

fn is_full_width(c: char) -> bool {
    FULL_WIDTH.contains(c)
}

/// Chinese with its own marks. Latin words and numbers in it keep theirs.
fn chinese(text: &str) -> String {
    let text = text.replace("...", "…").replace("。。。", "…").replace("--", "—");
    let chars: Vec<char> = text.chars().collect();
    let is_chinese = |c: char| is_han(c) || is_full_width(c);
    let mut set = String::with_capacity(text.len());
    let mut double_open = false;
    for (at, &c) in chars.iter().enumerate() {
        let before = set.chars().next_back();
        let next = chars[at + 1..].iter().copied().find(|c| *c != ' ');
        let touching = chars.get(at + 1).copied();
        // A mark belongs to the words before it, and an opening one to those behind.
        let last = set.chars().rev().find(|c| *c != ' ');
        let in_chinese = last.is_some_and(is_chinese) || next.is_some_and(is_chinese);
        let opens_chinese = next.is_some_and(is_chinese) || before.is_some_and(is_chinese);
        match c {
            ' ' if before.is_none_or(|c| is_chinese(c) || c == ' ')
                && at > 0
                && next.is_some_and(is_chinese) => {}
            ' ' if before.is_some_and(is_full_width) || next.is_some_and(is_full_width) => {}
            ' ' if next.is_some_and(|next| ",.!?:;()".contains(next)) && in_chinese => {}
            ',' if in_chinese && !is_between_digits(before, touching) => set.push('，'),
            '.' if in_chinese && !touching.is_some_and(char::is_alphanumeric) => set.push('。'),
            '!' if in_chinese => set.push('！'),
            '?' if in_chinese => set.push('？'),
            ':' if in_chinese && !is_between_digits(before, touching) => set.push('：'),
            ';' if in_chinese => set.push('；'),
            '(' if opens_chinese => set.push('（'),
            ')' if in_chinese || set.matches('（').count() > set.matches('）').count() => {
                set.push('）')
            }
            '"' => {
                double_open = !double_open;
                set.push(if double_open { '“' } else { '”' });
            }
            '…' if in_chinese && before != Some('…') => set.push_str("……"),
            '…' if before == Some('…') => {}
            '—' if in_chinese && before != Some('—') => set.push_str("——"),
            '—' if before == Some('—') => {}
            _ => set.push(c),
        }
    }
    let has_chinese = chars.iter().copied().any(is_han);
    if has_chinese { set } else { text }
}

fn is_between_digits(before: Option<char>, after: Option<char>) -> bool {
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    digit(before) && digit(after)
}

/// The quotes of the traditional script.
pub(crate) fn cornered(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let letter = |at: Option<usize>| {
        at.and_then(|at| chars.get(at)).is_some_and(|c| c.is_alphabetic() && !is_han(*c))
    };
    let corner = |(at, &c): (usize, &char)| match c {
        '“' => '「',
        '”' => '」',
        '‘' => '『',
        '’' if !letter(at.checked_sub(1)) || !letter(Some(at + 1)) => '』',
        _ => c,
    };
    chars.iter().enumerate().map(corner).collect()
}

/// English with its own marks and one space where one belongs.
fn english(text: &str, curly: bool) -> String {
    let mut set = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '，' | '、' => set.push_str(", "),
            '。' => set.push_str(". "),
            '！' => set.push_str("! "),
            '？' => set.push_str("? "),
            '：' => set.push_str(": "),
            '；' => set.push_str("; "),
            '（' => set.push_str(" ("),
            '）' => set.push_str(") "),
            '「' | '《' => set.push('“'),
            '」' | '》' => set.push('”'),
            '『' => set.push('‘'),
            '』' => set.push('’'),
            '\u{3000}' => set.push(' '),
            '…' | '—' => {
                while rest.next_if_eq(&c).is_some() {}
                set.push(c);
            }
            '\u{FF01}'..='\u{FF5E}' => {
                set.extend(char::from_u32(c as u32 - 0xFEE0));
            }
            _ => set.push(c),
        }
    }
    quoted(&spaced(&set), curly)
}

/// One space between words, none before a mark and none inside brackets and quotes.
fn spaced(text: &str) -> String {
    let mut set = String::with_capacity(text.len());
    for c in text.chars() {
        let before = set.chars().next_back();
        match c {
            ' ' if before.is_none_or(|before| " (“‘".contains(before)) => {}
            ',' | '.' | '!' | '?' | ':' | ';' | ')' | '”' | '’' if before == Some(' ') => {
                set.pop();
                set.push(c);
            }
            _ => set.push(c),
        }
    }
    set.trim_end().to_owned()
}

/// Double quotes in pairs of one kind.
fn quoted(text: &str, curly: bool) -> String {
    let mut is_open = false;
    let quote = |c: char| match c {
        '"' | '“' | '”' if !curly => '"',
        '"' => {
            is_open = !is_open;
            if is_open { '“' } else { '”' }
        }
        '“' | '”' => {
            is_open = c == '“';
            c
        }
        _ => c,
    };
    text.chars().map(quote).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_has_full_width_marks() {
        let cases = [
            ("他走了,她来了.", "他走了，她来了。"),
            ("真的吗? 真的!", "真的吗？真的！"),
            ("他说: \"走吧.\"", "他说：“走吧。”"),
            ("现在是 10:30,价格是 1,234.5 元.", "现在是 10:30，价格是 1,234.5 元。"),
            ("他用 Rust, Python 写.", "他用 Rust, Python 写。"),
            ("等等...然后", "等等……然后"),
            ("等等……然后", "等等……然后"),
            ("我--没有", "我——没有"),
            ("我——没有", "我——没有"),
            ("他(没有)来", "他（没有）来"),
            ("见 example.com/a.html 。", "见 example.com/a.html。"),
            ("雨 停 了 。", "雨停了。"),
            ("OK.", "OK."),
            ("下雨了。他走了。", "下雨了。他走了。"),
        ];
        for (text, expected) in cases {
            assert_eq!(chinese(text), expected);
            assert_eq!(chinese(expected), expected, "it stays so");
        }
        assert_eq!(set("他说：\"走吧。\"", TargetLanguage::Traditional, true), "他说：「走吧。」");
        assert_eq!(cornered("‘don’t’"), "『don’t』");
    }

    #[test]
    fn english_has_half_width_marks_and_spaces() {
        let cases = [
            ("He left，she came。", "He left, she came."),
            ("Really？ Yes ！", "Really? Yes!"),
            ("He said：「Go。」", "He said: “Go.”"),
            ("“Go ,” he said .", "“Go,” he said."),
            ("Wait……then", "Wait…then"),
            ("He（not me）left", "He (not me) left"),
            ("１２３ ＡＢＣ", "123 ABC"),
            ("don’t", "don’t"),
            ("It cost 3.14, not 10:30.", "It cost 3.14, not 10:30."),
            ("She read 《Dream》.", "She read “Dream”."),
        ];
        for (text, expected) in cases {
            assert_eq!(english(text, true), expected);
            assert_eq!(english(expected, true), expected, "it stays so");
        }
        assert_eq!(english("He said: “Go.”", false), "He said: \"Go.\"");
        assert_eq!(english("\"Go.\" \"No.\"", true), "“Go.” “No.”");
    }

    /// The marks of a sentence, from one language into the other and back.
    #[test]
    fn marks_go_both_ways() {
        let pairs = [
            ("甲，乙。", "A, B."),
            ("甲！乙？", "A! B?"),
            ("甲：“乙。”", "A: “B.”"),
            ("甲（乙）；丙", "A (B); C"),
        ];
        for (han, latin) in pairs {
            let letters = |text: &str, from: &str, to: &str| -> String {
                let letter =
                    |c| from.chars().position(|f| f == c).and_then(|at| to.chars().nth(at));
                text.chars().map(|c| letter(c).unwrap_or(c)).collect()
            };
            let (to_latin, to_han) =
                (letters(han, "甲乙丙", "ABC"), letters(latin, "ABC", "甲乙丙"));
            assert_eq!(english(&to_latin, true), latin);
            assert_eq!(chinese(&to_han), han);
        }
    }
}
