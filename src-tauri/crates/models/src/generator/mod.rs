//! A decoder, its tokenizer and what it has read: a [`TextGenerator`].
//!
//! **Invariant**: whether part of the prompt was read by an earlier request changes the time, not the text. Nor does it
//! matter how much of the text was guessed right.

mod continuation;
mod draft;
mod guess;
mod phrases;

use std::iter;
use std::time::Instant;

use bimo_engine::{
    CancellationToken, ChoiceOutcome, EncodedPrompt, EngineError, FinishReason, Flow,
    GenerationEvent, GenerationOutcome, GenerationRequest, GenerationResult, MemoryGauge,
    ModelCard, Prompt, TextGenerator, TokenId, TokenScore,
};

use crate::decoder::{Context, Decoder, Rows, Run};
use crate::device::on_device;
use crate::layers::compute;
use crate::sampling::log_sum_exp;
use crate::{ChatTemplate, TextTokenizer, encode_prompt};
use continuation::Continuation;

/// A prompt is read so many tokens at a time; between them a request can be cancelled.
const CHUNK_TOKENS: usize = 64;

/// Writes with a [`Decoder`].
pub struct DecoderGenerator {
    decoder: Decoder,
    tokenizer: TextTokenizer,
    template: Option<ChatTemplate>,
    card: ModelCard,
    /// What the last request left read, for the next one to go on from.
    context: Context,
    /// Shows the bytes of all contexts.
    gauge: MemoryGauge,
    guesses: bool,
}

type OnEvent<'a> = &'a mut dyn FnMut(GenerationEvent) -> Flow;

impl DecoderGenerator {
    /// Puts the parts together.
    pub fn new(
        decoder: Decoder,
        tokenizer: TextTokenizer,
        template: Option<ChatTemplate>,
        card: ModelCard,
    ) -> Result<Self, EngineError> {
        let context = decoder.context()?;
        let gauge = MemoryGauge::default();
        Ok(Self { decoder, tokenizer, template, card, context, gauge, guesses: true })
    }

    /// Reads no token before it is chosen: for comparing how fast others compute the same.
    #[must_use]
    pub fn without_guesses(mut self) -> Self {
        self.guesses = false;
        self
    }

    fn check(&self, request: &GenerationRequest) -> Result<(), EngineError> {
        request.sampling.validate()?;
        let at_least_one = |name, value: usize| match value {
            0 => Err(EngineError::InvalidParameter { name, value: "0".into() }),
            _ => Ok(()),
        };
        at_least_one("choices", request.choices)?;
        at_least_one("max tokens", request.max_tokens)?;
        at_least_one("prompt tokens", request.prompt.len())?;
        self.check_tokens(&request.prompt, self.card.context_length - 1)
    }

    fn check_tokens(&self, tokens: &[TokenId], room: usize) -> Result<(), EngineError> {
        if tokens.len() > room {
            return Err(EngineError::PromptTooLong {
                prompt_tokens: tokens.len(),
                context_length: self.card.context_length,
            });
        }
        let vocabulary = self.decoder.config().vocabulary;
        match tokens.iter().find(|&&token| token as usize >= vocabulary) {
            Some(token) => {
                Err(EngineError::InvalidParameter { name: "token", value: token.to_string() })
            }
            None => Ok(()),
        }
    }

    /// Reads what of the prompt is not read yet and answers the logits of what comes next, or nothing if `cancel`
    /// came before the end. `reused` tokens are read already.
    fn read_prompt(
        &mut self,
        prompt: &[TokenId],
        reused: usize,
        cancel: &CancellationToken,
        on_event: OnEvent<'_>,
    ) -> Result<Option<Vec<f32>>, EngineError> {
        let total = prompt.len();
        self.context.truncate(reused);
        self.context.foresee(total);
        on_event(GenerationEvent::Prefill { done: reused, total, reused });
        let mut logits = None;
        let mut chunks = prompt[reused..].chunks(CHUNK_TOKENS).peekable();
        while let Some(tokens) = chunks.next() {
            if cancel.is_cancelled() {
                return Ok(None);
            }
            let mut run = [Run { context: &mut self.context, tokens }];
            let rows = if chunks.peek().is_some() { Rows::None } else { Rows::Last };
            logits = self.decoder.forward(&mut run, rows)?.pop();
            let done = self.context.tokens().len();
            self.gauge.show(self.context.bytes());
            on_event(GenerationEvent::Prefill { done, total, reused });
        }
        Ok(logits)
    }

