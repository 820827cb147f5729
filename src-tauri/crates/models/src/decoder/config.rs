//! The shape of a decoder-only model, whatever file it was read from.

use bimo_engine::TokenId;

/// The families that [`super::Decoder`] computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// Llama and what shares its block, SmolLM2 for instance.
    Llama,
    /// Llama with biases on the query, key and value projections.
    Qwen2,
    /// Llama with normalised queries and keys.
    Qwen3,
    /// Llama with layers that do not turn their heads.
    SmolLm3,
    /// Llama with fused projections; Phi-3.5 and Phi-4-mini too.
    Phi3,
    /// Gemma 3: norms after the parts of a block too, windows in most layers.
    Gemma3,
    /// GPT-2: layer norm, learned positions, a fused projection.
    Gpt2,
}

impl Architecture {
    /// The name in a GGUF's `general.architecture` and in a config's `model_type`; both use the same, but Gemma 3's
    /// config may name its text part.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "llama" => Self::Llama,
            "qwen2" => Self::Qwen2,
            "qwen3" => Self::Qwen3,
            "smollm3" => Self::SmolLm3,
            "phi3" => Self::Phi3,
            "gemma3" | "gemma3_text" => Self::Gemma3,
            "gpt2" => Self::Gpt2,
            _ => return None,
        })
    }

    /// See [`Architecture::from_name`].
    pub fn name(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
            Self::SmolLm3 => "smollm3",
            Self::Phi3 => "phi3",
            Self::Gemma3 => "gemma3",
            Self::Gpt2 => "gpt2",
        }
    }
}

/// Which elements of a head turn together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RopeLayout {
    /// Element `i` with element `i + head_dim / 2`, as Hugging Face's files have it.
    HalfSplit,
    /// Element `2 i` with element `2 i + 1`, as llama.cpp permutes Llama's queries and keys.
    Interleaved,
}

/// Rotary position embedding (Su et al. 2021).
#[derive(Debug, Clone, PartialEq)]
pub struct Rope {
    /// Elements of a head that turn, the first ones; even. The others stay as they are.
    pub width: usize,
    /// Base of the frequencies.
    pub theta: f32,
    /// Which elements turn together.
    pub layout: RopeLayout,
    /// How frequencies are stretched for longer contexts.
    pub scaling: Option<RopeScaling>,
}

/// How frequencies are stretched for longer contexts.
#[derive(Debug, Clone, PartialEq)]
pub enum RopeScaling {
    /// All positions divided by the factor.
    Linear {
        /// The divisor.
        factor: f32,
    },
    /// YaRN (Peng et al. 2023): pairs that turn slowly are divided, fast ones kept, a ramp over the pairs between.
    Yarn {
        /// The divisor of slow pairs.
        factor: f32,
        /// The context of the first training, in tokens.
        original_context: usize,
        /// Turns within the original context from which on a pair is kept; 32 in the paper.
        fast_turns: f32,
        /// Turns within the original context up to which a pair is divided; 1 in the paper.
        slow_turns: f32,
        /// Turned elements are multiplied by it.
        magnitude: f32,
    },
    /// LongRoPE (Ding et al. 2024): each frequency has its own divisor, another one in a long text.
    Long {
        /// Divisors in a text of at most `original_context` tokens, one for each pair.
        short: Vec<f32>,
        /// Divisors in a longer text.
        long: Vec<f32>,
        /// The context of the first training, in tokens.
        original_context: usize,
        /// Turned elements are multiplied by it.
        magnitude: f32,
    },
    /// Llama 3: low frequencies divided, high ones kept, a ramp between.
    Llama3 {
        /// The divisor of low frequencies.
        factor: f32,
        /// Wavelengths above `original_context / low_factor` are divided.
        low_factor: f32,
        /// Wavelengths below `original_context / high_factor` are kept.
        high_factor: f32,
        /// The context of the first training, in tokens.
        original_context: f32,
    },
}

/// What a block has of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerConfig {
    /// Which of [`DecoderConfig::ropes`] turns its heads; nothing where they are not turned.
    pub rope: Option<usize>,
    /// It sees so many places, its own being the last; nothing where it sees all before it.
    pub window: Option<usize>,
}

/// The shape of a decoder-only model.
#[derive(Debug, Clone, PartialEq)]
pub struct DecoderConfig {
    /// Which family.
    pub architecture: Architecture,
    /// Width of the residual stream.
    pub hidden_size: usize,
    /// What each block has of its own.
    pub layers: Vec<LayerConfig>,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads; divides `heads`.
    pub kv_heads: usize,
    /// Width of a head.
    pub head_dim: usize,
    /// Inner width of the feed-forward part.
    pub ffn_size: usize,
    /// Rows of the embedding.
    pub vocabulary: usize,
    /// Longest sequence in tokens.
    pub context_length: usize,
    /// Added to the variance before its root is taken.
    pub norm_eps: f64,
    /// Looked-up embeddings are multiplied by it.
    pub embedding_scale: Option<f64>,
    /// The products of queries and keys are multiplied by it.
    pub attention_scale: f64,
    /// How layers turn their heads; none where positions are learned.
    pub ropes: Vec<Rope>,
    /// The output projection is the embedding.
    pub tied_embeddings: bool,
    /// Tokens that end a text.
    pub end_tokens: Vec<TokenId>,
}
