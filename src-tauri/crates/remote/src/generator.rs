//! A server's model behind the trait of all models that write.

use std::collections::HashMap;
use std::time::Instant;

use bimo_engine::{
    CancellationToken, ChoiceOutcome, DeviceKind, DeviceReason, EncodedPrompt, EngineError,
    FinishReason, Flow, GenerationEvent, GenerationOutcome, GenerationRequest, GenerationResult,
    ModelCard, Prompt, SamplingParams, TextGenerator, TokenChoice, TokenId, TokenScore,
};
use sha2::{Digest, Sha256};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::kind::{Mapped, ServerKind};
use crate::prompt::{Sent, encode};
use crate::reply::Written;
use crate::server::{Asked, Ended, Limits};
use crate::vocabulary::{Vocabulary, tokens_of};
use crate::{RemoteError, ServedModel, Server};

/// Tokens of a context of which the server says nothing: what the usual servers start with at least.
const USUAL_CONTEXT: usize = 4096;
/// What the newest servers put at the end of the name of a model that is asked for without.
const LATEST: &str = ":latest";

/// Which model of a server to use, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RemoteModel {
    /// Its name; empty for the only one that the server has.
    pub name: String,
    /// It is asked in a conversation. Else it goes on with plain text, unless the server has only conversations.
    pub converses: bool,
    /// Tokens of its context, where the person knows better than the server says.
    pub context_length: Option<usize>,
}

/// A server's model that writes. Its runtime of its own makes the requests, so use it on a thread that may wait.
pub struct RemoteGenerator {
    server: Server,
    kind: ServerKind,
    card: ModelCard,
    vocabulary: Vocabulary,
    limits: Limits,
    runtime: Runtime,
}

/// What a request that is under way says.
enum Said {
    Token { choice: usize, written: Written },
    Ended { choice: usize, ended: Result<(Ended, Limits), RemoteError> },
}

impl RemoteGenerator {
    /// Asks the server for its models and takes one. Must not be called where a runtime is entered.
    pub fn connect(server: Server, wanted: &RemoteModel) -> Result<Self, RemoteError> {
        // With a thread of its own, so that a connection is closed at once also while nobody waits.
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|error| RemoteError::Unreachable {
            host: server.address().host(),
            reason: error.to_string(),
        })?;
        let models = runtime.block_on(server.models(&CancellationToken::new()))?;
        let model = chosen(&server, models, &wanted.name)?;
        let card = card(&server, &model, wanted);
        let (vocabulary, limits) = (Vocabulary::default(), Limits::default());
        Ok(Self { server, kind: model.kind, card, vocabulary, limits, runtime })
    }

    fn asked(&self, request: &GenerationRequest, choice: usize) -> Asked {
        let seed = request.sampling.seed.wrapping_add(choice as u32);
        Asked {
            model: self.card.name.clone(),
            kind: self.kind,
            prompt: Sent::of(&request.prompt),
            sampling: SamplingParams { seed, ..request.sampling.clone() },
            max_tokens: request.max_tokens,
            min_tokens: request.min_tokens,
            stop: request.stop.clone(),
            top_logprobs: request.top_logprobs,
        }
    }

    fn token_event(&self, choice: usize, written: Written) -> GenerationEvent {
        let numbered = |(text, logprob): (String, f32)| TokenChoice {
            token: self.vocabulary.number(&text),
            text,
            logprob,
        };
        GenerationEvent::Token {
            choice,
            token: self.vocabulary.number(&written.text),
            logprob: written.logprob,
            text: written.text,
            alternatives: written.alternatives.into_iter().map(numbered).collect(),
        }
    }
}

impl TextGenerator for RemoteGenerator {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn tokenize(&self, text: &str) -> Result<Vec<TokenId>, EngineError> {
        Ok(tokens_of(text))
    }

    fn detokenize(&self, tokens: &[TokenId]) -> Result<String, EngineError> {
        Ok(self.vocabulary.text_of(tokens))
    }

    fn encode_prompt(&self, prompt: &Prompt) -> Result<EncodedPrompt, EngineError> {
        Ok(encode(prompt))
    }

    /// Each choice is a request of its own, so that each has its own seed and can end by itself, on every server.
    fn generate(
        &mut self,
        request: &GenerationRequest,
        cancel: &CancellationToken,
        on_event: &mut dyn FnMut(GenerationEvent) -> Flow,
    ) -> GenerationResult {
        request.sampling.validate()?;
        let settings = Mapped::of(self.kind, &request.sampling).ignored;
        if !settings.is_empty() {
            on_event(GenerationEvent::Ignored { settings });
        }
        let total = request.prompt.len();
        on_event(GenerationEvent::Prefill { done: 0, total, reused: 0 });
        // All end with this call, however it ends.
        let all = cancel.child_token();
        let _ends = all.clone().drop_guard();
        let (said, mut heard) = mpsc::unbounded_channel();
        let mut requests = JoinSet::new();
        let enough: Vec<CancellationToken> =
            (0..request.choices).map(|_| all.child_token()).collect();
        for (choice, enough) in enough.iter().enumerate() {
            let (server, asked) = (self.server.clone(), self.asked(request, choice));
            let (limits, enough, said) = (self.limits, enough.clone(), said.clone());
            let request = write(server, asked, limits, choice, enough, said);
            requests.spawn_on(request, self.runtime.handle());
        }
        drop(said);

        let began = Instant::now();
        let mut progress = Progress::new(request.choices);
        while let Some(said) = heard.blocking_recv() {
            match said {
                Said::Token { choice, written } => {
                    if progress.first_token(began) {
                        on_event(GenerationEvent::Prefill { done: total, total, reused: 0 });
                    }
                    if progress.has_enough(choice) {
                        continue;
                    }
                    progress.tokens[choice] += 1;
                    if let Flow::Finish(reason) = on_event(self.token_event(choice, written)) {
                        progress.finished.insert(choice, reason);
                        enough[choice].cancel();
                    }
                }
                Said::Ended { choice, ended } => {
                    let (ended, limits) = ended?;
                    self.limits = limits;
                    progress.end(choice, ended);
                }
            }
        }
        Ok(progress.outcome(total, began))
    }

