//! A text that is translated while it is typed, chapters, and what a person does to a sentence.

use std::time::Duration;

use bimo_desk::wire::{
    ChapterId, OpenTranslation, Segment, SegmentFlag, SegmentState, SourceLanguage, TargetLanguage,
    TranslationEvent, TranslationId, TranslationStatus,
};
use bimo_desk::{Desk, TranslatorSpec};
use bimo_engine::scripted::{ScriptedGenerator, ScriptedRewriter};
use tokio::sync::mpsc::{self, UnboundedReceiver};

use crate::{Place, body, edit, translating};

const PAIRS: [(&str, &str); 8] = [
    ("It rained all day.", "雨下了一整天。"),
    ("The old man went home.", "老人回家了。"),
    ("He closed the door.", "他关上了门。"),
    ("She laughed.", "她笑了。"),
    ("A Rainy Day", "雨天"),
    ("雨停了。", "The rain stopped."),
    ("Go away!", "走开！"),
    ("He has 35 books.", "他有很多书。"),
];

pub async fn desk_with(rewriter: ScriptedRewriter) -> (Place, Desk) {
    let place = Place::new();
    let desk = open(&place, translating(rewriter)).await;
    (place, desk)
}

async fn open(place: &Place, translator: TranslatorSpec) -> Desk {
    place.closed().await;
    let options = place.options(ScriptedGenerator::writing(["."]));
    Desk::open(bimo_desk::DeskOptions { translator, ..options }).await.expect("the desk opens")
}

/// What is told of translations.
pub struct Told(UnboundedReceiver<TranslationEvent>);

impl Told {
    pub fn of(desk: &Desk) -> Self {
        let (told, events) = mpsc::unbounded_channel();
        desk.watch_translations(move |event| drop(told.send(event)));
        Self(events)
    }

    pub async fn next(&mut self) -> TranslationEvent {
        let next = tokio::time::timeout(Duration::from_secs(20), self.0.recv());
        next.await.expect("something is told").expect("the desk is open")
    }

    /// The segments that are told of until the work has ended.
    pub async fn until_finished(&mut self) -> Vec<Segment> {
        let mut segments = Vec::new();
        loop {
            match self.next().await {
                TranslationEvent::Segment { segment, .. } => segments.push(segment),
                TranslationEvent::Finished { .. } => return segments,
                TranslationEvent::Failed { error, .. } => panic!("{error}"),
                TranslationEvent::Progress { .. } => {}
            }
        }
    }
}

/// A new translation of this text, done.
pub async fn translated(desk: &Desk, text: &str) -> (TranslationId, OpenTranslation, Told) {
    let mut told = Told::of(desk);
    let id = desk.new_translation(None, None).await.expect("a translation").summary.id;
    desk.set_translation_source(id, text.into()).await.expect("its text");
    told.until_finished().await;
    (id, desk.open_translation(id).await.expect("it is there"), told)
}

fn targets(open: &OpenTranslation) -> Vec<&str> {
    open.segments.iter().map(|segment| &segment.target[..]).collect()
}

fn whole(open: &OpenTranslation) -> (String, String) {
    let (mut source, mut target) = (open.lead.clone(), open.lead.clone());
    for segment in &open.segments {
        source += &(segment.source.clone() + &segment.gap);
        target += &(segment.target.clone() + &segment.target_gap);
    }
    (source, target)
}

#[tokio::test]
async fn a_text_is_translated_sentence_by_sentence_with_its_layout() {
    let (_place, desk) = desk_with(ScriptedRewriter::knowing(PAIRS)).await;
    let text = "# A Rainy Day\n\nIt rained all day. “She laughed.”\n- *Go away!*\n";
    let (_, open, _) = translated(&desk, text).await;
    let (source, target) = whole(&open);
    assert_eq!(source, text);
    assert_eq!(target, "# 雨天\n\n雨下了一整天。“她笑了。”\n- *走开！*\n");
    assert_eq!(open.summary.from, SourceLanguage::English);
    assert_eq!(open.summary.to, TargetLanguage::Simplified);
    assert_eq!(open.summary.title, "# A Rainy Day It rained all day. “She laughed.” - *Go away!*");
    let segment = &open.segments[1];
    assert_eq!(segment.state, SegmentState::Machine);
    assert_eq!(segment.confidence, Some((-1.0f32).exp()));
    assert_eq!(segment.alternatives.len(), 3, "four beams");
    assert!(segment.flags.is_empty(), "{segment:?}");
}

