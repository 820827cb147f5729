//! Answers in a text on candle.

use bimo_engine::{
    Answer, CancellationToken, EngineError, ExtractRequest, ModelCard, Progress, Question, Span,
    SpanExtractor,
};

use super::reading::{Reader, Reading, Window, compute, softmax};
use super::{Encoder, HeadConfig};
use crate::TextTokenizer;

/// Ends that are looked at for each beginning are bounded by this, whatever a request says.
const LONGEST_ANSWER: usize = 512;

/// Finds answers.
pub struct SpanReader {
    encoder: Encoder,
    reader: Reader,
    card: ModelCard,
}

impl SpanReader {
    /// Of an encoder with a span head; another is [`EngineError::ModelUnsupported`].
    pub fn new(
        encoder: Encoder,
        tokenizer: TextTokenizer,
        card: ModelCard,
    ) -> Result<Self, EngineError> {
        if encoder.config().head != HeadConfig::Span {
            let found = encoder.config().head.task();
            let words = format!("it is {found}, and one that finds answers is wanted");
            return Err(EngineError::ModelUnsupported(words));
        }
        let reader = Reader::new(tokenizer, encoder.config().context_length)?;
        Ok(Self { encoder, reader, card })
    }

    /// The logits of each token of a question and its text as beginning and end; of the first window.
    pub fn logits(&self, question: &Question) -> Result<Vec<Vec<f32>>, EngineError> {
        let mut reading = self.reader.read(Some(&question.question), &question.text)?;
        let mut logits = Vec::new();
        let never = CancellationToken::new();
        let inputs = vec![reading.take_inputs()];
        compute(&self.encoder, inputs, &never, &mut |_| {}, |_, mut windows| {
            logits = windows.swap_remove(0);
        })?;
        Ok(logits)
    }
}

impl SpanExtractor for SpanReader {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn extract(
        &mut self,
        request: &ExtractRequest,
        cancel: &CancellationToken,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Vec<Option<Answer>>, EngineError> {
        for (name, value) in [("best", request.best), ("max tokens", request.max_tokens)] {
            if value == 0 {
                return Err(EngineError::InvalidParameter { name, value: value.to_string() });
            }
        }
        let read = |asked: &Question| self.reader.read(Some(&asked.question), &asked.text);
        let mut readings = request.questions.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let inputs = readings.iter_mut().map(Reading::take_inputs).collect();
        let mut found = vec![None; readings.len()];
        compute(&self.encoder, inputs, cancel, on_progress, |place, windows| {
            found[place] = Some(answer(request, place, &readings[place], &windows));
        })?;
        Ok(found)
    }
}

/// The likeliest spans of all windows; of several that say the same place, the likeliest.
fn answer(
    request: &ExtractRequest,
    place: usize,
    reading: &Reading,
    windows: &[Vec<Vec<f32>>],
) -> Answer {
    let longest = request.max_tokens.min(LONGEST_ANSWER);
    let mut spans: Vec<Span> = Vec::new();
    let mut nowhere = 1.0_f32;
    for (window, rows) in reading.windows.iter().zip(windows) {
        let (starts, ends) = (probabilities(window, rows, 0), probabilities(window, rows, 1));
        nowhere = nowhere.min(starts[0] * ends[0]);
        for (token, start) in window.tokens.clone().zip(&starts[1..]) {
            let ends = ends[1..].iter().skip(token - window.tokens.start).take(longest);
            for (last, end) in (token..).zip(ends) {
                let range = reading.offsets[token].start..reading.offsets[last].end;
                spans.push(Span { range, score: start * end });
            }
        }
        spans.sort_by(|a, b| b.score.total_cmp(&a.score));
        spans.truncate(4 * request.best);
    }
    let text = &request.questions[place].text;
    let mut kept: Vec<Span> = Vec::new();
    for span in spans {
        let range = trimmed(text, span.range);
        let is_new = !range.is_empty() && kept.iter().all(|other| other.range != range);
        if is_new && kept.len() < request.best {
            kept.push(Span { range, score: span.score });
        }
    }
    Answer { spans: kept, nowhere, left_out: reading.left_out }
}

/// Of the first token, which stands for no answer, and of each token of the window's text.
fn probabilities(window: &Window, rows: &[Vec<f32>], side: usize) -> Vec<f32> {
    let tokens = window.first..window.first + window.tokens.len();
    let logits: Vec<f32> =
        std::iter::once(0).chain(tokens).map(|token| rows[token][side]).collect();
    softmax(&logits)
}

/// Without the space that some tokenizers count to a word.
fn trimmed(text: &str, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let Some(found) = text.get(range.clone()) else { return 0..0 };
    let start = range.start + found.len() - found.trim_start().len();
    start..start + found.trim().len()
}
