//! Which script a character belongs to, as far as counting and searching need it.

/// True for Han characters (Unicode `Script=Han`, unassigned places of planes 2 and 3 included), punctuation not.
pub fn is_han(character: char) -> bool {
    matches!(
        character,
        '\u{4E00}'..='\u{9FFF}'
            | '\u{3400}'..='\u{4DBF}'
            | '\u{2E80}'..='\u{2FD5}'
            | '々' | '〇'
            | '\u{3021}'..='\u{3029}'
            | '\u{3038}'..='\u{303B}'
            | '\u{F900}'..='\u{FAD9}'
            | '\u{16FE2}'..='\u{16FE3}'
            | '\u{16FF0}'..='\u{16FF1}'
            | '\u{20000}'..='\u{3FFFD}'
    )
}

/// True for hiragana, katakana and bopomofo: scripts that, like Han, are written without spaces between words.
pub fn is_kana(character: char) -> bool {
    matches!(
        character,
        '\u{3041}'..='\u{3096}'
            | '\u{309D}'..='\u{309F}'
            | '\u{30A1}'..='\u{30FA}'
            | '\u{30FC}'..='\u{30FF}'
            | '\u{3105}'..='\u{312F}'
            | '\u{31A0}'..='\u{31BF}'
            | '\u{31F0}'..='\u{31FF}'
            | '\u{FF66}'..='\u{FF9D}'
    )
}

/// True where each character is searched and counted by itself.
pub(crate) fn is_unspaced(character: char) -> bool {
    is_han(character) || is_kana(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn han_is_letters_and_not_punctuation() {
        for character in "笔墨𠮷々〇龘".chars() {
            assert!(is_han(character), "{character}");
        }
        for character in "。，「」“”…a1あア ！😀".chars() {
            assert!(!is_han(character), "{character}");
        }
        assert!("あアーㄅ".chars().all(is_kana));
        assert!(!"・笔a。".chars().any(is_kana));
    }
}
