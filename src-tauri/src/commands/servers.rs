//! Servers that write and translate in place of a model on this computer.

use bimo_desk::wire::{KnownServer, ModelTask, NewServer};
use tauri::State;

use super::{Answer, ask};
use crate::opening::Opening;

#[tauri::command]
#[specta::specta]
pub async fn servers(desk: State<'_, Opening>) -> Answer<Vec<KnownServer>> {
    ask(desk, |desk| async move { desk.servers().await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn add_server(
    desk: State<'_, Opening>,
    server: NewServer,
    keep_key: bool,
) -> Answer<Vec<KnownServer>> {
    ask(desk, move |desk| async move { desk.add_server(server, keep_key).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn forget_server(desk: State<'_, Opening>, name: String) -> Answer<Vec<KnownServer>> {
    ask(desk, |desk| async move { desk.forget_server(name).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn use_server(desk: State<'_, Opening>, task: ModelTask, name: String) -> Answer<()> {
    ask(desk, move |desk| async move { desk.use_server(task, name).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn server_models(desk: State<'_, Opening>, server: NewServer) -> Answer<Vec<String>> {
    ask(desk, |desk| async move { desk.server_models(server).await }).await
}
