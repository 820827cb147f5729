//! The shape of an encoder-decoder from a Hugging Face `config.json`.

use bimo_engine::{EngineError, TokenId};
use serde_json::Value;

use super::gguf_header::invalid;
use super::hf_config::{Fields, end_tokens};
use super::hf_generation;
use super::seq2seq_names::Sharing;
use crate::layers::Activation;
use crate::limits::{MAX_CONTEXT, MAX_LAYERS, MAX_WIDTH};
use crate::seq2seq::{Positions, Seq2SeqArchitecture, Seq2SeqConfig, SideConfig, USUAL_MAX_LENGTH};

/// BART keeps two rows before that of the first place.
const BART_OFFSET: usize = 2;
/// Marian's and BART's layer norms have no setting for it.
const LAYER_NORM_EPS: f64 = 1e-5;

/// The family, and how its files share their embeddings.
pub(super) fn kind(config: &Value) -> Result<(Seq2SeqArchitecture, Sharing), EngineError> {
    let name = config["model_type"].as_str().unwrap_or_default();
    let architecture = Seq2SeqArchitecture::from_name(name).ok_or_else(|| {
        let words = format!("a model of type {name:?} cannot turn a text into another here");
        EngineError::ModelUnsupported(words)
    })?;
    let flag = |key: &str, usual: bool| config[key].as_bool().unwrap_or(usual);
    let sides = architecture != Seq2SeqArchitecture::Marian
        || flag("share_encoder_decoder_embeddings", true);
    // T5's files say it of the scale of the output; they have a projection where it is not the embedding.
    let output = architecture != Seq2SeqArchitecture::T5 && flag("tie_word_embeddings", true);
    Ok((architecture, Sharing { sides, output }))
}

/// Reads it. `generation` is `generation_config.json`; where there is none, its settings stand in `config`.
pub(super) fn read(
    config: &Value,
    generation: Option<&Value>,
) -> Result<Seq2SeqConfig, EngineError> {
    let (architecture, _) = kind(config)?;
    let fields = Fields(config);
    let vocabulary = fields.size("vocab_size", MAX_WIDTH)?;
    let target = match architecture {
        Seq2SeqArchitecture::Marian => fields.optional_size("decoder_vocab_size", MAX_WIDTH)?,
        _ => None,
    };
    let target = target.unwrap_or(vocabulary);
    let mut shape = match architecture {
        Seq2SeqArchitecture::T5 => t5(&fields)?,
        _ => bart(&fields, architecture)?,
    };
    shape.encoder.vocabulary = vocabulary;
    shape.decoder.vocabulary = target;
    shape.start_token = start_token(config, generation, target)?;
    shape.end_tokens = end_tokens(config, generation, target)?;
    shape.search = hf_generation::read(generation.unwrap_or(config), target)?;
    Ok(shape)
}

fn bart(
    fields: &Fields<'_>,
    architecture: Seq2SeqArchitecture,
) -> Result<Seq2SeqConfig, EngineError> {
    let hidden_size = fields.size("d_model", MAX_WIDTH)?;
    let side = |name: &str| -> Result<SideConfig, EngineError> {
        Ok(SideConfig {
            layers: fields.size(&format!("{name}_layers"), MAX_LAYERS)?,
            heads: fields.size(&format!("{name}_attention_heads"), MAX_WIDTH)?,
            ffn_size: fields.size(&format!("{name}_ffn_dim"), MAX_WIDTH)?,
            vocabulary: 0,
        })
    };
    let (encoder, decoder) = (side("encoder")?, side("decoder")?);
    if encoder.heads != decoder.heads || !hidden_size.is_multiple_of(encoder.heads) {
        return Err(invalid("decoder_attention_heads", "heads of both sides are not of one width"));
    }
    let is_marian = architecture == Seq2SeqArchitecture::Marian;
    // Marian's files say so and mean it; BART's say so too, and transformers looks at neither.
    for key in ["normalize_before", "add_final_layer_norm", "normalize_embedding"] {
        if is_marian && fields.0[key] == true {
            return Err(EngineError::ModelUnsupported(format!("{key} in a Marian model")));
        }
    }
    let scaled = fields.0["scale_embedding"].as_bool().unwrap_or(false);
    Ok(Seq2SeqConfig {
        architecture,
        hidden_size,
        head_dim: hidden_size / encoder.heads,
        encoder,
        decoder,
        context_length: fields.size("max_position_embeddings", MAX_CONTEXT)?,
        activation: activation(fields.0["activation_function"].as_str().unwrap_or("gelu"))?,
        is_gated: false,
        norm_eps: LAYER_NORM_EPS,
        embedding_scale: if scaled { (hidden_size as f64).sqrt() } else { 1.0 },
        output_scale: 1.0,
        positions: match is_marian {
            true => Positions::Waves,
            false => Positions::Learned { offset: BART_OFFSET },
        },
        start_token: 0,
        end_tokens: Vec::new(),
        search: Default::default(),
    })
}

