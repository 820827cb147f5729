//! Chat templates.
/// A stretch of a rendered template.
pub enum TemplatePart {}
/// A chat template.
pub struct ChatTemplate {}

impl ChatTemplate {
    /// Parses it.
    pub fn new(_source: &str) -> Result<Self, bimo_engine::EngineError> {
        Ok(Self {})
    }
}
