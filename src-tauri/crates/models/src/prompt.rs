//! A prompt in tokens.
//!
//! **Invariant**: what looks like a control token in a person's text stays text. In a conversation such places are
//! hidden from the template behind characters that nobody types, and come back as text when it has been cut at its own
//! control tokens.

use std::ops::Range;

use bimo_engine::{
    EncodedPiece, EncodedPrompt, EngineError, Message, Piece, PieceKind, Prompt, Role, TokenId,
};
use serde_json::Value;

use crate::template::{TemplateContext, TemplateMessage};
use crate::{ChatTemplate, TextTokenizer};

/// Private-use characters, one for each control token that a person's text has; tried from here in steps.
const HIDING_PLACES: Range<u32> = 0x10_0000..0x10_F000;
const HIDING_STEP: usize = 0x1000;

/// How a thought begins, and how it ends where the template has opened one that is not wanted.
const THINK: &str = "<think>";
const THOUGHT_END: &str = "</think>";
const THOUGHT_NOTHING: &str = "\n\n</think>\n\n";

/// Encodes a prompt. A chat prompt needs the model's template.
pub fn encode_prompt(
    prompt: &Prompt,
    tokenizer: &TextTokenizer,
    template: Option<&ChatTemplate>,
) -> Result<EncodedPrompt, EngineError> {
    match prompt {
        Prompt::Text(pieces) => encode_text(pieces, tokenizer),
        Prompt::Chat { messages, reply } => {
            let template = template
                .ok_or_else(|| EngineError::TemplateInvalid("the model has none".into()))?;
            encode_chat(messages, reply, tokenizer, template)
        }
    }
}

/// The pieces as one text, after the token that opens a text.
fn encode_text(pieces: &[Piece], tokenizer: &TextTokenizer) -> Result<EncodedPrompt, EngineError> {
    let text: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
    let (ids, offsets) = tokenizer.encode_with_offsets(&text)?;
    let mut starts: Vec<usize> = offsets.iter().map(|range| range.start).collect();
    let mut tokens = ids;
    let mut parts: Vec<(PieceKind, String)> = Vec::with_capacity(pieces.len() + 1);
    if let Some(begin) = tokenizer.begin_token() {
        let opening = tokenizer.control_text(begin).unwrap_or_default().to_owned();
        starts.iter_mut().for_each(|start| *start += opening.len());
        starts.insert(0, 0);
        tokens.insert(0, begin);
        parts.push((PieceKind::Template, opening));
    }
    parts.extend(pieces.iter().map(|piece| (piece.kind, piece.text.clone())));
    Ok(EncodedPrompt { tokens, pieces: count(parts, &starts) })
}

fn encode_chat(
    messages: &[Message],
    reply: &[Piece],
    tokenizer: &TextTokenizer,
    template: &ChatTemplate,
) -> Result<EncodedPrompt, EngineError> {
    let said = messages.iter().flat_map(|message| &message.pieces).chain(reply);
    let pieces: Vec<&Piece> = said.collect();
    // A template may look for a thought's tags in what was said before; those of a person are none.
    let hiding = Hiding::of(
        pieces.iter().map(|piece| piece.text.as_str()),
        tokenizer,
        &[THINK, THOUGHT_END],
    );
    let turn = |message: &Message| TemplateMessage {
        role: name_of(message.role).into(),
        content: hiding
            .hide(&message.pieces.iter().map(|piece| piece.text.as_str()).collect::<String>()),
    };
    let turns: Vec<TemplateMessage> = messages.iter().map(turn).collect();
    let context = TemplateContext {
        bos_token: Some(tokenizer.begin_text().to_owned()),
        eos_token: Some(tokenizer.end_text().to_owned()),
        add_generation_prompt: true,
        more: ["enable_thinking", "thinking"]
            .map(|name| (name.to_owned(), Value::Bool(false)))
            .into_iter()
            .collect(),
    };
    let mut rendered = template.render(&turns, &context)?;
    if !reply.iter().all(|piece| piece.text.is_empty()) && rendered.trim_end().ends_with(THINK) {
        // The reply has begun already. Behind an open thought it would be one.
        rendered.truncate(rendered.trim_end().len());
        rendered += THOUGHT_NOTHING;
    }
    for piece in reply {
        rendered += &hiding.hide(&piece.text);
    }
    let (tokens, starts, whole) = hiding.encode(&rendered, tokenizer)?;
    Ok(EncodedPrompt { tokens, pieces: count(parts_of(&whole, &pieces), &starts) })
}

/// Tokens of a conversation that a template has rendered, with the person's control tokens hidden in it.
#[doc(hidden)]
pub fn encode_rendered(
    template: &ChatTemplate,
    messages: &[TemplateMessage],
    context: &TemplateContext,
    tokenizer: &TextTokenizer,
) -> Result<(String, Vec<TokenId>), EngineError> {
    let contents = messages.iter().map(|message| message.content.as_str());
    let hiding = Hiding::of(contents, tokenizer, &[]);
    let hidden = messages.iter().map(|message| TemplateMessage {
        role: message.role.clone(),
        content: hiding.hide(&message.content),
    });
    let rendered = template.render(&hidden.collect::<Vec<_>>(), context)?;
    let (tokens, _, whole) = hiding.encode(&rendered, tokenizer)?;
    Ok((whole, tokens))
}

