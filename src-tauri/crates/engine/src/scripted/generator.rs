//! A model that continues with what it was told to.

use std::collections::VecDeque;
use std::thread;
use std::time::Duration;

use crate::{
    CancellationToken, ChoiceOutcome, EncodedPiece, EncodedPrompt, EngineError, FinishReason, Flow,
    GenerationEvent, GenerationOutcome, GenerationRequest, GenerationResult, ModelCard,
    ModelDigest, Piece, PieceKind, Prompt, TextGenerator, TokenChoice, TokenId, TokenScore,
};

/// Every character is a token, numbered by its code point. Each choice of each request takes the next text.
#[derive(Clone)]
pub struct ScriptedGenerator {
    card: ModelCard,
    script: VecDeque<String>,
    delay: Duration,
    previous: Vec<TokenId>,
    opening: &'static str,
}

impl ScriptedGenerator {
    /// A base model that writes these texts, one for each choice; the last one again and again.
    pub fn writing<const N: usize>(texts: [&str; N]) -> Self {
        Self {
            card: super::card(),
            script: texts.map(String::from).into(),
            delay: Duration::ZERO,
            previous: Vec::new(),
            opening: "",
        }
    }

    /// Takes that long for every token.
    #[must_use]
    pub fn with_delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Has that much room.
    #[must_use]
    pub fn with_context_length(mut self, tokens: usize) -> Self {
        self.card.context_length = tokens;
        self
    }

    /// Has that digest.
    #[must_use]
    pub fn with_digest(mut self, digest: ModelDigest) -> Self {
        self.card.digest = digest;
        self
    }

    /// Answers in a conversation whose format ends with `opening` where the reply is still empty.
    #[must_use]
    pub fn opening_with(mut self, opening: &'static str) -> Self {
        self.opening = opening;
        self.as_instruct()
    }

    /// Answers in a conversation.
    #[must_use]
    pub fn as_instruct(mut self) -> Self {
        self.card.instruct = true;
        self
    }

    fn next_text(&mut self) -> String {
        if self.script.len() > 1 {
            self.script.pop_front().unwrap_or_default()
        } else {
            self.script.front().cloned().unwrap_or_default()
        }
    }
}

fn pieces_of(prompt: &Prompt, opening: &str) -> Vec<Piece> {
    match prompt {
        Prompt::Text(pieces) => pieces.clone(),
        Prompt::Chat { messages, reply } => {
            let opening = Piece::new(PieceKind::Template, opening);
            let opened = reply.is_empty() && !opening.text.is_empty();
            let said = messages.iter().flat_map(|message| &message.pieces);
            said.chain(reply).chain(opened.then_some(&opening)).cloned().collect()
        }
    }
}

impl TextGenerator for ScriptedGenerator {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn tokenize(&self, text: &str) -> Result<Vec<TokenId>, EngineError> {
        Ok(text.chars().map(TokenId::from).collect())
    }

    fn detokenize(&self, tokens: &[TokenId]) -> Result<String, EngineError> {
        let character = |&token| char::from_u32(token).unwrap_or(char::REPLACEMENT_CHARACTER);
        Ok(tokens.iter().map(character).collect())
    }

    fn encode_prompt(&self, prompt: &Prompt) -> Result<EncodedPrompt, EngineError> {
        let pieces = pieces_of(prompt, self.opening);
        let encoded = pieces.iter().map(|piece| EncodedPiece {
            kind: piece.kind,
            text: piece.text.clone(),
            tokens: u32::try_from(piece.text.chars().count()).unwrap_or(u32::MAX),
        });
        Ok(EncodedPrompt {
            tokens: pieces.iter().flat_map(|piece| piece.text.chars()).map(TokenId::from).collect(),
            pieces: encoded.collect(),
        })
    }

    fn generate(
        &mut self,
        request: &GenerationRequest,
        cancel: &CancellationToken,
        on_event: &mut dyn FnMut(GenerationEvent) -> Flow,
    ) -> GenerationResult {
        request.sampling.validate()?;
        let total = request.prompt.len();
        let reused = common_prefix(&self.previous, &request.prompt);
        self.previous.clone_from(&request.prompt);
        on_event(GenerationEvent::Prefill { done: reused, total, reused });
        on_event(GenerationEvent::Prefill { done: total, total, reused });
        let choices = (0..request.choices)
            .map(|choice| {
                let text = self.next_text();
                recite(&text, choice, request, cancel, self.delay, on_event)
            })
            .collect();
        Ok(GenerationOutcome {
            choices,
            prompt_tokens: total,
            reused_tokens: reused,
            guessed_tokens: 0,
            prefill_seconds: 0.0,
            decode_seconds: 0.0,
        })
    }

    fn read_ahead(
        &mut self,
        prompt: &[TokenId],
        cancel: &CancellationToken,
    ) -> Result<(), EngineError> {
        self.previous.truncate(common_prefix(&self.previous, prompt));
        while self.previous.len() < prompt.len() && !cancel.is_cancelled() {
            thread::sleep(self.delay);
            self.previous.push(prompt[self.previous.len()]);
        }
        Ok(())
    }

    fn score(
        &mut self,
        tokens: &[TokenId],
        _cancel: &CancellationToken,
    ) -> Result<Vec<TokenScore>, EngineError> {
        let scored = tokens.iter().skip(1);
        Ok(scored.map(|&token| TokenScore { token, logprob: -1.0 }).collect())
    }
}

fn common_prefix(a: &[TokenId], b: &[TokenId]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

fn recite(
    text: &str,
    choice: usize,
    request: &GenerationRequest,
    cancel: &CancellationToken,
    delay: Duration,
    on_event: &mut dyn FnMut(GenerationEvent) -> Flow,
) -> ChoiceOutcome {
    let mut tokens = 0;
    let ended = |finish, tokens| ChoiceOutcome { finish, tokens };
    for character in text.chars() {
        if cancel.is_cancelled() {
            return ended(FinishReason::Cancelled, tokens);
        }
        if tokens == request.max_tokens {
            return ended(FinishReason::Length, tokens);
        }
        thread::sleep(delay);
        tokens += 1;
        let event = GenerationEvent::Token {
            choice,
            token: character.into(),
            logprob: Some(-1.0),
            text: character.into(),
            alternatives: vec![
                TokenChoice {
                    token: character.into(),
                    text: character.into(),
                    logprob: -1.0
                };
                request.top_logprobs.min(1)
            ],
        };
        if let Flow::Finish(reason) = on_event(event) {
            return ended(reason, tokens);
        }
    }
    ended(FinishReason::EndOfText, tokens)
}
