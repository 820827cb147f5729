//! The shape of an encoder-decoder from a Hugging Face `config.json`.

use bimo_engine::{EngineError, TokenId};
use serde_json::Value;

use super::gguf_header::invalid;
use super::hf_config::{Fields, end_tokens};
use super::hf_generation;
use super::purpose::refusal;
use super::seq2seq_names::Sharing;
use crate::layers::Activation;
use crate::limits::{MAX_BIASED_DISTANCE, MAX_BIASED_HEADS, MAX_CONTEXT, MAX_LAYERS, MAX_WIDTH};
use crate::seq2seq::{Positions, Seq2SeqArchitecture, Seq2SeqConfig, SideConfig, USUAL_MAX_LENGTH};

/// BART keeps two rows before that of the first place.
const BART_OFFSET: usize = 2;
/// Marian's and BART's layer norms have no setting for it.
const LAYER_NORM_EPS: f64 = 1e-5;

/// The family, and how its files share their embeddings.
pub(super) fn kind(config: &Value) -> Result<(Seq2SeqArchitecture, Sharing), EngineError> {
    let name = config["model_type"].as_str().unwrap_or_default();
    let architecture = Seq2SeqArchitecture::from_name(name).ok_or_else(|| refusal(name))?;
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
    let heads = fields.size("num_heads", MAX_BIASED_HEADS)?;
    let ffn_size = fields.size("d_ff", MAX_WIDTH)?;
    let side = |layers| SideConfig { layers, heads, ffn_size, vocabulary: 0 };
    let buckets = fields.optional_size("relative_attention_num_buckets", MAX_WIDTH)?.unwrap_or(32);
    let longest = fields.optional_size("relative_attention_max_distance", MAX_BIASED_DISTANCE)?;
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn t5() -> Value {
        json!({
            "model_type": "t5", "vocab_size": 32128, "d_model": 512, "d_kv": 64, "d_ff": 2048, "num_layers": 6,
            "num_heads": 8, "decoder_start_token_id": 0, "eos_token_id": 1, "n_positions": 512
        })
    }

    fn opus() -> Value {
        json!({
            "model_type": "marian", "vocab_size": 65001, "d_model": 512, "encoder_layers": 6, "decoder_layers": 6,
            "encoder_attention_heads": 8, "decoder_attention_heads": 8, "encoder_ffn_dim": 2048,
            "decoder_ffn_dim": 2048, "max_position_embeddings": 512, "activation_function": "swish",
            "scale_embedding": true, "decoder_start_token_id": 65000, "eos_token_id": 0,
            "bad_words_ids": [[65000]], "num_beams": 6, "max_length": 512
        })
    }

    fn with(mut config: Value, key: &str, value: Value) -> Value {
        config[key] = value;
        config
    }

    #[test]
    fn published_settings_say_what_they_say_to_transformers() {
        let marian = read(&opus(), None).unwrap();
        assert_eq!(marian.embedding_scale, 512f64.sqrt());
        assert_eq!((marian.head_dim, marian.start_token, marian.end_tokens), (64, 65000, vec![0]));
        assert_eq!((marian.search.beams, marian.search.bad_words), (6, vec![vec![65000]]));
        // Its own file wins over the old place.
        let generation = json!({ "num_beams": 4, "decoder_start_token_id": 65000 });
        let marian = read(&opus(), Some(&generation)).unwrap();
        assert_eq!((marian.search.beams, marian.search.bad_words.len()), (4, 0));

        // The first version of T5 scales what comes out of the decoder, later ones and mT5 do not.
        let scale = |config: Value| read(&config, None).unwrap().output_scale;
        assert_eq!(scale(t5()), 512f64.powf(-0.5));
        assert_eq!(scale(with(t5(), "tie_word_embeddings", json!(false))), 1.0);
        assert_eq!(scale(with(t5(), "model_type", json!("mt5"))), 1.0);
        let gated = read(&with(t5(), "feed_forward_proj", json!("gated-gelu")), None).unwrap();
        assert_eq!((gated.is_gated, gated.activation), (true, Activation::Gelu));
    }

    #[test]
    fn settings_that_mean_nothing_are_refused_by_their_names() {
        let cases = [
            (with(t5(), "num_heads", json!(1 << 20)), "num_heads"),
            (with(t5(), "d_kv", json!(0)), "d_kv"),
            (
                with(t5(), "relative_attention_max_distance", json!(1 << 30)),
                "relative_attention_max_distance",
            ),
            (
                with(t5(), "relative_attention_num_buckets", json!(3)),
                "relative_attention_num_buckets",
            ),
            (with(t5(), "decoder_start_token_id", json!(32128)), "decoder_start_token_id"),
            (with(t5(), "eos_token_id", json!(-1)), "eos_token_id"),
            (with(opus(), "decoder_attention_heads", json!(16)), "decoder_attention_heads"),
            (with(opus(), "bad_words_ids", json!([[]])), "bad_words_ids"),
            (with(opus(), "bad_words_ids", json!([[65001]])), "bad_words_ids"),
            (with(opus(), "forced_eos_token_id", json!(1e9)), "forced_eos_token_id"),
            (with(opus(), "early_stopping", json!("sometimes")), "early_stopping"),
            (with(opus(), "num_beams", json!(1000)), "num_beams"),
            (with(opus(), "length_penalty", json!("long")), "length_penalty"),
            (with(opus(), "repetition_penalty", json!(0)), "repetition_penalty"),
        ];
        for (config, field) in cases {
            match read(&config, None) {
                Err(EngineError::ModelInvalid { field: found, .. }) => assert_eq!(found, field),
                other => panic!("{field}: {other:?}"),
            }
        }
        for (key, value) in
            [("activation_function", json!("tanh")), ("normalize_before", json!(true))]
        {
            let refused = read(&with(opus(), key, value), None).unwrap_err();
            assert_eq!(refused.code(), "model_unsupported", "{key}");
        }
        let refused = read(&with(opus(), "model_type", json!("llama")), None).unwrap_err();
        assert_eq!(refused.code(), "model_unsupported");
    }
}
