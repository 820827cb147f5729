//! Every failure in the one shape that crosses to the window.

use std::fmt;

use bimo_convert::ConvertError;
use bimo_engine::EngineError;
use bimo_store::StoreError;

use crate::catalogue::best_that_fits;
use crate::wire::{ApiError, Instead, ModelTask, Shortage};

impl ApiError {
    /// A failure that will not go away by asking again.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            detail: None,
            retryable: false,
            shortage: None,
        }
    }

    /// The same, with the cause's own words.
    #[must_use]
    pub fn with_detail(self, detail: impl fmt::Display) -> Self {
        Self { detail: Some(detail.to_string()), ..self }
    }

    /// The same, for one that may go away by itself.
    #[must_use]
    pub fn worth_retrying(self) -> Self {
        Self { retryable: true, ..self }
    }

    /// The same; where memory is short, with the best model for the task that fits.
    pub(crate) fn naming_smaller(mut self, task: ModelTask) -> Self {
        let Some(shortage) = &mut self.shortage else { return self };
        shortage.instead = best_that_fits(task, shortage.free_bytes as u64);
        if let Some(Instead { title, address }) = &shortage.instead {
            self.message = format!(
                "The model does not fit into the free memory: close other programs, or take {title} instead, {address}."
            );
        }
        self
    }

    /// A failure inside the program that it did not foresee.
    pub fn internal(detail: impl fmt::Display) -> Self {
        let message = "Something went wrong inside the program. What you wrote is stored; try once more, \
                       and start the program again if it goes on.";
        Self::new("internal", message).with_detail(detail).worth_retrying()
    }

    pub(crate) fn busy() -> Self {
        let message = "A story is being written already. Stop it, or wait until it has ended.";
        Self::new("busy", message).worth_retrying()
    }

    pub(crate) fn version_conflict(stored: u32, given: u32) -> Self {
        let message =
            "The chapter has changed elsewhere. Open it again, or let your page replace it.";
        Self::new("version_conflict", message)
            .with_detail(format!("version {stored} is stored, {given} was given"))
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        match &self.detail {
            Some(detail) => write!(formatter, " ({detail})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ApiError {}

/// A failure to load a model for a task.
pub(crate) fn too_large_for(task: ModelTask, error: EngineError) -> ApiError {
    ApiError::from(error).naming_smaller(task)
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        if matches!(error, EngineError::Busy { .. }) {
            return Self::busy();
        }
        let advice = match &error {
            EngineError::ModelInvalid { .. } => "The model's file is damaged: get it again.",
            EngineError::ModelIncomplete(_) => "Part of the model is missing: get its files again.",
            EngineError::ModelUnsupported(_) => {
                "This kind of model cannot be run here: choose another."
            }
            EngineError::ModelTooLarge { .. } => {
                "The model does not fit into the free memory: close other programs, or choose a smaller model."
            }
            EngineError::TemplateInvalid(_) => {
                "The model's chat template is faulty: choose another edition of the model."
            }
            EngineError::Unreadable { .. } => {
                "The model's file cannot be read: see whether it is there and whether you may open it."
            }
            EngineError::ModelChanged { .. } => {
                "The model's file was changed while it was in use: ask once more, and it is loaded anew."
            }
            EngineError::PromptTooLong { .. } => {
                "The text is too long for the model: shorten it, or ask for a shorter continuation."
            }
            EngineError::InvalidParameter { .. } => {
                "A setting has a value that it cannot have: change it."
            }
            EngineError::NotANumber => {
                "The model computed nonsense: its file may be damaged. Get it again, or choose another."
            }
            EngineError::Server { advice, .. } => advice,
            EngineError::Stopped(_) => "The model has stopped: start the program again.",
            EngineError::DeviceFailed { .. } => {
                "The graphics card failed: try again, or let the processor compute."
            }
            EngineError::Busy { .. } | EngineError::Compute(_) => {
                "The model could not compute: try again, and choose another model if it goes on."
            }
        };
        let retryable = error.retryable();
        let shortage = shortage_in(&error).map(Box::new);
        Self { retryable, shortage, ..Self::new(error.code(), advice).with_detail(&error) }
    }
}

/// Both numbers of a model that does not fit.
fn shortage_in(error: &EngineError) -> Option<Shortage> {
    let EngineError::ModelTooLarge { need_bytes, have_bytes } = *error else { return None };
    Some(Shortage { need_bytes: need_bytes as f64, free_bytes: have_bytes as f64, instead: None })
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let advice = match &error {
            StoreError::VersionConflict { stored, given } => {
                return Self::version_conflict(*stored, *given);
            }
            StoreError::Locked { .. } => {
                "The library is open in another window: close that one, or write there."
            }
            StoreError::NewerSchema { .. } => {
                "The library was written by a newer edition of this program: get that edition."
            }
            StoreError::Corrupted { .. } => {
                "The library's file is damaged. It was left as it is; put a backup in its place."
            }
            StoreError::NotWritable { .. } => {
                "The library's folder cannot be written: see whether the disk is there and whether you may write."
            }
            StoreError::DiskFull => "The disk is full: make room, then go on.",
            StoreError::NotFound { .. } => "That is not there any more: look for it in the bin.",
            StoreError::Edit(_) | StoreError::InvalidValue { .. } => {
                "The change does not fit what is stored: open the chapter again."
            }
            StoreError::Migration { .. } => {
                "The library could not be brought up to date; it is as it was. Start the program again."
            }
            StoreError::SqliteTooOld { .. } => {
                "This edition of the program was built with an unsafe database: get another edition."
            }
            StoreError::Busy => "Another program holds the library's file: try again in a moment.",
            StoreError::Database(_) => "The library could not be read or written: try again.",
        };
        let retryable = error.retryable();
        Self { retryable, ..Self::new(error.code(), advice).with_detail(&error) }
    }
}

impl From<ConvertError> for ApiError {
    fn from(error: ConvertError) -> Self {
        let advice = match &error {
            ConvertError::TooLarge { .. } => {
                "The file is too large to be read: cut it into smaller ones."
            }
            ConvertError::Invalid { .. } => {
                "The file is damaged, or its name does not fit: save it again from the program that wrote it."
            }
            ConvertError::Unsupported { .. } => {
                "This kind of file cannot be read here: save it as another kind."
            }
            ConvertError::NoArticle => "The page has no article: copy the text itself.",
        };
        Self::new(error.code(), advice).with_detail(&error)
    }
}
