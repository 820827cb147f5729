//! The program's log: what happened and when, never what was written.
//!
//! **Invariant**: no text of the person and none of a model goes to the log. A panic is logged by its place, because
//! its words may quote the text at hand.

use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;

use crate::place;

/// Days that are kept.
const KEPT_FILES: usize = 7;

/// Writes the log until the answer is dropped. A folder that cannot be written to is no reason not to start: the log
/// then goes to standard error.
pub(crate) fn start() -> Option<WorkerGuard> {
    log_panics();
    let filter = EnvFilter::try_from_env("BIMO_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false);
    match file() {
        Ok(file) => {
            let (writer, guard) = tracing_appender::non_blocking(file);
            subscriber.with_writer(writer).init();
            Some(guard)
        }
        Err(error) => {
            subscriber.with_writer(std::io::stderr).init();
            tracing::warn!(%error, "there is no log file");
            None
        }
    }
}

fn file() -> std::io::Result<RollingFileAppender> {
    let folder = place::own_folder().join("logs");
    std::fs::create_dir_all(&folder)?;
    RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("bimo")
        .filename_suffix("log")
        .max_log_files(KEPT_FILES)
        .build(folder)
        .map_err(std::io::Error::other)
}

fn log_panics() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, thread = std::thread::current().name(), "panic");
        print(panic);
    }));
}