#[tokio::test]
async fn only_the_sentences_that_changed_are_translated_again() {
    let (_place, desk) = desk_with(ScriptedRewriter::knowing(PAIRS)).await;
    let (id, before, mut told) =
        translated(&desk, "It rained all day. She laughed. He closed the door.").await;
    let change = desk
        .set_translation_source(id, "It rained all day. Go away! He closed the door.".into())
        .await
        .expect("a change");
    assert_eq!((change.at, change.removed, change.inserted.len()), (1, 1, 1));
    let told = told.until_finished().await;
    let sources: Vec<&str> = told.iter().map(|segment| &segment.source[..]).collect();
    assert_eq!(sources, ["Go away!"]);
    let after = desk.open_translation(id).await.expect("it is there");
    assert_eq!(after.segments[0], before.segments[0]);
    assert_eq!(targets(&after), ["雨下了一整天。", "走开！", "他关上了门。"]);
    let done = (after.summary.progress.done, after.summary.progress.total);
    assert_eq!((done, after.summary.progress.status), ((3, 3), TranslationStatus::Complete));
}

#[tokio::test]
async fn the_direction_follows_the_text_until_it_is_chosen() {
    let (_place, desk) = desk_with(ScriptedRewriter::knowing(PAIRS)).await;
    let (id, _, mut told) = translated(&desk, "She laughed.").await;
    let change = desk.set_translation_source(id, "雨停了。".into()).await.expect("a change");
    assert_eq!(change.summary.to, TargetLanguage::English);
    assert_eq!(told.until_finished().await[0].target, "The rain stopped.");
    let chosen = desk.set_translation_target(id, Some(TargetLanguage::Simplified)).await;
    assert!(!chosen.expect("it is chosen").summary.direction_detected);
    assert_eq!(told.until_finished().await[0].target, "雨停了。", "it is Chinese already");
}

#[tokio::test]
async fn simplified_and_traditional_are_one_step_apart() {
    let (_place, desk) = desk_with(ScriptedRewriter::knowing(PAIRS)).await;
    let (id, _, mut told) = translated(&desk, "“He closed the door.”").await;
    let open = desk.set_translation_target(id, Some(TargetLanguage::Traditional)).await;
    assert_eq!(targets(&open.expect("it is turned")), ["「他關上了門。」"]);
    told.until_finished().await;
    let text = "“He closed the door.” She laughed. Go away!".to_owned();
    desk.set_translation_source(id, text).await.expect("a change");
    assert_eq!(told.until_finished().await[1].target, "走開！");
}

#[tokio::test]
async fn what_the_person_made_theirs_stays() {
    let (_place, desk) = desk_with(ScriptedRewriter::knowing(PAIRS)).await;
    let (id, open, mut told) =
        translated(&desk, "It rained all day. She laughed. Go away! He closed the door.").await;
    let ids: Vec<_> = open.segments.iter().map(|segment| segment.id).collect();
    let edited = desk.edit_segment(ids[0], "下了一天雨。".into()).await.expect("an edit");
    assert_eq!(edited.state, SegmentState::Edited);
    let chosen = desk.choose_alternative(ids[1], 0).await.expect("a choice");
    assert_eq!((&chosen.target[..], &chosen.alternatives[0].text[..]), ("她笑了。*", "她笑了。"));
    assert!(desk.lock_segment(ids[2], true).await.expect("a lock").locked);
    assert_eq!(desk.translate_again(ids[2]).await.unwrap_err().code, "segment_locked");
    let gone = desk.choose_alternative(ids[1], 9).await.unwrap_err();
    assert_eq!(gone.code, "alternative_gone");

    // The first sentence changes a little, the others not at all.
    let text = "It rained all the day. She laughed. Go away! He closed the door.";
    desk.set_translation_source(id, text.into()).await.expect("a change");
    told.until_finished().await;
    let after = desk.open_translation(id).await.expect("it is there");
    assert_eq!(targets(&after), ["下了一天雨。", "她笑了。*", "走开！", "他关上了门。"]);
    assert_eq!(after.segments[0].flags, [SegmentFlag::SourceChanged]);

    desk.translate_again(ids[3]).await.expect("it is asked");
    let TranslationEvent::Segment { segment, .. } = told.next().await else { panic!() };
    assert_eq!(segment.target, "他关上了门。*", "another one than before");
}

