//! From texts to what an encoder reads, and through it.

use std::ops::Range;

use bimo_engine::{CancellationToken, EngineError, Progress, TokenId};

use super::{Encoder, Input, Wrapping};
use crate::TextTokenizer;

/// Tokens that are computed at once. Without padding, texts of any lengths go together.
const BATCH_TOKENS: usize = 1024;

/// Turns texts into windows that a model reads at once.
pub(super) struct Reader {
    tokenizer: TextTokenizer,
    wrapping: Wrapping,
    context_length: usize,
}

/// A text, cut to what the model reads at once.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub windows: Vec<Window>,
    /// Of each token of the text, its bytes.
    pub offsets: Vec<Range<usize>>,
    /// Tokens that are in no window.
    pub left_out: usize,
}

/// A stretch of a text.
#[derive(Debug)]
pub(super) struct Window {
    pub input: Input,
    /// Which tokens of the text it holds.
    pub tokens: Range<usize>,
    /// Where the first of them stands in the input.
    pub first: usize,
}

impl Reading {
    /// What is to be computed, taken out of the windows.
    pub fn take_inputs(&mut self) -> Vec<Input> {
        self.windows.iter_mut().map(|window| std::mem::take(&mut window.input)).collect()
    }
}

impl Reader {
    pub fn new(tokenizer: TextTokenizer, context_length: usize) -> Result<Self, EngineError> {
        let wrapping = Wrapping::of(&tokenizer)?;
        Ok(Self { tokenizer, wrapping, context_length })
    }

    /// Windows over a text; what stands before it, a question for instance, is in each of them and gives way where it
    /// would take more than half of the room.
    pub fn read(&self, before: Option<&str>, text: &str) -> Result<Reading, EngineError> {
        let before = before.map(|before| self.tokenizer.encode(before)).transpose()?;
        let (tokens, offsets) = self.tokenizer.encode_with_offsets(text)?;
        let room = self.context_length.saturating_sub(self.wrapping.added(before.is_some()));
        let kept = before.as_deref().map(|tokens| &tokens[..tokens.len().min(room / 2)]);
        let left_out = before.as_ref().map_or(0, Vec::len) - kept.map_or(0, <[_]>::len);
        let size = room - kept.map_or(0, <[_]>::len);
        let window = |range: Range<usize>| {
            let (input, first) = self.wrapping.wrap(kept, &tokens[range.clone()]);
            Window { input, tokens: range, first }
        };
        let windows = windows(tokens.len(), size).map(window).collect();
        Ok(Reading { windows, offsets, left_out })
    }

    /// The beginning of a text, as much as the model reads at once.
    pub fn read_beginning(&self, text: &str) -> Result<(Input, usize), EngineError> {
        let tokens: Vec<TokenId> = self.tokenizer.encode(text)?;
        let room = self.context_length.saturating_sub(self.wrapping.added(false));
        let kept = tokens.len().min(room);
        Ok((self.wrapping.wrap(None, &tokens[..kept]).0, tokens.len() - kept))
    }
}

/// Stretches of `size` that overlap by a quarter; one, maybe empty, where all fits.
fn windows(length: usize, size: usize) -> impl Iterator<Item = Range<usize>> {
    let size = size.max(1);
    let step = (size - size / 4).max(1);
    let count = 1 + length.saturating_sub(size).div_ceil(step);
    (0..count).map(move |window| window * step..(window * step + size).min(length))
}

/// Puts the inputs of texts through an encoder, in their order, and tells what its head says of each text's inputs once
/// they are all done. Ends early where it is cancelled.
pub(super) fn compute(
    encoder: &Encoder,
    texts: Vec<Vec<Input>>,
    cancel: &CancellationToken,
    on_progress: &mut dyn FnMut(Progress),
    mut on_text: impl FnMut(usize, Vec<Vec<Vec<f32>>>),
) -> Result<(), EngineError> {
    let total = texts.len();
    on_progress(Progress { done: 0, total });
    let sizes: Vec<usize> = texts.iter().map(Vec::len).collect();
    let inputs: Vec<Input> = texts.into_iter().flatten().collect();
    let mut rest = inputs.as_slice();
    let mut found = Vec::new();
    let mut done = 0;
    while !rest.is_empty() {
        let (batch, others) = rest.split_at(batch_size(rest));
        let Some(rows) = encoder.forward(batch, cancel)? else { return Ok(()) };
        found.extend(rows);
        while sizes.get(done).is_some_and(|&size| size <= found.len()) {
            on_text(done, found.drain(..sizes[done]).collect());
            done += 1;
        }
        on_progress(Progress { done, total });
        rest = others;
    }
    Ok(())
}

/// How many of the inputs are computed at once, at least one.
fn batch_size(inputs: &[Input]) -> usize {
    let mut tokens = 0;
    let fits = inputs.iter().take_while(|input| {
        tokens += input.tokens.len();
        tokens <= BATCH_TOKENS
    });
    fits.count().max(1)
}

/// Probabilities that add up to one.
pub(super) fn softmax(logits: &[f32]) -> Vec<f32> {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f32> = logits.iter().map(|logit| (logit - highest).exp()).collect();
    let sum: f32 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_overlap_and_leave_nothing_out() {
        let all = |length, size| {
            windows(length, size).map(|window| (window.start, window.end)).collect::<Vec<_>>()
        };
        assert_eq!(all(0, 8), [(0, 0)]);
        assert_eq!(all(8, 8), [(0, 8)]);
        assert_eq!(all(9, 8), [(0, 8), (6, 9)]);
        assert_eq!(all(20, 8), [(0, 8), (6, 14), (12, 20)]);
        assert_eq!(all(3, 1), [(0, 1), (1, 2), (2, 3)]);
    }
}