fn name_of(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

/// Characters that stand for control tokens in a person's text while a template works on it.
struct Hiding<'a> {
    names: Vec<(char, &'a str)>,
}

impl<'a> Hiding<'a> {
    /// What of the tokenizer's control tokens and of `more` comes up in the texts.
    fn of<'t>(
        texts: impl Iterator<Item = &'t str> + Clone,
        tokenizer: &'a TextTokenizer,
        more: &[&'a str],
    ) -> Self {
        let present: Vec<&str> = tokenizer
            .control_texts()
            .chain(more.iter().copied())
            .filter(|name| texts.clone().any(|text| text.contains(name)))
            .collect();
        let free = |first: &u32| {
            let taken = *first..*first + present.len() as u32;
            !texts.clone().any(|text| text.chars().any(|c| taken.contains(&u32::from(c))))
        };
        let first = HIDING_PLACES.step_by(HIDING_STEP).find(free).unwrap_or(HIDING_PLACES.start);
        let characters = (first..).filter_map(char::from_u32);
        Self { names: characters.zip(present).collect() }
    }

    fn hide(&self, text: &str) -> String {
        let hide = |text: String, (character, name): &(char, &str)| {
            text.replace(name, &character.to_string())
        };
        self.names.iter().fold(text.to_owned(), hide)
    }

    fn reveal(&self, text: &str) -> String {
        let reveal =
            |text: String, (character, name): &(char, &str)| text.replace(*character, name);
        self.names.iter().fold(text.to_owned(), reveal)
    }

    /// Cuts a rendered conversation at the template's control tokens: tokens, where each begins, the whole text.
    fn encode(
        &self,
        rendered: &str,
        tokenizer: &TextTokenizer,
    ) -> Result<(Vec<TokenId>, Vec<usize>, String), EngineError> {
        let (mut tokens, mut starts, mut whole) = (Vec::new(), Vec::new(), String::new());
        for span in tokenizer.cut_at_control(rendered) {
            match span {
                Ok(token) => {
                    tokens.push(token);
                    starts.push(whole.len());
                    whole += tokenizer.control_text(token).unwrap_or_default();
                }
                Err(text) => {
                    let text = self.reveal(text);
                    let (ids, offsets) = tokenizer.encode_with_offsets(&text)?;
                    tokens.extend(ids);
                    starts.extend(offsets.iter().map(|range| whole.len() + range.start));
                    whole += &text;
                }
            }
        }
        Ok((tokens, starts, whole))
    }
}

/// The person's pieces as the template left them, and the template's own text between them.
fn parts_of(whole: &str, pieces: &[&Piece]) -> Vec<(PieceKind, String)> {
    let mut parts = Vec::new();
    let mut rest = whole;
    for piece in pieces.iter().filter(|piece| !piece.text.trim().is_empty()) {
        let text = if rest.contains(&piece.text) { &piece.text[..] } else { piece.text.trim() };
        // A template that changed the words keeps them as its own.
        let Some(at) = rest.find(text) else { continue };
        if at > 0 {
            parts.push((PieceKind::Template, rest[..at].to_owned()));
        }
        parts.push((piece.kind, text.to_owned()));
        rest = &rest[at + text.len()..];
    }
    if !rest.is_empty() {
        parts.push((PieceKind::Template, rest.to_owned()));
    }
    parts
}

/// Gives each token to the part in which it begins; what begins past the last is the last's.
fn count(parts: Vec<(PieceKind, String)>, starts: &[usize]) -> Vec<EncodedPiece> {
    let mut starts = starts.iter().peekable();
    let last = parts.len();
    let mut end = 0;
    let counted = parts.into_iter().enumerate().map(|(place, (kind, text))| {
        end += text.len();
        let mut tokens = 0;
        while starts.next_if(|&&start| start < end || place + 1 == last).is_some() {
            tokens += 1;
        }
        EncodedPiece { kind, text, tokens }
    });
    counted.collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::open_tokenizer;

    /// Opens a thought whatever it is told, and takes thoughts out of what was said before.
    const ALWAYS_THINKS: &str = "{% for turn in messages %}<{{ turn.role }}>\
        {{ turn.content.split('</think>')[-1] }}\n{% endfor %}<assistant><think>\n";
    /// Asks whether it is to think.
    const ASKS: &str = "{{ messages[0].content }}\n<assistant>\
        {% if not enable_thinking %}<think>\n\n</think>\n\n{% endif %}";

    fn written(template: &str, asked: &str, begun: &str) -> String {
        let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/reference/fixtures");
        let tokenizer = open_tokenizer(&Path::new(fixtures).join("tokenizers/qwen2-json")).unwrap();
        let template = ChatTemplate::new(template).unwrap();
        let piece = |text: &str| vec![Piece::new(PieceKind::Text, text)];
        let messages = vec![Message { role: Role::User, pieces: piece(asked) }];
        let prompt = Prompt::Chat { messages, reply: piece(begun) };
        let encoded = encode_prompt(&prompt, &tokenizer, Some(&template)).unwrap();
        let whole: String = encoded.pieces.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(tokenizer.decode(&encoded.tokens), whole);
        whole
    }

    #[test]
    fn a_reply_that_has_begun_is_no_thought() {
        assert_eq!(
            written(ALWAYS_THINKS, "Go on.", "She left."),
            "<user>Go on.\n<assistant><think>\n\n</think>\n\nShe left."
        );
        assert_eq!(written(ALWAYS_THINKS, "Go on.", ""), "<user>Go on.\n<assistant><think>");
    }

    #[test]
    fn a_template_that_asks_is_told_not_to_think() {
        let whole = "Go on.\n<assistant><think>\n\n</think>\n\nShe left.";
        assert_eq!(written(ASKS, "Go on.", "She left."), whole);
    }

    #[test]
    fn tags_in_a_persons_text_stay_text() {
        let asked = "Keep <think>this</think> and that.";
        let whole = written(ALWAYS_THINKS, asked, "She wrote <think>");
        let expected =
            format!("<user>{asked}\n<assistant><think>\n\n</think>\n\nShe wrote <think>");
        assert_eq!(whole, expected);
    }
}
