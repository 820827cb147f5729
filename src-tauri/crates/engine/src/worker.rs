//! One thread owns one loaded model; requests queue with a stated bound.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use tokio::sync::mpsc::error::{TryRecvError, TrySendError};
use tokio::sync::{mpsc, oneshot};

use crate::{
    CancellationToken, EncodedPrompt, EngineError, Flow, GenerationEvent, GenerationRequest,
    GenerationResult, MemoryGauge, ModelCard, ModelDigest, Prompt, TextGenerator, TokenId,
    TokenScore,
};

/// Requests that may wait while one is being worked on.
const QUEUE_LENGTH: usize = 16;

type Job<M> = Box<dyn FnOnce(&mut M) + Send>;

/// Tells what is written, on the model's own thread: keep it short.
pub type EventSink = Box<dyn FnMut(GenerationEvent) -> Flow + Send>;

/// A handle to a model of any kind on its thread. The model is dropped with the last handle, after the work in hand.
pub struct Worker<M: ?Sized> {
    card: ModelCard,
    gauge: MemoryGauge,
    jobs: mpsc::Sender<Job<M>>,
}

/// A [`TextGenerator`] on its thread.
pub type GeneratorWorker = Worker<dyn TextGenerator>;

/// What can be on a thread of its own.
pub trait Loaded {
    /// The model's facts.
    fn facts(&self) -> &ModelCard;

    /// Shows the bytes of its caches; zero where it keeps none from one request to the next.
    fn gauge(&self) -> MemoryGauge {
        MemoryGauge::default()
    }
}

impl Loaded for dyn TextGenerator {
    fn facts(&self) -> &ModelCard {
        self.card()
    }

    fn gauge(&self) -> MemoryGauge {
        TextGenerator::gauge(self)
    }
}

impl<M: ?Sized> Clone for Worker<M> {
    fn clone(&self) -> Self {
        Self { card: self.card.clone(), gauge: self.gauge.clone(), jobs: self.jobs.clone() }
    }
}

impl<M: ?Sized + Loaded + 'static> Worker<M> {
    /// Loads a model on a new thread and waits for it. A panic while loading is an error like any other.
    pub async fn spawn<F>(load: F) -> Result<Self, EngineError>
    where
        F: FnOnce() -> Result<Box<M>, EngineError> + Send + 'static,
    {
        let (jobs, queue) = mpsc::channel(QUEUE_LENGTH);
        let (loaded, is_loaded) = oneshot::channel();
        thread::Builder::new()
            .name("model".into())
            .spawn(move || run(load, loaded, queue))
            .map_err(|error| EngineError::Stopped(error.to_string()))?;
        let (card, gauge) = is_loaded.await.map_err(|_| stopped())??;
        Ok(Self { card, gauge, jobs })
    }

    /// True while somebody else has a handle too: the model may be at work.
    pub fn is_shared(&self) -> bool {
        self.jobs.strong_count() > 1
    }

    /// The model's facts.
    pub fn card(&self) -> &ModelCard {
        &self.card
    }

    /// SHA-256 of the model's files, in hex. Where it is not known yet the model reads them to the end before it does anything
    /// else.
    pub async fn sha256(&self) -> Result<String, EngineError> {
        match self.card.digest.settled() {
            Some(settled) => settled,
            None => self.ask(|model| model.facts().digest.sha256()).await,
        }
    }

    /// Bytes that the model's caches take now.
    pub fn cache_bytes(&self) -> u64 {
        self.gauge.bytes()
    }

    /// Puts a question into the queue and waits for its answer. A full queue is [`EngineError::Busy`] at once.
    pub(crate) async fn ask<T, F>(&self, question: F) -> Result<T, EngineError>
    where
        T: Send + 'static,
        F: FnOnce(&mut M) -> Result<T, EngineError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: Job<M> = Box::new(move |model| {
            let result = catch_unwind(AssertUnwindSafe(|| question(&mut *model)));
            // The asker may have gone away; then nobody wants the answer.
            let _ = answer.send(result.unwrap_or_else(|panic| Err(panicked(panic.as_ref()))));
        });
        self.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => EngineError::Busy { waiting: QUEUE_LENGTH },
            TrySendError::Closed(_) => stopped(),
        })?;
        answered.await.map_err(|_| stopped())?
    }
}

