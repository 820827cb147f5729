//! A person's own models: brought, chosen, kept over a restart, refused for a reason.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bimo_desk::Desk;
use bimo_desk::wire::{
    ModelShelf, ModelState, ModelStatus, ModelTask, ShelvedFrom, ShelvedModel, WritingParams,
};
use bimo_engine::scripted::ScriptedGenerator;

use crate::{Place, Story, at_end, body, slowly, story};

/// A tiny random Llama in a GGUF, written by Python for the tests of the models.
pub fn tiny_llama() -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/reference/fixtures");
    let folder = fixtures.join("models/llama-gguf-q8_0");
    let mut files = std::fs::read_dir(&folder).expect("the fixture").flatten().map(|e| e.path());
    let gguf = files.find(|path| path.extension().is_some_and(|ending| ending == "gguf"));
    gguf.expect("a GGUF").canonicalize().expect("its path")
}

/// A tiny random model of another kind, from the fixtures of the models.
pub fn fixture(name: &str) -> String {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/reference/fixtures");
    fixtures.join(name).canonicalize().expect("the fixture").display().to_string()
}

pub fn writes(model: &ShelvedModel) -> bool {
    model.used_for.contains(&ModelTask::Story)
}

/// Those that are not part of the program.
pub fn own(models: &[ShelvedModel]) -> Vec<&ShelvedModel> {
    models.iter().filter(|model| model.from != ShelvedFrom::Starter).collect()
}

async fn write_with(desk: &Desk, path: &str) {
    desk.use_model(ModelTask::Story, Some(path.to_owned())).await.expect("it is chosen");
}

async fn desk(place: &Place) -> Desk {
    place.open(ScriptedGenerator::writing([" The end."])).await
}

/// The model, once it is neither loading nor to be replaced.
pub async fn settled(desk: &Desk) -> ModelStatus {
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
    let shelf = shelf.models;
    assert!(writes(&shelf[0]) && shelf[0].path.is_none());
    let [brought] = own(&shelf)[..] else { panic!("{shelf:?}") };
    assert_eq!((brought.architecture.as_str(), writes(brought)), ("llama", false));
    assert_eq!(brought.tasks, [ModelTask::Story]);
    assert_eq!(brought.from, ShelvedFrom::Brought);
    assert!(brought.parameters > 0.0 && brought.need_bytes > 0.0);
    let again = first.bring_model(path.clone()).await.expect("again").models;
    assert_eq!(own(&again).len(), 1, "only once");

    write_with(&first, &path).await;
    let status = settled(&first).await;
    assert_eq!((status.state, status.starter), (ModelState::Ready, false));
    assert!(status.architecture.starts_with("llama"), "{}", status.architecture);
    drop(first);

    let second = desk(&place).await;
    assert!(settled(&second).await.architecture.starts_with("llama"));
    let left = second.forget_model(path.clone()).await.expect("it is taken away");
    assert!(own(&left.models).is_empty());
    assert!(writes(&left.models[0]));
    assert_eq!(settled(&second).await.name, "Scripted");
    assert!(Path::new(&path).exists(), "its file stays");
}

/// Lays the tiny Llama where one that was fetched would be.
fn fetched(place: &Place) -> PathBuf {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let folder = place.models().join("tiny--llama").join(format!("{}--model", &commit[..12]));
    std::fs::create_dir_all(&folder).expect("its folder");
    let path = folder.join("model.gguf");
    let bytes = std::fs::copy(tiny_llama(), &path).expect("a copy");
    let record = serde_json::json!({
        "repo": "tiny/llama", "commit": commit, "licence": "mit", "entry": "model.gguf", "fetched_at_ms": 1,
        "files": [{ "path": "model.gguf", "bytes": bytes, "sha256": null, "git_sha1": null }],
    });
    std::fs::write(folder.join("model.json"), record.to_string()).expect("its record");
    path
}

