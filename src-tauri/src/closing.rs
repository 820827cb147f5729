//! Closing the window loses nothing.
//!
//! The window is asked to save what has been typed in the last second and answers with `close_window`; what a model
//! is writing is stopped and kept. A window that does not answer in time is closed all the same: what was told to be
//! saved is saved.

use std::time::Duration;

use serde::Serialize;
use tauri::{AppHandle, Manager, Window, WindowEvent};
use tauri_specta::Event;

use crate::opening::Opening;
use crate::window::LABEL;

/// How long the window may take to save.
const PATIENCE: Duration = Duration::from_secs(3);

/// The person closes the window: save everything, then call `close_window`.
#[derive(Debug, Clone, Serialize, serde::Deserialize, specta::Type, Event)]
pub(crate) struct Closing;

/// Holds the window back until its text is saved.
pub(crate) fn on_window_event(window: &Window, event: &WindowEvent) {
    let WindowEvent::CloseRequested { api, .. } = event else { return };
    api.prevent_close();
    let app = window.app_handle().clone();
    if let Err(error) = Closing.emit(&app) {
        tracing::warn!(%error, "the window could not be asked to save");
    }
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(PATIENCE).await;
        if app.get_webview_window(LABEL).is_some() {
            tracing::warn!("the window did not say that it has saved");
            close(&app).await;
        }
    });
}

/// Stops what is being written, which keeps it, and closes the window; the program ends with its last window.
pub(crate) async fn close(app: &AppHandle) {
    let opening = app.try_state::<Opening>();
    if let Some(desk) = opening.and_then(|opening| opening.desk_if_open())
        && let Err(error) = desk.close().await
    {
        tracing::error!(error.code, error.detail, "the library was not left tidy");
    }
    if let Some(window) = app.get_webview_window(LABEL)
        && let Err(error) = window.destroy()
    {
        tracing::error!(%error, "the window could not be closed");
        app.exit(0);
    }
}