#[tokio::test]
async fn what_was_left_out_is_flagged_and_counted() {
    let (_place, desk) = desk_with(ScriptedRewriter::knowing(PAIRS)).await;
    let (id, open, _) = translated(&desk, "He has 35 books. She laughed.").await;
    assert_eq!(open.segments[0].flags, [SegmentFlag::Numbers]);
    let report = desk.translation_report(id).await.expect("a report");
    assert_eq!((report.segments, report.translated, report.flagged), (2, 2, 1));
    assert_eq!((report.flags[0].flag, report.flags[0].count), (SegmentFlag::Numbers, 1));
}

#[tokio::test]
async fn a_paused_translation_goes_on_where_it_was_also_after_the_end_of_the_program() {
    let sentences: Vec<String> =
        (1..=60).map(|number| format!("Sentence {number} here.")).collect();
    let slow = ScriptedRewriter::knowing([]).with_delay(Duration::from_millis(10));
    let (place, desk) = desk_with(slow).await;
    let mut told = Told::of(&desk);
    let id = desk.new_translation(None, None).await.expect("a translation").summary.id;
    desk.set_translation_source(id, sentences.join(" ")).await.expect("its text");
    for _ in 0..5 {
        told.next().await;
    }
    desk.pause_translation(id).await.expect("a pause");
    let paused = desk.open_translation(id).await.expect("it is there");
    assert_eq!(paused.summary.progress.status, TranslationStatus::Paused);
    assert!((1..60).contains(&paused.summary.progress.done), "{:?}", paused.summary.progress);
    desk.resume_translation(id).await.expect("it goes on");
    told.next().await;
    // No close, no farewell: what is on the disk is what there is.
    drop(told);
    drop(desk);

    let desk = open(&place, translating(ScriptedRewriter::knowing([]))).await;
    let found = desk.open_translation(id).await.expect("it is there");
    assert!(found.summary.progress.done >= paused.summary.progress.done);
    let kept: Vec<_> =
        found.segments.iter().filter(|one| one.state != SegmentState::New).cloned().collect();
    if found.summary.progress.done < 60 {
        assert_eq!(found.summary.progress.status, TranslationStatus::Paused);
        let mut told = Told::of(&desk);
        desk.resume_translation(id).await.expect("it goes on");
        assert_eq!(told.until_finished().await.len() as u32, 60 - found.summary.progress.done);
    }
    let done = desk.open_translation(id).await.expect("it is there");
    assert!(kept.iter().all(|segment| done.segments.contains(segment)), "nothing is done twice");
    assert_eq!(done.summary.progress.done, 60);
}

async fn chapters(desk: &Desk) -> Vec<(String, ChapterId)> {
    let library = desk.desk_state().await.expect("the desk answers").library;
    let chapters = library.works.last().expect("a work").chapters.iter();
    chapters.map(|chapter| (chapter.title.clone(), chapter.id)).collect()
}

#[tokio::test]
async fn a_chapter_becomes_a_linked_one_behind_it_and_follows_it() {
    let (_place, desk) = desk_with(ScriptedRewriter::knowing(PAIRS)).await;
    let created = desk.create_work("A work".into()).await.expect("a work");
    let work = created.library.works.last().expect("it").id;
    let chapter = created.chapter;
    edit(&desk, chapter, 0, 0, "It rained all day.\n\nShe laughed.", None).await;
    desk.create_chapter(work, "Later".into(), None).await.expect("another chapter");
    let mut told = Told::of(&desk);
    let open = desk.translate_chapter(chapter, None).await.expect("it is begun");
    told.until_finished().await;
    let linked = open.summary.linked_chapter.expect("a chapter");
    assert_eq!(body(&desk, linked).await, "雨下了一整天。\n\n她笑了。");
    let titles: Vec<String> = chapters(&desk).await.into_iter().map(|(title, _)| title).collect();
    assert_eq!(titles, ["", "简体中文", "Later"]);

    edit(&desk, chapter, 0, 0, "Go away! ", None).await;
    let again = desk.translate_chapter(chapter, None).await.expect("it goes on");
    assert_eq!(again.summary.id, open.summary.id);
    assert_eq!(told.until_finished().await.len(), 1);
    assert_eq!(body(&desk, linked).await, "走开！雨下了一整天。\n\n她笑了。");

    // What the person writes into it is theirs.
    edit(&desk, linked, 0, 0, "注：", None).await;
    desk.edit_segment(again.segments[0].id, "滚开！".into()).await.expect("an edit");
    assert_eq!(body(&desk, linked).await, "注：走开！雨下了一整天。\n\n她笑了。");
}

