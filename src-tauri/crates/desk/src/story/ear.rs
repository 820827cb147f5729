//! Listens to a model on its own thread: cleans the text, and says when a sentence has ended.

use bimo_engine::{Flow, GenerationEvent, TokenChoice, TokenId};
use bimo_text::ends_sentence;

use super::output::OutputFilter;

/// What was heard, as it is stored and told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Heard {
    /// Part of the prompt has been read.
    Prefill {
        /// Tokens read, reused ones included.
        done: usize,
        /// Tokens of the prompt.
        total: usize,
        /// Tokens that did not have to be read again.
        reused: usize,
    },
    /// A continuation has become longer.
    More {
        /// Which continuation, from 0.
        choice: usize,
        /// What a person sees of it; perhaps nothing.
        text: String,
        /// The token that brought it; none for characters that had been held back.
        token: Option<HeardToken>,
    },
}

/// A token that was written.
#[derive(Debug, Clone, PartialEq)]
pub struct HeardToken {
    /// The token.
    pub token: TokenId,
    /// Natural logarithm of its probability.
    pub logprob: f32,
    /// The likeliest tokens at its place, likeliest first.
    pub alternatives: Vec<TokenChoice>,
}

/// How to listen to the continuations of one text.
#[derive(Debug, Clone)]
pub(crate) struct Ear {
    before: String,
    cleaning: Cleaning,
    finish_after: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cleaning {
    /// All text as it comes.
    Off,
    /// For a page.
    Page { hide_thoughts: bool },
}

/// One continuation.
struct Voice {
    filter: Option<OutputFilter>,
    /// The paragraph that it continues, and all that was seen of it.
    text: String,
    tokens: u32,
}

/// An [`Ear`] that is listening.
pub(crate) struct Listener<T: FnMut(Heard)> {
    voices: Vec<Voice>,
    finish_after: Option<u32>,
    tell: T,
}

impl Ear {
    /// For continuations of `before` that end with the first sentence after `finish_after` tokens, where that is given.
    pub fn new(before: &str, hide_thoughts: bool, finish_after: Option<u32>) -> Self {
        let cleaning = Cleaning::Page { hide_thoughts };
        Self { before: before.to_owned(), cleaning, finish_after }
    }

    /// For continuations that are wanted as they come.
    pub fn raw() -> Self {
        Self { before: String::new(), cleaning: Cleaning::Off, finish_after: None }
    }

    /// Begins to listen. What had to be held back is told when the listener is dropped.
    pub fn listen<T: FnMut(Heard)>(&self, choices: usize, tell: T) -> Listener<T> {
        let paragraph = self.before.rsplit('\n').next().unwrap_or_default();
        let filter = || match self.cleaning {
            Cleaning::Off => None,
            Cleaning::Page { hide_thoughts } => {
                Some(OutputFilter::new(&self.before, hide_thoughts))
            }
        };
        let voice = || Voice { filter: filter(), text: paragraph.to_owned(), tokens: 0 };
        let voices = (0..choices).map(|_| voice()).collect();
        Listener { voices, finish_after: self.finish_after, tell }
    }
}

impl<T: FnMut(Heard)> Listener<T> {
    /// Hears one event and says what should happen next.
    pub fn hear(&mut self, event: GenerationEvent) -> Flow {
        match event {
            GenerationEvent::Prefill { done, total, reused } => {
                (self.tell)(Heard::Prefill { done, total, reused });
                Flow::Continue
            }
            GenerationEvent::Token { choice, token, logprob, text, alternatives } => {
                let heard = HeardToken { token, logprob, alternatives };
                self.more(choice, &text, Some(heard))
            }
            GenerationEvent::Tail { choice, text } => self.more(choice, &text, None),
        }
    }

    fn more(&mut self, choice: usize, text: &str, token: Option<HeardToken>) -> Flow {
        let Some(voice) = self.voices.get_mut(choice) else {
            return Flow::Continue;
        };
        let seen = match &mut voice.filter {
            Some(filter) => filter.push(text),
            None => text.to_owned(),
        };
        voice.text.push_str(&seen);
        voice.tokens += u32::from(token.is_some());
        let enough = self.finish_after.is_some_and(|tokens| voice.tokens >= tokens);
        let flow = if enough && ends_sentence(&voice.text) { Flow::Finish } else { Flow::Continue };
        (self.tell)(Heard::More { choice, text: seen, token });
        flow
    }
}

impl<T: FnMut(Heard)> Drop for Listener<T> {
    fn drop(&mut self) {
        for (choice, voice) in self.voices.iter_mut().enumerate() {
            let text = voice.filter.as_mut().map(OutputFilter::end).unwrap_or_default();
            if !text.is_empty() {
                (self.tell)(Heard::More { choice, text, token: None });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many characters of `text`, one a token, are heard before the ear has enough.
    fn heard_of(before: &str, text: &str, finish_after: u32) -> String {
        let mut listener = Ear::new(before, false, Some(finish_after)).listen(1, |_| {});
        let mut heard = String::new();
        for character in text.chars() {
            heard.push(character);
            let event = GenerationEvent::Token {
                choice: 0,
                token: 0,
                logprob: 0.0,
                text: character.into(),
                alternatives: vec![],
            };
            if listener.hear(event) == Flow::Finish {
                break;
            }
        }
        heard
    }

    #[test]
    fn it_has_enough_at_the_end_of_the_sentence() {
        for (before, text, after, expected) in [
            ("夜里", "雪停了。他走了。", 2, "雪停了。"),
            ("夜里", "雪停了！他走了。", 4, "雪停了！"),
            ("夜里", "真的？他走了。", 5, "真的？他走了。"),
            ("他说：“", "走吧。”她说。", 1, "走吧。”"),
            ("他说", "：“走吧！快走！”然后", 1, "：“走吧！快走！”"),
            ("Then ", "Mr. Fox left. She did not.", 3, "Mr. Fox left."),
            ("“Go", ",” she said. “Now.” He", 2, ",” she said."),
            ("夜里", "没有句号的一行", 2, "没有句号的一行"),
        ] {
            assert_eq!(heard_of(before, text, after), expected, "{before:?}");
        }
    }

    #[test]
    fn what_was_held_back_is_told_at_the_end() {
        let mut told = Vec::new();
        let mut listener = Ear::new("", true, None).listen(1, |heard| told.push(heard));
        listener.hear(GenerationEvent::Tail { choice: 0, text: "<th".into() });
        drop(listener);
        let last = Heard::More { choice: 0, text: "<th".into(), token: None };
        assert_eq!(told.last(), Some(&last));
    }
}
