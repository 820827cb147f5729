//! A server: which models it has, and one continuation by one of them.

use std::sync::Arc;

use bimo_engine::{CancellationToken, FinishReason, Role, SamplingParams};
use bimo_net::{RequestLog, Secret};
use reqwest::StatusCode;
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;

use crate::events::{Broken, Event, EventReader, LONGEST_LINE};
use crate::kind::{Mapped, ServerKind};
use crate::prompt::{Sent, name_of};
use crate::reply::{Chunk, ChunkChoice, Fault, ModelList, Usage, Written};
use crate::transport::{Answer, Refusal, Transport, until_cancelled};
use crate::{Patience, RemoteError, ServerAddress, Surroundings};

/// Requests to one server at a time; others wait.
const MOST_AT_ONCE: usize = 4;
/// Bytes of a list of models, or of an answer that comes in one piece.
const LONGEST_BODY: usize = 8 << 20;
/// What ends a stream.
const DONE: &str = "[DONE]";

/// A server that speaks the interface of OpenAI. Clones are the same server.
#[derive(Clone)]
pub struct Server {
    transport: Arc<Transport>,
    permits: Arc<Semaphore>,
}

/// A model that a server has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedModel {
    /// The name by which it is asked for.
    pub name: String,
    /// Tokens of its context, where the server says so.
    pub context_length: Option<usize>,
    /// Number of weights; 0 where the server does not say.
    pub parameters: u64,
    /// The program that serves it.
    pub kind: ServerKind,
}

/// What turned out that a server cannot do. It is not asked for it again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Limits {
    /// It only converses.
    pub only_chat: bool,
    /// It gives no log-probabilities.
    pub no_logprobs: bool,
    /// It calls the length of an answer by its newer name.
    pub new_length_name: bool,
}

/// One continuation to write.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub model: String,
    pub kind: ServerKind,
    pub prompt: Sent,
    pub sampling: SamplingParams,
    pub max_tokens: usize,
    pub min_tokens: usize,
    pub stop: Vec<String>,
    pub top_logprobs: usize,
}

/// How a continuation ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended {
    pub finish: FinishReason,
    pub usage: Option<Usage>,
}

/// Hears a token; answers whether there shall be more.
pub(crate) type Hear<'a> = &'a mut (dyn FnMut(Written) -> bool + Send);

impl Server {
    /// The server at an address. Nothing is asked yet.
    pub fn new(
        address: ServerAddress,
        key: Option<Secret>,
        log: RequestLog,
        patience: Patience,
        surroundings: Surroundings,
    ) -> Result<Self, RemoteError> {
        let transport = Transport::new(address, key, log, patience, surroundings)?;
        let permits = Arc::new(Semaphore::new(MOST_AT_ONCE));
        Ok(Self { transport: Arc::new(transport), permits })
    }

    /// Where it is.
    pub fn address(&self) -> &ServerAddress {
        &self.transport.address
    }

    /// The models that it has. A server without a list has an empty one.
    pub async fn models(
        &self,
        cancel: &CancellationToken,
    ) -> Result<Vec<ServedModel>, RemoteError> {
        let mut answer = match self.transport.ask("models", None, cancel).await {
            Ok(answer) => answer,
            Err(refusal) if has_no_such_route(&refusal) => return Ok(Vec::new()),
            Err(refusal) => return Err(refusal.error),
        };
        if answer.is_web_page() {
            return Err(unexpected(&answer, "it sent a web page"));
        }
        let body = until_cancelled(cancel, answer.whole(LONGEST_BODY)).await??;
        let list: ModelList = serde_json::from_slice(&body)
            .map_err(|error| unexpected(&answer, format!("its list of models: {error}")))?;
        let models = list.data.into_iter().map(|model| ServedModel {
            context_length: model.context_length(),
            parameters: model.parameters(),
            kind: ServerKind::of_owner(model.owned_by.as_str().unwrap_or_default()),
            name: model.id,
        });
        Ok(models.collect())
    }

    /// Writes one continuation, told as it comes. What the server turns out not to be able to do is asked for without
    /// it, and noted in `limits`.
    pub(crate) async fn write(
        &self,
        asked: &Asked,
        limits: &mut Limits,
        cancel: &CancellationToken,
        hear: Hear<'_>,
    ) -> Result<Ended, RemoteError> {
        // The permits are never closed.
        let permit = until_cancelled(cancel, self.permits.acquire()).await?;
        let mut answer = loop {
            let (path, body) = asked.request(*limits);
            match self.transport.ask(path, Some(&body), cancel).await {
                Ok(answer) => break answer,
                Err(refusal) => *limits = self.lesson(refusal, asked, *limits)?,
            }
        };
        let ended = self.read(&mut answer, asked, cancel, hear).await;
        drop(permit);
        ended
    }

