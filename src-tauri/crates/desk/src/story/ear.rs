//! Listens to a model on its own thread: cleans the text, and says when a sentence has ended.

use bimo_engine::{FinishReason, Flow, GenerationEvent, TokenChoice, TokenId};
use bimo_text::ends_sentence;

use super::output::OutputFilter;
use super::thoughts::{Thoughts, Told, opens_thought};
use crate::wire::ContextPiece;

/// Tokens that a model may think before it writes. Enough for a plan; a model that thinks on is stopped.
const THOUGHT_ROOM: usize = 2048;

/// What was heard, as it is stored and told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Heard {
    /// Settings that are left out, because whatever computes does not know them.
    Ignored(Vec<&'static str>),
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
        /// What the model thought; hidden, and kept.
        thought: String,
        /// The token that brought it; none for characters that had been held back.
        token: Option<HeardToken>,
    },
}

/// A token that was written.
#[derive(Debug, Clone, PartialEq)]
pub struct HeardToken {
    /// The token.
    pub token: TokenId,
    /// Natural logarithm of its probability; none where a server does not tell.
    pub logprob: Option<f32>,
    /// The likeliest tokens at its place, likeliest first.
    pub alternatives: Vec<TokenChoice>,
}

/// How to listen to the continuations of one text.
#[derive(Debug, Clone)]
pub(crate) struct Ear {
    /// The text that is continued; at least its last paragraph.
    pub before: String,
    pub cleaning: Cleaning,
    /// A continuation ends with the first sentence after so many tokens.
    pub finish_after: Option<u32>,
    /// A continuation ends after so many tokens, those of its thoughts not counted.
    pub enough: u32,
}

/// What of a model's text is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cleaning {
    /// All text as it comes.
    Off,
    /// What may stand on a page, from a model that does not think.
    Page,
    /// The same from a model that may think.
    PageWithoutThoughts {
        /// The prompt has opened a thought.
        begun: bool,
    },
}

/// One continuation.
struct Voice {
    filter: Option<OutputFilter>,
    /// The paragraph that it continues, and all that was seen of it.
    said: String,
    /// Bytes of that paragraph.
    before: usize,
    /// Tokens that were said.
    tokens: u32,
}

/// An [`Ear`] that is listening.
pub(crate) struct Listener<T: FnMut(Heard)> {
    voices: Vec<Voice>,
    finish_after: Option<u32>,
    enough: u32,
    tell: T,
}

impl Ear {
    /// For continuations that are wanted as they come.
    pub fn raw() -> Self {
        Self {
            before: String::new(),
            cleaning: Cleaning::Off,
            finish_after: None,
            enough: u32::MAX,
        }
    }

    /// Tokens that a continuation may take for its thoughts.
    pub fn room_for_thoughts(&self) -> usize {
        match self.cleaning {
            Cleaning::PageWithoutThoughts { .. } => THOUGHT_ROOM,
            Cleaning::Off | Cleaning::Page => 0,
        }
    }

    /// Begins to listen. What had to be held back is told when the listener is dropped.
    pub fn listen<T: FnMut(Heard)>(&self, choices: usize, tell: T) -> Listener<T> {
        let paragraph = self.before.rsplit('\n').next().unwrap_or_default();
        let voice = || Voice {
            filter: self.cleaning.filter(&self.before),
            said: paragraph.to_owned(),
            before: paragraph.len(),
            tokens: 0,
        };
        let voices = (0..choices).map(|_| voice()).collect();
        Listener { voices, finish_after: self.finish_after, enough: self.enough, tell }
    }
}

impl Cleaning {
    /// For a page; only a model that answers in a conversation may think.
    pub fn for_page(instruct: bool, prompt: &[ContextPiece]) -> Self {
        if instruct {
            Self::PageWithoutThoughts {
                begun: opens_thought(prompt.iter().map(|piece| (piece.kind, &*piece.text))),
            }
        } else {
            Self::Page
        }
    }

    fn filter(self, before: &str) -> Option<OutputFilter> {
        let thoughts = match self {
            Self::Off => return None,
            Self::Page => None,
            Self::PageWithoutThoughts { begun } => Some(Thoughts::new(begun)),
        };
        Some(OutputFilter::new(before, thoughts))
    }
}

