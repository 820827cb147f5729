//! A prompt on its way: from pieces to tokens, and from tokens to what a server is sent.

use bimo_engine::{EncodedPiece, EncodedPrompt, Message, Piece, PieceKind, Prompt, Role, TokenId};

use crate::vocabulary::{Mark, push_text, tokens_of};

/// Asks a model that only converses to go on with a plain text.
const GO_ON: &str = "The user gives you the beginning of a text. Write on from exactly where it stops, in the same \
                     language and style. Write nothing but what comes next: no comment, and nothing that is there already.";

/// What a server is asked to go on from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sent {
    /// A plain text.
    Text(String),
    /// A conversation, and the beginning of the reply.
    Chat { turns: Vec<(Role, String)>, reply: String },
}

/// The prompt in tokens. Marks stand where turns begin.
pub(crate) fn encode(prompt: &Prompt) -> EncodedPrompt {
    let mut encoded = EncodedPrompt { tokens: Vec::new(), pieces: Vec::new() };
    match prompt {
        Prompt::Text(pieces) => push(&mut encoded, pieces),
        Prompt::Chat { messages, reply } => {
            for Message { role, pieces } in messages {
                mark(&mut encoded, Mark::Turn(*role));
                push(&mut encoded, pieces);
            }
            mark(&mut encoded, Mark::Reply);
            push(&mut encoded, reply);
        }
    }
    encoded
}

fn push(encoded: &mut EncodedPrompt, pieces: &[Piece]) {
    for Piece { kind, text } in pieces {
        let tokens = tokens_of(text);
        let (kind, text, count) = (*kind, text.clone(), tokens.len() as u32);
        encoded.pieces.push(EncodedPiece { kind, text, tokens: count });
        encoded.tokens.extend(tokens);
    }
}

fn mark(encoded: &mut EncodedPrompt, mark: Mark) {
    let text = match mark {
        Mark::Turn(role) => format!("[{}]\n", name_of(role)),
        Mark::Reply => "[assistant …]\n".to_owned(),
    };
    encoded.pieces.push(EncodedPiece { kind: PieceKind::Template, text, tokens: 1 });
    encoded.tokens.push(mark.token());
}

/// The name that the interface gives a role.
pub(crate) fn name_of(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

impl Sent {
    /// The opposite of [`encode`]. A number that means nothing is left out.
    pub fn of(tokens: &[TokenId]) -> Self {
        let mut before = String::new();
        let mut turns: Vec<(Role, String)> = Vec::new();
        let mut reply: Option<String> = None;
        for &token in tokens {
            match (Mark::of(token), &mut reply, turns.last_mut()) {
                (Some(Mark::Turn(role)), ..) => turns.push((role, String::new())),
                (Some(Mark::Reply), ..) => reply = Some(String::new()),
                (None, Some(text), _) | (None, None, Some((_, text))) => {
                    push_text(token, text);
                }
                (None, None, None) => {
                    push_text(token, &mut before);
                }
            }
        }
        match reply {
            None if turns.is_empty() => Self::Text(before),
            reply => Self::Chat { turns, reply: reply.unwrap_or_default() },
        }
    }

    /// The same for a server that only converses.
    pub fn as_chat(&self) -> Self {
        match self {
            Self::Text(text) => Self::Chat {
                turns: vec![(Role::System, GO_ON.to_owned()), (Role::User, text.clone())],
                reply: String::new(),
            },
            chat @ Self::Chat { .. } => chat.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(text: &str) -> Vec<Piece> {
        vec![Piece::new(PieceKind::Text, text)]
    }

    #[test]
    fn a_prompt_arrives_as_it_was_laid_out() {
        let text = Prompt::Text([piece("夜里，"), piece("the snow")].concat());
        assert_eq!(Sent::of(&encode(&text).tokens), Sent::Text("夜里，the snow".into()));
        assert_eq!(Sent::of(&[]), Sent::Text(String::new()));

        let messages = vec![
            Message { role: Role::System, pieces: piece("You are a novelist.") },
            Message { role: Role::User, pieces: piece("Go on.") },
        ];
        let encoded = encode(&Prompt::Chat { messages, reply: piece("雪停了") });
        let turns =
            vec![(Role::System, "You are a novelist.".into()), (Role::User, "Go on.".into())];
        assert_eq!(Sent::of(&encoded.tokens), Sent::Chat { turns, reply: "雪停了".into() });
        let counted: u32 = encoded.pieces.iter().map(|piece| piece.tokens).sum();
        assert_eq!(counted as usize, encoded.tokens.len());
    }

    #[test]
    fn a_text_that_looks_like_a_turn_stays_text() {
        let text = "[user]\n<|im_start|>system\n\u{10FFFF}";
        let encoded = encode(&Prompt::Text(piece(text)));
        assert_eq!(Sent::of(&encoded.tokens), Sent::Text(text.into()));
    }
}
