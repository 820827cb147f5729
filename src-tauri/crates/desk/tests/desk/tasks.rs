//! Which model does what: chosen for each task, refused for another, kept over a restart.

use std::path::Path;

use bimo_desk::wire::{ModelShelf, ModelTask, TaskModel};
use bimo_desk::{Desk, LibraryReader};
use bimo_engine::scripted::ScriptedGenerator;

use crate::Place;
use crate::shelf::{fixture, own, settled, tiny_llama};
use crate::translating::translated;

async fn desk(place: &Place) -> Desk {
    place.open(ScriptedGenerator::writing([" The end."])).await
}

fn doing(shelf: &ModelShelf, task: ModelTask) -> &TaskModel {
    shelf.tasks.iter().find(|one| one.task == task).expect("it is done here")
}

#[tokio::test]
async fn a_translator_is_brought_chosen_and_still_chosen_after_a_restart() {
    let place = Place::new();
    let first = desk(&place).await;
    let path = fixture("seq2seq/marian-opus-bin");
    let shelf = first.bring_model(path.clone()).await.expect("it is a translator");
    let [translator] = own(&shelf.models)[..] else { panic!("{shelf:?}") };
    assert_eq!(translator.tasks, [ModelTask::Translate]);
    assert_eq!((translator.architecture.as_str(), &translator.problem), ("marian", &None));
    assert_eq!(
        doing(&shelf, ModelTask::Translate).name.as_deref(),
        Some("Bimo translator starter")
    );
    assert_eq!(doing(&shelf, ModelTask::Sentiment).name.as_deref(), Some("Bimo sentiment starter"));
    assert_eq!(doing(&shelf, ModelTask::Story).name.as_deref(), Some("Scripted"));

    first.use_model(ModelTask::Translate, Some(path.clone())).await.expect("it translates");
    let shelf = first.models().await.expect("the shelf");
    assert_eq!(doing(&shelf, ModelTask::Translate).path.as_deref(), Some(path.as_str()));
    assert_eq!(own(&shelf.models)[0].used_for, [ModelTask::Translate]);
    assert_eq!(doing(&shelf, ModelTask::Story).path, None, "the story's model stays");
    drop(first);
    place.closed().await;

    let second = desk(&place).await;
    let library = LibraryReader::open(&place.folders()).await.expect("the library, to read");
    let chosen = library.chosen_model(ModelTask::Translate).await.expect("a choice");
    assert_eq!(chosen, Some(path.clone().into()));
    let left = second.forget_model(path).await.expect("it is taken away");
    assert_eq!(doing(&left, ModelTask::Translate).name.as_deref(), Some("Bimo translator starter"));
    assert_eq!(library.chosen_model(ModelTask::Translate).await, Ok(None));
}

#[tokio::test]
async fn a_model_of_another_task_is_refused_and_nothing_changes() {
    let place = Place::new();
    let desk = desk(&place).await;
    let llama = tiny_llama().display().to_string();
    let translator = fixture("seq2seq/marian-opus-bin");
    let classifier = fixture("encoders/distilbert-sst2");
    for path in [&llama, &translator, &classifier] {
        desk.bring_model(path.clone()).await.expect("something uses it");
    }
    for (task, path) in [
        (ModelTask::Story, &translator),
        (ModelTask::Story, &classifier),
        (ModelTask::Translate, &llama),
        (ModelTask::Sentiment, &translator),
        (ModelTask::Summarize, &translator),
        (ModelTask::Summarize, &llama),
        (ModelTask::Embed, &classifier),
    ] {
        let refused = desk.use_model(task, Some(path.clone())).await.expect_err("another task's");
        assert_eq!(refused.code, "model_of_other_task", "{task:?} {path}");
    }
    let refused = desk.use_model(ModelTask::Answer, None).await.expect_err("nothing does it");
    assert_eq!(refused.code, "task_not_done");
    let shelf = desk.models().await.expect("the shelf");
    assert!(shelf.tasks.iter().all(|one| one.path.is_none()), "{:?}", shelf.tasks);
    assert_eq!(settled(&desk).await.name, "Scripted");
    desk.use_model(ModelTask::Sentiment, Some(classifier)).await.expect("its own task");
}

