//! The shape of an encoder from a Hugging Face folder.

use std::path::Path;

use bimo_engine::{EngineError, Scoring};
use serde_json::Value;

use super::gguf_header::invalid;
use super::hf_config::Fields;
use super::purpose::refusal;
use super::read_json;
use crate::encoder::{
    Bend, ClassifierConfig, EncoderArchitecture, EncoderConfig, HeadConfig, Pooling,
};
use crate::layers::Activation;
use crate::limits::{MAX_CONTEXT, MAX_LABELS, MAX_LAYERS, MAX_WIDTH};

/// The family.
pub(super) fn kind(config: &Value) -> Result<EncoderArchitecture, EngineError> {
    let name = config["model_type"].as_str().unwrap_or_default();
    EncoderArchitecture::from_name(name).ok_or_else(|| refusal(name))
}

/// Reads `config.json`, and what sentence-transformers puts beside it.
pub(super) fn read(folder: &Path, config: &Value) -> Result<EncoderConfig, EngineError> {
    let architecture = kind(config)?;
    refuse(config)?;
    let fields = Fields(config);
    let distil = architecture == EncoderArchitecture::DistilBert;
    let key = |usual: &'static str, own: &'static str| if distil { own } else { usual };
    let hidden_size = fields.size(key("hidden_size", "dim"), MAX_WIDTH)?;
    let heads = fields.size(key("num_attention_heads", "n_heads"), MAX_WIDTH)?;
    if !hidden_size.is_multiple_of(heads) {
        return Err(invalid("num_attention_heads", "it does not divide the width"));
    }
    let position_rows = fields.size("max_position_embeddings", MAX_CONTEXT)?;
    let first_position = first_position(architecture, config, position_rows)?;
    let sentence = SentenceFiles::read(folder)?;
    let room = position_rows - first_position;
    let types = fields.optional_size("type_vocab_size", MAX_WIDTH)?.unwrap_or(2);
    Ok(EncoderConfig {
        architecture,
        hidden_size,
        layers: fields.size(key("num_hidden_layers", "n_layers"), MAX_LAYERS)?,
        heads,
        ffn_size: fields.size(key("intermediate_size", "hidden_dim"), MAX_WIDTH)?,
        vocabulary: fields.size("vocab_size", MAX_WIDTH)?,
        position_rows,
        first_position,
        context_length: sentence.longest.map_or(room, |longest| longest.min(room)),
        token_types: if distil { 0 } else { types },
        norm_eps: fields.number("layer_norm_eps")?.unwrap_or(1e-12),
        activation: activation(config, key("hidden_act", "activation"))?,
        head: head(architecture, config, sentence.pooling)?,
    })
}

/// RoBERTa counts positions from behind the number of the padding token.
fn first_position(
    architecture: EncoderArchitecture,
    config: &Value,
    rows: usize,
) -> Result<usize, EngineError> {
    let key = "pad_token_id";
    let first = match (architecture, &config[key]) {
        (EncoderArchitecture::Bert | EncoderArchitecture::DistilBert, _) => 0,
        (_, Value::Null) => 2,
        (_, token) => token.as_u64().map_or(rows, |token| (token as usize).saturating_add(1)),
    };
    // A text needs room for the tokens around it and one of its own.
    if first.saturating_add(3) > rows {
        let words = format!("{rows} positions leave no room for a text");
        return Err(invalid("max_position_embeddings", words));
    }
    Ok(first)
}

/// Refuses settings that would be silently ignored.
fn refuse(config: &Value) -> Result<(), EngineError> {
    let usual = |key: &str, value: &Value| match key {
        "position_embedding_type" => value == "absolute",
        "quantization_config" => false,
        _ => value == false,
    };
    let keys = ["position_embedding_type", "is_decoder", "quantization_config"];
    match keys.iter().find(|key| !config[**key].is_null() && !usual(key, &config[**key])) {
        Some(key) => {
            let words = format!("{key} is {}, which is not computed here", config[*key]);
            Err(EngineError::ModelUnsupported(words))
        }
        None => Ok(()),
    }
}

fn activation(config: &Value, key: &str) -> Result<Activation, EngineError> {
    match config[key].as_str() {
        None | Some("gelu") => Ok(Activation::GeluErf),
        Some("gelu_new" | "gelu_pytorch_tanh") => Ok(Activation::Gelu),
        Some("relu") => Ok(Activation::Relu),
        Some("silu" | "swish") => Ok(Activation::Silu),
        Some(other) => Err(EngineError::ModelUnsupported(format!("{key} is {other:?}"))),
    }
}

