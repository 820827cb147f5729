//! Whether a model fits in memory.

use bimo_engine::EngineError;
use bimo_kernels::Kept;
use sysinfo::{MemoryRefreshKind, ProcessRefreshKind, ProcessesToUpdate, RefreshKind, System};

use crate::decoder::{CacheBits, DecoderConfig, Precision};

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

/// What the memory of a context depends on; zeros where a model keeps none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpectedContext {
    /// Layers.
    pub layers: usize,
    /// Heads of keys and values.
    pub kv_heads: usize,
    /// Elements of a head.
    pub head_dim: usize,
    /// The longest context in tokens.
    pub tokens: usize,
}

impl ExpectedContext {
    /// Keys and values of a useful context.
    fn bytes(self, precision: Precision) -> u64 {
        let number = precision.kept().number_bytes();
        let row = 2 * self.layers * self.kv_heads * self.head_dim * number;
        (self.tokens.min(USEFUL_CONTEXT) * row) as u64
    }
}

impl MemoryNeed {
    /// An estimate from a model's shape and the bytes of its files.
    pub fn of(
        config: &DecoderConfig,
        file_bytes: u64,
        parameters: u64,
        precision: Precision,
    ) -> Self {
        let context = ExpectedContext {
            layers: config.layers.len(),
            kv_heads: config.kv_heads,
            head_dim: config.head_dim,
            tokens: config.context_length,
        };
        let cache = context.bytes(precision);
        Self { cache, ..Self::of_weights(file_bytes, parameters, precision) }
    }

    /// The same for a model whose texts are short.
    pub fn of_weights(file_bytes: u64, parameters: u64, precision: Precision) -> Self {
        Self { weights: kept_bytes(file_bytes, parameters, precision), cache: 0 }
    }

    /// An estimate before any file is here. `file_bytes` are those of the weights' files.
    pub fn expected(parameters: u64, file_bytes: u64, context: ExpectedContext) -> Self {
        let precision = Precision::default();
        let weights = Self::of_weights(file_bytes, parameters, precision);
        Self { cache: context.bytes(precision), ..weights }
    }

    /// The same where no more than `limit` of a model's `context_length` tokens are read.
    #[must_use]
    pub fn within(self, context_length: usize, limit: Option<usize>) -> Self {
        let useful = context_length.clamp(1, USEFUL_CONTEXT);
        let read = limit.map_or(useful, |limit| limit.min(useful));
        Self { cache: self.cache / useful as u64 * read as u64, ..self }
    }

    /// The same where a model of this precision keeps keys and values in so many bits.
    #[must_use]
    pub fn keeping(self, precision: Precision, bits: CacheBits) -> Self {
        let bytes = |kept: Kept| kept.number_bytes() as u64;
        let usual = precision.kept();
        let stated = bits.stated().unwrap_or(usual);
        Self { cache: self.cache / bytes(usual) * bytes(stated), ..self }
    }

    /// All of it.
    pub fn bytes(&self) -> u64 {
        self.weights.saturating_add(self.cache).saturating_add(WORKING_MEMORY)
    }

    /// Refuses what is more than `free`.
    pub fn check(&self, free: u64) -> Result<(), EngineError> {
        if self.bytes() <= free {
            return Ok(());
        }
        Err(EngineError::ModelTooLarge { need_bytes: self.bytes(), have_bytes: free })
    }
}

/// Bytes of a model's weights as they are kept once it is loaded. In files they can have more bits.
pub fn kept_bytes(file_bytes: u64, parameters: u64, precision: Precision) -> u64 {
    match precision {
        Precision::Exact => parameters.saturating_mul(4),
        Precision::Fast => file_bytes.min(parameters.saturating_mul(17) / 16),
    }
}

/// Bytes of memory that this process has now; nothing where the system does not say.
pub fn own_memory() -> Option<u64> {
    let own = sysinfo::get_current_pid().ok()?;
    let mut system = System::new().ok()?;
    let kinds = ProcessRefreshKind::nothing().with_memory();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), false, kinds);
    Some(system.process(own)?.memory())
}