impl GeneratorWorker {
    /// See [`TextGenerator::tokenize`].
    pub async fn tokenize(&self, text: String) -> Result<Vec<TokenId>, EngineError> {
        self.ask(move |model| model.tokenize(&text)).await
    }

    /// See [`TextGenerator::detokenize`].
    pub async fn detokenize(&self, tokens: Vec<TokenId>) -> Result<String, EngineError> {
        self.ask(move |model| model.detokenize(&tokens)).await
    }

    /// See [`TextGenerator::encode_prompt`].
    pub async fn encode_prompt(&self, prompt: Prompt) -> Result<EncodedPrompt, EngineError> {
        self.ask(move |model| model.encode_prompt(&prompt)).await
    }

    /// See [`TextGenerator::generate`]; `on_event` runs on the model's thread.
    pub async fn generate(
        &self,
        request: GenerationRequest,
        cancel: CancellationToken,
        mut on_event: EventSink,
    ) -> GenerationResult {
        self.ask(move |model| model.generate(&request, &cancel, &mut on_event)).await
    }

    /// See [`TextGenerator::read_ahead`].
    pub async fn read_ahead(
        &self,
        prompt: Vec<TokenId>,
        cancel: CancellationToken,
    ) -> Result<(), EngineError> {
        self.ask(move |model| model.read_ahead(&prompt, &cancel)).await
    }

    /// See [`TextGenerator::score`].
    pub async fn score(
        &self,
        tokens: Vec<TokenId>,
        cancel: CancellationToken,
    ) -> Result<Vec<TokenScore>, EngineError> {
        self.ask(move |model| model.score(&tokens, &cancel)).await
    }
}

fn run<M, F>(
    load: F,
    loaded: oneshot::Sender<Result<(ModelCard, MemoryGauge), EngineError>>,
    mut queue: mpsc::Receiver<Job<M>>,
) where
    M: ?Sized + Loaded,
    F: FnOnce() -> Result<Box<M>, EngineError>,
{
    let result = catch_unwind(AssertUnwindSafe(load));
    match result.unwrap_or_else(|panic| Err(panicked(panic.as_ref()))) {
        Ok(mut model) => {
            if loaded.send(Ok((model.facts().clone(), model.gauge()))).is_err() {
                return;
            }
            let digest = model.facts().digest.clone();
            while let Some(job) = next(&mut queue, &digest) {
                job(model.as_mut());
            }
        }
        Err(error) => {
            // Nobody is waiting any more: there is nobody to tell.
            let _ = loaded.send(Err(error));
        }
    }
}

/// The next request; nothing once nobody can make one any more. Until it comes the model's digest is computed.
fn next<M: ?Sized>(queue: &mut mpsc::Receiver<Job<M>>, digest: &ModelDigest) -> Option<Job<M>> {
    loop {
        match queue.try_recv() {
            Ok(job) => return Some(job),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) if digest.read_on() => {}
            Err(TryRecvError::Empty) => return queue.blocking_recv(),
        }
    }
}

