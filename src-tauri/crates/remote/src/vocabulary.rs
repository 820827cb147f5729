//! Numbers for stretches of text, in place of the tokens that only the server knows.
//!
//! A prompt is counted, cut and kept in tokens, long before a server sees it. Here a token is up to four ASCII
//! characters of one word, or one other character: a little less than what real vocabularies put into one, so that what
//! is counted as fitting does fit. Such a number says its text by itself, today and after a restart.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use bimo_engine::{Role, TokenId};

/// ASCII characters in a token.
const MOST_CHARACTERS: usize = 4;
/// Up to four characters of seven bits each, the first one lowest.
const STRETCH: TokenId = 1 << 31;
/// Texts that came up and have no number of their own.
const LEARNT: TokenId = 1 << 30;
/// So many are learnt; what comes up later has the number of what is not known.
const MOST_LEARNT: usize = 1 << 16;
/// Above all characters.
const MARKS: TokenId = 0x20_0000;

/// A place in a prompt that no text has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// A turn of the conversation begins.
    Turn(Role),
    /// The model's reply begins.
    Reply,
}

const ALL_MARKS: [Mark; 4] =
    [Mark::Turn(Role::System), Mark::Turn(Role::User), Mark::Turn(Role::Assistant), Mark::Reply];

impl Mark {
    pub fn token(self) -> TokenId {
        let place = ALL_MARKS.iter().position(|mark| *mark == self);
        MARKS + place.unwrap_or_default() as TokenId
    }

    pub fn of(token: TokenId) -> Option<Self> {
        ALL_MARKS.get(token.checked_sub(MARKS)? as usize).copied()
    }
}

/// The tokens of a text.
pub(crate) fn tokens_of(text: &str) -> Vec<TokenId> {
    let mut tokens = Vec::with_capacity(text.len() / 3);
    let mut held: Vec<u8> = Vec::with_capacity(MOST_CHARACTERS);
    for character in text.chars() {
        let joins = u8::try_from(character).ok().filter(|byte| byte.is_ascii_alphanumeric());
        let opens = character == ' ';
        if opens || joins.is_none() || held.len() == MOST_CHARACTERS {
            tokens.extend(stretch(&held));
            held.clear();
        }
        match (joins, opens) {
            (Some(byte), _) => held.push(byte),
            (None, true) => held.push(b' '),
            (None, false) => tokens.push(character.into()),
        }
    }
    tokens.extend(stretch(&held));
    tokens
}

/// One to four ASCII characters as a token; none for nothing.
fn stretch(bytes: &[u8]) -> Option<TokenId> {
    match bytes {
        [] => None,
        [one] => Some((*one).into()),
        _ => {
            let join =
                |joined, (place, byte): (usize, &u8)| joined | TokenId::from(*byte) << (7 * place);
            Some(bytes.iter().enumerate().fold(STRETCH, join))
        }
    }
}

/// Appends the text of a token that says it by itself; answers whether it does.
pub(crate) fn push_text(token: TokenId, text: &mut String) -> bool {
    if token & STRETCH != 0 {
        let characters = (0..MOST_CHARACTERS).map(|place| (token >> (7 * place) & 0x7F) as u8);
        text.extend(characters.take_while(|byte| *byte != 0).map(char::from));
        return true;
    }
    char::from_u32(token).inspect(|character| text.push(*character)).is_some()
}

/// What a server wrote, numbered as it comes up.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    learnt: Mutex<Learnt>,
}

#[derive(Debug, Default)]
struct Learnt {
    texts: Vec<String>,
    numbers: HashMap<String, TokenId>,
}

impl Vocabulary {
    /// The number of a token's text; the same for the same text.
    pub fn number(&self, text: &str) -> TokenId {
        if let [token] = tokens_of(text)[..] {
            return token;
        }
        let mut learnt = self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&number) = learnt.numbers.get(text) {
            return number;
        }
        if learnt.texts.len() == MOST_LEARNT {
            return char::REPLACEMENT_CHARACTER.into();
        }
        let number = LEARNT + learnt.texts.len() as TokenId;
        learnt.texts.push(text.to_owned());
        learnt.numbers.insert(text.to_owned(), number);
        number
    }

    /// The text of tokens. Marks have none; a number that means nothing is U+FFFD.
    pub fn text_of(&self, tokens: &[TokenId]) -> String {
        let learnt = self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        for &token in tokens {
            if Mark::of(token).is_some() || push_text(token, &mut text) {
                continue;
            }
            let known = token.checked_sub(LEARNT).and_then(|at| learnt.texts.get(at as usize));
            text.push_str(known.map_or("\u{FFFD}", String::as_str));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pieces(text: &str) -> Vec<String> {
        let vocabulary = Vocabulary::default();
        tokens_of(text).iter().map(|&token| vocabulary.text_of(&[token])).collect()
    }

    #[test]
    fn a_token_is_a_short_stretch_of_a_word_or_one_character() {
        assert_eq!(pieces("Once upon a time,"), ["Once", " upo", "n", " a", " tim", "e", ","]);
        assert_eq!(pieces("雪停了。"), ["雪", "停", "了", "。"]);
        assert_eq!(pieces("a\n\n  b"), ["a", "\n", "\n", " ", " b"]);
        assert_eq!(pieces(""), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn every_text_comes_back(text in any::<String>()) {
            let tokens = tokens_of(&text);
            prop_assert!(tokens.iter().all(|&token| Mark::of(token).is_none()));
            prop_assert_eq!(Vocabulary::default().text_of(&tokens), text);
        }
    }

    #[test]
    fn what_a_server_wrote_has_a_number_that_says_it_again() {
        let vocabulary = Vocabulary::default();
        for text in [" the", "雪", " understanding", "雪停", "", "<|im_end|>"] {
            let number = vocabulary.number(text);
            assert_eq!(vocabulary.number(text), number);
            assert_eq!(vocabulary.text_of(&[number]), text);
        }
        assert_eq!(vocabulary.text_of(&[LEARNT + 9, Mark::Reply.token()]), "\u{FFFD}");
        assert_eq!(Mark::of(Mark::Turn(Role::User).token()), Some(Mark::Turn(Role::User)));
    }
}