#[tokio::test]
async fn a_model_that_was_fetched_from_a_hub_is_used_and_removed() {
    let place = Place::new();
    let path = fetched(&place);
    let desk = desk(&place).await;
    let ModelShelf { models, folder, folder_problem, .. } = desk.models().await.expect("the shelf");
    let [model] = own(&models)[..] else { panic!("{models:?}") };
    assert_eq!(folder_problem, None);
    assert_eq!(folder, place.models().display().to_string());
    assert_eq!((model.architecture.as_str(), model.from), ("llama", ShelvedFrom::Fetched));
    assert_eq!(model.address.as_deref(), Some("tiny/llama:model.gguf"));
    write_with(&desk, model.path.as_deref().expect("its path")).await;
    assert_eq!(settled(&desk).await.state, ModelState::Ready);
    assert!(writes(own(&desk.models().await.expect("the shelf").models)[0]));

    let left = desk.remove_model("tiny/llama".into()).await.expect("it is removed");
    assert!(own(&left.models).is_empty());
    assert!(writes(&left.models[0]) && !path.exists());
    let again = desk.remove_model("tiny/llama".into()).await.expect_err("it has gone");
    assert_eq!(again.code, "model_not_installed");
}

#[tokio::test]
async fn a_folder_of_models_that_cannot_be_read_is_said_and_the_others_are_there_all_the_same() {
    let place = Place::new();
    std::fs::write(place.models(), "a file where a folder should be").expect("it is written");
    let desk = desk(&place).await;
    let path = tiny_llama().display().to_string();
    let shelf = desk.bring_model(path.clone()).await.expect("it is a model");
    assert_eq!(own(&shelf.models).len(), 1);
    assert!(writes(&shelf.models[0]));
    let problem = shelf.folder_problem.expect("what is wrong with the folder");
    assert_eq!(problem.code, "models_folder");
    let detail = problem.detail.expect("the system's own words");
    assert!(detail.contains(&place.models().display().to_string()), "{detail}");
    write_with(&desk, &path).await;
    assert_eq!(settled(&desk).await.state, ModelState::Ready);
}

#[tokio::test]
async fn a_model_keeps_its_own_defaults_over_a_restart() {
    let place = Place::new();
    let first = desk(&place).await;
    let path = tiny_llama().display().to_string();
    first.bring_model(path.clone()).await.expect("it is a model");
    let defaults = WritingParams { wildness: 7.0, length: 40, ..WritingParams::default() };
    let kept = Some(WritingParams { wildness: 1.0, ..defaults.clone() });
    let shelf = first.keep_defaults(Some(path.clone()), Some(defaults)).await.expect("kept");
    assert_eq!((&shelf.models[0].defaults, &own(&shelf.models)[0].defaults), (&None, &kept));
    drop(first);
    place.closed().await;

    let second = desk(&place).await;
    assert_eq!(own(&second.models().await.expect("the shelf").models)[0].defaults, kept);
    let shelf = second.keep_defaults(Some(path), None).await.expect("forgotten");
    assert_eq!(own(&shelf.models)[0].defaults, None);
    let unknown = second.keep_defaults(Some("/nowhere".into()), kept).await.expect_err("unknown");
    assert_eq!(unknown.code, "model_not_listed");
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
    let unknown = desk
        .use_model(ModelTask::Story, Some(text.display().to_string()))
        .await
        .expect_err("unknown");
    assert_eq!(unknown.code, "model_not_listed");
    assert!(own(&desk.models().await.expect("the shelf").models).is_empty());
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
    write_with(&first, &path).await;
    settled(&first).await;
    drop(first);
    drop(folder);

    let second = desk(&place).await;
    let status = settled(&second).await;
    assert_eq!(status.state, ModelState::Failed);
    assert_eq!(status.error.expect("why").code, "model_unreadable");
    let shelf = second.models().await.expect("the shelf");
    assert_eq!(own(&shelf.models)[0].problem.as_ref().expect("why").code, "model_unreadable");
    second.use_model(ModelTask::Story, None).await.expect("the one in the program");
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
    write_with(&desk, &path).await;
    assert!(!running.rest().await.is_empty());
    settled(&desk).await;

    let before = body(&desk, chapter).await;
    let written = story(&desk, at_end(&desk, chapter).await).await;
    assert!(written.len() > 1, "the new model writes: {written:?}");
    assert!(body(&desk, chapter).await.starts_with(&before));
}
