//! Moods of texts, and whatever else classifiers say of them.

use bimo_desk::wire::{
    ChapterId, ChapterRevision, ModelStatus, MoodCharacter, MoodCharacters, MoodComparison,
    MoodDraft, MoodEvent, MoodMeasure, MoodReadingId, MoodRequest, MoodView, MoodWish, MoodWords,
    TableColumns, WorkId,
};
use tauri::State;
use tauri::ipc::Channel;

use super::{Answer, ask, tell};
use crate::opening::Opening;

#[tauri::command]
#[specta::specta]
pub async fn watch_mood_model(
    desk: State<'_, Opening>,
    channel: Channel<ModelStatus>,
) -> Answer<()> {
    desk.desk().await?.watch_mood_model(tell(channel));
    Ok(())
}

#[tauri::command]
#[specta::specta]
pub async fn read_mood(
    desk: State<'_, Opening>,
    request: MoodRequest,
    events: Channel<MoodEvent>,
) -> Answer<()> {
    ask(desk, |desk| async move { desk.read_mood(request, tell(events)).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn stop_mood(desk: State<'_, Opening>, reading: MoodReadingId) -> Answer<()> {
    desk.desk().await?.stop_mood(reading);
    Ok(())
}

#[tauri::command]
#[specta::specta]
pub async fn mood_view(
    desk: State<'_, Opening>,
    reading: MoodReadingId,
    wish: MoodWish,
) -> Answer<MoodView> {
    ask(desk, move |desk| async move { desk.mood_view(reading, wish).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn mood_words(
    desk: State<'_, Opening>,
    reading: MoodReadingId,
    sentence: u32,
    measure: Option<MoodMeasure>,
) -> Answer<MoodWords> {
    ask(desk, move |desk| async move { desk.mood_words(reading, sentence, measure).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn compare_moods(
    desk: State<'_, Opening>,
    one: MoodReadingId,
    other: MoodReadingId,
    measure: Option<MoodMeasure>,
) -> Answer<MoodComparison> {
    ask(desk, move |desk| async move { desk.compare_moods(one, other, measure).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn export_moods(
    desk: State<'_, Opening>,
    reading: MoodReadingId,
    path: String,
) -> Answer<()> {
    ask(desk, move |desk| async move { desk.export_moods(reading, path).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn save_picture(desk: State<'_, Opening>, path: String, base64: String) -> Answer<()> {
    ask(desk, move |desk| async move { desk.save_picture(path, base64).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn mood_characters(desk: State<'_, Opening>, work: WorkId) -> Answer<MoodCharacters> {
    ask(desk, move |desk| async move { desk.mood_characters(work).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn keep_mood_characters(
    desk: State<'_, Opening>,
    work: WorkId,
    characters: Vec<MoodCharacter>,
) -> Answer<MoodCharacters> {
    ask(desk, move |desk| async move { desk.keep_mood_characters(work, characters).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn chapter_revisions(
    desk: State<'_, Opening>,
    chapter: ChapterId,
) -> Answer<Vec<ChapterRevision>> {
    ask(desk, move |desk| async move { desk.chapter_revisions(chapter).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn table_columns(desk: State<'_, Opening>, path: String) -> Answer<TableColumns> {
    ask(desk, move |desk| async move { desk.table_columns(path).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn mood_draft(desk: State<'_, Opening>) -> Answer<MoodDraft> {
    ask(desk, |desk| async move { desk.mood_draft().await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn keep_mood_draft(desk: State<'_, Opening>, draft: MoodDraft) -> Answer<()> {
    ask(desk, move |desk| async move { desk.keep_mood_draft(draft).await }).await
}
