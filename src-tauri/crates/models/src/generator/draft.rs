//! The end of a continuation that is not certain yet.

use std::collections::VecDeque;

use bimo_engine::{TokenChoice, TokenId};

use super::phrases::{Phrases, whole_characters};

/// A chosen token.
pub(super) struct Chosen {
    pub token: TokenId,
    pub logprob: f32,
    pub alternatives: Vec<TokenChoice>,
    /// What it was chosen from; kept only where it may be taken back.
    pub logits: Option<Vec<f32>>,
}

/// Tokens and text that nobody was told of yet.
///
/// Text is held back while its last character is not whole and while it may become a stop text or a banned phrase. A
/// token is held back only while it may be part of a banned phrase, for then it may be taken back.
pub(super) struct Draft {
    stops: Phrases,
    banned: Phrases,
    /// Untold tokens, with the place in `text` where each begins.
    tokens: VecDeque<(usize, Chosen)>,
    /// Untold bytes; those of told tokens come first.
    text: Vec<u8>,
}

impl Draft {
    pub fn new(stops: &[String], banned: &[String]) -> Self {
        Self {
            stops: Phrases::exact(stops),
            banned: Phrases::ignoring_case(banned),
            tokens: VecDeque::new(),
            text: Vec::new(),
        }
    }

    /// Whether tokens may be taken back at all.
    pub fn may_take_back(&self) -> bool {
        !self.banned.is_empty()
    }

    /// Adds a token with its bytes.
    pub fn push(&mut self, chosen: Chosen, bytes: &[u8]) {
        self.tokens.push_back((self.text.len(), chosen));
        self.text.extend_from_slice(bytes);
    }

    /// If there is a banned phrase, takes back the tokens from the one in which it begins: how many they were, and the
    /// first of them.
    pub fn take_back(&mut self) -> Option<(usize, Chosen)> {
        let phrase = self.banned.find(&self.text)?;
        let first = self.tokens.partition_point(|(start, _)| *start <= phrase).checked_sub(1)?;
        let mut taken = self.tokens.split_off(first);
        let count = taken.len();
        let (start, chosen) = taken.pop_front()?;
        self.text.truncate(start);
        Some((count, chosen))
    }

    /// Ends the text before a stop text, if one is there.
    pub fn cut_at_stop(&mut self) -> bool {
        let stop = self.stops.find(&self.text);
        if let Some(stop) = stop {
            self.text.truncate(stop);
        }
        stop.is_some()
    }

    /// The next token that cannot be taken back any more, with the text that it makes certain.
    pub fn next_certain(&mut self) -> Option<(Chosen, String)> {
        let safe = self.banned.possible_from(&self.text);
        if self.end_of_first()? > safe {
            return None;
        }
        let certain = safe.min(self.stops.possible_from(&self.text));
        self.next(certain)
    }

    /// The next token, when no more are to come, with its text.
    pub fn next(&mut self, certain: usize) -> Option<(Chosen, String)> {
        let end = self.end_of_first()?;
        let (_, chosen) = self.tokens.pop_front()?;
        Some((chosen, self.take_text(end.min(certain))))
    }

    /// All text that is left, up to the last whole character.
    pub fn take_rest(&mut self) -> String {
        self.take_text(self.text.len())
    }

    fn end_of_first(&self) -> Option<usize> {
        self.tokens.front()?;
        // Cutting at a stop text may leave tokens beyond the end of the text.
        let end = self.tokens.get(1).map_or(self.text.len(), |(start, _)| *start);
        Some(end.min(self.text.len()))
    }

