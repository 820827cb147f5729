//! A disk without room while a text is read or summarised, and with room again later.
//!
//! The room is a limit of the process, so that each of these tests runs in one of its own.

use std::process::Command;
use std::time::Duration;

use bimo_desk::wire::{
    MoodDraft, MoodEvent, SummaryDraft, SummaryEvent, SummaryForm, SummaryLength, SummaryMethod,
    SummaryRequest, SummarySource, SummaryStatus,
};
use bimo_engine::scripted::ScriptedGenerator;

use crate::Place;
use crate::moods::{Counting, Told, desk_with, read, text};
use crate::summarizing;

/// Says to this binary that it is the process of one test.
const ALONE: &str = "BIMO_TEST_OF_A_FULL_DISK";
/// What a library says that cannot be written; the system's limit is not the code of a full disk.
const REFUSED: &str = "library_not_writable";

#[test]
fn a_reading_goes_on_and_what_was_typed_is_kept_once_there_is_room() {
    alone("reading");
}

#[test]
fn a_summary_keeps_what_was_written_and_is_made_again_once_there_is_room() {
    alone("summarising");
}

/// Runs a test of this file by itself. A write beyond the limit is an error there, no signal.
fn alone(name: &str) {
    let name = format!("full_disk::{name}");
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().expect("this binary"))
        .args([&name[..], "--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .env(ALONE, "1")
        .output()
        .expect("a shell");
    let said = String::from_utf8_lossy(&output.stdout);
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}\n{why}");
}

/// No file can be written any more, or all can.
fn disk(is_full: bool) {
    let (process, limit) =
        (std::process::id().to_string(), if is_full { "0" } else { "unlimited" });
    let set = Command::new("prlimit")
        .args(["--pid", &process, &format!("--fsize={limit}:")])
        .status()
        .expect("prlimit, which is part of util-linux");
    assert!(set.success());
}

#[tokio::test]
#[ignore = "the disk is full for its whole process; another test starts it"]
async fn reading() {
    if std::env::var(ALONE).is_err() {
        return;
    }
    let place = Place::new();
    let desk = desk_with(&place, Counting::slowly(Duration::from_millis(2))).await;
    let story: String = (0..400).map(|number| format!("Number {number} was lost. ")).collect();
    let left = MoodDraft { text: story.clone(), ..MoodDraft::default() };

    let mut told = Told::begin(&desk, text(&story)).await.expect("it is accepted");
    let (mut scored, mut unkept) = (0, Vec::new());
    loop {
        match told.next().await.expect("it goes on") {
            MoodEvent::Scored { sentences, .. } => {
                scored += sentences.len();
                disk(true);
            }
            MoodEvent::Unkept { error, .. } => unkept.push(error.code),
            MoodEvent::Finished { progress, .. } => break assert_eq!(progress.done, 400),
            MoodEvent::Failed { error, .. } => panic!("{error}"),
            _ => {}
        }
    }
    assert_eq!((scored, &unkept[..]), (400, &[REFUSED.to_owned()][..]), "said once");
    let refused = desk.keep_mood_draft(left.clone()).await.expect_err("there is no room");
    assert_eq!((&refused.code[..], refused.retryable), (REFUSED, true));

    disk(false);
    desk.keep_mood_draft(left.clone()).await.expect("there is room");
    let known = read(&desk, text(&story)).await.progress.known;
    assert!(known > 0 && known < 400, "what was read before is known: {known}");
    drop(desk);
    place.closed().await;
    let desk = desk_with(&place, Counting::new()).await;
    assert_eq!(desk.mood_draft().await.expect("it is read"), left);
    assert_eq!(read(&desk, text(&story)).await.progress.known, 400);
}

#[tokio::test]
#[ignore = "the disk is full for its whole process; another test starts it"]
async fn summarising() {
    if std::env::var(ALONE).is_err() {
        return;
    }
    let place = Place::new();
    let long = "The lamp broke one winter and no ship came. ".repeat(60);
    let slow = ScriptedGenerator::writing([long.as_str()]).with_delay(Duration::from_millis(3));
    let desk = summarizing::open(&place, slow.clone().as_instruct()).await;
    let key = desk.summarize(asked(SummaryMethod::Key, 2)).await.expect("key sentences").entry.id;
    let key = desk.open_summary(key).await.expect("they are kept");
    let mut told = summarizing::Told::of(&desk);
    let rewritten = desk.summarize(asked(SummaryMethod::Rewritten, 9)).await.expect("it begins");

    let mut shown = String::new();
    let (entry, error) = loop {
        match told.next().await {
            SummaryEvent::Text { text, .. } => {
                shown += &text;
                disk(true);
            }
            SummaryEvent::Failed { entry, error, .. } => break (entry, error),
            SummaryEvent::Finished { .. } => panic!("nothing could be kept"),
            _ => {}
        }
    };
    assert_eq!((&error.code[..], entry.status), (REFUSED, SummaryStatus::Failed));
    let failed = desk.open_summary(rewritten.entry.id).await.expect("it is there");
    assert_eq!((failed.entry.status, &failed.outcome.text), (SummaryStatus::Failed, &shown));
    assert_eq!(failed.error.map(|error| error.code), Some(REFUSED.into()));
    let listed = desk.summaries().await.expect("the list");
    assert!(listed.iter().all(|entry| entry.status != SummaryStatus::Running), "{listed:?}");

    // Key sentences of another length take the place of those that are there only where they can be kept.
    let kept = SummarySource::Kept { summary: key.entry.id };
    let longer = SummaryRequest { source: kept, ..asked(SummaryMethod::Key, 3) };
    let refused = desk.summarize(longer.clone()).await.expect_err("there is no room");
    assert_eq!(refused.code, REFUSED);
    assert_eq!(desk.open_summary(key.entry.id).await.expect("as it was"), key);
    let refused = desk.keep_summary_draft(draft()).await.expect_err("there is no room");
    assert_eq!(refused.code, REFUSED);

    disk(false);
    desk.keep_summary_draft(draft()).await.expect("there is room");
    let longer = desk.summarize(longer).await.expect("longer ones");
    assert_eq!((longer.entry.id, longer.outcome.sentences.len()), (key.entry.id, 3));
    let again = desk.summarize(asked(SummaryMethod::Rewritten, 9)).await.expect("it begins");
    let ended = told.until_ended().await;
    assert!(matches!(ended.last(), Some(SummaryEvent::Finished { .. })), "{:?}", ended.last());
    desk.close().await.expect("it closes");
    drop(desk);
    let desk = summarizing::open(&place, slow).await;
    let before = desk.open_summary(rewritten.entry.id).await.expect("it is kept");
    assert_eq!((before.entry.status, before.outcome.text), (SummaryStatus::Stopped, shown));
    let again = desk.open_summary(again.entry.id).await.expect("it is kept");
    assert_eq!(again.entry.status, SummaryStatus::Complete);
    assert_eq!(desk.summary_draft().await.expect("it is read"), Some(draft()));
}

fn asked(method: SummaryMethod, count: u32) -> SummaryRequest {
    summarizing::asked(summarizing::pasted(summarizing::STORY), method, count)
}

fn draft() -> SummaryDraft {
    SummaryDraft {
        text: "灯坏了。".into(),
        aside: Vec::new(),
        method: SummaryMethod::Key,
        length: SummaryLength::Sentences { count: 3 },
        form: SummaryForm::Paragraph,
        to: None,
    }
}
