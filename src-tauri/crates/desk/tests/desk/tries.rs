//! Tries at the same place, alternatives side by side, and the same text once more.

use bimo_desk::SamplingParams;
use bimo_desk::wire::{GenerationStatus, StoryEvent};
use bimo_engine::scripted::ScriptedGenerator;

use crate::troubled::Troubled;
use crate::{Place, Story, at_end, begun, body, story, told};

#[tokio::test]
async fn no_try_is_lost() {
    let model = ScriptedGenerator::writing([" one", " two", " three"]);
    let (_place, desk, chapter) = Place::with_text("Then", model).await;
    let mut request = at_end(&desk, chapter).await;
    let first = begun(&story(&desk, request.clone()).await)[0];
    request.try_of = Some(first);
    let second = begun(&story(&desk, request.clone()).await)[0];
    request.try_of = Some(second);
    let third = begun(&story(&desk, request).await)[0];
    desk.keep_edited_try(second, " two, changed".into()).await.expect("it is kept");

    for of in [first, second, third] {
        let tries = desk.tries(of).await.expect("the tries");
        let texts: Vec<&str> = tries.iter().map(|one| one.text.as_str()).collect();
        assert_eq!(texts, [" one", " two, changed", " three"]);
        assert_eq!(tries.iter().map(|one| one.seed).collect::<Vec<_>>(), [100, 200, 300]);
    }
}

#[tokio::test]
async fn a_fixed_seed_gives_other_tries_other_seeds() {
    let (_place, desk, chapter) =
        Place::with_text("Then", ScriptedGenerator::writing([" one"])).await;
    let mut request = at_end(&desk, chapter).await;
    request.writing.seed = Some(41);
    let mut seeds = Vec::new();
    for _ in 0..3 {
        let generation = begun(&story(&desk, request.clone()).await)[0];
        seeds.push(desk.generation(generation).await.expect("it is there").summary.seed);
        request.try_of = Some(generation);
    }
    assert_eq!(seeds, [41, 42, 43]);
}

#[tokio::test]
async fn alternatives_stand_side_by_side_and_none_is_in_the_page() {
    let model = ScriptedGenerator::writing([" one", " two", " three"]);
    let (place, desk, chapter) = Place::with_text("Then", model).await;
    let mut request = at_end(&desk, chapter).await;
    request.choices = 3;
    let events = story(&desk, request).await;
    let generations = begun(&events);
    let texts: Vec<String> = generations.iter().map(|id| told(&events, *id)).collect();
    assert_eq!(texts, [" one", " two", " three"]);
    let ends = events.iter().filter(|event| matches!(event, StoryEvent::Finished { .. })).count();
    assert_eq!(ends, 3);

    let tries = desk.tries(generations[2]).await.expect("the tries");
    assert_eq!(tries.iter().map(|one| one.seed).collect::<Vec<_>>(), [100, 101, 102]);
    for (generation, seed) in generations.iter().zip([100, 101, 102]) {
        let detail = desk.generation(*generation).await.expect("it is there");
        assert_eq!((detail.summary.seed, detail.sampling.seed), (seed, seed));
    }
    drop(desk);
    let desk = place.open(ScriptedGenerator::writing([""])).await;
    assert_eq!(body(&desk, chapter).await, "Then");
    assert!(desk.desk_state().await.expect("its state").recovered.is_empty());
}

#[tokio::test]
async fn the_same_is_asked_once_more_and_goes_to_no_page() {
    let (place, desk, chapter) =
        Place::with_text("Once ", Troubled::writing([" upon a time. And then"])).await;
    let mut request = at_end(&desk, chapter).await;
    request.writing.finish_sentence = true;
    request.writing.length = 3;
    request.writing.sampling =
        Some(SamplingParams { top_k: 7, temperature: 0.4, ..SamplingParams::default() });
    let first = begun(&story(&desk, request).await)[0];

    let events = Story::again(&desk, first).await.expect("it is accepted").rest().await;
    let again = begun(&events)[0];
    assert_ne!(first, again);
    assert_eq!(told(&events, again), "upon a time.");
    let (one, other) = (
        desk.generation(first).await.expect("the first"),
        desk.generation(again).await.expect("the second"),
    );
    assert_eq!(one.summary.output, other.summary.output);
    assert_eq!(one.summary.finish, other.summary.finish);
    assert_eq!((&one.prompt, &one.sampling), (&other.prompt, &other.sampling));
    assert_eq!((one.max_tokens, one.prompt_tokens), (other.max_tokens, other.prompt_tokens));
    assert_eq!(other.summary.chapter, None);
    assert_eq!(other.summary.status, GenerationStatus::Complete);
    assert_eq!(desk.tries(first).await.expect("the tries").len(), 1);

    desk.close().await.expect("it closes");
    drop(desk);
    let desk = place.open(Troubled::writing([""]).of_other_weights()).await;
    let error = Story::again(&desk, first).await.err().expect("another model");
    assert_eq!(error.code, "model_changed");
    assert_eq!(error.detail.as_deref(), Some("Scripted"));
}
