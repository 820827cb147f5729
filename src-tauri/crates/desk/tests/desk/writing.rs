//! A story goes on at the caret, is kept as it is written, and can be stopped.

use std::time::{Duration, Instant};

use bimo_desk::FinishReason;
use bimo_desk::wire::{GenerationStatus, HistoryQuery, StoryEvent, WritingParams};
use bimo_engine::scripted::ScriptedGenerator;

use crate::{Place, Story, at_end, begun, body, edit, slowly, story, told};

#[tokio::test]
async fn text_comes_at_the_caret_and_what_follows_is_not_sent() {
    let model = ScriptedGenerator::writing(["很大的雪"]);
    let (_place, desk, chapter) = Place::with_text("夜里下着。天亮了。", model).await;
    let mut request = at_end(&desk, chapter).await;
    request.caret = 4;
    let events = story(&desk, request).await;

    let [generation] = begun(&events)[..] else { panic!("{events:?}") };
    let StoryEvent::Started { context, .. } = &events[0] else { panic!("{events:?}") };
    assert_eq!(context.pieces.len(), 1);
    assert_eq!(context.pieces[0].text, "夜里下着");
    assert_eq!((context.prompt_tokens, context.dropped), (4, 0));
    assert!(matches!(&events[1], StoryEvent::Prefill { done: 4, total: 4, .. }), "{events:?}");
    assert_eq!(told(&events, generation), "很大的雪");
    let last = events.last().expect("an end");
    assert!(
        matches!(last, StoryEvent::Finished { finish: FinishReason::EndOfText, tokens: 4, .. }),
        "{last:?}"
    );

    let detail = desk.generation(generation).await.expect("it is in the history");
    assert_eq!(detail.summary.output, "很大的雪");
    assert_eq!(detail.summary.status, GenerationStatus::Complete);
    assert_eq!(detail.summary.finish, Some(FinishReason::EndOfText));
    assert_eq!(detail.prompt, context.pieces);
    assert_eq!((detail.prompt_tokens, detail.summary.tokens), (4, 4));
    // The editor puts it into the page; the desk does not.
    assert_eq!(body(&desk, chapter).await, "夜里下着。天亮了。");
}

#[tokio::test]
async fn what_is_told_has_been_stored_before() {
    let (_place, desk, chapter) = Place::with_text("Then", slowly([" the snow stopped"])).await;
    let request = at_end(&desk, chapter).await;
    let mut story = Story::begin(&desk, request).await.expect("it is accepted");
    let query = HistoryQuery { limit: 1, ..HistoryQuery::default() };
    let mut heard = String::new();
    while let Some(event) = story.next().await {
        if let StoryEvent::Text { text, tokens, .. } = event {
            heard += &text;
            assert_eq!(tokens as usize, heard.len());
            let stored = desk.history(query.clone()).await.expect("the history");
            assert!(stored[0].output.starts_with(&heard), "{stored:?} {heard}");
        }
    }
    assert_eq!(heard, " the snow stopped");
}

#[tokio::test]
async fn messages_are_few_however_fast_the_model_is() {
    let text = "a".repeat(300);
    let model = ScriptedGenerator::writing([&text]).with_delay(Duration::from_millis(1));
    let (_place, desk, chapter) = Place::with_text("Then", model).await;
    let mut request = at_end(&desk, chapter).await;
    request.writing.length = 300;
    let began = Instant::now();
    let events = story(&desk, request).await;
    let most = began.elapsed().as_millis() / 33 + 3;
    let texts = events.iter().filter(|event| matches!(event, StoryEvent::Text { .. })).count();
    assert!(texts as u128 <= most && texts > 2, "{texts} of {most}");
    assert_eq!(told(&events, begun(&events)[0]), text);
}

#[tokio::test]
async fn a_space_before_the_caret_is_not_doubled() {
    let (_place, desk, chapter) =
        Place::with_text("Once ", ScriptedGenerator::writing([" upon a time"])).await;
    let events = story(&desk, at_end(&desk, chapter).await).await;
    let StoryEvent::Started { context, .. } = &events[0] else { panic!("{events:?}") };
    assert_eq!(context.pieces[0].text, "Once");
    assert_eq!(told(&events, begun(&events)[0]), "upon a time");
}

#[tokio::test]
async fn stopping_is_quick_and_keeps_what_is_there() {
    let (_place, desk, chapter) = Place::with_text("Then", slowly([&"word ".repeat(200)])).await;
    let mut request = at_end(&desk, chapter).await;
    request.writing.length = 900;
    let mut story = Story::begin(&desk, request.clone()).await.expect("it is accepted");
    let mut heard = story.first_text().await;
    let began = Instant::now();
    desk.stop_writing().await;
    // The end is on the disk by then, which may be slow.
    assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());

    // The turn is free before the end is told.
    let next = Story::begin(&desk, request).await.expect("the next is accepted");
    let events = story.rest().await;
    for event in &events {
        if let StoryEvent::Text { text, .. } = event {
            heard += text;
        }
    }
    let Some(StoryEvent::Finished { generation, finish: FinishReason::Cancelled, .. }) =
        events.last()
    else {
        panic!("{events:?}")
    };
    let stored = desk.generation(*generation).await.expect("it is in the history").summary;
    assert_eq!(stored.status, GenerationStatus::Stopped);
    assert!(!heard.is_empty());
    assert_eq!(stored.output, heard);
    desk.stop_writing().await;
    next.rest().await;
}

