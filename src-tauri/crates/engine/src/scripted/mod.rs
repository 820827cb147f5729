//! Models that recite what they were told to, one character a token: for tests of everything above the engine.

mod classifier;
mod generator;
mod reader;
mod rewriter;

use crate::{DeviceKind, DeviceReason, ModelCard};

pub use classifier::ScriptedClassifier;
pub use generator::ScriptedGenerator;
pub use reader::ScriptedReader;
pub use rewriter::ScriptedRewriter;

/// Of a model that recites.
fn card() -> ModelCard {
    ModelCard {
        name: "Scripted".into(),
        architecture: "scripted".into(),
        quantization: "none".into(),
        parameters: 0,
        context_length: 4096,
        vocabulary: 0x11_0000,
        instruct: false,
        device: DeviceKind::Cpu,
        device_reason: DeviceReason::BuiltForProcessor,
        digest: "00".repeat(32).into(),
    }
}
