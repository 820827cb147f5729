//! What was being written when the program ended is offered back.

use bimo_desk::wire::GenerationStatus;
use bimo_engine::scripted::ScriptedGenerator;
use tokio::runtime::Runtime;

use crate::{Place, Story, at_end, begun, body, edit, slowly};

/// Begins to write at the end of a page, types at its beginning once text has come, and lets the program end there.
/// Answers the chapter, the generation and the text that was told.
fn interrupted(
    place: &Place,
    text: &str,
    script: &str,
) -> (bimo_desk::wire::ChapterId, bimo_desk::wire::GenerationId, String) {
    let runtime = Runtime::new().expect("a runtime");
    let answer = runtime.block_on(async {
        let desk = place.open(slowly([script])).await;
        let chapter = desk.create_work("A work".into()).await.expect("a work").chapter;
        edit(&desk, chapter, 0, 0, text, None).await;
        let request = at_end(&desk, chapter).await;
        let mut story = Story::begin(&desk, request).await.expect("it is accepted");
        let mut told = story.first_text().await;
        edit(&desk, chapter, 0, 0, "Now: ", None).await;
        told += &story.first_text().await;
        let history =
            desk.history(bimo_desk::wire::HistoryQuery { limit: 1, ..Default::default() });
        (chapter, history.await.expect("the history")[0].id, told)
    });
    // Every task ends where it stands, as if the process had been killed.
    runtime.shutdown_background();
    answer
}

#[test]
fn text_that_was_being_written_comes_back_at_its_place() {
    let place = Place::new();
    let (chapter, generation, told) = interrupted(&place, "Then", &" snow fell".repeat(100));
    Runtime::new().expect("a runtime").block_on(async {
        let desk = place.open(ScriptedGenerator::writing([""])).await;
        let stored = desk.generation(generation).await.expect("it is in the history").summary;
        assert_eq!(stored.status, GenerationStatus::Stopped);
        assert!(stored.output.starts_with(&told), "{stored:?} {told}");
        // Typing went on while it wrote: the text is where it belongs, behind both.
        assert_eq!(body(&desk, chapter).await, format!("Now: Then{}", stored.output));
        let spans = desk.open_chapter(chapter).await.expect("the page").authorship;
        assert_eq!((spans.len(), spans[0].from, spans[0].generation), (1, 9, generation));

        let recovered = desk.desk_state().await.expect("its state").recovered;
        assert_eq!(recovered.len(), 1);
        assert_eq!((recovered[0].generation, recovered[0].chapter), (generation, Some(chapter)));
        let words = stored.output.split_whitespace().count() as u32;
        assert_eq!(recovered[0].words, words);
    });
    Runtime::new().expect("a runtime").block_on(async {
        let desk = place.open(ScriptedGenerator::writing([""])).await;
        assert!(desk.desk_state().await.expect("its state").recovered.is_empty(), "only once");
    });
}

#[tokio::test]
async fn text_that_closing_stopped_comes_back_at_its_place() {
    let script = " snow fell".repeat(100);
    let (place, desk, chapter) = Place::with_text("Then.", slowly([script.as_str()])).await;
    let mut request = at_end(&desk, chapter).await;
    request.caret = 4;
    let mut story = Story::begin(&desk, request).await.expect("it is accepted");
    let generation = begun(&[story.next().await.expect("it has begun")])[0];
    story.first_text().await;
    // The window has saved and is gone; nobody can save what is written from here on.
    desk.close().await.expect("it closes");
    story.rest().await;
    drop(desk);
    let desk = place.open(ScriptedGenerator::writing([""])).await;
    let stored = desk.generation(generation).await.expect("it is in the history").summary;
    assert_eq!(stored.status, GenerationStatus::Stopped);
    assert_eq!(body(&desk, chapter).await, format!("Then{}.", stored.output));
    assert_eq!(desk.desk_state().await.expect("its state").recovered.len(), 1);
}
