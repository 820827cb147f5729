//! A text cut into folded tokens that remember where they came from.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

use crate::script::is_unspaced;

/// A word, or one Han character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// Its bytes in [`TokenizedText::folded`].
    folded: Range<u32>,
    /// Its bytes in the original.
    pub original: Range<u32>,
    /// True for a character of a script without spaces.
    pub unspaced: bool,
    /// True where nothing stands between it and the token before it.
    pub touches: bool,
}

/// A text's tokens, normalised to NFKC and case-folded.
#[derive(Debug, Default)]
pub(super) struct TokenizedText {
    folded: String,
    pub tokens: Vec<Token>,
}

impl TokenizedText {
    pub fn of(text: &str) -> Self {
        let mut tokenized = Self { folded: String::with_capacity(text.len()), tokens: Vec::new() };
        let mut rest = text.char_indices().peekable();
        let mut word_is_open = false;
        while let Some((at, first)) = rest.next() {
            let mut end = at + first.len_utf8();
            while let Some(&(next_at, next)) = rest.peek().filter(|(_, next)| composes(*next)) {
                end = next_at + next.len_utf8();
                rest.next();
            }
            word_is_open =
                tokenized.push_cluster(&text[at..end], at as u32..end as u32, word_is_open);
        }
        tokenized
    }

    /// The token's folded text.
    pub fn term(&self, token: &Token) -> &str {
        &self.folded[token.folded.start as usize..token.folded.end as usize]
    }

    /// Adds a character with its marks; answers whether it leaves a word open that the next may lengthen.
    fn push_cluster(
        &mut self,
        cluster: &str,
        original: Range<u32>,
        mut word_is_open: bool,
    ) -> bool {
        let mut bytes = cluster.bytes();
        if let (Some(only), None) = (bytes.next(), bytes.next()) {
            let folded = char::from(only.to_ascii_lowercase());
            return self.push_folded(folded, &original, word_is_open);
        }
        let single = cluster.chars().next().filter(|first| first.len_utf8() == cluster.len());
        if let Some(han @ '\u{4E00}'..='\u{9FFF}') = single {
            return self.push_folded(han, &original, false);
        }
        // Upper and then lower case comes close to Unicode's full case folding: ß meets SS, ς meets Σ.
        let upper = cluster.nfkc().flat_map(char::to_uppercase);
        for folded in upper.flat_map(char::to_lowercase).collect::<String>().nfc() {
            word_is_open = self.push_folded(folded, &original, word_is_open);
        }
        word_is_open
    }

    fn push_folded(&mut self, folded: char, original: &Range<u32>, word_is_open: bool) -> bool {
        let unspaced = is_unspaced(folded);
        let lengthens = word_is_open && canonical_combining_class(folded) != 0;
        if !unspaced && !folded.is_alphanumeric() && !lengthens {
            return false;
        }
        let start = self.folded.len() as u32;
        self.folded.push(folded);
        let end = self.folded.len() as u32;
        match self.tokens.last_mut() {
            Some(word) if word_is_open && !unspaced => {
                word.folded.end = end;
                word.original.end = original.end;
            }
            last => {
                let touches = last.is_some_and(|last| last.original.end >= original.start);
                self.tokens.push(Token {
                    folded: start..end,
                    original: original.clone(),
                    unspaced,
                    touches,
                });
            }
        }
        !unspaced
    }
}

/// True for what normalisation may merge into the character before it: marks, conjoining vowels and finals of Hangul,
/// half-width voicing marks.
fn composes(character: char) -> bool {
    !character.is_ascii()
        && (matches!(character, '\u{1160}'..='\u{11FF}' | '\u{FF9E}' | '\u{FF9F}')
            || canonical_combining_class(character) != 0)
}
