//! A model that thinks: its thoughts are in the history, and nowhere else.

use bimo_desk::FinishReason;
use bimo_desk::wire::{ContinueRequest, GenerationStatus, StoryEvent, WritingParams};
use bimo_engine::scripted::ScriptedGenerator;

use crate::{Place, Story, at_end, begun, slowly, story, told};

/// How many words the window was told of while the model was thinking, one by one.
fn words_told(events: &[StoryEvent]) -> Vec<u32> {
    let words = |event: &StoryEvent| match event {
        StoryEvent::Thinking { words, .. } => Some(*words),
        _ => None,
    };
    events.iter().filter_map(words).collect()
}

#[tokio::test]
async fn thoughts_come_to_the_history_and_to_no_page() {
    let model = slowly(["<think>Two roads. 两条路。</think>\n\nShe left."]).as_instruct();
    let (place, desk, chapter) = Place::with_text("Then ", model).await;
    let events = story(&desk, at_end(&desk, chapter).await).await;
    let id = begun(&events)[0];
    assert_eq!(told(&events, id), "She left.");
    let words = words_told(&events);
    assert!(words.is_sorted(), "{words:?}");
    assert_eq!(words.last(), Some(&5));

    let detail = desk.generation(id).await.expect("it is in the history");
    assert_eq!(detail.thoughts, "Two roads. 两条路。");
    assert_eq!(detail.summary.output, "She left.");
    assert_eq!(desk.tries(id).await.expect("the tries")[0].text, "She left.");
    drop(desk);
    let desk = place.open(ScriptedGenerator::writing([""])).await;
    let detail = desk.generation(id).await.expect("it is still there");
    assert_eq!(detail.thoughts, "Two roads. 两条路。");
}

#[tokio::test]
async fn no_alternative_shows_a_thought() {
    let model = ScriptedGenerator::writing(["<think>a</think>One.", "Two.", "<think>three"]);
    let (_place, desk, chapter) = Place::with_text("Then ", model.as_instruct()).await;
    let request = ContinueRequest { choices: 3, ..at_end(&desk, chapter).await };
    let events = story(&desk, request).await;
    let texts: Vec<String> = begun(&events).iter().map(|id| told(&events, *id)).collect();
    assert_eq!(texts, ["One.", "Two.", ""]);
    let unfinished = desk.generation(begun(&events)[2]).await.expect("the last");
    assert_eq!((unfinished.thoughts.as_str(), unfinished.summary.output.as_str()), ("three", ""));
}

#[tokio::test]
async fn a_thought_that_the_format_opens_is_hidden_and_does_not_shorten_the_story() {
    let thought = "Hmm. ".repeat(60);
    let text = "a".repeat(90);
    let script = format!("{thought}</think>{text}");
    let model = ScriptedGenerator::writing([&script, &script]).opening_with("<think>\n");
    let (_place, desk, chapter) = Place::with_text("", model).await;
    let writing = WritingParams { length: 24, finish_sentence: false, ..WritingParams::default() };
    let request = ContinueRequest { writing, ..at_end(&desk, chapter).await };
    let events = story(&desk, request).await;
    let id = begun(&events)[0];
    assert_eq!(told(&events, id), "a".repeat(24));
    assert_eq!(words_told(&events).last(), Some(&60));
    let detail = desk.generation(id).await.expect("it is in the history");
    assert_eq!(detail.thoughts, thought);
    assert_eq!(detail.summary.finish, Some(FinishReason::Length));
    // Written again from the history, it is told apart in the same way.
    let again = Story::again(&desk, id).await.expect("it is accepted").rest().await;
    assert_eq!(told(&again, begun(&again)[0]), "a".repeat(24));
}

#[tokio::test]
async fn thinking_can_be_stopped() {
    let endless = "So many ways. ".repeat(100);
    let model = slowly([&endless]).opening_with("<think>");
    let (_place, desk, chapter) = Place::with_text("", model).await;
    let mut events = Story::begin(&desk, at_end(&desk, chapter).await).await.expect("it begins");
    while !matches!(events.next().await, Some(StoryEvent::Thinking { words: 3.., .. })) {}
    desk.stop_writing().await;
    let rest = events.rest().await;
    let Some(StoryEvent::Finished { generation, finish, .. }) = rest.last() else {
        panic!("{rest:?}")
    };
    assert_eq!(*finish, FinishReason::Cancelled);
    let detail = desk.generation(*generation).await.expect("it is in the history");
    assert_eq!(detail.summary.status, GenerationStatus::Stopped);
    assert!(detail.thoughts.starts_with("So many ways."), "{}", detail.thoughts);
    assert_eq!(detail.summary.output, "");
}

#[tokio::test]
async fn a_tag_in_the_writers_own_text_stays_text() {
    let model = ScriptedGenerator::writing([" she said."]).opening_with("<think>");
    let (_place, desk, chapter) = Place::with_text("“Write <think>,”", model).await;
    let events = story(&desk, at_end(&desk, chapter).await).await;
    assert_eq!(told(&events, begun(&events)[0]), " she said.");
    // A model without a conversation does not think: what it writes is text.
    let model = ScriptedGenerator::writing(["<think> and </think>"]);
    let (_place, desk, chapter) = Place::with_text("The tags ", model).await;
    let events = story(&desk, at_end(&desk, chapter).await).await;
    assert_eq!(told(&events, begun(&events)[0]), "<think> and </think>");
}
