//! The shape of an encoder-decoder, whatever file it was read from.

use bimo_engine::{EarlyStopping, TokenId};

use crate::layers::Activation;

/// The families that [`super::EncoderDecoder`] computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seq2SeqArchitecture {
    /// Marian (Junczys-Dowmunt et al. 2018): a translator with computed positions.
    Marian,
    /// BART (Lewis et al. 2019): learned positions, a norm over the embeddings.
    Bart,
    /// T5 (Raffel et al. 2019) and mT5: norms before the parts, biases for distances.
    T5,
}

impl Seq2SeqArchitecture {
    /// The name in a GGUF's `general.architecture` and in a config's `model_type`; mT5 is a T5.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "marian" => Self::Marian,
            "bart" => Self::Bart,
            "t5" | "mt5" => Self::T5,
            _ => return None,
        })
    }

    /// See [`Seq2SeqArchitecture::from_name`].
    pub fn name(self) -> &'static str {
        match self {
            Self::Marian => "marian",
            Self::Bart => "bart",
            Self::T5 => "t5",
        }
    }
}

/// How a token's place is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Positions {
    /// Waves are added: the first half of a row sines, the second cosines (Vaswani et al. 2017).
    Waves,
    /// Learned rows are added.
    Learned {
        /// The row of the first place.
        offset: usize,
    },
    /// Attention is biased by the distance of two places (Shaw et al. 2018, as T5 buckets them).
    Distances {
        /// Kinds of distances.
        buckets: usize,
        /// From this distance on all are of one kind.
        longest: usize,
    },
}

/// One side of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SideConfig {
    /// Blocks.
    pub layers: usize,
    /// Heads of an attention.
    pub heads: usize,
    /// Inner width of the feed-forward part.
    pub ffn_size: usize,
    /// Rows of the embedding.
    pub vocabulary: usize,
}

/// The shape of an encoder-decoder.
#[derive(Debug, Clone, PartialEq)]
pub struct Seq2SeqConfig {
    /// Which family.
    pub architecture: Seq2SeqArchitecture,
    /// Width of the residual stream.
    pub hidden_size: usize,
    /// Width of a head.
    pub head_dim: usize,
    /// What reads.
    pub encoder: SideConfig,
    /// What writes.
    pub decoder: SideConfig,
    /// Longest source and longest target in tokens.
    pub context_length: usize,
    /// What bends in the feed-forward parts.
    pub activation: Activation,
    /// The feed-forward parts have a gate.
    pub is_gated: bool,
    /// Added to a variance before its root is taken.
    pub norm_eps: f64,
    /// Looked-up embeddings are multiplied by it.
    pub embedding_scale: f64,
    /// What comes out of the decoder is multiplied by it.
    pub output_scale: f64,
    /// How places are told.
    pub positions: Positions,
    /// Opens what is written.
    pub start_token: TokenId,
    /// Each ends what is written.
    pub end_tokens: Vec<TokenId>,
    /// How texts are searched for where nobody says otherwise.
    pub search: SearchSettings,
}

/// How texts are searched for: the settings of a `generation_config.json`, as `transformers` understands them.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchSettings {
    /// `num_beams`
    pub beams: usize,
    /// `num_return_sequences`
    pub best: usize,
    /// `length_penalty`
    pub length_penalty: f32,
    /// `early_stopping`
    pub early_stopping: EarlyStopping,
    /// `max_length`, the opening token counted.
    pub max_length: usize,
    /// `min_length`, the opening token counted.
    pub min_length: usize,
    /// `min_new_tokens`
    pub min_new_tokens: usize,
    /// `no_repeat_ngram_size`
    pub no_repeat_ngram: usize,
    /// `repetition_penalty`
    pub repetition_penalty: f32,
    /// `bad_words_ids`
    pub bad_words: Vec<Vec<TokenId>>,
    /// `forced_bos_token_id`
    pub forced_first: Option<TokenId>,
    /// `forced_eos_token_id`
    pub forced_last: Vec<TokenId>,
    /// `suppress_tokens`
    pub suppressed: Vec<TokenId>,
    /// `begin_suppress_tokens`
    pub suppressed_first: Vec<TokenId>,
}

/// Longest text where a model's files say nothing.
pub(crate) const USUAL_MAX_LENGTH: usize = 512;

impl Default for SearchSettings {
    fn default() -> Self {
        Self {
            beams: 1,
            best: 1,
            length_penalty: 1.0,
            early_stopping: EarlyStopping::WhenUnlikely,
            max_length: USUAL_MAX_LENGTH,
            min_length: 0,
            min_new_tokens: 0,
            no_repeat_ngram: 0,
            repetition_penalty: 1.0,
            bad_words: Vec::new(),
            forced_first: None,
            forced_last: Vec::new(),
            suppressed: Vec::new(),
            suppressed_first: Vec::new(),
        }
    }
}
