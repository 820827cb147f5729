//! A prompt in tokens.
use bimo_engine::{EncodedPrompt, EngineError, Prompt};

use crate::{ChatTemplate, TextTokenizer};

/// Encodes a prompt. A chat prompt needs the model's template.
pub fn encode_prompt(
    prompt: &Prompt,
    _tokenizer: &TextTokenizer,
    _template: Option<&ChatTemplate>,
) -> Result<EncodedPrompt, EngineError> {
    Err(EngineError::TemplateInvalid(format!("{prompt:?}")))
}
