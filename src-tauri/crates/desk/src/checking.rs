//! A model is loaded by a child process first: one that takes all memory takes the child with it, and not the desk.
//!
//! An estimate refuses what cannot fit ([`bimo_models::MemoryNeed`]). It can be wrong, memory can go while a model is read,
//! and a failed allocation or the system's own rescue ends a process at once: no Rust code runs after it. So the desk's
//! program runs itself with [`CHECK_MODEL`] and looks at how that ended.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::OnceLock;

use bimo_engine::{EngineError, TextGenerator};
use bimo_models::{LoadOptions, MemoryNeed, ModelSource, free_memory};

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

/// Loads a model and lets it go again. For the child.
#[must_use]
pub fn check_model(path: &Path) -> ExitCode {
    offer_to_the_system();
    let source = ModelSource::Path(path.to_owned());
    let loaded = std::panic::catch_unwind(|| bimo_models::load(&source, &LoadOptions::default()));
    match loaded {
        Ok(Ok(_)) => ExitCode::SUCCESS,
        Ok(Err(_)) | Err(_) => ExitCode::from(REFUSED),
    }
}

/// Loads a model after a child has survived it.
pub(crate) fn load_checked(
    path: &Path,
    options: &LoadOptions,
) -> Result<Box<dyn TextGenerator>, EngineError> {
    if let Some(program) = PROGRAM.get() {
        check_in_child(program, path, options)?;
    }
    bimo_models::load(&ModelSource::Path(path.to_owned()), options)
}

fn check_in_child(program: &Path, path: &Path, options: &LoadOptions) -> Result<(), EngineError> {
    // Damage and want of memory that can be foreseen need no child.
    let files = bimo_models::open(path)?;
    let (bytes, parameters) = (files.weight_bytes(), files.parameters());
    let need = MemoryNeed::of(files.config(), bytes, parameters, options.precision);
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
