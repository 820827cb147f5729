//! Summaries: what is summarised, what comes of it, what is kept.

use bimo_desk::wire::{
    ModelStatus, OpenSummary, SourceText, Summarizer, SummaryDraft, SummaryEntry, SummaryEvent,
    SummaryId, SummaryRequest, SummarySource,
};
use tauri::State;
use tauri::ipc::Channel;

use super::{Answer, ask, tell};
use crate::opening::Opening;

#[tauri::command]
#[specta::specta]
pub async fn watch_summaries(
    desk: State<'_, Opening>,
    channel: Channel<SummaryEvent>,
) -> Answer<()> {
    desk.desk().await?.watch_summaries(tell(channel));
    Ok(())
}

#[tauri::command]
#[specta::specta]
pub async fn watch_summarizer(
    desk: State<'_, Opening>,
    channel: Channel<ModelStatus>,
) -> Answer<()> {
    desk.desk().await?.watch_summarizer(tell(channel));
    Ok(())
}

#[tauri::command]
#[specta::specta]
pub async fn summarizer(desk: State<'_, Opening>) -> Answer<Summarizer> {
    ask(desk, move |desk| async move { desk.summarizer().await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn summaries(desk: State<'_, Opening>) -> Answer<Vec<SummaryEntry>> {
    ask(desk, move |desk| async move { desk.summaries().await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn read_source(desk: State<'_, Opening>, source: SummarySource) -> Answer<SourceText> {
    ask(desk, move |desk| async move { desk.read_source(source).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn summarize(desk: State<'_, Opening>, request: SummaryRequest) -> Answer<OpenSummary> {
    ask(desk, move |desk| async move { desk.summarize(request).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn open_summary(desk: State<'_, Opening>, summary: SummaryId) -> Answer<OpenSummary> {
    ask(desk, move |desk| async move { desk.open_summary(summary).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn stop_summary(desk: State<'_, Opening>, summary: SummaryId) -> Answer<()> {
    ask(desk, move |desk| async move { desk.stop_summary(summary).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn export_summary(
    desk: State<'_, Opening>,
    summary: SummaryId,
    path: String,
) -> Answer<()> {
    ask(desk, move |desk| async move { desk.export_summary(summary, path).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn delete_summary(
    desk: State<'_, Opening>,
    summary: SummaryId,
) -> Answer<Vec<SummaryEntry>> {
    ask(desk, move |desk| async move { desk.delete_summary(summary).await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn summary_draft(desk: State<'_, Opening>) -> Answer<Option<SummaryDraft>> {
    ask(desk, move |desk| async move { desk.summary_draft().await }).await
}

#[tauri::command]
#[specta::specta]
pub async fn keep_summary_draft(desk: State<'_, Opening>, draft: SummaryDraft) -> Answer<()> {
    ask(desk, move |desk| async move { desk.keep_summary_draft(draft).await }).await
}