/// Bytes of memory that this process may still take: what is free on the machine, in its group of processes, and of its
/// own address space. Where the system does not say, any model may try.
pub fn free_memory() -> u64 {
    let kinds = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let machine = System::new_with_specifics(kinds).map_or(u64::MAX, |system| {
        let group = system
            .cgroup_limits()
            .map_or(u64::MAX, |limits| limits.total_memory.saturating_sub(limits.rss));
        system.available_memory().min(group)
    });
    machine.min(free_address_space())
}

/// What is left of the address space where that is limited (`ulimit -v`). Only Linux says so in a file.
fn free_address_space() -> u64 {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let (limits, status) = (read("/proc/self/limits"), read("/proc/self/status"));
    match (number_after(&limits, "Max address space"), number_after(&status, "VmSize:")) {
        (Some(limit), Some(used_kib)) => limit.saturating_sub(used_kib * 1024),
        _ => u64::MAX,
    }
}

/// The first word after `name` at the beginning of a line, if that is a number; `unlimited` is none.
fn number_after(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_expected_of_a_published_shape_is_what_its_files_say_later() {
        // Qwen3-0.6B as its configuration has it: 28 layers, 8 heads of 128 elements; Q8_0 has 34 bytes for 32 weights.
        let (parameters, file_bytes) = (596_049_920, 596_049_920 / 32 * 34);
        let context = ExpectedContext { layers: 28, kv_heads: 8, head_dim: 128, tokens: 40_960 };
        let need = MemoryNeed::expected(parameters, file_bytes, context);
        assert_eq!(need.weights, file_bytes);
        let number = Precision::Fast.kept().number_bytes() as u64;
        assert_eq!(need.cache, 4096 * 28 * 2 * 8 * 128 * number);
        // What has more bytes than Q8_0 is kept as Q8_0.
        assert_eq!(MemoryNeed::expected(parameters, parameters * 4, context), need);
        // A quarter of the context takes a quarter of the memory for it; more than is useful counts for nothing.
        let quarter = need.within(context.tokens, Some(1024));
        assert_eq!((quarter.cache, quarter.weights), (need.cache / 4, need.weights));
        assert_eq!(need.within(context.tokens, Some(8192)), need);
        assert_eq!(need.within(context.tokens, None), need);
        // Said outright, the bits of a number are what its bytes are.
        let keeping = |bits| need.keeping(Precision::Fast, bits).cache;
        assert_eq!(keeping(CacheBits::Sixteen), 4096 * 28 * 2 * 8 * 128 * 2);
        assert_eq!(keeping(CacheBits::ThirtyTwo), 4096 * 28 * 2 * 8 * 128 * 4);
        assert_eq!(keeping(CacheBits::Automatic), need.cache);
    }

    #[test]
    fn a_model_over_the_free_memory_is_refused_with_both_numbers() {
        let need = MemoryNeed { weights: 1 << 30, cache: 1 << 20 };
        assert_eq!(need.check(2 << 30), Ok(()));
        let error = need.check(1 << 30).unwrap_err();
        let need_bytes = (1 << 30) + (1 << 20) + WORKING_MEMORY;
        assert_eq!(error, EngineError::ModelTooLarge { need_bytes, have_bytes: 1 << 30 });
        assert!(free_memory() > 0);
        // A test has more than a megabyte and less than all there is.
        assert!(own_memory().is_some_and(|own| (1 << 20..1 << 40).contains(&own)));
    }

    #[test]
    fn a_limited_address_space_is_read_as_linux_writes_it() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max processes             63540                63540                processes \n\
                      Max address space         838860800            unlimited            bytes     \n";
        assert_eq!(number_after(limits, "Max address space"), Some(838_860_800));
        let unlimited = "Max address space         unlimited            unlimited            bytes";
        assert_eq!(number_after(unlimited, "Max address space"), None);
        assert_eq!(number_after("VmPeak:\t  900 kB\nVmSize:\t  836 kB\n", "VmSize:"), Some(836));
    }
}
