//! Chat templates.
/// A stretch of a rendered template.
pub enum TemplatePart {}
/// A chat template.
pub struct ChatTemplate {}
