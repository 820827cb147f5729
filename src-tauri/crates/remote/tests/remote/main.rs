//! A server's model behind the engine's trait, against servers that say whatever the test wants.

mod asking;
mod failing;
mod server;
mod streaming;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bimo_engine::{
    CancellationToken, EngineError, Flow, GenerationEvent, GenerationOutcome, GenerationRequest,
    GeneratorWorker, Message, Piece, PieceKind, Prompt, Role, SamplingParams,
};
use bimo_net::{RequestLog, Secret};
use bimo_remote::{Patience, RemoteGenerator, RemoteModel, Server, ServerAddress, Surroundings};
use server::ScriptedServer;
use tempfile::TempDir;

const SECRET: &str = "sk-s3cretKey";

/// A desk that uses a scripted server; pauses take no time and are written down.
struct Desk {
    server: ScriptedServer,
    folder: TempDir,
    pauses: Arc<Mutex<Vec<u128>>>,
    patience: Patience,
    model: RemoteModel,
}

/// What came of a generation.
#[derive(Debug)]
struct Told {
    texts: Vec<String>,
    events: Vec<GenerationEvent>,
    outcome: Result<GenerationOutcome, EngineError>,
}

impl Told {
    fn text(&self) -> String {
        self.texts.concat()
    }

    fn code(&self) -> &'static str {
        self.outcome.as_ref().expect_err("it fails").code()
    }

    fn reason(&self) -> String {
        self.outcome.as_ref().expect_err("it fails").to_string()
    }
}

impl Desk {
    /// With a server that says that it is vLLM.
    async fn new() -> Self {
        Self::with(ScriptedServer::start("vllm").await)
    }

    fn with(server: ScriptedServer) -> Self {
        let patience = Patience {
            first: Duration::from_millis(600),
            idle: Duration::from_millis(300),
            ..Patience::default()
        };
        let folder = tempfile::tempdir().expect("a folder");
        Self { server, folder, pauses: Arc::default(), patience, model: RemoteModel::default() }
    }

    fn log(&self) -> RequestLog {
        RequestLog::in_folder(self.folder.path())
    }

    async fn connect_to(&self, base: &str) -> Result<GeneratorWorker, EngineError> {
        let pauses = self.pauses.clone();
        let surroundings = Surroundings {
            now_ms: Arc::new(|| 1_795_585_530_000),
            sleep: Arc::new(move |pause| {
                pauses.lock().expect("a lock").push(pause.as_millis());
                Box::pin(async {})
            }),
            chance: Arc::new(|| 0.0),
        };
        let address = ServerAddress::parse(base).expect("an address");
        let key = Secret::new(SECRET);
        let server = Server::new(address, key, self.log(), self.patience, surroundings);
        let (server, model) = (server.expect("a server"), self.model.clone());
        GeneratorWorker::spawn(move || Ok(Box::new(RemoteGenerator::connect(server, &model)?)))
            .await
    }

    async fn connect(&self) -> Result<GeneratorWorker, EngineError> {
        self.connect_to(&self.server.base()).await
    }

    async fn write(&self) -> Told {
        self.write_as(|_| {}).await
    }

    /// Writes on from a short text.
    async fn write_as(&self, change: impl FnOnce(&mut GenerationRequest)) -> Told {
        let worker = self.connect().await.expect("a model");
        let mut request = request(&worker, "Once upon").await;
        change(&mut request);
        generate(&worker, request, &CancellationToken::new(), |_| Flow::Continue).await
    }

    fn pauses(&self) -> Vec<u128> {
        self.pauses.lock().expect("a lock").clone()
    }

    /// Nothing that was kept or said has the key in it.
    fn keeps_the_key_to_itself(&self, told: &Told) {
        assert!(!format!("{told:?}").contains(SECRET), "{told:?}");
        for file in std::fs::read_dir(self.folder.path()).expect("a folder").flatten() {
            let text = std::fs::read_to_string(file.path()).expect("a file");
            assert!(!text.contains(SECRET), "{text}");
        }
    }
}

async fn request(worker: &GeneratorWorker, text: &str) -> GenerationRequest {
    let prompt = Prompt::Text(vec![Piece::new(PieceKind::Text, text)]);
    request_for(worker, prompt).await
}

async fn chat_request(worker: &GeneratorWorker) -> GenerationRequest {
    let piece = |text: &str| vec![Piece::new(PieceKind::Instruction, text)];
    let messages = vec![
        Message { role: Role::System, pieces: piece("You are a novelist.") },
        Message { role: Role::User, pieces: piece("Go on.") },
    ];
    let reply = vec![Piece::new(PieceKind::Text, "雪停了")];
    request_for(worker, Prompt::Chat { messages, reply }).await
}

async fn request_for(worker: &GeneratorWorker, prompt: Prompt) -> GenerationRequest {
    GenerationRequest {
        prompt: worker.encode_prompt(prompt).await.expect("a prompt").tokens,
        sampling: SamplingParams { seed: 7, ..SamplingParams::default() },
        choices: 1,
        max_tokens: 50,
        min_tokens: 0,
        stop: Vec::new(),
        top_logprobs: 0,
    }
}

/// Generates; `answer` says what is wanted after each event.
async fn generate(
    worker: &GeneratorWorker,
    request: GenerationRequest,
    cancel: &CancellationToken,
    mut answer: impl FnMut(&GenerationEvent) -> Flow + Send + 'static,
) -> Told {
    let choices = request.choices;
    let (told, heard) = std::sync::mpsc::channel();
    let sink = Box::new(move |event: GenerationEvent| {
        let flow = answer(&event);
        told.send(event).expect("somebody listens");
        flow
    });
    let running = worker.generate(request, cancel.clone(), sink);
    let outcome =
        tokio::time::timeout(Duration::from_secs(20), running).await.expect("it comes to an end");
    let events: Vec<GenerationEvent> = heard.try_iter().collect();
    let mut texts = vec![String::new(); choices];
    for event in &events {
        if let GenerationEvent::Token { choice, text, .. } = event {
            texts[*choice] += text;
        }
    }
    Told { texts, events, outcome }
}
