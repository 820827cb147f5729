//! A model without a library: text in, text out, for scripts and for measuring.

use bimo_engine::{
    CancellationToken, ChoiceOutcome, EngineError, FinishReason, GenerationRequest,
    GeneratorWorker, ModelCard, Piece, PieceKind, Prompt, SamplingParams, TokenId,
};

use crate::ModelSpec;
use crate::error::too_large_for;
use crate::model::Means;
use crate::story::{Cleaning, Context, Ear, Heard, HeardToken};
use crate::wire::{ApiError, Guidance, ModelTask, WritingParams};

/// Longest window of a text that is scored, in tokens.
const SCORE_WINDOW: usize = 1024;

/// A loaded model.
pub struct TextModel {
    worker: GeneratorWorker,
}

/// A continuation to write.
#[derive(Debug, Clone)]
pub struct TextRequest {
    /// What to go on from.
    pub prompt: String,
    /// Sends the prompt as it is, and gives the text as it comes: no template, no trimming.
    pub raw: bool,
    /// Most tokens.
    pub max_tokens: u32,
    /// How tokens are chosen, the seed included.
    pub sampling: SamplingParams,
    /// Alternatives to report for each token.
    pub alternatives: usize,
}

/// What comes while a continuation is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextPart<'a> {
    /// More of the text.
    Text(&'a str),
    /// More of what the model thinks before it writes.
    Thought(&'a str),
}

/// A continuation that was written.
#[derive(Debug, Clone)]
pub struct Continuation {
    /// The text, without what the model thought.
    pub text: String,
    /// What it thought before it wrote; mostly nothing.
    pub thoughts: String,
    /// Its tokens.
    pub tokens: Vec<HeardToken>,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Of these, taken from the cache.
    pub reused_tokens: usize,
    /// UTF-16 units of the prompt's beginning that did not fit.
    pub dropped: u32,
    /// Why it ended.
    pub finish: FinishReason,
    /// Settings that were left out, because the server that wrote does not know them.
    pub ignored: Vec<&'static str>,
}

/// How likely a model finds a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// All tokens in order.
    pub tokens: Vec<ScoredToken>,
    /// Bytes of those tokens that have a probability.
    pub bytes: usize,
    /// Bits that the model needs for a byte.
    pub bits_per_byte: f64,
}

/// A token of a scored text.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredToken {
    /// The token.
    pub token: TokenId,
    /// Its text on its own.
    pub text: String,
    /// Natural logarithm of its probability, given what is before it; nothing for a first token that nothing is before.
    pub logprob: Option<f32>,
}

impl TextModel {
    /// Loads a model.
    pub async fn load(spec: ModelSpec) -> Result<Self, ApiError> {
        Self::load_with(spec, Means::default()).await
    }

    /// Loads a model that may use these means.
    pub async fn load_with(spec: ModelSpec, means: Means) -> Result<Self, ApiError> {
        let load = spec.load;
        let loaded = GeneratorWorker::spawn(move || load(means)).await;
        let worker = loaded.map_err(|error| too_large_for(ModelTask::Story, error))?;
        Ok(Self { worker })
    }

    /// The model's facts.
    pub fn card(&self) -> &ModelCard {
        self.worker.card()
    }

