//! The chapter on the page.

use bimo_desk::wire::{AuthorSpan, ChapterId, ChapterPage, Edit, Guidance, Saved, WorkId};
use tauri::State;

use super::{Answer, ask};
use crate::opening::Opening;

#[tauri::command]
#[specta::specta]
pub async fn open_chapter(desk: State<'_, Opening>, chapter: ChapterId) -> Answer<ChapterPage> {
    ask(desk, move |desk| async move { desk.open_chapter(chapter).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn save_edits(
    desk: State<'_, Opening>,
    chapter: ChapterId,
    version: u32,
    edits: Vec<Edit>,
) -> Answer<Saved> {
    ask(desk, move |desk| async move { desk.save_edits(chapter, version, edits).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn replace_page(
    desk: State<'_, Opening>,
    chapter: ChapterId,
    body: String,
    authorship: Vec<AuthorSpan>,
) -> Answer<Saved> {
    ask(desk, move |desk| async move { desk.replace_page(chapter, body, authorship).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn save_guidance(
    desk: State<'_, Opening>,
    work: WorkId,
    guidance: Guidance,
) -> Answer<()> {
    ask(desk, move |desk| async move { desk.save_guidance(work, guidance).await }).await
}