fn t5(fields: &Fields<'_>) -> Result<Seq2SeqConfig, EngineError> {
    let hidden_size = fields.size("d_model", MAX_WIDTH)?;
    let layers = fields.size("num_layers", MAX_LAYERS)?;
    let heads = fields.size("num_heads", MAX_WIDTH)?;
    let ffn_size = fields.size("d_ff", MAX_WIDTH)?;
    let side = |layers| SideConfig { layers, heads, ffn_size, vocabulary: 0 };
    let buckets = fields.optional_size("relative_attention_num_buckets", MAX_WIDTH)?.unwrap_or(32);
    let longest = fields.optional_size("relative_attention_max_distance", MAX_WIDTH)?;
    let longest = longest.unwrap_or(128);
    if buckets < 4 || !buckets.is_multiple_of(4) || longest <= buckets / 2 {
        return Err(invalid("relative_attention_num_buckets", "it does not suit the distances"));
    }
    let form = fields.0["feed_forward_proj"].as_str().unwrap_or("relu");
    let (is_gated, bends) = match form.strip_prefix("gated-") {
        // T5's gates have the tanh form by this name.
        Some("gelu") => (true, "gelu_new"),
        Some(other) => (true, other),
        None => (false, form),
    };
    let flags = ["scale_decoder_outputs", "tie_word_embeddings"];
    let is_scaled = flags.iter().find_map(|flag| fields.0[*flag].as_bool()).unwrap_or(true);
    let is_mt5 = fields.0["model_type"] == "mt5";
    Ok(Seq2SeqConfig {
        architecture: Seq2SeqArchitecture::T5,
        hidden_size,
        head_dim: fields.size("d_kv", MAX_WIDTH)?,
        encoder: side(layers),
        decoder: side(fields.optional_size("num_decoder_layers", MAX_LAYERS)?.unwrap_or(layers)),
        context_length: fields
            .optional_size("n_positions", MAX_CONTEXT)?
            .unwrap_or(USUAL_MAX_LENGTH),
        activation: activation(bends)?,
        is_gated,
        norm_eps: fields.number("layer_norm_epsilon")?.unwrap_or(1e-6),
        embedding_scale: 1.0,
        output_scale: if is_scaled && !is_mt5 { (hidden_size as f64).powf(-0.5) } else { 1.0 },
        positions: Positions::Distances { buckets, longest },
        start_token: 0,
        end_tokens: Vec::new(),
        search: Default::default(),
    })
}

/// By transformers' names.
pub(super) fn activation(name: &str) -> Result<Activation, EngineError> {
    Ok(match name {
        "swish" | "silu" => Activation::Silu,
        "relu" => Activation::Relu,
        "gelu" => Activation::GeluErf,
        "gelu_new" | "gelu_pytorch_tanh" => Activation::Gelu,
        other => return Err(EngineError::ModelUnsupported(format!("the activation {other}"))),
    })
}

fn start_token(
    config: &Value,
    generation: Option<&Value>,
    vocabulary: usize,
) -> Result<TokenId, EngineError> {
    let keys = ["decoder_start_token_id", "bos_token_id"];
    let files = [generation, Some(config)];
    let named = keys.iter().find_map(|key| {
        files.iter().flatten().map(|file| &file[*key]).find(|value| !value.is_null())
    });
    let token = named.ok_or_else(|| invalid("decoder_start_token_id", "it is missing"))?;
    let token = token.as_u64().filter(|&token| token < vocabulary as u64);
    token
        .map(|token| token as TokenId)
        .ok_or_else(|| invalid("decoder_start_token_id", "it is not a token of the vocabulary"))
}
