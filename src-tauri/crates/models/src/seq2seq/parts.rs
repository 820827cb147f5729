//! Takes a model's parts out of its weights. What tells the families apart is here and in their configuration.

use bimo_engine::EngineError;
use rayon::prelude::*;

use super::attention::Attention;
use super::block::{DecoderBlock, EncoderBlock, FeedForward, Part};
use super::config::{Positions, Seq2SeqArchitecture, Seq2SeqConfig, SideConfig};
use super::distances::Distances;
use super::model::{EncoderDecoder, Side};
use super::positions::Places;
use crate::layers::{Bias, Linear, Loader, Matrix, Norm, Placement, compute};

type Parts<'a> = Loader<'a, Seq2SeqConfig>;

const SHARED: &str = "token_embd.weight";

/// Reads the whole model.
pub(super) fn load(parts: Parts<'_>, placement: &Placement) -> Result<EncoderDecoder, EngineError> {
    let config = parts.config;
    let (hidden, vocabulary) = (config.hidden_size, config.decoder.vocabulary);
    let shared = match parts.contains(SHARED) {
        true => Some(parts.matrix(SHARED, vocabulary, hidden)?),
        false => None,
    };
    let embedding = |side: &str, of: SideConfig| -> Result<Matrix, EngineError> {
        match &shared {
            Some(shared) => Ok(shared.clone()),
            None => parts.matrix(&format!("{side}.token_embd.weight"), of.vocabulary, hidden),
        }
    };
    let (source, target) = (embedding("enc", config.encoder)?, embedding("dec", config.decoder)?);
    let head = match parts.contains("output.weight") {
        true => parts.matrix("output.weight", vocabulary, hidden)?,
        false => target.clone(),
    };
    let head_bias = match parts.contains("output.bias") {
        true => Some(parts.vector("output.bias", vocabulary)?),
        false => None,
    };
    let encoder_layers = (0..config.encoder.layers).into_par_iter();
    let decoder_layers = (0..config.decoder.layers).into_par_iter();
    Ok(EncoderDecoder {
        encoder: side(
            &parts,
            "enc",
            source,
            encoder_layers.map(|layer| encoder_block(&parts, layer)).collect::<Result<_, _>>()?,
        )?,
        decoder: side(
            &parts,
            "dec",
            target,
            decoder_layers.map(|layer| decoder_block(&parts, layer)).collect::<Result<_, _>>()?,
        )?,
        head: Linear::new(head, head_bias).map_err(compute)?,
        config: config.clone(),
        device: placement.device.clone(),
        quantization: parts.finish(),
    })
}

fn side<B>(
    parts: &Parts<'_>,
    name: &str,
    embedding: Matrix,
    blocks: Vec<B>,
) -> Result<Side<B>, EngineError> {
    let is_t5 = parts.config.architecture == Seq2SeqArchitecture::T5;
    let is_bart = parts.config.architecture == Seq2SeqArchitecture::Bart;
    let norm = |part: &str, is_there: bool| match is_there {
        true => norm(parts, &format!("{name}.{part}")).map(Some),
        false => Ok(None),
    };
    Ok(Side {
        embedding,
        places: Places::load(parts, name)?,
        embedding_norm: norm("token_embd_norm", is_bart)?,
        distances: distances(parts, name)?,
        blocks,
        last_norm: norm("output_norm", is_t5)?,
    })
}

/// T5 keeps the biases of a side in its first block.
fn distances(parts: &Parts<'_>, side: &str) -> Result<Option<Distances>, EngineError> {
    let Positions::Distances { buckets, longest } = parts.config.positions else {
        return Ok(None);
    };
    let (of, looks_ahead) = match side {
        "enc" => (parts.config.encoder, true),
        _ => (parts.config.decoder, false),
    };
    let name = format!("{side}.blk.0.attn_rel_b.weight");
    let table: Vec<f32> = parts
        .numbers(&name, &[buckets, of.heads])?
        .flatten_all()
        .and_then(|table| table.to_vec1())
        .map_err(compute)?;
    Ok(Some(Distances::new(&table, of.heads, buckets, longest, looks_ahead)))
}

fn encoder_block(parts: &Parts<'_>, layer: usize) -> Result<EncoderBlock, EngineError> {
    let (block, of) = (format!("enc.blk.{layer}"), parts.config.encoder);
    Ok(EncoderBlock {
        attention: attention(parts, &format!("{block}.attn"), of)?,
        feed_forward: feed_forward(parts, &block, of)?,
    })
}

fn decoder_block(parts: &Parts<'_>, layer: usize) -> Result<DecoderBlock, EngineError> {
    let (block, of) = (format!("dec.blk.{layer}"), parts.config.decoder);
    Ok(DecoderBlock {
        attention: attention(parts, &format!("{block}.attn"), of)?,
        cross_attention: attention(parts, &format!("{block}.cross_attn"), of)?,
        feed_forward: feed_forward(parts, &block, of)?,
    })
}

fn attention(
    parts: &Parts<'_>,
    name: &str,
    of: SideConfig,
) -> Result<Part<Attention>, EngineError> {
    let config = parts.config;
    let (hidden, inner) = (config.hidden_size, of.heads * config.head_dim);
    let scale = match config.architecture {
        Seq2SeqArchitecture::T5 => 1.0,
        _ => (config.head_dim as f32).powf(-0.5),
    };
    let part = Attention {
        query: linear(parts, &format!("{name}_q"), hidden, inner)?,
        key: linear(parts, &format!("{name}_k"), hidden, inner)?,
        value: linear(parts, &format!("{name}_v"), hidden, inner)?,
        output: linear(parts, &format!("{name}_o"), inner, hidden)?,
        heads: of.heads,
        width: config.head_dim,
        scale,
    };
    with_norm(parts, &format!("{name}_norm"), part)
}

fn feed_forward(
    parts: &Parts<'_>,
    block: &str,
    of: SideConfig,
) -> Result<Part<FeedForward>, EngineError> {
    let hidden = parts.config.hidden_size;
    let gate = match parts.config.is_gated {
        true => Some(linear(parts, &format!("{block}.ffn_gate"), hidden, of.ffn_size)?),
        false => None,
    };
    let part = FeedForward {
        up: linear(parts, &format!("{block}.ffn_up"), hidden, of.ffn_size)?,
        gate,
        activation: parts.config.activation,
        down: linear(parts, &format!("{block}.ffn_down"), of.ffn_size, hidden)?,
    };
    with_norm(parts, &format!("{block}.ffn_norm"), part)
}

fn with_norm<P>(parts: &Parts<'_>, name: &str, part: P) -> Result<Part<P>, EngineError> {
    let norm_first = parts.config.architecture == Seq2SeqArchitecture::T5;
    Ok(Part { norm: norm(parts, name)?, norm_first, part })
}

fn norm(parts: &Parts<'_>, name: &str) -> Result<Norm, EngineError> {
    match parts.config.architecture {
        Seq2SeqArchitecture::T5 => parts.rms_norm(name, parts.config.hidden_size),
        _ => parts.layer_norm(name, parts.config.hidden_size),
    }
}

fn linear(
    parts: &Parts<'_>,
    name: &str,
    inputs: usize,
    outputs: usize,
) -> Result<Linear, EngineError> {
    let bias = match parts.config.architecture {
        Seq2SeqArchitecture::T5 => Bias::IfThere,
        _ => Bias::Required,
    };
    parts.linear(name, inputs, outputs, bias)
}
