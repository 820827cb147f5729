//! The desktop shell: one window on the desk, and the only code that knows of tauri.
//!
//! Start reading at [`run`]; what the window may ask is in `commands`.
//!
//! **Invariant**: a command is one line into [`bimo_desk::Desk`]. What the program does is decided there, what it
//! looks like in `ui/`.
//!
//! **Invariant**: every command answers. A library that cannot be opened and a panic are answers too, with a code
//! that the window has words for.
//!
//! **Invariant**: the window never shows anything but the interface that is part of the program.

mod closing;
mod commands;
mod logging;
mod opening;
mod place;
mod threads;
mod window;

pub use bimo_desk::CHECK_MODEL;
pub use threads::settle_threads;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use tauri::Manager;

/// What this program does as the child that tries a model before the window loads it.
#[must_use]
pub fn check_model(path: Option<OsString>) -> ExitCode {
    path.map_or(ExitCode::FAILURE, |path| bimo_desk::check_model(Path::new(&path)))
}

/// Opens the window and stays until it is closed.
#[must_use]
pub fn run() -> ExitCode {
    let _log = logging::start();
    match std::env::current_exe() {
        Ok(program) => bimo_desk::check_models_with(program),
        Err(error) => tracing::warn!(%error, "models are not checked in a process of their own"),
    }
    let bindings = commands::bindings();
    let built = tauri::Builder::default()
        .plugin(tauri_plugin_single_instance::init(|app, _arguments, _folder| {
            window::bring_forward(app);
        }))
        .plugin(tauri_plugin_dialog::init())
        .invoke_handler(bindings.invoke_handler())
        .setup(move |app| {
            bindings.mount_events(app);
            window::open(app)?;
            app.manage(opening::Opening::begin());
            Ok(())
        })
        .on_window_event(closing::on_window_event)
        .build(tauri::generate_context!());
    match built {
        Ok(app) => {
            app.run(|_app, _event| {});
            ExitCode::SUCCESS
        }
        Err(error) => {
            tracing::error!(%error, "the window could not be opened");
            eprintln!("Bimo could not open its window: {error}. Start it from a desktop session.");
            ExitCode::FAILURE
        }
    }
}
