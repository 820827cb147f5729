//! Models that fail, panic, think for long, or are not there.

use std::time::{Duration, Instant};

use bimo_desk::Desk;
use bimo_desk::wire::{GenerationStatus, ModelState, StoryEvent};
use bimo_engine::scripted::ScriptedGenerator;
use bimo_engine::{
    CancellationToken, EncodedPrompt, EngineError, FinishReason, Flow, GenerationEvent,
    GenerationRequest, GenerationResult, ModelCard, Prompt, TextGenerator, TokenId, TokenScore,
};

use crate::{Place, Story, at_end, begun, spec, story, told};

/// What goes wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    None,
    /// After so many tokens the graphics card fails.
    DeviceLost(usize),
    /// After so many tokens it computes nonsense.
    NotANumber(usize),
    /// After so many tokens it panics.
    Panic(usize),
    /// It reads for as long as it is let.
    SlowReader,
}

/// A scripted model with something wrong.
pub struct Troubled {
    scripted: ScriptedGenerator,
    card: ModelCard,
    trouble: Trouble,
}

impl Troubled {
    pub fn writing<const N: usize>(texts: [&str; N]) -> Self {
        let scripted = ScriptedGenerator::writing(texts);
        Self { card: scripted.card().clone(), scripted, trouble: Trouble::None }
    }

    pub fn of_other_weights(mut self) -> Self {
        self.card.digest = "11".repeat(32).into();
        self
    }

    pub fn with(self, trouble: Trouble) -> Self {
        Self { trouble, ..self }
    }
}

/// What a model says whose graphics card has failed.
pub fn device_lost() -> EngineError {
    EngineError::DeviceFailed { gpu: "NVIDIA".into(), cause: "CUDA_ERROR_DEVICE_LOST".into() }
}

impl TextGenerator for Troubled {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn tokenize(&self, text: &str) -> Result<Vec<TokenId>, EngineError> {
        self.scripted.tokenize(text)
    }

    fn detokenize(&self, tokens: &[TokenId]) -> Result<String, EngineError> {
        self.scripted.detokenize(tokens)
    }

    fn encode_prompt(&self, prompt: &Prompt) -> Result<EncodedPrompt, EngineError> {
        self.scripted.encode_prompt(prompt)
    }

