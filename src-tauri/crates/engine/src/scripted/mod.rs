//! Models that recite what they were told to, one character a token: for tests of everything above the engine.

mod generator;
mod rewriter;

pub use generator::ScriptedGenerator;
pub use rewriter::ScriptedRewriter;
