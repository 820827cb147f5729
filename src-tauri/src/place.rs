//! Where the program keeps what is its own: the library in its folder, and beside it the log and the last theme.

use std::path::PathBuf;

use bimo_desk::Folders;

/// A library in this folder is opened instead of the person's own.
const LIBRARY_VARIABLE: &str = "BIMO_LIBRARY";

/// The folder that was named when the program was started.
pub(crate) fn named_library() -> Option<PathBuf> {
    std::env::var_os(LIBRARY_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// The folder beside the library, which does not move with it. A library that was named has its own.
pub(crate) fn own_folder() -> PathBuf {
    let beside = |library: PathBuf| library.parent().map(ToOwned::to_owned).unwrap_or(library);
    let usual = || Folders::of_this_computer(None).map(|folders| folders.usual).ok();
    named_library().or_else(usual).map_or_else(std::env::temp_dir, beside)
}
