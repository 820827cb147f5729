//! Everything that models have written.

use bimo_desk::wire::{
    GenerationDetail, GenerationId, GenerationSummary, HistoryQuery, StoryEvent,
};
use tauri::State;
use tauri::ipc::Channel;

use super::{Answer, ask, tell};
use crate::opening::Opening;

#[tauri::command]
#[specta::specta]
pub async fn history(
    desk: State<'_, Opening>,
    query: HistoryQuery,
) -> Answer<Vec<GenerationSummary>> {
    ask(desk, |desk| async move { desk.history(query).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn generation(desk: State<'_, Opening>, id: GenerationId) -> Answer<GenerationDetail> {
    ask(desk, move |desk| async move { desk.generation(id).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn write_again(
    desk: State<'_, Opening>,
    generation: GenerationId,
    events: Channel<StoryEvent>,
) -> Answer<()> {
    ask(desk, move |desk| async move { desk.write_again(generation, tell(events)).await }).await
}