    /// Writes on, giving the text to `on_part` as it comes, on the model's own thread.
    pub async fn continue_text(
        &self,
        request: TextRequest,
        cancel: CancellationToken,
        mut on_part: impl FnMut(TextPart<'_>) + Send + 'static,
    ) -> Result<Continuation, ApiError> {
        let (tokens, dropped, ear) = self.prompt(&request).await?;
        let engine_request = GenerationRequest {
            prompt: tokens,
            sampling: request.sampling,
            choices: 1,
            max_tokens: request.max_tokens as usize + ear.room_for_thoughts(),
            min_tokens: 0,
            stop: Vec::new(),
            top_logprobs: request.alternatives,
        };
        let (said, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let mut listener = ear.listen(1, move |what| {
            if let Heard::More { text, thought, .. } = &what {
                if !thought.is_empty() {
                    on_part(TextPart::Thought(thought));
                }
                if !text.is_empty() {
                    on_part(TextPart::Text(text));
                }
            }
            // The other end stays until everything has been said.
            let _ = said.send(what);
        });
        let sink = Box::new(move |event| listener.hear(event));
        let outcome = self.worker.generate(engine_request, cancel, sink).await?;
        let Some(&ChoiceOutcome { finish, .. }) = outcome.choices.first() else {
            return Err(ApiError::internal("the model answered without a choice"));
        };
        let mut written = Continuation {
            text: String::new(),
            thoughts: String::new(),
            tokens: Vec::new(),
            prompt_tokens: outcome.prompt_tokens,
            reused_tokens: outcome.reused_tokens,
            dropped,
            finish,
            ignored: Vec::new(),
        };
        while let Some(what) = heard.recv().await {
            match what {
                Heard::Ignored(settings) => written.ignored = settings,
                Heard::Prefill { .. } => {}
                Heard::More { text, thought, token, .. } => {
                    written.text += &text;
                    written.thoughts += &thought;
                    written.tokens.extend(token);
                }
            }
        }
        Ok(written)
    }

    /// The text of one token on its own.
    pub async fn text_of(&self, token: TokenId) -> Result<String, ApiError> {
        Ok(self.worker.detokenize(vec![token]).await?)
    }

    /// Scores a text of any length: where it is longer than a window, each window repeats the second half of the one
    /// before it, so that every token is judged with at least half a window before it.
    pub async fn score(&self, text: &str) -> Result<Score, ApiError> {
        let tokens = self.worker.tokenize(text.to_owned()).await?;
        let opening = self.worker.encode_prompt(Prompt::Text(Vec::new())).await?.tokens;
        let logprobs = self.logprobs(&opening, &tokens).await?;
        let mut scored = Vec::with_capacity(tokens.len());
        for (&token, logprob) in tokens.iter().zip(logprobs) {
            scored.push(ScoredToken { token, text: self.text_of(token).await?, logprob });
        }
        let unjudged = scored.iter().filter(|token| token.logprob.is_none());
        let bytes =
            text.len() - unjudged.map(|token| token.text.len()).sum::<usize>().min(text.len());
        let nats: f64 = scored.iter().filter_map(|token| token.logprob).map(f64::from).sum();
        let bits_per_byte =
            if bytes == 0 { 0.0 } else { -nats / std::f64::consts::LN_2 / bytes as f64 };
        Ok(Score { tokens: scored, bytes, bits_per_byte })
    }

    async fn logprobs(
        &self,
        opening: &[TokenId],
        tokens: &[TokenId],
    ) -> Result<Vec<Option<f32>>, EngineError> {
        let window = self.card().context_length.min(SCORE_WINDOW).saturating_sub(opening.len());
        let window = window.max(2);
        let mut logprobs: Vec<Option<f32>> = Vec::with_capacity(tokens.len());
        while logprobs.len() < tokens.len() {
            let begin = logprobs.len().saturating_sub(window / 2);
            let end = tokens.len().min(begin + window);
            let seen = [opening, &tokens[begin..end]].concat();
            let scores = self.worker.score(seen, CancellationToken::new()).await?;
            // The first token that is seen has no score.
            let first = usize::from(opening.is_empty() && begin == 0 && logprobs.is_empty());
            logprobs.extend((0..first).map(|_| None));
            let new = opening.len() + logprobs.len() - begin - 1;
            if opening.len() + end - begin != scores.len() + 1 {
                return Err(EngineError::Compute("it scored another number of tokens".into()));
            }
            logprobs.extend(scores.iter().skip(new).map(|score| Some(score.logprob)));
        }
        Ok(logprobs)
    }

    /// The prompt's tokens, what was dropped of it, and how to listen.
    async fn prompt(&self, request: &TextRequest) -> Result<(Vec<TokenId>, u32, Ear), ApiError> {
        if request.raw {
            let prompt = Prompt::Text(vec![Piece::new(PieceKind::Text, request.prompt.as_str())]);
            let tokens = self.worker.encode_prompt(prompt).await?.tokens;
            return Ok((tokens, 0, Ear::raw()));
        }
        let writing = WritingParams {
            length: request.max_tokens,
            finish_sentence: false,
            ..WritingParams::default()
        };
        let no_guidance = Guidance::default();
        let context = Context::build(&self.worker, &no_guidance, &request.prompt, &writing).await?;
        let ear = Ear {
            cleaning: Cleaning::for_page(self.card().instruct, &context.report.pieces),
            before: context.before,
            finish_after: None,
            enough: request.max_tokens,
        };
        Ok((context.tokens, context.report.dropped, ear))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bimo_engine::scripted::ScriptedGenerator;

    use super::*;

    async fn scripted(model: ScriptedGenerator) -> TextModel {
        TextModel::load(ModelSpec {
            name: String::new(),
            starter: false,
            bytes: 0,
            card: String::new(),
            goes_to: None,
            load: Arc::new(move |_| Ok(Box::new(model.clone()))),
        })
        .await
        .expect("it loads")
    }

    fn request(prompt: &str, raw: bool) -> TextRequest {
        TextRequest {
            prompt: prompt.into(),
            raw,
            max_tokens: 100,
            sampling: SamplingParams::greedy(),
            alternatives: 1,
        }
    }

    #[tokio::test]
    async fn text_goes_on_clean_or_raw() {
        let model = scripted(ScriptedGenerator::writing([" there was", " there was"])).await;
        let write = async |raw| {
            let (said, heard) = std::sync::mpsc::channel();
            let on_part = move |part: TextPart<'_>| match part {
                TextPart::Text(text) => said.send(text.to_owned()).expect("it is heard"),
                TextPart::Thought(thought) => panic!("it thinks {thought}"),
            };
            let request = request("Once ", raw);
            let written = model
                .continue_text(request, CancellationToken::new(), on_part)
                .await
                .expect("text");
            assert_eq!(heard.iter().collect::<String>(), written.text);
            assert_eq!(written.tokens.len(), 10);
            assert_eq!(written.finish, FinishReason::EndOfText);
            (written.text, written.prompt_tokens)
        };
        assert_eq!(write(false).await, ("there was".to_owned(), 4));
        assert_eq!(write(true).await, (" there was".to_owned(), 5));
    }

    #[tokio::test]
    async fn thoughts_are_told_apart_from_the_text_unless_it_is_raw() {
        let script = "<think>Hm.</think>Yes.";
        let model = scripted(ScriptedGenerator::writing([script, script]).as_instruct()).await;
        let write = async |raw| {
            let request = request("So?", raw);
            model.continue_text(request, CancellationToken::new(), |_| {}).await.expect("text")
        };
        let clean = write(false).await;
        assert_eq!((clean.text.as_str(), clean.thoughts.as_str()), ("Yes.", "Hm."));
        assert_eq!(write(true).await.text, script);
    }

    #[tokio::test]
    async fn every_token_but_the_first_is_scored_once_however_long_the_text() {
        // The scripted model gives every token but the first the probability 1/e, and a character is a token.
        for (length, context) in
            [(0, 64), (1, 64), (2, 64), (64, 64), (65, 64), (1000, 64), (1000, 7)]
        {
            let model =
                scripted(ScriptedGenerator::writing([""]).with_context_length(context)).await;
            let score = model.score(&"a".repeat(length)).await.expect("a score");
            assert_eq!(score.tokens.len(), length);
            let judged = score.tokens.iter().filter(|token| token.logprob == Some(-1.0)).count();
            assert_eq!(judged, length.saturating_sub(1), "{length} {context}");
            assert_eq!(score.bytes, judged);
            if judged > 0 {
                assert!((score.bits_per_byte - std::f64::consts::LOG2_E).abs() < 1e-9);
            }
        }
    }
}
