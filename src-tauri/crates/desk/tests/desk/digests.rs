//! Texts know the digest of the model that wrote them, however late it is known.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use bimo_desk::Desk;
use bimo_desk::wire::ChapterId;
use bimo_engine::scripted::ScriptedGenerator;
use bimo_engine::{Digesting, EngineError, ModelDigest, TextGenerator};

use crate::{Place, Story, at_end, begun, edit, story};

/// Is read for as long as the test wants.
struct Gated {
    is_read: Arc<AtomicBool>,
    settled: Result<String, EngineError>,
}

impl Digesting for Gated {
    fn read_on(&mut self) -> Result<Option<String>, EngineError> {
        std::thread::sleep(Duration::from_millis(1));
        match self.is_read.load(Ordering::Relaxed) {
            true => self.settled.clone().map(Some),
            false => Ok(None),
        }
    }
}

fn after(time: Duration, is_read: Arc<AtomicBool>) {
    tokio::spawn(async move {
        tokio::time::sleep(time).await;
        is_read.store(true, Ordering::Relaxed);
    });
}

#[tokio::test]
async fn a_text_that_is_asked_for_before_the_digest_is_known_has_it_all_the_same() {
    let is_read = Arc::new(AtomicBool::new(false));
    let settled = Ok("22".repeat(32));
    let digest =
        ModelDigest::computed_by("model".into(), Gated { is_read: is_read.clone(), settled });
    let model = ScriptedGenerator::writing([" on", " and on"]).with_digest(digest);
    let (_place, desk, chapter) = Place::with_text("Then", model).await;
    // What nobody keeps does not wait.
    let request = at_end(&desk, chapter).await;
    assert!(desk.preview_context(request.clone()).await.expect("a preview").prompt_tokens > 0);
    after(Duration::from_millis(100), is_read);
    let generation = begun(&story(&desk, request).await)[0];
    let kept = desk.generation(generation).await.expect("it is in the history");
    assert_eq!(kept.model_sha256, "22".repeat(32));
    let again = Story::again(&desk, generation).await.expect("the model is the same");
    assert!(!again.rest().await.is_empty());
}

/// A desk with a chapter, whose model is loaded each time with a digest that comes to what `settled` says then.
async fn desk_with(
    is_read: &Arc<AtomicBool>,
    settled: impl Fn() -> Result<String, EngineError> + Send + Sync + 'static,
) -> (Place, Desk, ChapterId) {
    let is_read = is_read.clone();
    let load = move |_| {
        let gated = Gated { is_read: is_read.clone(), settled: settled() };
        let digest = ModelDigest::computed_by("model.gguf".into(), gated);
        let model = ScriptedGenerator::writing([" on"]).with_digest(digest);
        Ok(Box::new(model) as Box<dyn TextGenerator>)
    };
    let place = Place::new();
    let mut options = place.options(ScriptedGenerator::writing(["x"]));
    options.model.load = Arc::new(load);
    let desk = Desk::open(options).await.expect("the desk opens");
    let chapter = desk.create_work("A work".into()).await.expect("a work").chapter;
    edit(&desk, chapter, 0, 0, "Then", None).await;
    (place, desk, chapter)
}

/// Writes on, and answers the digest that is kept with it.
async fn kept_digest(desk: &Desk, chapter: ChapterId) -> String {
    let generation = begun(&story(desk, at_end(desk, chapter).await).await)[0];
    desk.generation(generation).await.expect("it is in the history").model_sha256
}

#[tokio::test]
async fn a_model_whose_file_has_changed_is_loaded_anew() {
    let (is_read, loads) = (Arc::new(AtomicBool::new(false)), AtomicU32::new(0));
    let settled = move || match loads.fetch_add(1, Ordering::Relaxed) {
        0 => Err(EngineError::ModelChanged { path: "model.gguf".into() }),
        _ => Ok("22".repeat(32)),
    };
    let (_place, desk, chapter) = desk_with(&is_read, settled).await;
    after(Duration::from_millis(100), is_read);
    let refused = Story::begin(&desk, at_end(&desk, chapter).await).await.err();
    let refused = refused.map(|error| (error.code, error.retryable));
    assert_eq!(refused, Some(("model_changed_on_disk".into(), true)));
    assert_eq!(kept_digest(&desk, chapter).await, "22".repeat(32));
}

#[tokio::test]
async fn a_model_that_comes_back_is_known_already() {
    let is_read = Arc::new(AtomicBool::new(true));
    let (_place, desk, chapter) = desk_with(&is_read, || Ok("22".repeat(32))).await;
    assert_eq!(kept_digest(&desk, chapter).await, "22".repeat(32));
    is_read.store(false, Ordering::Relaxed);
    desk.unload_model().await;
    // Nothing is read any more, and nobody waits for it.
    assert_eq!(kept_digest(&desk, chapter).await, "22".repeat(32));
}
