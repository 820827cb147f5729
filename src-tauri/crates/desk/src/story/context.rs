//! What a model is sent for a place in a text, within its room.

use bimo_engine::{EncodedPrompt, EngineError, GeneratorWorker, TokenId};
use bimo_text::utf16_len;

use super::layout::Layout;
use super::window::{start_near, starts};
use crate::wire::{ApiError, ContextPiece, ContextReport, Guidance, WritingParams};

/// Longest sequence that is used, whatever the model could read: more would take minutes on a processor.
const LONGEST: usize = 8192;
/// Tokens that a continuation may take to finish its sentence.
const FINISH_ROOM: usize = 80;
/// A window with less room than this part of the context is no use.
const LEAST_TEXT: usize = 8;

/// A prompt that fits, with what is known of it.
#[derive(Debug)]
pub(crate) struct Context {
    /// What the model sees.
    pub tokens: Vec<TokenId>,
    /// The same for the person.
    pub report: ContextReport,
    /// The text that is continued, as it stands before the caret; at least its last paragraph.
    pub before: String,
    /// White space before the caret that is not sent: with it, a model would begin in the middle of a word.
    pub trimmed: String,
    /// Most tokens of a continuation, those to finish its sentence included.
    pub max_tokens: usize,
    /// From so many tokens on, a continuation ends with its sentence.
    pub finish_after: Option<u32>,
}

impl Context {
    /// Lays out a prompt for the text before a caret and lets as much of the text's beginning go as it must.
    pub async fn build(
        worker: &GeneratorWorker,
        guidance: &Guidance,
        before: &str,
        writing: &WritingParams,
    ) -> Result<Self, ApiError> {
        let card = worker.card();
        let capacity = card.context_length.min(LONGEST);
        let (max_tokens, finish_after) = length_for(writing, capacity);
        // At least half of the room stays for what is continued. A continuation that is longer than the rest of it ends
        // where the context is full, and says so.
        let reserved = max_tokens.min(capacity / 2);
        let text = before.trim_end_matches([' ', '\t']);
        let layout = Layout::new(guidance, text, card.instruct);

        let frame = worker.encode_prompt(layout.prompt("")).await?.tokens.len();
        let room = capacity.saturating_sub(reserved + frame);
        if room < capacity / LEAST_TEXT {
            return Err(no_room(frame, capacity));
        }
        let mut start = window_start(worker, text, room).await?;
        let mut encoded = worker.encode_prompt(layout.prompt(&text[start..])).await?;
        // Tokens of a whole may be a few more than those of its parts.
        while encoded.tokens.len() + reserved > capacity && start < text.len() {
            start = next_start(text, start, room);
            encoded = worker.encode_prompt(layout.prompt(&text[start..])).await?;
        }
        if encoded.tokens.is_empty() {
            let message = "There is nothing to go on from yet: write a few words first.";
            return Err(ApiError::new("nothing_to_continue", message));
        }
        Ok(Self {
            report: report(&encoded, reserved, capacity, utf16_len(&text[..start])),
            tokens: encoded.tokens,
            before: before[start..].to_owned(),
            trimmed: before[text.len()..].to_owned(),
            max_tokens,
            finish_after,
        })
    }
}

/// Most tokens of a continuation, and after how many it ends with its sentence.
fn length_for(writing: &WritingParams, capacity: usize) -> (usize, Option<u32>) {
    let length = writing.length as usize;
    if writing.finish_sentence {
        (length + FINISH_ROOM.min(capacity / 8), Some(writing.length))
    } else {
        (length, None)
    }
}

/// The earliest mark from which the text fits into `room` tokens.
async fn window_start(
    worker: &GeneratorWorker,
    text: &str,
    room: usize,
) -> Result<usize, EngineError> {
    let mut left = room;
    let mut start = text.len();
    // A step of as many bytes as there are tokens is a fifth to a third of the window, depending on the language.
    for mark in starts(text, room).into_iter().rev() {
        let tokens = worker.tokenize(text[mark..start].to_owned()).await?.len();
        if tokens > left {
            break;
        }
        left -= tokens;
        start = mark;
    }
    if start == text.len() && !text.is_empty() {
        // Not even the last step fits. No token stands for less than a byte.
        start = start_near(text, text.len().saturating_sub(room), room / 2);
    }
    Ok(start)
}

fn next_start(text: &str, start: usize, room: usize) -> usize {
    let step = (room / 4).max(1);
    start_near(text, (start + step).min(text.len()), step)
}

fn report(
    encoded: &EncodedPrompt,
    reserved: usize,
    capacity: usize,
    dropped: u32,
) -> ContextReport {
    let pieces = encoded.pieces.iter().map(|piece| ContextPiece {
        kind: piece.kind,
        text: piece.text.clone(),
        tokens: piece.tokens,
    });
    ContextReport {
        pieces: pieces.collect(),
        prompt_tokens: encoded.tokens.len() as u32,
        reserved_tokens: reserved as u32,
        context_length: capacity as u32,
        dropped,
        reused_tokens: None,
    }
}

fn no_room(frame: usize, capacity: usize) -> ApiError {
    let message = "Memory and note leave no room for the story: shorten them, or ask for a shorter continuation.";
    ApiError::new("prompt_too_long", message)
        .with_detail(format!("{frame} tokens are taken before the text, of {capacity}"))
}