#[tokio::test]
async fn bad_input_has_an_answer_and_changes_nothing() {
    let (_place, desk) = desk_with(ScriptedRewriter::knowing(PAIRS)).await;
    let empty = desk.create_work("Empty".into()).await.expect("a work").chapter;
    let refused = desk.translate_chapter(empty, None).await.unwrap_err();
    assert_eq!(refused.code, "nothing_to_translate");
    assert_eq!(chapters(&desk).await.len(), 1);

    let (id, open, mut told) = translated(&desk, "😀😀\n\n🎉").await;
    assert_eq!((open.segments.len(), whole(&open).1), (0, "😀😀\n\n🎉".into()));
    for (text, from) in [
        ("", SourceLanguage::Unknown),
        ("Дождь шёл весь день.", SourceLanguage::Other),
        ("مرحبا بالعالم يا صديقي.", SourceLanguage::Other),
    ] {
        let change = desk.set_translation_source(id, text.into()).await.expect("a text");
        assert_eq!(change.summary.from, from, "{text}");
        let told = told.until_finished().await;
        assert!(
            told.iter().all(|one| one.flags == [SegmentFlag::OtherLanguage] && one.target == text)
        );
    }
    let long = "x".repeat((8 << 20) + 1);
    let refused = desk.set_translation_source(id, long).await.unwrap_err();
    assert_eq!(refused.code, "source_too_long");
    let unknown = desk.open_translation(TranslationId(999)).await.unwrap_err();
    assert_eq!(unknown.code, "not_found");
}

#[tokio::test]
async fn a_megabyte_in_one_line_is_shown_at_once_and_can_be_stopped() {
    let slow = ScriptedRewriter::knowing([]).with_delay(Duration::from_millis(5));
    let (_place, desk) = desk_with(slow).await;
    let mut told = Told::of(&desk);
    let id = desk.new_translation(None, None).await.expect("a translation").summary.id;
    let change = desk.set_translation_source(id, "word ".repeat(200_000)).await.expect("a text");
    assert!(change.inserted.len() > 600);
    told.next().await;
    desk.stop_translation(id).await.expect("it stops");
    let open = desk.open_translation(id).await.expect("it is there");
    assert_eq!(open.summary.progress.status, TranslationStatus::Stopped);
}

#[tokio::test]
async fn a_model_that_does_not_write_the_language_fails_with_what_to_get() {
    let only_chinese = ScriptedRewriter::knowing(PAIRS).with_target_languages(["cmn_Hans"]);
    let (_place, desk) = desk_with(only_chinese).await;
    let mut told = Told::of(&desk);
    let id = desk.new_translation(None, None).await.expect("a translation").summary.id;
    desk.set_translation_source(id, "雨停了。".into()).await.expect("a text");
    let TranslationEvent::Failed { error, .. } = told.next().await else { panic!() };
    assert_eq!(error.code, "language_unsupported");
    assert!(error.message.contains("opus-mt-zh-en"), "{error}");
    let open = desk.open_translation(id).await.expect("it is there");
    assert_eq!(open.summary.progress.status, TranslationStatus::Failed);
    assert_eq!(open.error.map(|error| error.code).as_deref(), Some("language_unsupported"));
}

/// The texts are those of transformers' MarianMTModel on the same weights, with four beams.
#[tokio::test]
async fn the_small_translator_of_the_program_works_both_ways() {
    let place = Place::new();
    let desk = open(&place, TranslatorSpec::translator_starter()).await;
    let (_, open, _) = translated(&desk, "My brother has three books.").await;
    assert_eq!(targets(&open), ["我哥哥有三个书。"]);
    let (_, open, _) = translated(&desk, "他走了。").await;
    assert_eq!(open.summary.to, TargetLanguage::English);
    assert!(!open.segments[0].target.is_empty());
}
