//! Tables go in, rows and pictures come out, and characters are kept.

use bimo_desk::Desk;
use bimo_desk::wire::{
    ApiError, ModelTask, MoodBeside, MoodCharacter, MoodDraft, MoodEvent, MoodMeasure, MoodRequest,
    MoodSource, RevisionId, SummaryId,
};
use bimo_engine::scripted::ScriptedGenerator;

use crate::moods::{Counting, desk_with, read, text};
use crate::{Place, edit};

#[tokio::test]
async fn rows_of_a_table_are_read_and_written() {
    let place = Place::new();
    let desk = desk_with(&place, Counting::new()).await;
    let folder = place.models();
    std::fs::create_dir_all(&folder).expect("a folder");
    let (from, to) = (folder.join("in.csv"), folder.join("out.csv"));
    let rows = "id,review\n1,\"Lost, or rather lost\nfor good\"\n2,\n3,It was found\n";
    std::fs::write(&from, rows).expect("a table");
    let path = from.display().to_string();
    let columns = desk.table_columns(path.clone()).await.expect("columns");
    assert_eq!((columns.rows, columns.chosen, columns.has_header), (3, 1, true));
    assert_eq!(columns.columns[0].samples, ["1", "2", "3"]);
    let found = read(&desk, MoodSource::Table { path: path.clone(), column: None }).await;
    assert_eq!(found.sentences.len(), 2, "the empty cell is none");
    desk.export_moods(found.reading.id, to.display().to_string()).await.expect("written");
    assert_eq!(
        std::fs::read_to_string(&to).expect("rows"),
        "chapter,sentence,text,label,score,valence,guess,negative,positive,neutral\n\
         ,1,\"Lost, or rather lost for good\",negative,0.900000,-0.850000,false,0.900000,0.050000,0.050000\n\
         ,2,It was found,positive,0.900000,0.850000,false,0.050000,0.900000,0.050000\n"
    );
    let error = read_error(&desk, MoodSource::Table { path, column: Some(2) }).await;
    assert_eq!(error.code, "mood_no_table");
}

#[tokio::test]
async fn a_picture_is_written_and_anything_else_is_not() {
    let place = Place::new();
    let desk = place.open(ScriptedGenerator::writing(["."])).await;
    let path = place.folder.path().join("arc.svg");
    // `<svg/>` and `hello`, as RFC 4648 writes them.
    let save = async |base64: &str| {
        desk.save_picture(path.display().to_string(), base64.into())
            .await
            .map_err(|error| error.code)
    };
    for wrong in ["aGVsbG8=", "%%%", ""] {
        assert_eq!(save(wrong).await, Err("picture_invalid".to_owned()));
    }
    assert!(!path.exists());
    assert_eq!(save("PHN2Zy8+").await, Ok(()));
    assert_eq!(std::fs::read_to_string(&path).expect("a picture"), "<svg/>");
}

#[tokio::test]
async fn characters_are_kept_with_their_work_and_others_are_suggested() {
    let place = Place::new();
    let desk = desk_with(&place, Counting::new()).await;
    let chapter = desk.create_work("A work".into()).await.expect("a work").chapter;
    let work = desk.open_chapter(chapter).await.expect("the page").work;
    let body = "Then Anna came. So Anna went. And Anna and Tom and Tom stayed with Tom.";
    edit(&desk, chapter, 0, 0, body, None).await;
    let characters = desk.mood_characters(work).await.expect("characters");
    assert_eq!(characters.suggested, ["Anna", "Tom"]);
    let anna = MoodCharacter { names: vec![" Anna ".into(), String::new(), "Annie".into()] };
    let nobody = MoodCharacter { names: vec![" ".into()] };
    let kept = desk.keep_mood_characters(work, vec![anna, nobody]).await.expect("kept");
    assert_eq!(kept.kept, [MoodCharacter { names: vec!["Anna".into(), "Annie".into()] }]);
    assert_eq!(kept.suggested, ["Tom"]);
}

#[tokio::test]
async fn another_classifier_is_chosen_for_the_task_or_picked_for_one_reading() {
    let place = Place::new();
    let desk = desk_with(&place, Counting::new()).await;
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/reference/fixtures/");
    let own = format!("{fixtures}encoders/bert-chinese-binary");
    let own = std::path::Path::new(&own).canonicalize().expect("a model").display().to_string();
    desk.bring_model(own.clone()).await.expect("it is on the shelf");
    desk.use_model(ModelTask::Sentiment, Some(own.clone())).await.expect("it is chosen");
    let found = read(&desk, text("天气很好。门开了。")).await;
    assert_eq!(found.reading.model.labels.len(), 2);
    assert!(!found.reading.model.starter);
    assert_eq!(found.reading.model.polarity.as_ref().expect("moods").values, [-1.0, 1.0]);
    desk.use_model(ModelTask::Sentiment, None).await.expect("the one in the program");
    let starter = read(&desk, text("天气很好。门开了。")).await;
    assert_eq!(starter.reading.model.labels.len(), 3);
    let error = desk.compare_moods(found.reading.id, starter.reading.id, None).await;
    assert_eq!(error.expect_err("they are by two models").code, "mood_not_comparable");

    let (told, mut events) = tokio::sync::mpsc::unbounded_channel();
    let request = MoodRequest { source: text("好。坏。"), model: Some(own) };
    desk.read_mood(request, move |event| drop(told.send(event))).await.expect("it is picked");
    let Some(MoodEvent::Opened { reading }) = events.recv().await else { panic!("it opens") };
    assert_eq!(reading.model.labels.len(), 2);
}

#[tokio::test]
async fn what_was_left_in_the_panel_is_there_after_a_restart() {
    let place = Place::new();
    let desk = desk_with(&place, Counting::new()).await;
    assert_eq!(desk.mood_draft().await.expect("nothing yet"), MoodDraft::default());
    let summary = MoodSource::Summary { summary: SummaryId(7) };
    let revision = MoodSource::Revision { revision: RevisionId(3) };
    let left = MoodDraft {
        text: "Typed 😀\n又打了一行。".into(),
        source: Some(summary),
        part: Some(2),
        measure: Some(MoodMeasure::Label { label: 1 }),
        beside: Some(MoodBeside { source: revision, title: "An hour ago".into() }),
        labels: true,
        lines: "one\ntwo".into(),
        table: Some(MoodSource::Table { path: "/a.csv".into(), column: Some(1) }),
        classifier: Some("/models/topics".into()),
    };
    desk.keep_mood_draft(left.clone()).await.expect("kept");
    drop(desk);
    place.closed().await;
    let desk = desk_with(&place, Counting::new()).await;
    assert_eq!(desk.mood_draft().await.expect("what was left"), left);
    let gone = read_error(&desk, left.source.expect("a source")).await;
    assert_eq!(gone.code, "not_found");
}

async fn read_error(desk: &Desk, source: MoodSource) -> ApiError {
    let request = MoodRequest { source, model: None };
    desk.read_mood(request, |_| {}).await.expect_err("it cannot be read")
}
