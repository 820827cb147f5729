//! Summaries that are asked for, kept, made again, stopped, and found again after a restart.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bimo_desk::Desk;
use bimo_desk::wire::{
    ModelState, OpenSummary, SourceKind, SummaryDraft, SummaryEvent, SummaryForm, SummaryId,
    SummaryLength, SummaryMethod, SummaryRequest, SummarySource, SummaryStage, SummaryStatus,
    TargetLanguage,
};
use bimo_engine::TextGenerator;
use bimo_engine::scripted::{ScriptedGenerator, ScriptedRewriter};
use tokio::sync::mpsc::{self, UnboundedReceiver};

use crate::{Place, edit, translating};

pub const STORY: &str = "The keeper lit the lamp every evening on the island. He counted the ships that passed the island at night.\n\n\
                     One winter the lamp broke, and no ship passed the island. The keeper was alone with the broken lamp.";

pub fn pasted(text: &str) -> SummarySource {
    SummarySource::Text { text: text.into() }
}

pub fn asked(source: SummarySource, method: SummaryMethod, count: u32) -> SummaryRequest {
    SummaryRequest {
        source,
        method,
        length: SummaryLength::Sentences { count },
        form: SummaryForm::Paragraph,
        to: None,
    }
}

fn key(source: SummarySource, count: u32) -> SummaryRequest {
    asked(source, SummaryMethod::Key, count)
}

pub async fn open(place: &Place, model: impl TextGenerator + 'static) -> Desk {
    let desk = place.open(model).await;
    while desk.desk_state().await.expect("its state").model.state == ModelState::Loading {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    desk
}

/// What is told of summaries.
pub struct Told(UnboundedReceiver<SummaryEvent>);

impl Told {
    pub fn of(desk: &Desk) -> Self {
        let (told, events) = mpsc::unbounded_channel();
        desk.watch_summaries(move |event| drop(told.send(event)));
        Self(events)
    }

    pub async fn next(&mut self) -> SummaryEvent {
        let next = tokio::time::timeout(Duration::from_secs(20), self.0.recv());
        next.await.expect("something is told").expect("the desk is open")
    }

    /// All that is told until the summary has ended.
    pub async fn until_ended(&mut self) -> Vec<SummaryEvent> {
        let mut events = Vec::new();
        loop {
            let event = self.next().await;
            let is_last =
                matches!(event, SummaryEvent::Finished { .. } | SummaryEvent::Failed { .. });
            events.push(event);
            if is_last {
                return events;
            }
        }
    }
}

fn words(open: &OpenSummary) -> Vec<String> {
    let units: Vec<u16> = open.outcome.text.encode_utf16().collect();
    let text = |from: u32, to: u32| String::from_utf16_lossy(&units[from as usize..to as usize]);
    open.outcome.sentences.iter().map(|sentence| text(sentence.from, sentence.to)).collect()
}

async fn ids(desk: &Desk) -> Vec<SummaryId> {
    desk.summaries().await.expect("the list").iter().map(|entry| entry.id).collect()
}

#[tokio::test]
async fn key_sentences_are_there_at_once_and_another_length_takes_their_place() {
    let place = Place::new();
    let desk = open(&place, ScriptedGenerator::writing(["."])).await;
    let first = desk.summarize(key(pasted(STORY), 2)).await.expect("a summary");
    assert_eq!(first.entry.status, SummaryStatus::Complete);
    assert_eq!((first.entry.kind, first.progress.stage), (SourceKind::Text, SummaryStage::Done));
    assert_eq!(first.source.sentences.len(), 4);
    let found = words(&first);
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|text| STORY.contains(&text[..])), "{found:?}");
    let again = SummarySource::Kept { summary: first.entry.id };
    let second = desk.summarize(key(again.clone(), 3)).await.expect("a longer one");
    assert_eq!((second.entry.id, words(&second).len()), (first.entry.id, 3));
    assert_eq!(ids(&desk).await, [first.entry.id]);
    drop(desk);
    let desk = open(&place, ScriptedGenerator::writing(["."])).await;
    let kept = desk.open_summary(first.entry.id).await.expect("it is kept");
    assert_eq!(kept, second);
    assert_eq!(kept.entry.preview, kept.outcome.text.chars().take(200).collect::<String>());
    assert_eq!(desk.delete_summary(first.entry.id).await.expect("it goes"), []);
    let gone = desk.summarize(key(again, 3)).await.expect_err("nothing is left of it");
    assert_eq!(gone.code, "not_found");
}

