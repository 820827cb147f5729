//! The story that goes on.

use bimo_desk::wire::{ContextReport, ContinueRequest, GenerationId, StoryEvent, Try};
use tauri::State;
use tauri::ipc::Channel;

use super::{Answer, ask, tell};
use crate::opening::Opening;

#[tauri::command]
#[specta::specta]
pub async fn continue_story(
    desk: State<'_, Opening>,
    request: ContinueRequest,
    events: Channel<StoryEvent>,
) -> Answer<()> {
    ask(desk, |desk| async move { desk.continue_story(request, tell(events)).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn stop_writing(desk: State<'_, Opening>) -> Answer<()> {
    desk.desk().await?.stop_writing().await;
    Ok(())
}

#[tauri::command]
#[specta::specta]
pub async fn preview_context(
    desk: State<'_, Opening>,
    request: ContinueRequest,
) -> Answer<ContextReport> {
    ask(desk, |desk| async move { desk.preview_context(request).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn read_ahead(desk: State<'_, Opening>, request: ContinueRequest) -> Answer<()> {
    ask(desk, |desk| async move { desk.read_ahead(request).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn tries(desk: State<'_, Opening>, generation: GenerationId) -> Answer<Vec<Try>> {
    ask(desk, move |desk| async move { desk.tries(generation).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn keep_edited_try(
    desk: State<'_, Opening>,
    generation: GenerationId,
    text: String,
) -> Answer<()> {
    ask(desk, move |desk| async move { desk.keep_edited_try(generation, text).await }).await
}