    /// Writes all choices side by side, a token of each at a time. The first goes on in the generator's own context.
    /// Answers how they ended, and how many tokens had been guessed.
    fn write(
        &mut self,
        request: &GenerationRequest,
        logits: &[f32],
        cancel: &CancellationToken,
        on_event: OnEvent<'_>,
    ) -> Result<(Vec<ChoiceOutcome>, usize), EngineError> {
        let others = (1..request.choices).map(|_| self.context.branch());
        let mut others: Vec<Context> = others.collect::<Result<_, _>>().map_err(compute)?;
        let mut choices: Vec<Continuation<'_>> = (0..request.choices)
            .map(|choice| Continuation::new(choice, request, logits.to_vec(), &self.tokenizer))
            .collect();
        loop {
            for choice in choices.iter_mut().filter(|choice| choice.is_open()) {
                if cancel.is_cancelled() {
                    choice.finish(FinishReason::Cancelled, on_event);
                } else {
                    choice.choose_token(self.card.context_length, on_event)?;
                }
            }
            if !choices.iter().any(Continuation::is_open) {
                self.gauge.show(self.context.bytes());
                let guessed = choices.iter().map(Continuation::guessed_tokens).sum();
                return Ok((choices.iter().map(Continuation::outcome).collect(), guessed));
            }
            let contexts = iter::once(&mut self.context).chain(&mut others);
            let open = choices.iter_mut().zip(contexts).filter(|(choice, _)| choice.is_open());
            let mut open: Vec<_> = open
                .filter_map(|(choice, context)| {
                    (!choice.went_as_guessed()).then_some((choice, context))
                })
                .collect();
            match &mut open[..] {
                [] => continue,
                // Several are a batch already.
                [(choice, context)] if self.guesses && request.choices == 1 => {
                    read_with_guesses(&self.decoder, choice, context)?;
                }
                several => read_tokens(&self.decoder, several)?,
            }
            self.gauge.show(open.iter().map(|(_, context)| context.bytes()).sum());
        }
    }

    /// Reads the prompt and writes on.
    fn answer(
        &mut self,
        request: &GenerationRequest,
        cancel: &CancellationToken,
        on_event: OnEvent<'_>,
    ) -> GenerationResult {
        let started = Instant::now();
        // The last token is read again in any case, for its logits.
        let reused = self.decoder.reusable(&self.context, &request.prompt);
        let reused = reused.min(request.prompt.len() - 1);
        let logits = self.read_prompt(&request.prompt, reused, cancel, on_event)?;
        let prefill_seconds = started.elapsed().as_secs_f64();
        let started = Instant::now();
        let (choices, guessed_tokens) = match logits {
            Some(logits) => self.write(request, &logits, cancel, on_event)?,
            None => {
                let none = ChoiceOutcome { finish: FinishReason::Cancelled, tokens: 0 };
                (vec![none; request.choices], 0)
            }
        };
        Ok(GenerationOutcome {
            choices,
            prompt_tokens: request.prompt.len(),
            reused_tokens: reused,
            guessed_tokens,
            prefill_seconds,
            decode_seconds: started.elapsed().as_secs_f64(),
        })
    }

