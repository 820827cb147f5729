//! What the window opens with, the person's settings, the library's folder.

use bimo_desk::wire::{DeskState, Settings};
use tauri::{AppHandle, State};
use tauri_plugin_dialog::DialogExt;
use tokio::sync::oneshot;

use super::{Answer, ask};
use crate::opening::Opening;
use crate::{closing, threads, window};

#[tauri::command]
#[specta::specta]
pub async fn desk_state(desk: State<'_, Opening>) -> Answer<DeskState> {
    ask(desk, |desk| async move { desk.desk_state().await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn save_settings(
    app: AppHandle,
    desk: State<'_, Opening>,
    settings: Settings,
) -> Answer<()> {
    window::follow(&app, settings.theme);
    threads::remember(settings.threads);
    ask(desk, |desk| async move { desk.save_settings(settings).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn set_library_folder(desk: State<'_, Opening>, path: String) -> Answer<String> {
    ask(desk, |desk| async move { desk.set_library_folder(path).await }).await
}

/// The system's own dialog; nothing where the person thinks better of it.
#[tauri::command]
#[specta::specta]
pub async fn choose_folder(app: AppHandle) -> Answer<Option<String>> {
    let (chosen, choice) = oneshot::channel();
    app.dialog().file().pick_folder(move |folder| drop(chosen.send(folder)));
    Ok(choice.await.ok().flatten().map(|folder| folder.to_string()))
}

/// The answer to `closing`: everything is saved.
#[tauri::command]
#[specta::specta]
pub async fn close_window(app: AppHandle) -> Answer<()> {
    closing::close(&app).await;
    Ok(())
}
