//! What is sent: memory first, the note near the end, and only as much of the text as there is room for.

use bimo_desk::PieceKind;
use bimo_desk::wire::{ContextReport, Guidance, StoryEvent};
use bimo_engine::scripted::ScriptedGenerator;

use crate::{Place, Story, at_end, edit, story};

/// A model with little room: 400 characters, of which 100 are asked for.
fn small() -> ScriptedGenerator {
    ScriptedGenerator::writing([" on"]).with_context_length(400)
}

fn text(report: &ContextReport) -> String {
    let text = report.pieces.iter().filter(|piece| piece.kind == PieceKind::Text);
    text.map(|piece| piece.text.as_str()).collect()
}

#[tokio::test]
async fn a_long_chapter_loses_whole_paragraphs_from_its_start_and_that_is_reported() {
    for paragraph in
        ["雪停了。他走了出去，没有人看见他。\n\n", "The snow stopped. He went out.\n\n"]
    {
        let body = paragraph.repeat(100);
        let (_place, desk, chapter) = Place::with_text(body.trim_end(), small()).await;
        let request = at_end(&desk, chapter).await;
        let report = desk.preview_context(request.clone()).await.expect("a report");
        let sent = text(&report);
        assert!(body.trim_end().ends_with(&sent));
        assert!(sent.starts_with(paragraph), "{sent}");
        let whole = body.trim_end().encode_utf16().count();
        assert_eq!(report.dropped as usize, whole - sent.encode_utf16().count());
        assert_eq!((report.context_length, report.reserved_tokens), (400, 100));
        assert!(report.prompt_tokens + report.reserved_tokens <= 400, "{report:?}");
        assert!(report.prompt_tokens >= 150, "half of the room is used: {report:?}");

        let events = story(&desk, request).await;
        let StoryEvent::Started { context, .. } = &events[0] else { panic!("{events:?}") };
        assert_eq!(context, &report);
    }
}

#[tokio::test]
async fn while_a_chapter_grows_most_of_what_is_sent_stays_in_its_place() {
    let line = "He went out, and nobody saw him go.\n";
    let (_place, desk, chapter) = Place::with_text(&line.repeat(20), small()).await;
    let mut starts = Vec::new();
    let mut reused = 0;
    for round in 0..20 {
        let end = (round + 20) * line.len() as u32;
        edit(&desk, chapter, end, end, line, None).await;
        let events = story(&desk, at_end(&desk, chapter).await).await;
        let StoryEvent::Started { context, .. } = &events[0] else { panic!("{events:?}") };
        starts.push(context.dropped);
        for event in &events {
            if let StoryEvent::Prefill { reused: tokens, total, .. } = event {
                reused += usize::from(tokens * 2 > *total);
            }
        }
    }
    assert!(starts.is_sorted(), "{starts:?}");
    starts.dedup();
    assert!((2..=6).contains(&starts.len()), "it moves seldom: {starts:?}");
    assert!(reused >= 12, "{reused} of 20 requests reused most of the prompt");
}

#[tokio::test]
async fn memory_is_first_and_the_note_stands_some_lines_above_the_end() {
    let body = "One.\n\nTwo.\n\nThree";
    let (_place, desk, chapter) = Place::with_text(body, small()).await;
    let work = desk.open_chapter(chapter).await.expect("the page").work;
    let guidance = Guidance { memory: "Nell is ten.".into(), note: "Sad.".into(), note_depth: 2 };
    desk.save_guidance(work, guidance.clone()).await.expect("it is saved");
    assert_eq!(desk.open_chapter(chapter).await.expect("the page").guidance, guidance);

    let report = desk.preview_context(at_end(&desk, chapter).await).await.expect("a report");
    let pieces: Vec<_> =
        report.pieces.iter().map(|piece| (piece.kind, piece.text.as_str())).collect();
    assert_eq!(
        pieces,
        [
            (PieceKind::Memory, "Nell is ten.\n\n"),
            (PieceKind::Text, "One.\n\n"),
            (PieceKind::Note, "[Author’s note: Sad.]\n\n"),
            (PieceKind::Text, "Two.\n\nThree"),
        ]
    );
    let tokens: u32 = report.pieces.iter().map(|piece| piece.tokens).sum();
    assert_eq!(tokens, report.prompt_tokens);
}

#[tokio::test]
async fn memory_that_leaves_no_room_is_refused_with_the_numbers() {
    let (_place, desk, chapter) = Place::with_text("Then", small()).await;
    let work = desk.open_chapter(chapter).await.expect("the page").work;
    let memory = "long ".repeat(70);
    desk.save_guidance(work, Guidance { memory, ..Guidance::default() }).await.expect("saved");
    let error = Story::begin(&desk, at_end(&desk, chapter).await).await.err().expect("no room");
    assert_eq!(error.code, "prompt_too_long");
    let detail = error.detail.expect("the numbers");
    assert!(detail.contains("351") && detail.contains("400"), "{detail}");
}

#[tokio::test]
async fn an_instruct_model_is_asked_and_its_reply_begins_with_the_text() {
    let (_place, desk, chapter) = Place::with_text(
        "雪停了。",
        ScriptedGenerator::writing(["<think>想一想</think>\n\n他走了。"]).as_instruct(),
    )
    .await;
    let events = story(&desk, at_end(&desk, chapter).await).await;
    let StoryEvent::Started { generations, context } = &events[0] else { panic!("{events:?}") };
    assert_eq!(context.pieces[0].kind, PieceKind::Instruction);
    let last = context.pieces.last().expect("a piece");
    assert_eq!((last.kind, last.text.as_str()), (PieceKind::Text, "雪停了。"));
    assert_eq!(crate::told(&events, generations[0].id), "他走了。");
}

#[tokio::test]
async fn an_empty_page_has_nothing_to_go_on_from() {
    let (_place, desk, chapter) = Place::with_text("  ", small()).await;
    let error = Story::begin(&desk, at_end(&desk, chapter).await).await.err().expect("refused");
    assert_eq!(error.code, "nothing_to_continue");
}