    /// Log-probabilities of tokens that have been checked.
    fn judge(
        &self,
        tokens: &[TokenId],
        cancel: &CancellationToken,
    ) -> Result<Vec<TokenScore>, EngineError> {
        let mut context = self.decoder.context()?;
        context.foresee(tokens.len());
        let mut scores = Vec::with_capacity(tokens.len());
        for chunk in tokens.chunks(CHUNK_TOKENS) {
            if cancel.is_cancelled() {
                break;
            }
            let next = &tokens[context.tokens().len() + 1..];
            let mut run = [Run { context: &mut context, tokens: chunk }];
            let rows = self.decoder.forward(&mut run, Rows::All)?;
            for (logits, &token) in rows.iter().zip(next) {
                scores.push(TokenScore { token, logprob: log_probability(logits, token)? });
            }
        }
        Ok(scores)
    }
}

/// Reads the newest token of each choice, as one batch.
fn read_tokens(
    decoder: &Decoder,
    open: &mut [(&mut Continuation<'_>, &mut Context)],
) -> Result<(), EngineError> {
    let runs = open.iter_mut().map(|(choice, context)| {
        let (read, unread) = choice.newest_token();
        context.truncate(read);
        Run { context, tokens: unread }
    });
    let rows = decoder.forward(&mut runs.collect::<Vec<_>>(), Rows::Last)?;
    for ((choice, _), logits) in open.iter_mut().zip(rows) {
        choice.set_logits(logits);
    }
    Ok(())
}

/// Reads the newest token, and with it what may follow.
fn read_with_guesses(
    decoder: &Decoder,
    choice: &mut Continuation<'_>,
    context: &mut Context,
) -> Result<(), EngineError> {
    let (read, newest) = choice.newest_token();
    let newest = newest.to_vec();
    context.truncate(read);
    let guesses = choice.guess(decoder.room_for_guesses(context));
    let tokens = [&newest[..], &guesses].concat();
    let mut logits =
        decoder.forward(&mut [Run { context, tokens: &tokens }], Rows::All)?.into_iter();
    choice.set_logits(logits.next().unwrap_or_default());
    choice.keep_guesses(guesses, logits);
    Ok(())
}

impl TextGenerator for DecoderGenerator {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn gauge(&self) -> MemoryGauge {
        self.gauge.clone()
    }

    fn tokenize(&self, text: &str) -> Result<Vec<TokenId>, EngineError> {
        self.tokenizer.encode(text)
    }

    fn detokenize(&self, tokens: &[TokenId]) -> Result<String, EngineError> {
        Ok(self.tokenizer.decode(tokens))
    }

    fn encode_prompt(&self, prompt: &Prompt) -> Result<EncodedPrompt, EngineError> {
        encode_prompt(prompt, &self.tokenizer, self.template.as_ref())
    }

    fn generate(
        &mut self,
        request: &GenerationRequest,
        cancel: &CancellationToken,
        on_event: &mut dyn FnMut(GenerationEvent) -> Flow,
    ) -> GenerationResult {
        self.check(request)?;
        self.answer(request, cancel, on_event).map_err(|error| on_device(error, self.card.device))
    }

    fn read_ahead(
        &mut self,
        prompt: &[TokenId],
        cancel: &CancellationToken,
    ) -> Result<(), EngineError> {
        self.check_tokens(prompt, self.card.context_length - 1)?;
        let reused = self.decoder.reusable(&self.context, prompt);
        let read = self.read_prompt(prompt, reused, cancel, &mut |_| Flow::Continue);
        read.map(drop).map_err(|error| on_device(error, self.card.device))
    }

    /// Cancelled, it answers the scores that it has.
    fn score(
        &mut self,
        tokens: &[TokenId],
        cancel: &CancellationToken,
    ) -> Result<Vec<TokenScore>, EngineError> {
        self.check_tokens(tokens, self.card.context_length)?;
        self.judge(tokens, cancel).map_err(|error| on_device(error, self.card.device))
    }
}

/// Natural logarithm of a token's probability.
fn log_probability(logits: &[f32], token: TokenId) -> Result<f32, EngineError> {
    finite(logits[token as usize] - log_sum_exp(logits))
}

fn finite(logprob: f32) -> Result<f32, EngineError> {
    if logprob.is_finite() { Ok(logprob) } else { Err(EngineError::NotANumber) }
}
