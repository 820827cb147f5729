//! Whether a model fits in memory.
/// Bytes that a model will take.
pub struct MemoryNeed {}
/// Bytes of memory that are free now.
pub fn free_memory() -> u64 {
    0
}