/// The task, which a config names by the class that wrote it.
fn head(
    architecture: EncoderArchitecture,
    config: &Value,
    pooling: Option<Pooling>,
) -> Result<HeadConfig, EngineError> {
    let class = config["architectures"][0].as_str().unwrap_or_default();
    if class.ends_with("ForSequenceClassification") {
        return classifier(architecture, config).map(HeadConfig::Classifier);
    }
    if class.ends_with("ForQuestionAnswering") {
        return Ok(HeadConfig::Span);
    }
    if pooling.is_some() || class.ends_with("Model") || class.ends_with("ForMaskedLM") {
        let usual = Pooling { is_mean: true, is_normalised: true };
        return Ok(HeadConfig::Sentence(pooling.unwrap_or(usual)));
    }
    let words = format!("the task of {class:?} is not known here");
    Err(EngineError::ModelUnsupported(words))
}

fn classifier(
    architecture: EncoderArchitecture,
    config: &Value,
) -> Result<ClassifierConfig, EngineError> {
    let labels = labels(config)?;
    let scoring = match config["problem_type"].as_str() {
        Some("multi_label_classification") => Scoring::AnyOf,
        Some("regression") => Scoring::Amount,
        Some("single_label_classification") => Scoring::OneOf,
        Some(other) => {
            return Err(EngineError::ModelUnsupported(format!("problem_type is {other:?}")));
        }
        None if labels.len() == 1 => Scoring::Amount,
        None => Scoring::OneOf,
    };
    let bend = match architecture {
        EncoderArchitecture::DistilBert => Bend::Relu,
        _ => Bend::Tanh,
    };
    Ok(ClassifierConfig { labels, scoring, bend, temperature: 1.0 })
}

/// Names of the labels; a config that does not name them has two, or as many as it says.
fn labels(config: &Value) -> Result<Vec<String>, EngineError> {
    let key = "id2label";
    let Some(named) = config[key].as_object() else {
        let count = Fields(config).optional_size("num_labels", MAX_LABELS)?.unwrap_or(2);
        return Ok((0..count).map(|label| format!("LABEL_{label}")).collect());
    };
    if named.is_empty() || named.len() > MAX_LABELS {
        return Err(invalid(key, format!("it has {} labels", named.len())));
    }
    let label = |place: usize| {
        let label = named.get(&place.to_string());
        let text = |label: &Value| label.as_str().map_or_else(|| label.to_string(), str::to_owned);
        label.map(text).ok_or_else(|| invalid(key, format!("it has no label {place}")))
    };
    (0..named.len()).map(label).collect()
}

/// What sentence-transformers says beside a model.
#[derive(Default)]
struct SentenceFiles {
    pooling: Option<Pooling>,
    longest: Option<usize>,
}

impl SentenceFiles {
    fn read(folder: &Path) -> Result<Self, EngineError> {
        let path = folder.join("modules.json");
        if !path.is_file() {
            return Ok(Self::default());
        }
        let modules = read_json(&path)?;
        let mut pooling = Pooling { is_mean: true, is_normalised: false };
        for module in modules.as_array().into_iter().flatten() {
            let kind = module["type"].as_str().unwrap_or_default();
            match kind.rsplit('.').next().unwrap_or_default() {
                "Transformer" => {}
                "Pooling" => pooling.is_mean = is_mean(folder, module)?,
                "Normalize" => pooling.is_normalised = true,
                other => {
                    let words = format!("modules.json has {other:?}, which is not computed here");
                    return Err(EngineError::ModelUnsupported(words));
                }
            }
        }
        let settings = folder.join("sentence_bert_config.json");
        let longest = match settings.is_file() {
            true => Fields(&read_json(&settings)?).optional_size("max_seq_length", MAX_CONTEXT)?,
            false => None,
        };
        if longest.is_some_and(|longest| longest < 3) {
            return Err(invalid("max_seq_length", "it leaves no room for a text"));
        }
        Ok(Self { pooling: Some(pooling), longest })
    }
}

fn is_mean(folder: &Path, module: &Value) -> Result<bool, EngineError> {
    let path = module["path"].as_str().unwrap_or_default();
    if path.is_empty() || path.contains(['/', '\\', '.']) {
        return Err(invalid("modules.json", format!("{path:?} is no folder beside it")));
    }
    let config = read_json(&folder.join(path).join("config.json"))?;
    let set = |mode: &str| config[format!("pooling_mode_{mode}")] == true;
    let others = ["max_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken"];
    match (set("mean_tokens"), set("cls_token"), others.iter().find(|mode| set(mode))) {
        (true, false, None) => Ok(true),
        (false, true, None) => Ok(false),
        _ => {
            let words = "pooling_mode is neither the mean nor the first token alone";
            Err(EngineError::ModelUnsupported(words.into()))
        }
    }
}
