//! Works, chapters, the bin and the search.

use bimo_desk::wire::{ChapterId, Created, Library, LibraryItem, SearchHit, WorkId};
use tauri::State;

use super::{Answer, ask};
use crate::opening::Opening;

#[tauri::command]
#[specta::specta]
pub async fn create_work(desk: State<'_, Opening>, title: String) -> Answer<Created> {
    ask(desk, |desk| async move { desk.create_work(title).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn create_chapter(
    desk: State<'_, Opening>,
    work: WorkId,
    title: String,
    position: Option<u32>,
) -> Answer<Created> {
    ask(desk, move |desk| async move { desk.create_chapter(work, title, position).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn rename(desk: State<'_, Opening>, item: LibraryItem, title: String) -> Answer<Library> {
    ask(desk, move |desk| async move { desk.rename(item, title).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn move_work(desk: State<'_, Opening>, work: WorkId, position: u32) -> Answer<Library> {
    ask(desk, move |desk| async move { desk.move_work(work, position).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn move_chapter(
    desk: State<'_, Opening>,
    chapter: ChapterId,
    work: WorkId,
    position: u32,
) -> Answer<Library> {
    ask(desk, move |desk| async move { desk.move_chapter(chapter, work, position).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn set_goal(
    desk: State<'_, Opening>,
    work: WorkId,
    goal: Option<u32>,
) -> Answer<Library> {
    ask(desk, move |desk| async move { desk.set_goal(work, goal).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn move_to_bin(desk: State<'_, Opening>, item: LibraryItem) -> Answer<Library> {
    ask(desk, move |desk| async move { desk.move_to_bin(item).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn restore(desk: State<'_, Opening>, item: LibraryItem) -> Answer<Library> {
    ask(desk, move |desk| async move { desk.restore(item).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn delete_forever(desk: State<'_, Opening>, item: LibraryItem) -> Answer<Library> {
    ask(desk, move |desk| async move { desk.delete_forever(item).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn search_library(desk: State<'_, Opening>, query: String) -> Answer<Vec<SearchHit>> {
    ask(desk, |desk| async move { desk.search_library(query).await }).await
}