impl<T: FnMut(Heard)> Listener<T> {
    /// Hears one event and says what should happen next.
    pub fn hear(&mut self, event: GenerationEvent) -> Flow {
        match event {
            GenerationEvent::Ignored { settings } => {
                (self.tell)(Heard::Ignored(settings));
                Flow::Continue
            }
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
        let thinks = |voice: &Voice| voice.filter.as_ref().is_some_and(OutputFilter::is_thinking);
        let thought_before = thinks(voice);
        let Told { text, thought } = match &mut voice.filter {
            Some(filter) => filter.push(text),
            None => Told { text: text.to_owned(), thought: String::new() },
        };
        let thinks = thinks(voice);
        voice.said += &text;
        if thinks && voice.said.len() == voice.before {
            // What has come so far was the beginning of the tag.
            voice.tokens = 0;
        } else {
            voice.tokens += u32::from(token.is_some() && !thinks && !thought_before);
        }
        let flow = flow(voice, thinks, self.finish_after, self.enough);
        (self.tell)(Heard::More { choice, text, thought, token });
        flow
    }
}

/// Whether a continuation is long enough.
fn flow(voice: &Voice, thinks: bool, finish_after: Option<u32>, enough: u32) -> Flow {
    let may_finish = finish_after.is_some_and(|tokens| voice.tokens >= tokens);
    if thinks {
        Flow::Continue
    } else if may_finish && ends_sentence(&voice.said) {
        Flow::Finish(FinishReason::SentenceEnd)
    } else if voice.tokens >= enough {
        Flow::Finish(FinishReason::Length)
    } else {
        Flow::Continue
    }
}

impl<T: FnMut(Heard)> Drop for Listener<T> {
    fn drop(&mut self) {
        for (choice, voice) in self.voices.iter_mut().enumerate() {
            let Told { text, thought } =
                voice.filter.as_mut().map(OutputFilter::end).unwrap_or_default();
            if !(text.is_empty() && thought.is_empty()) {
                (self.tell)(Heard::More { choice, text, thought, token: None });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ear(before: &str, cleaning: Cleaning, finish_after: Option<u32>, enough: u32) -> Ear {
        Ear { before: before.into(), cleaning, finish_after, enough }
    }

    fn token(character: char) -> GenerationEvent {
        let (text, alternatives) = (character.into(), vec![]);
        GenerationEvent::Token { choice: 0, token: 0, logprob: Some(0.0), text, alternatives }
    }

    /// How many characters of `text`, one a token, are heard before the ear has enough, and why it has.
    fn heard_of(ear: &Ear, text: &str) -> (String, Option<FinishReason>) {
        let mut listener = ear.listen(1, |_| {});
        let mut heard = String::new();
        for character in text.chars() {
            heard.push(character);
            if let Flow::Finish(reason) = listener.hear(token(character)) {
                return (heard, Some(reason));
            }
        }
        (heard, None)
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
            let ear = ear(before, Cleaning::Page, Some(after), u32::MAX);
            assert_eq!(heard_of(&ear, text).0, expected, "{before:?}");
        }
    }

    #[test]
    fn thoughts_do_not_count_towards_the_length() {
        let thinking = |finish_after, enough| {
            let cleaning = Cleaning::PageWithoutThoughts { begun: true };
            heard_of(
                &ear("", cleaning, finish_after, enough),
                "A long. Thought.</think>雪停了。他走了。",
            )
        };
        let length = Some(FinishReason::Length);
        assert_eq!(thinking(None, 4), ("A long. Thought.</think>雪停了。".into(), length));
        let sentence = Some(FinishReason::SentenceEnd);
        assert_eq!(thinking(Some(2), 99), ("A long. Thought.</think>雪停了。".into(), sentence));
    }

    #[test]
    fn what_was_held_back_is_told_at_the_end() {
        let mut told = Vec::new();
        let cleaning = Cleaning::PageWithoutThoughts { begun: false };
        let mut listener = ear("", cleaning, None, u32::MAX).listen(1, |heard| told.push(heard));
        listener.hear(GenerationEvent::Tail { choice: 0, text: "<th".into() });
        drop(listener);
        let last =
            Heard::More { choice: 0, text: "<th".into(), thought: String::new(), token: None };
        assert_eq!(told.last(), Some(&last));
    }
}
