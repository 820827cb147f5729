//! `works`, `export` and `history`, with the desk open and closed.

use std::sync::Arc;

use bimo_desk::wire::{ContinueRequest, StoryEvent, WritingParams};
use bimo_desk::{ClassifierSpec, Desk, DeskOptions, Folders, ModelSpec, Models, TranslatorSpec};
use tempfile::TempDir;

use crate::{object, printed, refused};

/// A desk on a new library, `library` in this folder.
pub async fn desk_on(folder: &TempDir) -> Desk {
    let library = folder.path().join("library");
    let options = DeskOptions {
        folders: Folders {
            configuration: folder.path().join("configuration"),
            usual: library.clone(),
            named: Some(library),
        },
        model: ModelSpec::starter(),
        translator: TranslatorSpec::translator_starter(),
        classifier: ClassifierSpec::classifier_starter(),
        models: Models::of_this_computer(Some(folder.path().join("models")), None)
            .expect("a folder of models"),
        clock: Arc::new(|| 1_795_585_530_000),
        seeds: Arc::new(|| 7),
        system_locale: "en".into(),
    };
    Desk::open(options).await.expect("the desk opens")
}

/// The same, in which the starter has written a little.
async fn desk_with_a_story(folder: &TempDir) -> Desk {
    let desk = desk_on(folder).await;
    let work = desk.desk_state().await.expect("its state").library.works[0].clone();
    let page = desk.open_chapter(work.chapters[0].id).await.expect("a page");
    let request = ContinueRequest {
        chapter: page.id,
        version: page.version,
        caret: page.body.encode_utf16().count() as u32,
        choices: 1,
        try_of: None,
        writing: WritingParams { length: 8, finish_sentence: false, ..WritingParams::default() },
    };
    let (told, mut events) = tokio::sync::mpsc::unbounded_channel();
    desk.continue_story(request, move |event| drop(told.send(event))).await.expect("it is begun");
    while let Some(event) = events.recv().await {
        assert!(!matches!(event, StoryEvent::Failed { .. }), "{event:?}");
    }
    desk
}

#[tokio::test(flavor = "multi_thread")]
async fn the_library_is_read_while_it_is_open_and_after() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("library").display().to_string();
    let in_library = |arguments: &[&'static str]| -> Vec<String> {
        let named = ["--library".to_owned(), path.clone()];
        arguments.iter().map(|argument| (*argument).to_owned()).chain(named).collect()
    };
    let ask = |arguments: &[&'static str]| {
        let arguments = in_library(arguments);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        (printed(&arguments, ""), object(&arguments, ""))
    };
    let read_all = || {
        let (works, object) = ask(&["works"]);
        assert!(works.starts_with("1\tThe Bell on the Far Bank\t206\t1\n"), "{works}");
        assert_eq!(object["works"][1]["title"], "借伞的人");

        let (markdown, object) = ask(&["export", "借伞的人"]);
        assert!(markdown.starts_with("# 借伞的人\n\n## 一\n\n梅雨下到第九天，"), "{markdown}");
        assert!(object["chapters"][0]["body"].as_str().expect("a text").starts_with("梅雨"));
        assert_eq!(ask(&["export", "2"]).0, markdown);

        let (history, object) = ask(&["history"]);
        assert!(history.contains("seed 7 · 8 tokens"), "{history}");
        assert_eq!(object["generations"].as_array().expect("a list").len(), 1);
        assert_eq!(ask(&["history", "--search", "no such words anywhere"]).0, "");
    };
    let desk = desk_with_a_story(&folder).await;
    tokio::task::block_in_place(read_all);
    desk.close().await.expect("it closes");
    drop(desk);
    tokio::task::block_in_place(read_all);

    let arguments = in_library(&["export", "nothing"]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    assert!(refused(&arguments, "").contains("no such work"));
}

#[test]
fn where_there_is_no_library_none_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("none");
    let said = refused(&["works", "--library", path.to_str().expect("UTF-8")], "");
    assert!(said.contains("no library"), "{said}");
    assert!(!path.exists());
}
