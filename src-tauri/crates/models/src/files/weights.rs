//! Tensors by canonical name, whatever file they come from.

use bimo_engine::EngineError;
use candle_core::Tensor;
use candle_core::quantized::QTensor;

/// The tensors of a model.
///
/// Names are GGUF's (`token_embd.weight`, `blk.3.attn_q.weight`); other layouts are translated on the way. Weights of
/// linear layers are `[out, in]` always.
pub trait Weights: Send {
    /// Whether there is a tensor of that name.
    fn contains(&self, name: &str) -> bool;

    /// The tensor, on the CPU, in the file's own precision.
    fn get(&self, name: &str) -> Result<Weight, EngineError>;
}

/// A tensor as its file keeps it.
pub enum Weight {
    /// f32, f16 or bf16.
    Float(Tensor),
    /// Blocks of small integers with scales.
    Quantized(QTensor),
}

/// A failure of the tensor library while it reads or computes.
pub(crate) fn compute(error: candle_core::Error) -> EngineError {
    EngineError::Compute(error.to_string())
}
