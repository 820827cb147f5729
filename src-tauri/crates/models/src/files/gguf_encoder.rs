//! The shape of an encoder from a GGUF file's metadata: llama.cpp's keys under `bert`, and of ours
//! `bert.classifier.temperature` and `bert.classifier.problem_type`.

use bimo_engine::{EngineError, Scoring};

use super::Weights;
use super::gguf::{Gguf, missing};
use super::gguf_header::{Header, invalid};
use super::purpose::gguf_family;
use crate::encoder::{
    Bend, ClassifierConfig, EncoderArchitecture, EncoderConfig, HeadConfig, Pooling,
};
use crate::layers::Activation;
use crate::limits::{MAX_CONTEXT, MAX_LABELS, MAX_LAYERS, MAX_WIDTH};

/// llama.cpp's numbers for how tokens become one vector.
const POOL_MEAN: usize = 1;
const POOL_FIRST: usize = 2;

/// The model's shape and task, as the metadata and the tensors state them.
pub(super) fn read(file: &Gguf) -> Result<EncoderConfig, EngineError> {
    let header = file.header();
    let bert = |name: &str| (name == "bert").then_some(EncoderArchitecture::Bert);
    let (architecture, _) = gguf_family(header, bert)?;
    let hidden_size = required(header, "bert.embedding_length", MAX_WIDTH)?;
    let heads = required(header, "bert.attention.head_count", MAX_WIDTH)?;
    if !hidden_size.is_multiple_of(heads) {
        return Err(invalid("bert.attention.head_count", "it does not divide the width"));
    }
    let context_length = required(header, "bert.context_length", MAX_CONTEXT)?;
    if context_length < 3 {
        return Err(invalid("bert.context_length", "it leaves no room for a text"));
    }
    let types =
        if file.contains("token_types.weight") { rows(file, "token_types.weight")? } else { 0 };
    let eps_key = "bert.attention.layer_norm_epsilon";
    let eps = header.float(eps_key)?.filter(|eps| *eps >= 0.0);
    Ok(EncoderConfig {
        architecture,
        hidden_size,
        layers: required(header, "bert.block_count", MAX_LAYERS)?,
        heads,
        ffn_size: required(header, "bert.feed_forward_length", MAX_WIDTH)?,
        vocabulary: rows(file, "token_embd.weight")?,
        position_rows: context_length,
        first_position: 0,
        context_length,
        token_types: types,
        norm_eps: eps.ok_or_else(|| invalid(eps_key, "it is missing or negative"))?,
        activation: Activation::GeluErf,
        head: head(file)?,
    })
}

fn head(file: &Gguf) -> Result<HeadConfig, EngineError> {
    if file.contains("cls.output.weight") {
        return classifier(file).map(HeadConfig::Classifier);
    }
    if file.contains("span.weight") {
        return Ok(HeadConfig::Span);
    }
    let key = "bert.pooling_type";
    let pooling = match file.header().integer(key, 0, 16)? {
        None | Some(POOL_MEAN) => Pooling { is_mean: true, is_normalised: true },
        Some(POOL_FIRST) => Pooling { is_mean: false, is_normalised: true },
        Some(other) => {
            return Err(EngineError::ModelUnsupported(format!("{key} is {other}")));
        }
    };
    Ok(HeadConfig::Sentence(pooling))
}

fn classifier(file: &Gguf) -> Result<ClassifierConfig, EngineError> {
    let header = file.header();
    let count = rows(file, "cls.output.weight")?;
    let key = "bert.classifier.output_labels";
    if count > MAX_LABELS {
        return Err(invalid(key, format!("there are {count} labels")));
    }
    let labels = match header.texts(key)? {
        Some(labels) if labels.len() == count => labels.to_vec(),
        Some(labels) => {
            let words = format!("it names {} labels of {count}", labels.len());
            return Err(invalid(key, words));
        }
        None => (0..count).map(|label| format!("LABEL_{label}")).collect(),
    };
    let key = "bert.classifier.problem_type";
    let scoring = match header.text(key)? {
        Some("single_label_classification") => Scoring::OneOf,
        Some("multi_label_classification") => Scoring::AnyOf,
        Some("regression") => Scoring::Amount,
        Some(other) => return Err(EngineError::ModelUnsupported(format!("{key} is {other:?}"))),
        None if count == 1 => Scoring::Amount,
        None => Scoring::OneOf,
    };
    let key = "bert.classifier.temperature";
    let temperature = header.float(key)?.unwrap_or(1.0) as f32;
    if !(0.01..=100.0).contains(&temperature) {
        return Err(invalid(key, format!("{temperature} is not between 0.01 and 100")));
    }
    Ok(ClassifierConfig { labels, scoring, bend: Bend::Tanh, temperature })
}

fn required(header: &Header, key: &str, limit: usize) -> Result<usize, EngineError> {
    header.integer(key, 1, limit as i128)?.ok_or_else(|| invalid(key, "it is missing"))
}

fn rows(file: &Gguf, name: &str) -> Result<usize, EngineError> {
    let place = file.header().tensors.get(name).ok_or_else(|| missing(name))?;
    match place.shape[..] {
        [rows, _] if rows <= MAX_WIDTH => Ok(rows),
        _ => Err(invalid(name, "it is no matrix of a usable size")),
    }
}
