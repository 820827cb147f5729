//! Whether a sentence has ended, so that a continuation can run on to its end.

/// Marks that end a sentence wherever they stand.
pub(crate) const TERMINATORS: &[char] =
    &['。', '！', '？', '!', '?', '｡', '．', '‼', '⁇', '⁈', '⁉'];

/// Closing quotes and brackets, which belong to the sentence before them.
pub(crate) const CLOSERS: &[char] =
    &['”', '’', '」', '』', '）', ')', '】', ']', '》', '〉', '"', '\'', '»', '›', '＂', '｣', '〕'];

/// Directional quotes that hold speech. A lone ’ may be an apostrophe, so single ones are not matched.
const QUOTES: &[(char, char)] = &[('“', '”'), ('「', '」'), ('『', '』'), ('«', '»'), ('｢', '｣')];

/// What comes before a full stop that only shortens a word. Words that also stand by themselves are left out.
const ABBREVIATIONS: &[&str] = &[
    "Mr", "Mrs", "Ms", "Mx", "Dr", "Prof", "St", "Sr", "Jr", "Rev", "Hon", "Gen", "Col", "Capt",
    "Lt", "Sgt", "Cpl", "Maj", "Cmdr", "Adm", "Gov", "Sen", "Messrs", "Mme", "Mlle", "Mt", "Ft",
    "vs", "etc", "cf", "viz", "approx", "Inc", "Ltd", "Corp", "Bros", "Feb", "Apr", "Aug", "Sept",
    "Oct", "Nov", "Dec", "Ave", "Blvd",
];

/// True where the text ends with a whole sentence, its closing quotes included.
///
/// White space and Markdown's `*` and `_` at the end are looked through. In doubt the answer is no, for a text that
/// runs on a little is better than one that stops in the middle:
/// - speech whose quote is still open in the last paragraph has not ended, whatever mark it ends with;
/// - a full stop does not count after an abbreviation or an initial, and after a digit only once something follows;
/// - an English ellipsis counts only when a quote or bracket closes after it or a fourth dot does, `…` only doubled.
///
/// Give at least the whole paragraph, or an opening quote before the text is not seen.
pub fn ends_sentence(text: &str) -> bool {
    let unspaced = text.trim_end();
    let spaced = unspaced.len() < text.len();
    let ended = trim_end_closers(unspaced);
    let closed = unspaced.ends_with(|last| CLOSERS.contains(&last))
        || unspaced.trim_end_matches(is_emphasis).ends_with(|last| CLOSERS.contains(&last));
    let whole = ended.ends_with(TERMINATORS)
        || ended.ends_with("……")
        || (closed && ended.ends_with('…'))
        || (ended.ends_with('.') && full_stop_ends(ended, spaced, closed));
    whole && !quote_is_open(unspaced)
}

fn trim_end_closers(text: &str) -> &str {
    text.trim_end_matches(|last| CLOSERS.contains(&last) || is_emphasis(last))
}

pub(crate) fn is_emphasis(character: char) -> bool {
    matches!(character, '*' | '_')
}

/// Judges the full stop that `text` ends with; `spaced` and `closed` say what follows it.
fn full_stop_ends(text: &str, spaced: bool, closed: bool) -> bool {
    let before = text.trim_end_matches('.');
    match text.len() - before.len() {
        1 => {}
        2 => return false,
        3 => return closed,
        _ => return true,
    }
    let start = before
        .rfind(|character: char| {
            !(character.is_alphanumeric() || matches!(character, '.' | '\'' | '’' | '-'))
        })
        .map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
    let word = &before[start..];
    let Some(last) = word.chars().next_back() else {
        return closed;
    };
    if last.is_numeric() {
        let item_of_list = before[..start].trim_end_matches([' ', '\t']);
        return (spaced || closed) && !(item_of_list.is_empty() || item_of_list.ends_with('\n'));
    }
    let initial = word != "I" && word.chars().count() == 1 && last.is_uppercase();
    !initial && !word.contains('.') && !ABBREVIATIONS.contains(&word)
}

/// True where speech of the last paragraph has not been closed. A closing quote without an opening one closes nothing.
fn quote_is_open(text: &str) -> bool {
    let paragraph = text.rsplit('\n').next().unwrap_or(text);
    let straight = paragraph.matches('"').count() % 2 == 1 && paragraph.len() > 1;
    let directional = QUOTES.iter().any(|&(open, close)| {
        let depth = paragraph.chars().fold(0usize, |depth, character| {
            if character == open {
                depth + 1
            } else if character == close {
                depth.saturating_sub(1)
            } else {
                depth
            }
        });
        depth > 0
    });
    straight || directional
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_sentences() {
        for text in [
            "雪停了。",
            "雪停了。\n",
            "走吧！",
            "真的？",
            "他没有说话……",
            "“走吧。”",
            "他说：“走吧！”",
            "「走吧。」",
            "『走吧。』",
            "（他没有来。）",
            "“我想……”",
            "The snow had stopped.",
            "The snow had stopped. ",
            "Stop!",
            "Why?",
            "“Go,” she said. “Now.”",
            "\"Go.\"",
            "(He never came.)",
            "‘Go.’",
            "*Run!*",
            "“*Run!*”",
            "_He was gone._",
            "“I thought...”",
            "“I thought…”",
            "And so it ended....",
            "So do I.",
            "It was 1984. ",
            "“It was 1984.”",
            "He said no.",
            "Was it \"art\"?",
            "“One.\nHe left.",
        ] {
            assert!(ends_sentence(text), "{text:?}");
        }
    }

    #[test]
    fn sentences_that_go_on() {
        for text in [
            "",
            " ",
            "雪停了",
            "雪停了，",
            "他说：",
            "“走吧。",
            "他说：“走吧！",
            "「走吧。",
            "“好”",
            "他没有说话…",
            "我——",
            "The snow had",
            "She met Dr.",
            "She met Mr. ",
            "fruit, e.g.",
            "in the U.S.",
            "at 5 p.m.",
            "by J.",
            "about 3.",
            "\n1. ",
            "1. ",
            "He wondered...",
            "He wondered…",
            "“Go.",
            "\"Go.",
            "apples, pears, etc.",
            "well..",
            "“No,” he said, “wait.",
            "the “art”",
        ] {
            assert!(!ends_sentence(text), "{text:?}");
        }
    }
}
