//! What a continuation is likely to say next: what followed the same words earlier in the text, the person's own among
//! it (prompt lookup decoding, Saxena 2023). Names, refrains and habits of speech come again, and several tokens are read in little more
//! time than one.
//!
//! **Invariant**: a guess changes the time, not the text. Each token is still chosen from the logits of all before it,
//! and those are the same to the last bit whether the token was read alone or among guesses.

use std::collections::VecDeque;

use bimo_engine::TokenId;

/// So many tokens must have stood together before.
const PHRASE: usize = 3;
/// Tokens that are guessed at once.
const MOST: usize = 4;
/// After a wrong guess, tokens that go by without one: at first, and at most.
const SHORTEST_PAUSE: usize = 4;
const LONGEST_PAUSE: usize = 64;

/// Guesses for one continuation.
pub(super) struct Guesses {
    /// Tokens that still go by without a guess.
    wait: usize,
    /// Tokens that go by after the next wrong one.
    pause: usize,
    /// Read already, though not yet chosen.
    read: VecDeque<Read>,
}

/// A guessed token that has been read.
struct Read {
    token: TokenId,
    /// Of what follows it.
    logits: Vec<f32>,
}

impl Guesses {
    /// Nothing guessed yet.
    pub fn new() -> Self {
        Self { wait: 0, pause: SHORTEST_PAUSE, read: VecDeque::new() }
    }

    /// What may follow `text`, no more than `room` tokens; often nothing.
    pub fn make<'a>(&mut self, text: &'a [TokenId], room: usize) -> &'a [TokenId] {
        if self.wait > 0 {
            self.wait -= 1;
            return &[];
        }
        let Some(start) = text.len().checked_sub(PHRASE) else { return &[] };
        let (phrase, before) = (&text[start..], &text[..text.len() - 1]);
        let found = before.windows(PHRASE).rposition(|words| words == phrase);
        let follows = found.map_or(&[][..], |place| &text[place + PHRASE..]);
        &follows[..follows.len().min(room).min(MOST)]
    }

    /// Keeps guesses that were read, with the logits of what follows each.
    pub fn keep(&mut self, guesses: Vec<TokenId>, logits: impl Iterator<Item = Vec<f32>>) {
        let read = guesses.into_iter().zip(logits);
        self.read = read.map(|(token, logits)| Read { token, logits }).collect();
    }

    /// The logits of what follows `chosen`, where that is what was guessed and the way there was chosen as well.
    pub fn confirm(&mut self, chosen: TokenId) -> Option<Vec<f32>> {
        let guessed = self.read.pop_front()?;
        if guessed.token != chosen {
            self.give_up();
            self.wait = self.pause;
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
            return None;
        }
        self.pause = SHORTEST_PAUSE;
        Some(guessed.logits)
    }

    /// Forgets what was guessed: the text went back.
    pub fn give_up(&mut self) {
        self.read.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_followed_the_same_words_last_is_guessed() {
        let mut guesses = Guesses::new();
        let text = [1, 2, 3, 7, 8, 1, 2, 3, 4, 5, 6, 9, 9, 9, 1, 2, 3];
        assert_eq!(guesses.make(&text, 10), [4, 5, 6, 9]);
        assert_eq!(guesses.make(&text, 2), [4, 5]);
        assert_eq!(guesses.make(&text[..16], 10), [0; 0], "two words have not been seen together");
        assert_eq!(guesses.make(&text[..2], 10), [0; 0]);
        assert_eq!(guesses.make(&[5, 5, 5, 5], 10), [5], "a phrase may overlap itself");
    }

    #[test]
    fn a_wrong_guess_is_followed_by_a_pause_that_grows() {
        let mut guesses = Guesses::new();
        let text = [1, 2, 3, 4, 1, 2, 3];
        let logits = || std::iter::repeat(vec![0.5]);
        for pause in [4, 8, 16] {
            guesses.keep(vec![4], logits());
            assert_eq!(guesses.confirm(5), None);
            for _ in 0..pause {
                assert_eq!(guesses.make(&text, 10), [0; 0]);
            }
            assert_eq!(guesses.make(&text, 1), [4]);
        }
        guesses.keep(vec![4, 1], logits());
        assert_eq!(guesses.confirm(4), Some(vec![0.5]));
        assert_eq!(guesses.confirm(2), None);
        assert_eq!(guesses.confirm(2), None, "what follows a wrong one is no guess any more");
        for _ in 0..4 {
            assert_eq!(guesses.make(&text, 10), [0; 0]);
        }
        assert_eq!(guesses.make(&text, 1), [4]);
    }
}