#[tokio::test]
async fn a_chapter_and_a_work_are_summarised_and_say_when_they_have_changed() {
    let model = ScriptedGenerator::writing(["."]);
    let (_place, desk, chapter) = Place::with_text(&format!("# Lamps\n\n{STORY}"), model).await;
    let source = SummarySource::Chapter { chapter };
    let read = desk.read_source(source.clone()).await.expect("it is read");
    assert_eq!(read.paragraphs[0].heading, 1);
    assert!(!read.text.contains('#'), "marks are no words");
    assert_eq!(ids(&desk).await, [], "reading keeps nothing");
    let open = desk.summarize(key(source, 1)).await.expect("a summary");
    assert_eq!((open.entry.kind, open.entry.chapter), (SourceKind::Chapter, Some(chapter)));
    let work = open.entry.work.expect("its work");
    let whole = desk.summarize(key(SummarySource::Work { work }, 1)).await.expect("a summary");
    assert_eq!((whole.entry.title.as_str(), whole.source.sections.len()), ("A work", 1));
    assert_eq!(whole.source.sections[0].chapter, Some(chapter));
    let changed = async || desk.open_summary(open.entry.id).await.expect("it").source_changed;
    assert!(!changed().await);
    edit(&desk, chapter, 0, 0, "One more sentence.\n\n", None).await;
    assert!(changed().await);
    assert!(desk.open_summary(whole.entry.id).await.expect("it").source_changed);
}