#[tokio::test]
async fn one_request_writes_at_a_time() {
    let (_place, desk, chapter) = Place::with_text("Then", slowly([&"word ".repeat(20)])).await;
    let request = at_end(&desk, chapter).await;
    let mut first = Story::begin(&desk, request.clone()).await.expect("it is accepted");
    first.first_text().await;
    let second = Story::begin(&desk, request.clone()).await.err().expect("it is refused");
    assert_eq!((second.code.as_str(), second.retryable), ("busy", true));
    assert_eq!(desk.preview_context(request.clone()).await.expect_err("busy").code, "busy");
    first.rest().await;
    story(&desk, request).await;
}

#[tokio::test]
async fn what_the_model_read_ahead_is_not_read_again() {
    let (_place, desk, chapter) = Place::with_text("Then he left", slowly([" and went"])).await;
    let request = at_end(&desk, chapter).await;
    desk.read_ahead(request.clone()).await.expect("it is read");
    let events = story(&desk, request).await;
    let reused = events.iter().find_map(|event| match event {
        StoryEvent::Prefill { reused, total, .. } => Some((*reused, *total)),
        _ => None,
    });
    let (reused, total) = reused.expect("it says what it reads");
    assert!(reused > 0 && reused == total, "{reused} of {total}");
}

#[tokio::test]
async fn a_request_does_not_wait_for_what_is_read_ahead() {
    let text = "A long way to go. ".repeat(500);
    let (_place, desk, chapter) = Place::with_text(text.trim_end(), slowly([" On."])).await;
    let request = at_end(&desk, chapter).await;
    let ahead = tokio::spawn({
        let (desk, request) = (desk.clone(), request.clone());
        async move { desk.read_ahead(request).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let began = Instant::now();
    story(&desk, request).await;
    // Read to its end it would take longer.
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    ahead.await.expect("it ends").expect("without an error");
}

#[tokio::test]
async fn a_sentence_is_finished_in_both_languages() {
    for (before, script, expected) in [
        ("夜里", "雪停了。他走了。", "雪停了。"),
        ("夜里", "雪停了！他走了。", "雪停了！"),
        ("夜里", "谁在外面？没有人。", "谁在外面？"),
        ("他说：“", "走吧，走吧。”她没有动。", "走吧，走吧。”"),
        ("Then", " he left. She stayed.", " he left."),
    ] {
        let (_place, desk, chapter) =
            Place::with_text(before, ScriptedGenerator::writing([script])).await;
        let mut request = at_end(&desk, chapter).await;
        request.writing = WritingParams { length: 2, ..WritingParams::default() };
        let events = story(&desk, request).await;
        assert_eq!(told(&events, begun(&events)[0]), expected);
        let last = events.last().expect("an end");
        assert!(
            matches!(last, StoryEvent::Finished { finish: FinishReason::SentenceEnd, .. }),
            "{last:?}"
        );
    }
}

#[tokio::test]
async fn a_sentence_without_an_end_stops_all_the_same() {
    let script = "雪".repeat(3000);
    let (_place, desk, chapter) =
        Place::with_text("夜里", ScriptedGenerator::writing([&script])).await;
    let mut request = at_end(&desk, chapter).await;
    request.writing = WritingParams { length: 10, ..WritingParams::default() };
    let events = story(&desk, request).await;
    let length = told(&events, begun(&events)[0]).chars().count();
    assert!((11..=200).contains(&length), "{length}");
}

#[tokio::test]
async fn an_edit_that_the_editor_did_not_save_is_a_conflict() {
    let (_place, desk, chapter) = Place::with_text("Then", ScriptedGenerator::writing(["x"])).await;
    let request = at_end(&desk, chapter).await;
    edit(&desk, chapter, 0, 0, "And ", None).await;
    let error = Story::begin(&desk, request.clone()).await.err().expect("it is refused");
    assert_eq!(error.code, "version_conflict");
    let mut request = at_end(&desk, chapter).await;
    request.caret = 99;
    let error = Story::begin(&desk, request).await.err().expect("it is refused");
    assert_eq!(error.code, "invalid_place");
    assert!(
        desk.history(HistoryQuery { limit: 9, ..HistoryQuery::default() })
            .await
            .expect("it")
            .is_empty()
    );
}
