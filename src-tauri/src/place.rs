//! Where the program keeps what is its own: the library in its folder, and beside it the log and the last theme.

use std::path::PathBuf;

use bimo_desk::Folders;

/// A library in this folder is opened instead of the person's own.
const LIBRARY_VARIABLE: &str = "BIMO_LIBRARY";

/// Models that were fetched are looked for in this folder instead of the usual one.
const MODELS_VARIABLE: &str = "BIMO_MODELS";

/// The library's folder, where one was named when the program was started.
pub(crate) fn named_library() -> Option<PathBuf> {
    folder_in(LIBRARY_VARIABLE)
}

/// The folder of models, where one was named when the program was started.
pub(crate) fn named_models() -> Option<PathBuf> {
    folder_in(MODELS_VARIABLE)
}

fn folder_in(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// The folder beside the library, which does not move with it. A library that was named has its own.
pub(crate) fn own_folder() -> PathBuf {
    let beside = |library: PathBuf| library.parent().map(ToOwned::to_owned).unwrap_or(library);
    let usual = || Folders::of_this_computer(None).map(|folders| folders.usual).ok();
    named_library().or_else(usual).map_or_else(std::env::temp_dir, beside)
}
