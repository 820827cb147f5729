//! A model that ends the process which loads it. The program that checks models is one for the whole process, so this has
//! a process of its own.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bimo_desk::wire::{ModelState, ModelStatus, ModelTask};
use bimo_desk::{
    ClassifierSpec, Desk, DeskOptions, Folders, ModelSpec, Models, TranslatorSpec,
    check_models_with,
};
use bimo_engine::scripted::ScriptedGenerator;

const FIXTURES: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/reference/fixtures/models");

/// A checker that dies of one model, and finds nothing wrong with others.
const CHECKER: &str = "#!/bin/sh\n[ \"$1\" = --check-model ] || exit 9\n\
                       case \"$2\" in *greedy*) kill -9 $$ ;; esac\n";

async fn desk_in(folder: &Path) -> Desk {
    let own: ModelSpec = ModelSpec {
        name: "Scripted".into(),
        starter: true,
        bytes: 12,
        card: String::new(),
        goes_to: None,
        load: Arc::new(|_| Ok(Box::new(ScriptedGenerator::writing(["."])))),
    };
    let options = DeskOptions {
        folders: Folders {
            configuration: folder.join("configuration"),
            usual: folder.join("library"),
            named: None,
        },
        model: own,
        translator: TranslatorSpec::translator_starter(),
        classifier: ClassifierSpec::classifier_starter(),
        models: Models::of_this_computer(Some(folder.join("models")), None).expect("a folder"),
        clock: Arc::new(|| 1_795_585_530_000),
        seeds: Arc::new(|| 1),
        system_locale: "en-GB".into(),
    };
    Desk::open(options).await.expect("the desk opens")
}

async fn settled(desk: &Desk) -> ModelStatus {
    for _ in 0..500 {
        let status = desk.desk_state().await.expect("the desk answers").model;
        if status.state != ModelState::Loading {
            return status;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the model is still loading");
}

#[tokio::test]
async fn what_kills_the_child_is_too_large_and_the_desk_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let checker = folder.path().join("checker");
    fs::write(&checker, CHECKER).expect("the checker");
    fs::set_permissions(&checker, fs::Permissions::from_mode(0o755)).expect("it can be run");
    check_models_with(checker);
    let desk = desk_in(folder.path()).await;
    for (name, state, code) in [
        ("greedy", ModelState::Failed, Some("model_too_large")),
        ("modest", ModelState::Ready, None),
    ] {
        let path = folder.path().join(format!("{name}.gguf"));
        fs::copy(Path::new(FIXTURES).join("llama-gguf-q8_0/model.gguf"), &path).expect("a model");
        let path = path.canonicalize().expect("a path").display().to_string();
        desk.bring_model(path.clone()).await.expect("it is on the shelf");
        desk.use_model(ModelTask::Story, Some(path)).await.expect("it is chosen");
        let status = settled(&desk).await;
        assert_eq!(status.state, state, "{name}: {status:?}");
        assert_eq!(status.error.map(|error| error.code).as_deref(), code, "{name}");
    }
    desk.use_model(ModelTask::Story, None).await.expect("the program's own model is chosen");
    assert_eq!(settled(&desk).await.state, ModelState::Ready);
}