    fn take_text(&mut self, end: usize) -> String {
        let end = whole_characters(&self.text[..end]);
        for (start, _) in &mut self.tokens {
            *start = start.saturating_sub(end);
        }
        let taken: Vec<u8> = self.text.drain(..end).collect();
        String::from_utf8_lossy(&taken).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(stops: &[&str], banned: &[&str]) -> Draft {
        let owned = |texts: &[&str]| texts.iter().map(|&t| t.to_owned()).collect::<Vec<_>>();
        Draft::new(&owned(stops), &owned(banned))
    }

    fn push(draft: &mut Draft, token: TokenId, bytes: &[u8]) {
        let chosen = Chosen { token, logprob: 0.0, alternatives: Vec::new(), logits: None };
        draft.push(chosen, bytes);
    }

    fn certain(draft: &mut Draft) -> Vec<(TokenId, String)> {
        std::iter::from_fn(|| draft.next_certain())
            .map(|(chosen, text)| (chosen.token, text))
            .collect()
    }

    fn told(pairs: &[(TokenId, &str)]) -> Vec<(TokenId, String)> {
        pairs.iter().map(|&(token, text)| (token, text.to_owned())).collect()
    }

    #[test]
    fn a_character_of_several_tokens_comes_with_the_last_of_them() {
        let mut draft = draft(&[], &[]);
        let rain = "雨".as_bytes();
        push(&mut draft, 1, &rain[..1]);
        assert_eq!(certain(&mut draft), told(&[(1, "")]));
        push(&mut draft, 2, &rain[1..]);
        assert_eq!(certain(&mut draft), told(&[(2, "雨")]));
    }

    #[test]
    fn bytes_that_are_no_text_become_a_replacement_character() {
        let mut draft = draft(&[], &[]);
        push(&mut draft, 1, &[0xE9]);
        push(&mut draft, 2, b"a");
        assert_eq!(certain(&mut draft), told(&[(1, ""), (2, "\u{FFFD}a")]));
        push(&mut draft, 3, &[0xE9]);
        assert_eq!(certain(&mut draft), told(&[(3, "")]));
        assert_eq!(draft.take_rest(), "");
    }

    #[test]
    fn text_waits_while_it_may_become_a_stop_and_tokens_do_not() {
        let mut draft = draft(&["\n\n"], &[]);
        push(&mut draft, 1, b"one\n");
        assert!(!draft.cut_at_stop());
        assert_eq!(certain(&mut draft), told(&[(1, "one")]));
        push(&mut draft, 2, b"two");
        assert_eq!(certain(&mut draft), told(&[(2, "\ntwo")]));
        push(&mut draft, 3, b"!\n\nthree");
        assert!(draft.cut_at_stop());
        let (chosen, text) = draft.next(usize::MAX).unwrap();
        assert_eq!((chosen.token, text.as_str()), (3, "!"));
        assert_eq!(draft.take_rest(), "");
    }

    #[test]
    fn a_banned_phrase_is_taken_back_to_the_token_it_begins_in() {
        let mut draft = draft(&[], &["shivers down"]);
        push(&mut draft, 1, b"It sent");
        assert_eq!(certain(&mut draft), told(&[(1, "It sent")]));
        push(&mut draft, 2, b" Shi");
        assert!(draft.take_back().is_none());
        assert_eq!(certain(&mut draft), told(&[]));
        push(&mut draft, 3, b"vers");
        push(&mut draft, 4, b" downhill");
        let (count, first) = draft.take_back().unwrap();
        assert_eq!((count, first.token), (3, 2));
        push(&mut draft, 5, b" a");
        assert_eq!(certain(&mut draft), told(&[(5, " a")]));
    }

    #[test]
    fn tokens_before_a_possible_phrase_are_told_with_their_text() {
        let mut draft = draft(&[], &["abc"]);
        push(&mut draft, 1, b"x");
        push(&mut draft, 2, b"ya");
        push(&mut draft, 3, b"b");
        assert_eq!(certain(&mut draft), told(&[(1, "x")]));
        push(&mut draft, 4, b"d");
        assert_eq!(certain(&mut draft), told(&[(2, "ya"), (3, "b"), (4, "d")]));
    }
}