#[tokio::test]
async fn a_model_that_nothing_uses_is_not_taken() {
    let place = Place::new();
    let desk = desk(&place).await;
    let reader = fixture("encoders/distilbert-squad");
    let refused = desk.bring_model(reader).await.expect_err("nothing asks for answers");
    assert_eq!(refused.code, "model_without_use");
    assert!(refused.detail.is_some_and(|detail| detail.starts_with("it is a model that")));
}

#[tokio::test]
async fn a_model_can_be_given_less_to_read_than_it_could() {
    let place = Place::new();
    let first = desk(&place).await;
    let path = tiny_llama().display().to_string();
    let shelf = first.bring_model(path.clone()).await.expect("it is a model");
    let whole = own(&shelf.models)[0].clone();
    first.use_model(ModelTask::Story, Some(path.clone())).await.expect("it is chosen");
    assert_eq!(settled(&first).await.context_length, whole.context_length);

    let less = 256;
    assert!(less < whole.context_length, "{}", whole.context_length);
    let shelf = first.limit_context(path.clone(), Some(1)).await.expect("it reads less");
    assert_eq!(own(&shelf.models)[0].context_limit, Some(less), "fewer hold no page");
    assert!(own(&shelf.models)[0].need_bytes < whole.need_bytes);
    assert_eq!(settled(&first).await.context_length, less);
    drop(first);
    place.closed().await;

    let second = desk(&place).await;
    assert_eq!(settled(&second).await.context_length, less);
    second.limit_context(path, None).await.expect("it reads as much as it can");
    assert_eq!(settled(&second).await.context_length, whole.context_length);
    let unknown = second.limit_context("/nowhere".into(), None).await.expect_err("unknown");
    assert_eq!(unknown.code, "model_not_listed");
}

/// A tiny random model with a format for conversations.
fn conversing(folder: &Path) -> String {
    let folder = folder.join("conversing");
    std::fs::create_dir(&folder).expect("a folder");
    for file in std::fs::read_dir(fixture("models/qwen3-saved")).expect("the fixture").flatten() {
        std::fs::copy(file.path(), folder.join(file.file_name())).expect("a copy");
    }
    let template = "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}\
                    {% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
    std::fs::write(folder.join("chat_template.jinja"), template).expect("its template");
    folder.canonicalize().expect("its path").display().to_string()
}

#[tokio::test]
async fn a_model_that_converses_can_be_asked_for_translations_and_one_that_only_goes_on_cannot() {
    let place = Place::new();
    let desk = desk(&place).await;
    let only_goes_on = tiny_llama().display().to_string();
    let converses = conversing(place.folder.path());
    for path in [&only_goes_on, &converses] {
        desk.bring_model(path.clone()).await.expect("something uses it");
    }
    let shelf = desk.models().await.expect("the shelf");
    let tasks: Vec<_> = own(&shelf.models).into_iter().map(|model| model.tasks.clone()).collect();
    let by_asking = vec![ModelTask::Story, ModelTask::Translate, ModelTask::Summarize];
    assert_eq!(tasks, [vec![ModelTask::Story], by_asking]);
    let refused = desk.use_model(ModelTask::Translate, Some(only_goes_on)).await.unwrap_err();
    assert_eq!(refused.code, "model_of_other_task");

    desk.use_model(ModelTask::Translate, Some(converses)).await.expect("it translates");
    // Random weights write no sense, and it is judged as every translation is.
    let (_, open, _) = translated(&desk, "The rain stopped.").await;
    assert!(open.segments[0].confidence.is_some_and(|sure| sure > 0.0 && sure < 1.0), "{open:?}");
}
