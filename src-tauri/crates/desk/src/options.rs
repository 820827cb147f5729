//! What a desk is opened with.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::wire::ApiError;
use crate::{ClassifierSpec, Folders, ModelSpec, Models, TranslatorSpec};

/// Tells the time, in milliseconds since 1970.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;
/// Gives a new seed each time.
pub type SeedSource = Arc<dyn Fn() -> u32 + Send + Sync>;

/// Seeds that the program draws stay below this, so that a person can read and type them.
const SEEDS: u32 = 1_000_000_000;

/// Everything that a desk takes from outside.
pub struct DeskOptions {
    /// Where the library is.
    pub folders: Folders,
    /// The model that writes until the person chooses another.
    pub model: ModelSpec,
    /// The model that translates until the person chooses another.
    pub translator: TranslatorSpec,
    /// The model that reads moods until the person chooses another.
    pub classifier: ClassifierSpec,
    /// Where models that were fetched lie.
    pub models: Models,
    /// The clock.
    pub clock: Clock,
    /// Where new seeds come from.
    pub seeds: SeedSource,
    /// The system's language, `zh-CN` for instance; empty where it is not known.
    pub system_locale: String,
}

impl DeskOptions {
    /// The desk of this computer's person, with `model` to write. A `library` that is given wins over the chosen one,
    /// and a folder of `models` over the usual one.
    pub fn of_this_computer(
        model: ModelSpec,
        library: Option<PathBuf>,
        models: Option<PathBuf>,
    ) -> Result<Self, ApiError> {
        Ok(Self {
            folders: Folders::of_this_computer(library)?,
            model,
            translator: TranslatorSpec::translator_starter(),
            classifier: ClassifierSpec::classifier_starter(),
            models: Models::of_this_computer(models, None)?,
            clock: Arc::new(system_time_ms),
            seeds: Arc::new(new_seed),
            system_locale: sys_locale::get_locale().unwrap_or_default(),
        })
    }
}

/// A seed that nobody chose.
pub fn new_seed() -> u32 {
    rand::random::<u32>() % SEEDS
}

/// The system's clock, in milliseconds since 1970.
pub(crate) fn system_time_ms() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}
