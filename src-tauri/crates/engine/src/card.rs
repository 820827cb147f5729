//! What a person may want to know of a loaded model.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use crate::ModelDigest;

/// Where a model computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// The processor's own cores.
    Cpu,
    /// An NVIDIA GPU.
    Cuda,
    /// An Apple GPU.
    Metal,
    /// Another computer, or another program on this one.
    Server,
}

/// Why a model computes where it does. The interface words it by its code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum DeviceReason {
    /// This program was built for the processor alone.
    BuiltForProcessor,
    /// The person does not want the GPU that this program was built for.
    ProcessorChosen,
    /// A GPU is there, and is faster than the processor.
    GpuFound {
        /// Whose it is: `NVIDIA` or `Apple`.
        gpu: String,
    },
    /// The GPU that this program was built for does not answer.
    GpuSilent {
        /// Whose it would be.
        gpu: String,
        /// The cause's own words.
        cause: String,
    },
    /// The person let a server write.
    ServerChosen {
        /// Its host.
        host: String,
    },
}

/// The facts of a loaded model, as its files state them.
#[derive(Debug, Clone)]
pub struct ModelCard {
    /// The name by which the person knows it: `general.name` of a GGUF, or the folder's name.
    pub name: String,
    /// The architecture as the file names it, `llama` or `qwen3` for instance.
    pub architecture: String,
    /// How the weights are kept in memory, `Q8_0` for instance.
    pub quantization: String,
    /// Number of weights.
    pub parameters: u64,
    /// Longest sequence, prompt and continuation together, in tokens.
    pub context_length: usize,
    /// Entries of the vocabulary.
    pub vocabulary: usize,
    /// True for a model that answers in a conversation; it has a chat template.
    pub instruct: bool,
    /// Where it computes.
    pub device: DeviceKind,
    /// Why that device was chosen.
    pub device_reason: DeviceReason,
    /// SHA-256 of the weights file; for several files, of their digests in the order of their names.
    pub digest: ModelDigest,
}

/// Bytes that a model's caches take, which can be read while it is at work. Clones are the same gauge.
#[derive(Debug, Clone, Default)]
pub struct MemoryGauge(Arc<AtomicU64>);

impl MemoryGauge {
    /// Shows another number.
    pub fn show(&self, bytes: u64) {
        self.0.store(bytes, Ordering::Relaxed);
    }

    /// What is shown.
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
