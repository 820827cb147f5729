//! What can go wrong between a request and its text.

use crate::GenerationOutcome;

/// Why a model could not be loaded or could not answer. [`EngineError::code`] is what the interface words by.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EngineError {
    /// A file contradicts its own format; `field` names the place.
    #[error("the model file is not valid: {field}: {reason}")]
    ModelInvalid {
        /// The key, tensor or file that is wrong.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A good header, but not all the data it promises.
    #[error("the model is incomplete: {0}")]
    ModelIncomplete(String),
    /// A well-formed file of a kind that this program cannot run.
    #[error("the model is not supported: {0}")]
    ModelUnsupported(String),
    /// More memory is needed than there is.
    #[error("the model needs {need_bytes} bytes of memory and {have_bytes} are free")]
    ModelTooLarge {
        /// Estimated bytes, weights and working memory together.
        need_bytes: u64,
        /// Bytes that are free now.
        have_bytes: u64,
    },
    /// The model's chat template does not render within its limits.
    #[error("the model's chat template is not valid: {0}")]
    TemplateInvalid(String),
    /// A file of the model could not be read.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// The path as it was given.
        path: String,
        /// The system's own words.
        reason: String,
    },
    /// A file of the model was written to after it had been opened, so that nobody can say what was loaded.
    #[error("{path} was changed after the model had been loaded from it")]
    ModelChanged {
        /// The path as it was given.
        path: String,
    },
    /// The prompt leaves no room for a single new token.
    #[error("the prompt has {prompt_tokens} tokens and the model's context holds {context_length}")]
    PromptTooLong {
        /// Tokens of the prompt.
        prompt_tokens: usize,
        /// The model's longest sequence.
        context_length: usize,
    },
    /// A request that means nothing: a negative temperature, zero tokens.
    #[error("{name} cannot be {value}")]
    InvalidParameter {
        /// The parameter's usual name.
        name: &'static str,
        /// What was given.
        value: String,
    },
    /// The model computed something that is not a number.
    #[error("the model computed values that are not numbers")]
    NotANumber,
    /// Too many requests are waiting.
    #[error("{waiting} requests are waiting already")]
    Busy {
        /// Length of the queue.
        waiting: usize,
    },
    /// The model's thread has ended, by a failure that was caught or because the model was unloaded.
    #[error("the model has stopped: {0}")]
    Stopped(String),
    /// The server that computes did not. Its own words, and what a person can do, are the server engine's.
    #[error("{reason}")]
    Server {
        /// A short, stable name for the kind of error.
        code: &'static str,
        /// What to do, in one plain sentence.
        advice: &'static str,
        /// What happened.
        reason: String,
        /// The same request may succeed later without anything being changed.
        retryable: bool,
    },
    /// A failure inside the tensor library.
    #[error("the model could not compute: {0}")]
    Compute(String),
    /// The GPU does not answer, or has failed at its work.
    #[error("the {gpu} GPU failed: {cause}")]
    DeviceFailed {
        /// Whose it is: `NVIDIA` or `Apple`.
        gpu: String,
        /// The cause's own words.
        cause: String,
    },
}

impl EngineError {
    /// A short, stable name for the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ModelInvalid { .. } => "model_invalid",
            Self::ModelIncomplete(_) => "model_incomplete",
            Self::ModelUnsupported(_) => "model_unsupported",
            Self::ModelTooLarge { .. } => "model_too_large",
            Self::TemplateInvalid(_) => "template_invalid",
            Self::Unreadable { .. } => "model_unreadable",
            Self::ModelChanged { .. } => "model_changed_on_disk",
            Self::PromptTooLong { .. } => "prompt_too_long",
            Self::InvalidParameter { .. } => "invalid_parameter",
            Self::NotANumber => "not_a_number",
            Self::Busy { .. } => "busy",
            Self::Stopped(_) => "model_stopped",
            Self::Server { code, .. } => code,
            Self::Compute(_) => "compute_failed",
            Self::DeviceFailed { .. } => "device_failed",
        }
    }

    /// True where the same request may succeed later without anything being changed.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Server { retryable, .. } => *retryable,
            Self::Busy { .. }
            | Self::Stopped(_)
            | Self::Compute(_)
            | Self::DeviceFailed { .. }
            | Self::ModelChanged { .. } => true,
            _ => false,
        }
    }
}

/// What a generation comes to.
pub type GenerationResult = Result<GenerationOutcome, EngineError>;
