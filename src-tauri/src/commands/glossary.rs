//! What helps a translation: the glossary, the memory of confirmed sentences, the dictionary.

use bimo_desk::wire::{
    DictionaryEntry, DictionaryStatus, GlossaryEntry, GlossaryEntryId, Imported, MemoryId,
    MemoryMatch, MemoryPair, SegmentId, WorkId,
};
use tauri::State;

use super::{Answer, ask};
use crate::opening::Opening;

#[tauri::command]
#[specta::specta]
pub async fn glossary(
    desk: State<'_, Opening>,
    work: Option<WorkId>,
) -> Answer<Vec<GlossaryEntry>> {
    ask(desk, move |desk| async move { desk.glossary(work).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn keep_glossary_entry(
    desk: State<'_, Opening>,
    entry: GlossaryEntry,
) -> Answer<GlossaryEntry> {
    ask(desk, move |desk| async move { desk.keep_glossary_entry(entry).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn remove_glossary_entry(desk: State<'_, Opening>, entry: GlossaryEntryId) -> Answer<()> {
    ask(desk, move |desk| async move { desk.remove_glossary_entry(entry).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn import_glossary(
    desk: State<'_, Opening>,
    work: Option<WorkId>,
    path: String,
) -> Answer<Imported> {
    ask(desk, move |desk| async move { desk.import_glossary(work, path).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn export_glossary(
    desk: State<'_, Opening>,
    work: Option<WorkId>,
    path: String,
) -> Answer<()> {
    ask(desk, move |desk| async move { desk.export_glossary(work, path).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn memory_matches(
    desk: State<'_, Opening>,
    segment: SegmentId,
) -> Answer<Vec<MemoryMatch>> {
    ask(desk, move |desk| async move { desk.memory_matches(segment).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn memory_pairs(
    desk: State<'_, Opening>,
    words: String,
    before: Option<MemoryId>,
) -> Answer<Vec<MemoryPair>> {
    ask(desk, move |desk| async move { desk.memory_pairs(words, before).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn change_memory_pair(
    desk: State<'_, Opening>,
    pair: MemoryId,
    english: String,
    chinese: String,
) -> Answer<()> {
    ask(desk, move |desk| async move { desk.change_memory_pair(pair, english, chinese).await })
        .await
}

#[tauri::command]
#[specta::specta]
pub async fn forget_memory_pair(desk: State<'_, Opening>, pair: MemoryId) -> Answer<()> {
    ask(desk, move |desk| async move { desk.forget_memory_pair(pair).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn import_memory(desk: State<'_, Opening>, path: String) -> Answer<Imported> {
    ask(desk, move |desk| async move { desk.import_memory(path).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn export_memory(desk: State<'_, Opening>, path: String) -> Answer<()> {
    ask(desk, move |desk| async move { desk.export_memory(path).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn dictionary(desk: State<'_, Opening>) -> Answer<DictionaryStatus> {
    ask(desk, move |desk| async move { desk.dictionary().await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn use_dictionary(
    desk: State<'_, Opening>,
    path: Option<String>,
) -> Answer<DictionaryStatus> {
    ask(desk, move |desk| async move { desk.use_dictionary(path).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn look_up(desk: State<'_, Opening>, text: String) -> Answer<Vec<DictionaryEntry>> {
    ask(desk, move |desk| async move { desk.look_up(text).await }).await
}
