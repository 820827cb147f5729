//! A person's own models: brought, chosen, kept over a restart, refused for a reason.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bimo_desk::Desk;
use bimo_desk::wire::{ModelState, ModelStatus};
use bimo_engine::scripted::ScriptedGenerator;

use crate::{Place, Story, at_end, body, slowly, story};

/// A tiny random Llama in a GGUF, written by Python for the tests of the models.
fn tiny_llama() -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/reference/fixtures");
    let folder = fixtures.join("models/llama-gguf-q8_0");
    let mut files = std::fs::read_dir(&folder).expect("the fixture").flatten().map(|e| e.path());
    let gguf = files.find(|path| path.extension().is_some_and(|ending| ending == "gguf"));
    gguf.expect("a GGUF").canonicalize().expect("its path")
}

async fn desk(place: &Place) -> Desk {
    place.open(ScriptedGenerator::writing([" The end."])).await
}

/// The model, once it is neither loading nor to be replaced.
async fn settled(desk: &Desk) -> ModelStatus {
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    desk.watch_model(move |status| drop(tell.send(status)));
    let is_settled = async {
        loop {
            let status = told.recv().await.expect("it goes on");
            if status.state != ModelState::Loading {
                return status;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), is_settled).await.expect("it settles")
}

#[tokio::test]
async fn a_file_is_brought_chosen_and_still_chosen_after_a_restart() {
    let place = Place::new();
    let first = desk(&place).await;
    let path = tiny_llama().display().to_string();
    let shelf = first.bring_model(path.clone()).await.expect("it is a model");
    assert_eq!(shelf.len(), 2);
    assert!(shelf[0].writes && shelf[0].path.is_none());
    assert_eq!((shelf[1].architecture.as_str(), shelf[1].writes), ("llama", false));
    assert!(shelf[1].brought);
    assert!(shelf[1].parameters > 0.0 && shelf[1].need_bytes > 0.0);
    assert_eq!(first.bring_model(path.clone()).await.expect("again").len(), 2, "only once");

    first.use_model(Some(path.clone())).await.expect("it is chosen");
    let status = settled(&first).await;
    assert_eq!((status.state, status.starter), (ModelState::Ready, false));
    assert!(status.architecture.starts_with("llama"), "{}", status.architecture);
    drop(first);

    let second = desk(&place).await;
    assert!(settled(&second).await.architecture.starts_with("llama"));
    let left = second.forget_model(path.clone()).await.expect("it is taken away");
    assert_eq!(left.len(), 1);
    assert!(left[0].writes);
    assert_eq!(settled(&second).await.name, "Scripted");
    assert!(Path::new(&path).exists(), "its file stays");
}

#[tokio::test]
async fn a_model_that_was_fetched_from_a_hub_stands_on_the_shelf() {
    let place = Place::new();
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let folder = place.models().join("tiny--llama").join(format!("{}--model", &commit[..12]));
    std::fs::create_dir_all(&folder).expect("its folder");
    let bytes = std::fs::copy(tiny_llama(), folder.join("model.gguf")).expect("a copy");
    let record = serde_json::json!({
        "repo": "tiny/llama", "commit": commit, "licence": "mit", "entry": "model.gguf", "fetched_at_ms": 1,
        "files": [{ "path": "model.gguf", "bytes": bytes, "sha256": null, "git_sha1": null }],
    });
    std::fs::write(folder.join("model.json"), record.to_string()).expect("its record");

    let desk = desk(&place).await;
    let shelf = desk.models().await.expect("the shelf");
    assert_eq!(shelf.len(), 2);
    assert_eq!((shelf[1].architecture.as_str(), shelf[1].brought), ("llama", false));
    desk.use_model(shelf[1].path.clone()).await.expect("it is chosen");
    assert_eq!(settled(&desk).await.state, ModelState::Ready);
    assert!(desk.models().await.expect("the shelf")[1].writes);
}

#[tokio::test]
async fn what_is_no_model_is_refused_and_nothing_changes() {
    let place = Place::new();
    let desk = desk(&place).await;
    let folder = tempfile::tempdir().expect("a folder");
    let text = folder.path().join("story.gguf");
    std::fs::write(&text, "Once upon a time").expect("it is written");
    for (path, code) in [
        (text.display().to_string(), "model_invalid"),
        (folder.path().join("gone.gguf").display().to_string(), "model_unreadable"),
        ("/etc/passwd".to_owned(), "model_invalid"),
        (String::new(), "model_unreadable"),
    ] {
        let refused = desk.bring_model(path.clone()).await.expect_err(&path);
        assert_eq!(refused.code, code, "{path}: {refused}");
    }
    let unknown = desk.use_model(Some(text.display().to_string())).await.expect_err("unknown");
    assert_eq!(unknown.code, "not_found");
    assert_eq!(desk.models().await.expect("the shelf").len(), 1);
    assert_eq!(settled(&desk).await.name, "Scripted");
}

#[tokio::test]
async fn a_file_that_has_gone_is_said_to_be_gone_and_the_desk_still_opens() {
    let place = Place::new();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().canonicalize().expect("its path").join("tiny.gguf");
    std::fs::copy(tiny_llama(), &path).expect("a copy");
    let path = path.display().to_string();
    let first = desk(&place).await;
    first.bring_model(path.clone()).await.expect("it is a model");
    first.use_model(Some(path.clone())).await.expect("it is chosen");
    settled(&first).await;
    drop(first);
    drop(folder);

    let second = desk(&place).await;
    let status = settled(&second).await;
    assert_eq!(status.state, ModelState::Failed);
    assert_eq!(status.error.expect("why").code, "model_unreadable");
    let shelf = second.models().await.expect("the shelf");
    assert_eq!(shelf[1].problem.as_ref().expect("why").code, "model_unreadable");
    second.use_model(None).await.expect("the one in the program");
    assert_eq!(settled(&second).await.state, ModelState::Ready);
}

#[tokio::test]
async fn choosing_another_model_stops_what_is_being_written_and_keeps_it() {
    let (_place, desk, chapter) =
        Place::with_text("Once", slowly([" upon a time there was a king who had no end."])).await;
    let path = tiny_llama().display().to_string();
    desk.bring_model(path.clone()).await.expect("it is a model");
    let mut running = Story::begin(&desk, at_end(&desk, chapter).await).await.expect("accepted");
    running.first_text().await;
    desk.use_model(Some(path)).await.expect("it is chosen");
    assert!(!running.rest().await.is_empty());
    settled(&desk).await;

    let before = body(&desk, chapter).await;
    let written = story(&desk, at_end(&desk, chapter).await).await;
    assert!(written.len() > 1, "the new model writes: {written:?}");
    assert!(body(&desk, chapter).await.starts_with(&before));
}