    fn score(
        &mut self,
        _tokens: &[TokenId],
        _cancel: &CancellationToken,
    ) -> Result<Vec<TokenScore>, EngineError> {
        Err(RemoteError::Unable { what: "score a text" }.into())
    }
}

async fn write(
    server: Server,
    asked: Asked,
    mut limits: Limits,
    choice: usize,
    enough: CancellationToken,
    said: mpsc::UnboundedSender<Said>,
) {
    let mut hear = |written| said.send(Said::Token { choice, written }).is_ok();
    let ended = server.write(&asked, &mut limits, &enough, &mut hear).await;
    let ended = match ended {
        Err(RemoteError::Cancelled) => Ok(Ended { finish: FinishReason::Cancelled, usage: None }),
        ended => ended,
    };
    // Whoever does not listen any more does not want to know.
    let _ = said.send(Said::Ended { choice, ended: ended.map(|ended| (ended, limits)) });
}

/// What has been told of a request.
struct Progress {
    tokens: Vec<usize>,
    finished: HashMap<usize, FinishReason>,
    first_token_s: Option<f64>,
    prompt_tokens: Option<usize>,
    reused_tokens: usize,
}

impl Progress {
    fn new(choices: usize) -> Self {
        Self {
            tokens: vec![0; choices],
            finished: HashMap::new(),
            first_token_s: None,
            prompt_tokens: None,
            reused_tokens: 0,
        }
    }

    /// True for the first one of all.
    fn first_token(&mut self, began: Instant) -> bool {
        let is_first = self.first_token_s.is_none();
        self.first_token_s.get_or_insert(began.elapsed().as_secs_f64());
        is_first
    }

    /// A choice that was finished may have said more before it stopped.
    fn has_enough(&self, choice: usize) -> bool {
        self.finished.contains_key(&choice)
    }

    fn end(&mut self, choice: usize, ended: Ended) {
        self.finished.entry(choice).or_insert(ended.finish);
        if let Some(usage) = ended.usage {
            // Its own count is the true one: what came was not always cut into tokens.
            self.tokens[choice] = usage.completion_tokens.max(self.tokens[choice]);
            self.prompt_tokens = Some(usage.prompt_tokens);
            self.reused_tokens = usage.cached_tokens();
        }
    }

    fn outcome(self, total: usize, began: Instant) -> GenerationOutcome {
        let prefill_seconds = self.first_token_s.unwrap_or_default();
        let choices = self.tokens.iter().enumerate().map(|(choice, &tokens)| ChoiceOutcome {
            finish: self.finished.get(&choice).copied().unwrap_or(FinishReason::Cancelled),
            tokens,
        });
        GenerationOutcome {
            choices: choices.collect(),
            prompt_tokens: self.prompt_tokens.unwrap_or(total),
            reused_tokens: self.reused_tokens,
            guessed_tokens: 0,
            prefill_seconds,
            decode_seconds: began.elapsed().as_secs_f64() - prefill_seconds,
        }
    }
}

/// The model that is meant by a name.
fn chosen(
    server: &Server,
    models: Vec<ServedModel>,
    wanted: &str,
) -> Result<ServedModel, RemoteError> {
    if models.is_empty() && !wanted.is_empty() {
        let (name, kind) = (wanted.to_owned(), ServerKind::Other);
        return Ok(ServedModel { name, context_length: None, parameters: 0, kind });
    }
    let is_meant = |model: &&ServedModel| {
        model.name == wanted || model.name.strip_suffix(LATEST) == Some(wanted)
    };
    let found = match (wanted, &models[..]) {
        ("", [only]) => Some(only),
        _ => models.iter().find(is_meant),
    };
    found.cloned().ok_or_else(|| RemoteError::ModelNotFound {
        host: server.address().host(),
        model: wanted.to_owned(),
        listed: models.into_iter().map(|model| model.name).collect(),
    })
}

fn card(server: &Server, model: &ServedModel, wanted: &RemoteModel) -> ModelCard {
    let context_length = wanted.context_length.or(model.context_length).unwrap_or(USUAL_CONTEXT);
    let identity = format!("{}\n{}", server.address(), model.name);
    let digest = Sha256::digest(identity);
    let sha256: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    ModelCard {
        name: model.name.clone(),
        architecture: model.kind.name().to_owned(),
        quantization: String::new(),
        parameters: model.parameters,
        context_length,
        vocabulary: 0,
        instruct: wanted.converses,
        device: DeviceKind::Server,
        device_reason: DeviceReason::ServerChosen { host: server.address().host() },
        digest: sha256.into(),
    }
}