#[tokio::test]
async fn the_model_for_stories_rewrites_where_it_follows_instructions() {
    let place = Place::new();
    let said = "<think>So.</think>One winter the lamp broke. A pirate took 40 barrels.";
    let desk = open(&place, ScriptedGenerator::writing([said]).as_instruct()).await;
    let summarizer = desk.summarizer().await.expect("it is known");
    assert!(summarizer.by_story_model && summarizer.follows_instructions);
    let mut told = Told::of(&desk);
    let begun =
        desk.summarize(asked(pasted(STORY), SummaryMethod::Rewritten, 2)).await.expect("it begins");
    assert_eq!((begun.entry.status, &begun.outcome.text[..]), (SummaryStatus::Running, ""));
    let events = told.until_ended().await;
    let text: String = events
        .iter()
        .filter_map(|event| match event {
            SummaryEvent::Text { text, .. } => Some(&text[..]),
            _ => None,
        })
        .collect();
    assert_eq!(text, "One winter the lamp broke. A pirate took 40 barrels.");
    let mut so_far = 0;
    for event in &events {
        let SummaryEvent::Text { at, text, .. } = event else { continue };
        assert_eq!(*at, so_far, "each piece says where it begins");
        so_far += text.encode_utf16().count() as u32;
    }
    let open = desk.open_summary(begun.entry.id).await.expect("it is there");
    assert_eq!((open.entry.status, &open.outcome.text), (SummaryStatus::Complete, &text));
    assert_eq!(open.entry.model, "Scripted");
    let Some(SummaryEvent::Finished { outcome, entry, .. }) = events.last() else {
        panic!("{events:?}")
    };
    assert_eq!((outcome, entry), (&open.outcome, &open.entry), "what is told has been stored");
    let flags = |number: usize| {
        serde_json::to_string(&open.outcome.sentences[number].flags).expect("flags")
    };
    assert_eq!(flags(0), "[]");
    assert_eq!(flags(1), r#"["unsupported","numbers"]"#);
}

#[tokio::test]
async fn a_stopped_summary_keeps_its_text_and_so_does_one_that_the_programs_end_interrupted() {
    let place = Place::new();
    let long = "The lamp broke one winter and no ship came. ".repeat(40);
    let slow = ScriptedGenerator::writing([long.as_str()]).with_delay(Duration::from_millis(3));
    let desk = open(&place, slow.clone().as_instruct()).await;
    let mut told = Told::of(&desk);
    let mut ended = Vec::new();
    for stop in [true, false] {
        let request = asked(pasted(STORY), SummaryMethod::Rewritten, 9);
        let id = desk.summarize(request).await.expect("it begins").entry.id;
        while !matches!(told.next().await, SummaryEvent::Text { .. }) {}
        if stop {
            desk.stop_summary(id).await.expect("it stops");
            told.until_ended().await;
        }
        ended.push(id);
    }
    let stopped = desk.open_summary(ended[0]).await.expect("it is there");
    assert_eq!(stopped.entry.status, SummaryStatus::Stopped);
    assert!(long.starts_with(stopped.outcome.text.trim()) && !stopped.outcome.text.is_empty());
    assert!(!stopped.outcome.sentences.is_empty(), "what there is has its sources");
    // The work is cut off where it is, as when the process is killed.
    desk.delete_summary(ended[0]).await.expect("it goes");
    let interrupted = desk.open_summary(ended[1]).await.expect("it is there");
    assert_eq!(interrupted.entry.status, SummaryStatus::Running);
    assert!(!interrupted.outcome.text.is_empty(), "every batch is on the disk");
    desk.close().await.expect("it closes");
    drop(desk);
    let desk = open(&place, slow).await;
    let after = desk.open_summary(ended[1]).await.expect("it is kept");
    assert_eq!(after.entry.status, SummaryStatus::Stopped);
    assert!(after.outcome.text.len() >= interrupted.outcome.text.len());
}

#[tokio::test]
async fn key_sentences_are_translated_for_the_other_language() {
    let place = Place::new();
    let known = [(
        "One winter the lamp broke, and no ship passed the island.",
        "一个冬天灯坏了，没有船经过小岛。",
    )];
    let options = place.options(ScriptedGenerator::writing(["."]));
    let translator = translating(ScriptedRewriter::knowing(known));
    let desk =
        Desk::open(bimo_desk::DeskOptions { translator, ..options }).await.expect("it opens");
    let mut told = Told::of(&desk);
    let source = "One winter the lamp broke, and no ship passed the island. Alas. Alas.";
    let request = SummaryRequest { to: Some(TargetLanguage::Simplified), ..key(pasted(source), 1) };
    let id = desk.summarize(request).await.expect("it begins").entry.id;
    told.until_ended().await;
    let open = desk.open_summary(id).await.expect("it is there");
    assert_eq!(open.outcome.text, "一个冬天灯坏了，没有船经过小岛。");
    assert_eq!(open.outcome.sentences[0].sources[0].sentence, 0);
    assert!(open.outcome.coverage.share > 0.0);
}

#[tokio::test]
async fn a_file_that_was_let_go_over_the_window_is_summarised_and_the_summary_written_to_files() {
    let place = Place::new();
    let desk = open(&place, ScriptedGenerator::writing(["."])).await;
    let content = BASE64_STANDARD.encode(format!("# The lamp\n\n{STORY}\n"));
    let dropped = SummarySource::Dropped { name: "island.md".into(), content };
    let open = desk.summarize(key(dropped, 2)).await.expect("it is read");
    assert_eq!((open.entry.kind, &open.entry.title[..]), (SourceKind::File, "island.md"));
    for (content, code) in [("dGV4dA==", "import_invalid"), ("?", "file_unreadable")] {
        let damaged = SummarySource::Dropped { name: "a.docx".into(), content: content.into() };
        let error = desk.summarize(key(damaged, 2)).await.expect_err(code);
        assert_eq!(error.code, code);
    }

    let written = async |name: &str| {
        let path = place.folder.path().join(name);
        desk.export_summary(open.entry.id, path.display().to_string()).await.expect("written");
        std::fs::read_to_string(path).expect("it is there")
    };
    let text = &open.outcome.text;
    assert_eq!(written("summary.md").await, format!("# island.md\n\n{text}\n"));
    assert_eq!(written("summary.txt").await, format!("{text}\n"));
    let nowhere = desk.export_summary(open.entry.id, "/nowhere/a.md".into()).await;
    assert_eq!(nowhere.expect_err("there is no such folder").code, "file_not_writable");
}

#[tokio::test]
async fn what_cannot_be_summarised_is_refused_in_words_and_leaves_nothing_behind() {
    let place = Place::new();
    let desk = open(&place, ScriptedGenerator::writing(["."])).await;
    assert_eq!(desk.summarizer().await.expect("it is known").name, None);
    let file = place.folder.path().join("page.docx");
    std::fs::write(&file, "no archive").expect("it is written");
    let file = SummarySource::File { path: file.display().to_string() };
    let nowhere = SummarySource::File { path: "/nowhere/a.txt".into() };
    let links = "<li><a href=/>One of ten lamps</a></li>".repeat(30);
    let page = SummarySource::Page { html: format!("<body><ul>{links}</ul></body>") };
    let cases = [
        (asked(pasted(STORY), SummaryMethod::Rewritten, 2), "no_summarizer"),
        (key(pasted(""), 2), "nothing_to_summarize"),
        (key(pasted("Word"), 2), "nothing_to_summarize"),
        (key(pasted("😀😀😀"), 2), "nothing_to_summarize"),
        (key(pasted(STORY), 0), "invalid_length"),
        (key(pasted(STORY), 201), "invalid_length"),
        (key(file, 2), "import_invalid"),
        (key(nowhere, 2), "file_unreadable"),
        (key(page, 2), "import_no_article"),
        (key(pasted(&"One lamp. ".repeat(1 << 20)), 2), "too_long_to_summarize"),
    ];
    for (request, code) in cases {
        let error = desk.summarize(request).await.expect_err(code);
        assert_eq!(error.code, code, "{error}");
        assert!(!error.message.is_empty());
    }
    assert_eq!(ids(&desk).await, []);
    let html = SummarySource::Page { html: format!("<script>alert(1)</script><p>{STORY}</p>") };
    let page = desk.summarize(key(html, 1)).await.expect("a piece of a page");
    assert!(!page.source.text.contains("alert"));
    let megabyte = "The lamp burns in the night, and 7 ships pass. 船过了小岛。".repeat(19_000);
    let open = desk.summarize(key(pasted(&megabyte), 2)).await.expect("a million characters");
    assert!(open.source.text.chars().count() > 1_000_000);
}

#[tokio::test]
async fn an_article_that_is_kept_with_no_summary_is_there_after_the_programs_end() {
    let place = Place::new();
    let desk = open(&place, ScriptedGenerator::writing(["."])).await;
    assert_eq!(desk.summary_draft().await.expect("it is read"), None);
    let draft = |text: &str| SummaryDraft {
        text: text.into(),
        aside: vec!["灯坏了。".into()],
        method: SummaryMethod::Rewritten,
        length: SummaryLength::Share { share: 0.25 },
        form: SummaryForm::Bullets,
        to: Some(TargetLanguage::Traditional),
    };
    for text in [STORY, "One word more."] {
        desk.keep_summary_draft(draft(text)).await.expect("it is kept");
    }
    drop(desk);
    let desk = open(&place, ScriptedGenerator::writing(["."])).await;
    let kept = desk.summary_draft().await.expect("it is read");
    assert_eq!(kept, Some(draft("One word more.")));
}