    /// What a refusal teaches; the error itself where it teaches nothing.
    fn lesson(&self, refusal: Refusal, asked: &Asked, now: Limits) -> Result<Limits, RemoteError> {
        let learnt =
            if !now.no_logprobs && asked.top_logprobs > 0 && refusal.fault.names(&["logprobs"]) {
                Limits { no_logprobs: true, ..now }
            } else if !now.new_length_name && refusal.fault.names(&["max_completion_tokens"]) {
                Limits { new_length_name: true, ..now }
            } else if is_of_model(&refusal) {
                let (host, model) = (self.address().host(), asked.model.clone());
                return Err(RemoteError::ModelNotFound { host, model, listed: Vec::new() });
            } else if !now.only_chat && has_no_such_route(&refusal) {
                Limits { only_chat: true, ..now }
            } else {
                return Err(refusal.error);
            };
        tracing::info!(?learnt, "a server cannot do all that it was asked for");
        Ok(learnt)
    }

    async fn read(
        &self,
        answer: &mut Answer,
        asked: &Asked,
        cancel: &CancellationToken,
        hear: Hear<'_>,
    ) -> Result<Ended, RemoteError> {
        if answer.is_web_page() {
            return Err(unexpected(answer, "it sent a web page"));
        }
        let mut reading = Reading { asked, hear, tokens: 0, finish: None, usage: None };
        let read = async {
            if answer.is_stream() {
                self.read_stream(answer, &mut reading).await
            } else {
                let body = answer.whole(LONGEST_BODY).await?;
                let text = std::str::from_utf8(&body).map_err(|_| unexpected(answer, "no text"))?;
                self.take(answer, &mut reading, text)?;
                Ok(true)
            }
        };
        let is_whole = match until_cancelled(cancel, read).await {
            Err(_) => return Ok(Ended { finish: FinishReason::Cancelled, usage: None }),
            Ok(Ok(is_whole)) => is_whole,
            Ok(Err(error)) if reading.finish.is_none() => return Err(error),
            // All was said; that the line broke before it was closed takes nothing away.
            Ok(Err(_)) => true,
        };
        match reading.finish {
            Some(finish) => Ok(Ended { finish, usage: reading.usage }),
            None if is_whole => Ok(Ended { finish: FinishReason::EndOfText, usage: reading.usage }),
            None => {
                let reason = "the answer ended in the middle".to_owned();
                Err(RemoteError::Stalled { host: answer.host(), reason })
            }
        }
    }

    /// Reads events until there is enough. Answers whether the server said that it was all.
    async fn read_stream(
        &self,
        answer: &mut Answer,
        reading: &mut Reading<'_>,
    ) -> Result<bool, RemoteError> {
        let mut events = EventReader::default();
        while let Some(bytes) = answer.next().await? {
            let come = events.push(bytes.as_ref()).map_err(|broken| too_bad(answer, &broken))?;
            for event in come {
                if self.hear_event(answer, reading, &event)? {
                    return Ok(true);
                }
            }
        }
        match events.end().map_err(|broken| too_bad(answer, &broken))? {
            // The line broke in the middle of an event, unless it is whole by chance.
            Some(event)
                if event.data == DONE || serde_json::from_str::<Value>(&event.data).is_ok() =>
            {
                self.hear_event(answer, reading, &event)
            }
            _ => Ok(false),
        }
    }

    /// Takes one event. Answers whether it was the last that is wanted.
    fn hear_event(
        &self,
        answer: &Answer,
        reading: &mut Reading<'_>,
        event: &Event,
    ) -> Result<bool, RemoteError> {
        match event.data.trim() {
            DONE => Ok(true),
            "" => Ok(false),
            data if event.kind == "error" => {
                let fault = Fault::of_body(data.as_bytes());
                Err(self.failed(answer, &fault))
            }
            data => self.take(answer, reading, data),
        }
    }

