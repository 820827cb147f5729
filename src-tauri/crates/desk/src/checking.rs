//! A model is loaded by a child process first: one that takes all memory takes the child with it, and not the desk.
//!
//! An estimate refuses what cannot fit ([`bimo_models::MemoryNeed`]). It can be wrong, memory can go while a model is read,
//! and a failed allocation or the system's own rescue ends a process at once: no Rust code runs after it. So the desk's
//! program runs itself with [`CHECK_MODEL`] and looks at how that ended.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::OnceLock;

use bimo_engine::{EngineError, TextGenerator};
use bimo_models::{DeviceWish, LoadOptions, ModelKind, ModelSource, free_memory};

/// The argument that makes the desk's program a checker; a model's path follows it.
pub const CHECK_MODEL: &str = "--check-model";

/// The child could say what is wrong with the model; so can the desk, in the same words, without harm.
const REFUSED: u8 = 3;

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Has every model of the person's own checked by `program`, which answers [`CHECK_MODEL`] with [`check_model`]. For the
/// first lines of `main`; without it models are loaded as they are.
pub fn check_models_with(program: PathBuf) {
    // The first one stays: there is one program.
    let _ = PROGRAM.set(program);
}

/// Loads a model of any kind and lets it go again. For the child.
#[must_use]
pub fn check_model(path: &Path) -> ExitCode {
    offer_to_the_system();
    match std::panic::catch_unwind(|| try_to_load(path)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(_)) | Err(_) => ExitCode::from(REFUSED),
    }
}

fn try_to_load(path: &Path) -> Result<(), EngineError> {
    let source = ModelSource::Path(path.to_owned());
    // A graphics card that fails must not look like a model that does.
    let options = LoadOptions { device: DeviceWish::Processor, ..LoadOptions::default() };
    match bimo_models::describe(path)?.kind {
        ModelKind::Continues => bimo_models::load(&source, &options).map(drop),
        ModelKind::Rewrites(_) => bimo_models::load_seq2seq(&source, &options).map(drop),
        ModelKind::Classifies => bimo_models::load_classifier(&source, &options).map(drop),
        ModelKind::FindsAnswers => bimo_models::load_span_reader(&source, &options).map(drop),
        ModelKind::PlacesSentences => bimo_models::load_placer(&source, &options).map(drop),
    }
}

/// Loads a model after a child has survived it.
pub(crate) fn load_checked(
    path: &Path,
    options: &LoadOptions,
) -> Result<Box<dyn TextGenerator>, EngineError> {
    survives(path, options)?;
    bimo_models::load(&ModelSource::Path(path.to_owned()), options)
}

/// Refuses a model of any kind that a child has not survived. Where there is no program to check with, none is.
pub(crate) fn survives(path: &Path, options: &LoadOptions) -> Result<(), EngineError> {
    PROGRAM.get().map_or(Ok(()), |program| check_in_child(program, path, options))
}

fn check_in_child(program: &Path, path: &Path, options: &LoadOptions) -> Result<(), EngineError> {
    // Damage and want of memory that can be foreseen need no child.
    let model = bimo_models::describe(path)?;
    let need = model.need.keeping(options.precision, options.cache);
    let need = need.within(model.context_length, options.context_length);
    let free = free_memory();
    need.check(free)?;
    let mut child = Command::new(program);
    child.arg(CHECK_MODEL).arg(path).stdin(Stdio::null()).stdout(Stdio::null());
    match child.stderr(Stdio::null()).status() {
        Ok(status) if status.success() || status.code() == Some(REFUSED.into()) => Ok(()),
        Ok(status) => {
            tracing::error!(%status, "the child that loaded the model has died");
            // It needed more than was foreseen, and more than there was.
            let need_bytes = need.bytes().max(free);
            Err(EngineError::ModelTooLarge { need_bytes, have_bytes: free })
        }
        Err(error) => {
            tracing::warn!(%error, "the model could not be checked in a process of its own");
            Ok(())
        }
    }
}

/// Where memory runs out, Linux is to end this process and no other.
fn offer_to_the_system() {
    if cfg!(target_os = "linux")
        && let Err(error) = std::fs::write("/proc/self/oom_score_adj", "1000")
    {
        tracing::debug!(%error, "the system does not take the offer");
    }
}