fn stopped() -> EngineError {
    EngineError::Stopped("its thread has ended".into())
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> EngineError {
    let words = panic
        .downcast_ref::<&str>()
        .map(|words| (*words).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    EngineError::Stopped(words.unwrap_or_else(|| "a failure without words".into()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::scripted::ScriptedGenerator;
    use crate::{FinishReason, Piece, PieceKind, SamplingParams};

    fn request(prompt: Vec<TokenId>) -> GenerationRequest {
        GenerationRequest {
            prompt,
            sampling: SamplingParams::default(),
            choices: 1,
            max_tokens: 100,
            min_tokens: 0,
            stop: Vec::new(),
            top_logprobs: 0,
        }
    }

    async fn scripted(script: ScriptedGenerator) -> GeneratorWorker {
        GeneratorWorker::spawn(move || Ok(Box::new(script))).await.unwrap()
    }

    #[tokio::test]
    async fn a_request_streams_its_text_and_says_how_it_ended() {
        let worker = scripted(ScriptedGenerator::writing(["雨停了。"])).await;
        let prompt = Prompt::Text(vec![Piece::new(PieceKind::Text, "夜里，")]);
        let encoded = worker.encode_prompt(prompt).await.unwrap();
        let (texts, mut heard) = mpsc::unbounded_channel();
        let sink = Box::new(move |event| {
            if let GenerationEvent::Token { text, .. } = event {
                texts.send(text).unwrap();
            }
            Flow::Continue
        });
        let outcome =
            worker.generate(request(encoded.tokens), CancellationToken::new(), sink).await.unwrap();
        let mut written = String::new();
        while let Some(text) = heard.recv().await {
            written += &text;
        }
        assert_eq!(written, "雨停了。");
        assert_eq!(outcome.choices[0].finish, FinishReason::EndOfText);
        assert_eq!(outcome.choices[0].tokens, 4);
    }

    #[tokio::test]
    async fn cancelling_ends_a_generation_and_the_next_one_works() {
        let worker = scripted(
            ScriptedGenerator::writing(["a very long text", "next"])
                .with_delay(Duration::from_millis(20)),
        )
        .await;
        let cancel = CancellationToken::new();
        let canceller = cancel.clone();
        let sink = Box::new(move |event| {
            if matches!(event, GenerationEvent::Token { .. }) {
                canceller.cancel();
            }
            Flow::Continue
        });
        let outcome = worker.generate(request(vec![1]), cancel, sink).await.unwrap();
        assert_eq!(outcome.choices[0].finish, FinishReason::Cancelled);
        assert_eq!(outcome.choices[0].tokens, 1);
        let next = worker
            .generate(request(vec![1]), CancellationToken::new(), Box::new(|_| Flow::Continue))
            .await
            .unwrap();
        assert_eq!(next.choices[0].finish, FinishReason::EndOfText);
    }

    #[tokio::test]
    async fn a_panic_is_answered_and_the_worker_goes_on() {
        let worker = scripted(ScriptedGenerator::writing(["one", "two"])).await;
        let sink = Box::new(|_| panic!("the sink broke"));
        let error =
            worker.generate(request(vec![1]), CancellationToken::new(), sink).await.unwrap_err();
        assert_eq!(error, EngineError::Stopped("the sink broke".into()));
        assert_eq!(worker.tokenize("ab".into()).await.unwrap().len(), 2);
    }

    #[tokio::test]
    async fn a_panic_while_loading_is_an_error() {
        let loaded = GeneratorWorker::spawn(|| panic!("bad header")).await;
        assert_eq!(loaded.err(), Some(EngineError::Stopped("bad header".into())));
    }

    #[tokio::test]
    async fn one_request_too_many_is_refused_at_once() {
        let worker =
            scripted(ScriptedGenerator::writing(["x"]).with_delay(Duration::from_millis(200)))
                .await;
        let asks: Vec<_> = (0..=QUEUE_LENGTH + 1)
            .map(|_| {
                let worker = worker.clone();
                tokio::spawn(async move {
                    worker
                        .generate(
                            request(vec![1]),
                            CancellationToken::new(),
                            Box::new(|_| Flow::Continue),
                        )
                        .await
                })
            })
            .collect();
        let mut refused = 0;
        for ask in asks {
            refused += usize::from(matches!(ask.await.unwrap(), Err(EngineError::Busy { .. })));
        }
        assert!((1..=2).contains(&refused), "{refused} refused");
    }
}
