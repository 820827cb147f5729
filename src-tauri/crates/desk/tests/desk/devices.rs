//! A graphics card that fails: the person is asked before the processor takes its place.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use bimo_desk::wire::{self, ComputeOn, ModelState, Settings, StoryEvent};
use bimo_desk::{CacheBits, Desk, DeskOptions, DeviceWish, Means, ModelSpec};
use bimo_engine::scripted::ScriptedGenerator;
use bimo_engine::{EngineError, TextGenerator};

use crate::shelf::settled;
use crate::troubled::{Trouble, Troubled, device_lost};
use crate::{Place, at_end, begun, edit, story, told};

/// A desk whose model has its means injected.
async fn desk(
    place: &Place,
    load: impl Fn(Means) -> Result<Box<dyn TextGenerator>, EngineError> + Send + Sync + 'static,
) -> Desk {
    place.closed().await;
    let options = place.options(ScriptedGenerator::writing([""]));
    let model = ModelSpec { load: Arc::new(load), ..options.model.clone() };
    Desk::open(DeskOptions { model, ..options }).await.expect("the desk opens")
}

/// Fails wherever it is not told to leave the graphics card alone.
fn only_away_from_the_card(means: Means) -> Result<Box<dyn TextGenerator>, EngineError> {
    match means.device {
        DeviceWish::Processor => Ok(Box::new(ScriptedGenerator::writing([" The end."]))),
        DeviceWish::FastestOrAsk => Err(device_lost()),
        DeviceWish::Fastest => panic!("a person is there to be asked"),
    }
}

#[tokio::test]
async fn one_that_does_not_answer_is_told_of_and_given_up_when_the_person_says_so() {
    let place = Place::new();
    let first = desk(&place, only_away_from_the_card).await;
    let status = settled(&first).await;
    assert_eq!(status.state, ModelState::Failed);
    let error = status.error.expect("why");
    assert_eq!((error.code.as_str(), error.retryable), ("device_failed", true));
    assert!(error.detail.is_some_and(|detail| detail.contains("CUDA_ERROR_DEVICE_LOST")));

    let settings = Settings { compute_on: ComputeOn::Processor, ..Settings::default() };
    first.save_settings(settings).await.expect("it is kept");
    assert_eq!(settled(&first).await.state, ModelState::Ready);
    drop(first);
    let second = desk(&place, only_away_from_the_card).await;
    assert_eq!(settled(&second).await.state, ModelState::Ready, "the choice is kept");
}

#[tokio::test]
async fn a_model_keeps_what_it_has_read_as_the_person_says() {
    let place = Place::new();
    let loads = Arc::new(Mutex::new(Vec::new()));
    let noted = loads.clone();
    let desk = desk(&place, move |means| {
        noted.lock().expect("a list").push(means.cache);
        Ok(Box::new(ScriptedGenerator::writing([" The end."])))
    })
    .await;
    settled(&desk).await;
    let settings = Settings { cache_bits: wire::CacheBits::ThirtyTwo, ..Settings::default() };
    for settings in [settings.clone(), Settings { threads: 3, ..settings }, Settings::default()] {
        desk.save_settings(settings).await.expect("it is kept");
        assert_eq!(settled(&desk).await.state, ModelState::Ready);
    }
    // Another number of threads waits for the next start.
    let expected = [CacheBits::Automatic, CacheBits::ThirtyTwo, CacheBits::Automatic];
    assert_eq!(*loads.lock().expect("a list"), expected);
}

#[tokio::test]
async fn trying_again_loads_the_model_once_more() {
    let place = Place::new();
    let works = Arc::new(AtomicBool::new(false));
    let answers = works.clone();
    let desk = desk(&place, move |_| match answers.load(Ordering::SeqCst) {
        true => Ok(Box::new(ScriptedGenerator::writing([" The end."]))),
        false => Err(device_lost()),
    })
    .await;
    assert_eq!(settled(&desk).await.state, ModelState::Failed);
    desk.reload_model().await;
    assert_eq!(settled(&desk).await.state, ModelState::Failed);
    works.store(true, Ordering::SeqCst);
    desk.reload_model().await;
    assert_eq!(settled(&desk).await.state, ModelState::Ready);
}

#[tokio::test]
async fn one_that_fails_while_it_writes_keeps_the_text_and_asks() {
    let place = Place::new();
    let desk = desk(&place, |means| match means.device {
        DeviceWish::Processor => Ok(Box::new(ScriptedGenerator::writing(["def"]))),
        _ => Ok(Box::new(Troubled::writing(["abcdef"]).with(Trouble::DeviceLost(3)))),
    })
    .await;
    let chapter = desk.create_work("A work".into()).await.expect("a work").chapter;
    edit(&desk, chapter, 0, 0, "Then ", None).await;
    let events = story(&desk, at_end(&desk, chapter).await).await;
    let Some(StoryEvent::Failed { error }) = events.last() else { panic!("{events:?}") };
    assert_eq!(error.code, "device_failed");
    assert_eq!(told(&events, begun(&events)[0]), "abc");
    let status = settled(&desk).await;
    assert_eq!(status.state, ModelState::Failed, "what lies on the card cannot be used");
    assert_eq!(status.error.map(|error| error.code).as_deref(), Some("device_failed"));

    let settings = Settings { compute_on: ComputeOn::Processor, ..Settings::default() };
    desk.save_settings(settings).await.expect("it is kept");
    assert_eq!(settled(&desk).await.state, ModelState::Ready);
    let events = story(&desk, at_end(&desk, chapter).await).await;
    assert_eq!(told(&events, begun(&events)[0]), "def");
}

#[tokio::test]
async fn a_refusal_for_want_of_memory_names_both_numbers_and_a_model_that_fits() {
    let place = Place::new();
    let (need_bytes, have_bytes) = (10 << 30, 4 << 30);
    let too_large = EngineError::ModelTooLarge { need_bytes, have_bytes };
    let desk = desk(&place, move |_| Err(too_large.clone())).await;
    let error = settled(&desk).await.error.expect("why");
    assert_eq!(error.code, "model_too_large");
    let shortage = error.shortage.expect("the numbers");
    assert_eq!((shortage.need_bytes, shortage.free_bytes), (need_bytes as f64, have_bytes as f64));
    // Of the catalogue's models for both languages with a free licence, the largest that fits into 4 GB.
    let instead = shortage.instead.expect("another model");
    assert!(instead.address.starts_with("Qwen/Qwen3-"), "{instead:?}");
    assert!(error.message.contains(&instead.title), "{}", error.message);
}

#[tokio::test]
async fn the_memory_of_model_and_program_is_told() {
    let place = Place::new();
    let desk = desk(&place, |_| Ok(Box::new(ScriptedGenerator::writing(["."])))).await;
    settled(&desk).await;
    let memory = desk.memory_use();
    assert_eq!(memory.cache_bytes, 0.0, "a scripted model has none");
    assert!(memory.program_bytes.is_some_and(|bytes| bytes > 1e6) && memory.free_bytes > 0.0);
    assert_eq!(desk.desk_state().await.expect("its state").gpu, None, "tests run on the processor");
}