    /// Takes a piece of the answer, or all of it. Answers whether there is enough.
    fn take(
        &self,
        answer: &Answer,
        reading: &mut Reading<'_>,
        data: &str,
    ) -> Result<bool, RemoteError> {
        let chunk: Chunk = serde_json::from_str(data)
            .map_err(|error| unexpected(answer, format!("what came is not JSON: {error}")))?;
        if let Some(fault) = chunk.fault() {
            return Err(self.failed(answer, &fault));
        }
        reading.usage = chunk.usage.or(reading.usage);
        // Only one was asked for.
        for choice in chunk.choices.iter().filter(|choice| choice.index == 0) {
            if choice.finish_reason.as_deref() == Some("content_filter") {
                return Err(RemoteError::Withheld { host: answer.host() });
            }
            if reading.take(choice) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn failed(&self, answer: &Answer, fault: &Fault) -> RemoteError {
        let (host, reason) = (answer.host(), self.transport.without_key(&fault.words));
        if fault.is_of_context() {
            RemoteError::ContextExceeded { host, reason }
        } else {
            RemoteError::Failed { host, reason }
        }
    }
}

/// What has been read of an answer.
struct Reading<'a> {
    asked: &'a Asked,
    hear: Hear<'a>,
    tokens: usize,
    finish: Option<FinishReason>,
    usage: Option<Usage>,
}

impl Reading<'_> {
    /// Tells what is new. Answers whether there is enough.
    fn take(&mut self, choice: &ChunkChoice) -> bool {
        for written in choice.written() {
            if self.tokens == self.asked.max_tokens {
                // A server that does not heed the length.
                self.finish = Some(FinishReason::Length);
                return true;
            }
            self.tokens += 1;
            if !(self.hear)(written) {
                self.finish = Some(FinishReason::SentenceEnd);
                return true;
            }
        }
        self.finish = self.finish.or_else(|| {
            Some(match choice.finish_reason.as_deref()? {
                "length" => FinishReason::Length,
                _ if choice.stop_reason.as_ref().is_some_and(Value::is_string) => {
                    FinishReason::Stop
                }
                _ => FinishReason::EndOfText,
            })
        });
        false
    }
}

impl Asked {
    /// The path below the address, and what is sent there.
    fn request(&self, limits: Limits) -> (&'static str, Value) {
        let mut body = Mapped::of(self.kind, &self.sampling).fields;
        let mut set = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
        set("model", json!(self.model));
        set("stream", json!(true));
        set("stream_options", json!({ "include_usage": true }));
        let length = if limits.new_length_name { "max_completion_tokens" } else { "max_tokens" };
        set(length, json!(self.max_tokens));
        if !self.stop.is_empty() {
            set("stop", json!(self.stop));
        }
        if self.kind == ServerKind::Vllm && self.min_tokens > 0 {
            set("min_tokens", json!(self.min_tokens));
        }
        let wants_logprobs = self.top_logprobs > 0 && !limits.no_logprobs;
        let prompt = if limits.only_chat { self.prompt.as_chat() } else { self.prompt.clone() };
        match prompt {
            Sent::Text(text) => {
                set("prompt", json!(text));
                if wants_logprobs {
                    set("logprobs", json!(self.top_logprobs));
                }
                ("completions", body.into())
            }
            Sent::Chat { turns, reply } => {
                if wants_logprobs {
                    set("logprobs", json!(true));
                    set("top_logprobs", json!(self.top_logprobs));
                }
                body.append(&mut conversation(self.kind, turns, reply));
                ("chat/completions", body.into())
            }
        }
    }
}

/// A conversation. Where a server cannot be given the beginning of the reply, it stands at the end of what the person
/// says last.
fn conversation(
    kind: ServerKind,
    mut turns: Vec<(Role, String)>,
    reply: String,
) -> Map<String, Value> {
    let mut fields = Map::new();
    if !reply.is_empty() && kind.continues_replies() {
        turns.push((Role::Assistant, reply));
        fields.insert("continue_final_message".into(), json!(true));
        fields.insert("add_generation_prompt".into(), json!(false));
    } else if !reply.is_empty() {
        match turns.last_mut() {
            Some((Role::User, text)) => *text += &format!("\n\n{reply}"),
            _ => turns.push((Role::User, reply)),
        }
    }
    let message =
        |(role, text): &(Role, String)| json!({ "role": name_of(*role), "content": text });
    fields.insert("messages".into(), turns.iter().map(message).collect());
    fields
}

/// True where the server has nothing at that path; a model that is not there has the same status.
fn has_no_such_route(refusal: &Refusal) -> bool {
    let codes =
        [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED, StatusCode::NOT_IMPLEMENTED];
    refusal.status.is_some_and(|status| codes.contains(&status))
}

fn is_of_model(refusal: &Refusal) -> bool {
    let is_missing = refusal
        .status
        .is_some_and(|status| matches!(status, StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST));
    let of_model = refusal.fault.names(&["model_not_found"])
        || refusal.fault.names(&["model"]) && refusal.fault.names(&["not found", "not exist"]);
    is_missing && of_model
}

fn unexpected(answer: &Answer, reason: impl Into<String>) -> RemoteError {
    RemoteError::UnexpectedReply { host: answer.host(), reason: reason.into() }
}

fn too_bad(answer: &Answer, broken: &Broken) -> RemoteError {
    match broken {
        Broken::TooLong => {
            unexpected(answer, format!("a line is longer than {LONGEST_LINE} bytes"))
        }
        Broken::NotText => unexpected(answer, "a line is no text"),
    }
}
