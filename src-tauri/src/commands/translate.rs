//! Texts into the other language: translations, their segments, chapters and documents.

use bimo_desk::wire::{
    ChapterId, Edition, ModelStatus, OpenTranslation, Segment, SegmentId, SourceChange,
    TargetLanguage, TranslationEvent, TranslationId, TranslationReport, TranslationSummary, WorkId,
};
use tauri::ipc::Channel;
use tauri::{AppHandle, State};
use tauri_plugin_dialog::DialogExt;
use tokio::sync::oneshot;

use super::{Answer, ask, tell};
use crate::opening::Opening;

#[tauri::command]
#[specta::specta]
pub async fn watch_translations(
    desk: State<'_, Opening>,
    channel: Channel<TranslationEvent>,
) -> Answer<()> {
    desk.desk().await?.watch_translations(tell(channel));
    Ok(())
}

#[tauri::command]
#[specta::specta]
pub async fn watch_translator(
    desk: State<'_, Opening>,
    channel: Channel<ModelStatus>,
) -> Answer<()> {
    desk.desk().await?.watch_translator(tell(channel));
    Ok(())
}

#[tauri::command]
#[specta::specta]
pub async fn translations(desk: State<'_, Opening>) -> Answer<Vec<TranslationSummary>> {
    ask(desk, move |desk| async move { desk.translations().await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn new_translation(
    desk: State<'_, Opening>,
    work: Option<WorkId>,
    to: Option<TargetLanguage>,
) -> Answer<OpenTranslation> {
    ask(desk, move |desk| async move { desk.new_translation(work, to).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn open_translation(
    desk: State<'_, Opening>,
    translation: TranslationId,
) -> Answer<OpenTranslation> {
    ask(desk, move |desk| async move { desk.open_translation(translation).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn delete_translation(
    desk: State<'_, Opening>,
    translation: TranslationId,
) -> Answer<Vec<TranslationSummary>> {
    ask(desk, move |desk| async move { desk.delete_translation(translation).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn set_translation_source(
    desk: State<'_, Opening>,
    translation: TranslationId,
    text: String,
) -> Answer<SourceChange> {
    ask(desk, move |desk| async move { desk.set_translation_source(translation, text).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn set_translation_target(
    desk: State<'_, Opening>,
    translation: TranslationId,
    to: Option<TargetLanguage>,
) -> Answer<OpenTranslation> {
    ask(desk, move |desk| async move { desk.set_translation_target(translation, to).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn set_translation_work(
    desk: State<'_, Opening>,
    translation: TranslationId,
    work: Option<WorkId>,
) -> Answer<OpenTranslation> {
    ask(desk, move |desk| async move { desk.set_translation_work(translation, work).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn pause_translation(desk: State<'_, Opening>, translation: TranslationId) -> Answer<()> {
    ask(desk, move |desk| async move { desk.pause_translation(translation).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn resume_translation(
    desk: State<'_, Opening>,
    translation: TranslationId,
) -> Answer<()> {
    ask(desk, move |desk| async move { desk.resume_translation(translation).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn stop_translation(desk: State<'_, Opening>, translation: TranslationId) -> Answer<()> {
    ask(desk, move |desk| async move { desk.stop_translation(translation).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn choose_alternative(
    desk: State<'_, Opening>,
    segment: SegmentId,
    alternative: u32,
) -> Answer<Segment> {
    ask(desk, move |desk| async move { desk.choose_alternative(segment, alternative).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn edit_segment(
    desk: State<'_, Opening>,
    segment: SegmentId,
    target: String,
) -> Answer<Segment> {
    ask(desk, move |desk| async move { desk.edit_segment(segment, target).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn lock_segment(
    desk: State<'_, Opening>,
    segment: SegmentId,
    locked: bool,
) -> Answer<Segment> {
    ask(desk, move |desk| async move { desk.lock_segment(segment, locked).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn confirm_segment(desk: State<'_, Opening>, segment: SegmentId) -> Answer<Segment> {
    ask(desk, move |desk| async move { desk.confirm_segment(segment).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn translate_again(desk: State<'_, Opening>, segment: SegmentId) -> Answer<Segment> {
    ask(desk, move |desk| async move { desk.translate_again(segment).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn translation_report(
    desk: State<'_, Opening>,
    translation: TranslationId,
) -> Answer<TranslationReport> {
    ask(desk, move |desk| async move { desk.translation_report(translation).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn translate_chapter(
    desk: State<'_, Opening>,
    chapter: ChapterId,
    to: Option<TargetLanguage>,
) -> Answer<OpenTranslation> {
    ask(desk, move |desk| async move { desk.translate_chapter(chapter, to).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn import_document(
    desk: State<'_, Opening>,
    path: String,
    to: Option<TargetLanguage>,
) -> Answer<OpenTranslation> {
    ask(desk, move |desk| async move { desk.import_document(path, to).await }).await
}

/// A file that was let go over the window, which is told its name and its content only; the content in Base64.
#[tauri::command]
#[specta::specta]
pub async fn import_dropped(
    desk: State<'_, Opening>,
    name: String,
    content: String,
    to: Option<TargetLanguage>,
) -> Answer<OpenTranslation> {
    ask(desk, move |desk| async move { desk.import_dropped(name, content, to).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn export_document(
    desk: State<'_, Opening>,
    translation: TranslationId,
    path: String,
    edition: Edition,
) -> Answer<()> {
    ask(desk, move |desk| async move { desk.export_document(translation, path, edition).await })
        .await
}

/// The system's own dialog for a text to translate; nothing where the person thinks better of it.
#[tauri::command]
#[specta::specta]
pub async fn choose_document(app: AppHandle) -> Answer<Option<String>> {
    let (chosen, choice) = oneshot::channel();
    app.dialog().file().pick_file(move |file| drop(chosen.send(file)));
    Ok(choice.await.ok().flatten().map(|file| file.to_string()))
}

/// The system's own dialog for the place of a new file; nothing where the person thinks better of it.
#[tauri::command]
#[specta::specta]
pub async fn choose_target_file(app: AppHandle, name: String) -> Answer<Option<String>> {
    let (chosen, choice) = oneshot::channel();
    app.dialog().file().set_file_name(name).save_file(move |file| drop(chosen.send(file)));
    Ok(choice.await.ok().flatten().map(|file| file.to_string()))
}
