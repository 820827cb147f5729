//! Whether a model fits in memory.

use bimo_engine::EngineError;
use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use crate::decoder::{DecoderConfig, Precision};

/// Tokens of context that a model must have room for to be of use.
const USEFUL_CONTEXT: usize = 4096;
/// Buffers of one step through the network, and what the allocator keeps.
const WORKING_MEMORY: u64 = 64 << 20;

/// Bytes that a model will take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryNeed {
    /// The weights as they are kept.
    pub weights: u64,
    /// Keys and values of a useful context.
    pub cache: u64,
}

impl MemoryNeed {
    /// An estimate from a model's shape and the bytes of its files.
    pub fn of(
        config: &DecoderConfig,
        file_bytes: u64,
        parameters: u64,
        precision: Precision,
    ) -> Self {
        let tokens = config.context_length.min(USEFUL_CONTEXT);
        let row = 2 * config.layers.len() * config.kv_heads * config.head_dim * size_of::<f32>();
        let cache = (tokens * row) as u64;
        Self { cache, ..Self::of_weights(file_bytes, parameters, precision) }
    }

    /// The same for a model whose texts are short.
    pub fn of_weights(file_bytes: u64, parameters: u64, precision: Precision) -> Self {
        let weights = match precision {
            Precision::Exact => parameters * 4,
            // Blocks are repacked for the processor, and the originals live until that is done.
            Precision::Fast => file_bytes.min(parameters * 17 / 16) * 2,
        };
        Self { weights, cache: 0 }
    }

    /// All of it.
    pub fn bytes(&self) -> u64 {
        self.weights + self.cache + WORKING_MEMORY
    }

    /// Refuses what is more than `free`.
    pub fn check(&self, free: u64) -> Result<(), EngineError> {
        if self.bytes() <= free {
            return Ok(());
        }
        Err(EngineError::ModelTooLarge { need_bytes: self.bytes(), have_bytes: free })
    }
}

/// Bytes of memory that are free now; where the system does not say, any model may try.
pub fn free_memory() -> u64 {
    let kinds = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    System::new_with_specifics(kinds).map_or(u64::MAX, |system| system.available_memory())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_over_the_free_memory_is_refused_with_both_numbers() {
        let need = MemoryNeed { weights: 1 << 30, cache: 1 << 20 };
        assert_eq!(need.check(2 << 30), Ok(()));
        let error = need.check(1 << 30).unwrap_err();
        let need_bytes = (1 << 30) + (1 << 20) + WORKING_MEMORY;
        assert_eq!(error, EngineError::ModelTooLarge { need_bytes, have_bytes: 1 << 30 });
        assert!(free_memory() > 0);
    }
}
