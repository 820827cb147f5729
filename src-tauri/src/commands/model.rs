//! The model that writes, and the models to choose from.

use bimo_desk::wire::{MemoryUse, ModelShelf, ModelStatus, ModelTask, WritingParams};
use tauri::ipc::Channel;
use tauri::{AppHandle, State};
use tauri_plugin_dialog::DialogExt;
use tokio::sync::oneshot;

use super::{Answer, ask, tell};
use crate::opening::Opening;

#[tauri::command]
#[specta::specta]
pub async fn watch_model(desk: State<'_, Opening>, channel: Channel<ModelStatus>) -> Answer<()> {
    desk.desk().await?.watch_model(tell(channel));
    Ok(())
}

#[tauri::command]
#[specta::specta]
pub async fn model_card(desk: State<'_, Opening>) -> Answer<String> {
    ask(desk, |desk| async move { Ok(desk.model_card()) }).await
}

#[tauri::command]
#[specta::specta]
pub async fn models(desk: State<'_, Opening>) -> Answer<ModelShelf> {
    ask(desk, |desk| async move { desk.models().await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn bring_model(desk: State<'_, Opening>, path: String) -> Answer<ModelShelf> {
    ask(desk, |desk| async move { desk.bring_model(path).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn forget_model(desk: State<'_, Opening>, path: String) -> Answer<ModelShelf> {
    ask(desk, |desk| async move { desk.forget_model(path).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn remove_model(desk: State<'_, Opening>, address: String) -> Answer<ModelShelf> {
    ask(desk, |desk| async move { desk.remove_model(address).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn use_model(
    desk: State<'_, Opening>,
    task: ModelTask,
    path: Option<String>,
) -> Answer<()> {
    ask(desk, move |desk| async move { desk.use_model(task, path).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn keep_defaults(
    desk: State<'_, Opening>,
    path: Option<String>,
    defaults: Option<WritingParams>,
) -> Answer<ModelShelf> {
    ask(desk, |desk| async move { desk.keep_defaults(path, defaults).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn unload_model(desk: State<'_, Opening>) -> Answer<()> {
    ask(desk, |desk| async move {
        desk.unload_model().await;
        Ok(())
    })
    .await
}

#[tauri::command]
#[specta::specta]
pub async fn reload_model(desk: State<'_, Opening>) -> Answer<()> {
    ask(desk, |desk| async move {
        desk.reload_model().await;
        Ok(())
    })
    .await
}

#[tauri::command]
#[specta::specta]
pub async fn memory_use(desk: State<'_, Opening>) -> Answer<MemoryUse> {
    ask(desk, |desk| async move { Ok(desk.memory_use()) }).await
}

#[tauri::command]
#[specta::specta]
pub async fn limit_context(
    desk: State<'_, Opening>,
    path: String,
    tokens: Option<u32>,
) -> Answer<ModelShelf> {
    ask(desk, move |desk| async move { desk.limit_context(path, tokens).await }).await
}

/// The system's own dialog; nothing where the person thinks better of it.
#[tauri::command]
#[specta::specta]
pub async fn choose_model_file(app: AppHandle) -> Answer<Option<String>> {
    let (chosen, choice) = oneshot::channel();
    let dialog = app.dialog().file().add_filter("GGUF", &["gguf"]);
    dialog.pick_file(move |file| drop(chosen.send(file)));
    Ok(choice.await.ok().flatten().map(|file| file.to_string()))
}