    fn generate(
        &mut self,
        request: &GenerationRequest,
        cancel: &CancellationToken,
        on_event: &mut dyn FnMut(GenerationEvent) -> Flow,
    ) -> GenerationResult {
        if self.trouble == Trouble::SlowReader {
            for done in 0..10_000 {
                on_event(GenerationEvent::Prefill { done, total: 10_000, reused: 0 });
                if cancel.is_cancelled() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        let trouble = self.trouble;
        let mut tokens = 0;
        let generated = self.scripted.generate(request, cancel, &mut |event| {
            tokens += usize::from(matches!(event, GenerationEvent::Token { .. }));
            let flow = on_event(event);
            match trouble {
                Trouble::Panic(after) if after == tokens => panic!("a mistake in the model"),
                Trouble::NotANumber(after) | Trouble::DeviceLost(after) if after == tokens => {
                    Flow::Finish(FinishReason::SentenceEnd)
                }
                _ => flow,
            }
        });
        match trouble {
            Trouble::NotANumber(_) => Err(EngineError::NotANumber),
            Trouble::DeviceLost(_) => Err(device_lost()),
            _ => generated,
        }
    }

    fn score(
        &mut self,
        tokens: &[TokenId],
        cancel: &CancellationToken,
    ) -> Result<Vec<TokenScore>, EngineError> {
        self.scripted.score(tokens, cancel)
    }
}

#[tokio::test]
async fn a_failure_keeps_the_text_and_says_why() {
    for (trouble, code) in
        [(Trouble::NotANumber(3), "not_a_number"), (Trouble::Panic(3), "model_stopped")]
    {
        let model = Troubled::writing(["abcdef"]).with(trouble);
        let (_place, desk, chapter) = Place::with_text("Then", model).await;
        let events = story(&desk, at_end(&desk, chapter).await).await;
        let Some(StoryEvent::Failed { error }) = events.last() else { panic!("{events:?}") };
        assert_eq!(error.code, code);
        let generation = begun(&events)[0];
        assert_eq!(told(&events, generation), "abc");
        let detail = desk.generation(generation).await.expect("it is in the history");
        assert_eq!(detail.summary.status, GenerationStatus::Failed);
        assert_eq!((detail.summary.output.as_str(), detail.summary.tokens), ("abc", 3));
        assert!(detail.error.is_some_and(|error| !error.is_empty()));
        // The next request is answered.
        assert!(!story(&desk, at_end(&desk, chapter).await).await.is_empty());
    }
}

#[tokio::test]
async fn a_long_prompt_can_be_stopped_while_it_is_read() {
    let model = Troubled::writing(["abc"]).with(Trouble::SlowReader);
    let (_place, desk, chapter) = Place::with_text("Then", model).await;
    let request = at_end(&desk, chapter).await;
    let mut story = Story::begin(&desk, request).await.expect("it is accepted");
    let mut prefills = 0;
    while prefills < 3 {
        let event = story.next().await.expect("it goes on");
        prefills += usize::from(matches!(event, StoryEvent::Prefill { .. }));
    }
    let began = Instant::now();
    desk.stop_writing().await;
    // The end is on the disk by then, which may be slow.
    assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
    let events = story.rest().await;
    assert!(matches!(events.last(), Some(StoryEvent::Finished { tokens: 0, .. })), "{events:?}");
}

#[tokio::test]
async fn a_value_without_a_meaning_is_refused_by_name() {
    let (_place, desk, chapter) = Place::with_text("Then", Troubled::writing(["x"])).await;
    let mut request = at_end(&desk, chapter).await;
    let sampling = bimo_desk::SamplingParams { top_p: 3.0, ..Default::default() };
    request.writing.sampling = Some(sampling);
    let error = Story::begin(&desk, request.clone()).await.err().expect("it is refused");
    assert_eq!(error.code, "invalid_parameter");
    assert_eq!(error.detail.as_deref(), Some("top-p cannot be 3"));
    request.writing.sampling = None;
    story(&desk, request).await;
}

#[tokio::test]
async fn a_request_waits_for_a_model_that_is_loading() {
    let place = Place::new();
    let mut options = place.options(Troubled::writing(["x"]));
    options.model = spec(|| {
        std::thread::sleep(Duration::from_millis(300));
        Ok(Box::new(Troubled::writing([" on"])))
    });
    let began = Instant::now();
    let desk = Desk::open(options).await.expect("it does not wait for the model");
    let state = desk.desk_state().await.expect("its state");
    assert_eq!(state.model.state, ModelState::Loading, "{:?}", began.elapsed());
    let chapter = state.library.works[0].chapters[0].id;
    let (told_of, mut statuses) = tokio::sync::mpsc::unbounded_channel();
    desk.watch_model(move |status| told_of.send(status.state).unwrap_or(()));

    let events = story(&desk, at_end(&desk, chapter).await).await;
    assert_eq!(told(&events, begun(&events)[0]), " on");
    assert_eq!(statuses.recv().await, Some(ModelState::Loading));
    assert_eq!(statuses.recv().await, Some(ModelState::Ready));
    let model = desk.desk_state().await.expect("its state").model;
    assert_eq!((model.context_length, model.device.as_str()), (4096, "CPU"));
    assert_eq!(desk.model_card(), "# Scripted");
}

#[tokio::test]
async fn a_model_that_does_not_load_is_said_and_the_desk_works_without() {
    let place = Place::new();
    let mut options = place.options(Troubled::writing(["x"]));
    options.model = spec(|| panic!("a faulty header"));
    let desk = Desk::open(options).await.expect("the desk opens");
    let chapter = desk.create_work("A work".into()).await.expect("a work").chapter;
    crate::edit(&desk, chapter, 0, 0, "Then", None).await;
    let error = Story::begin(&desk, at_end(&desk, chapter).await).await.err().expect("no model");
    assert_eq!(error.code, "model_stopped");
    let model = desk.desk_state().await.expect("its state").model;
    assert_eq!(
        (model.state, model.error.map(|error| error.code)),
        (ModelState::Failed, Some("model_stopped".into()))
    );
}
