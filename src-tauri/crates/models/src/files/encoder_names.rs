//! What Hugging Face's files call an encoder's tensors.

use super::hf_names::{HfName, Kept};
use crate::encoder::EncoderArchitecture;

/// Names of a canonical tensor, the usual one first; none where the family has no such tensor.
pub(super) fn names(architecture: EncoderArchitecture, canonical: &str) -> Vec<HfName> {
    let Some((stem, kind)) = canonical.rsplit_once('.') else { return Vec::new() };
    if let Some(head) = head(architecture, stem) {
        return vec![named(format!("{head}.{kind}"))];
    }
    let Some(stem) = body(architecture, stem) else { return Vec::new() };
    // The oldest files call a norm's numbers by Greek letters.
    let old_kind = if kind == "weight" { "gamma" } else { "beta" };
    let kinds = [Some(kind), stem.ends_with("LayerNorm").then_some(old_kind)];
    let kinds = kinds.into_iter().flatten();
    let prefix = match architecture {
        EncoderArchitecture::Bert => "bert.",
        EncoderArchitecture::DistilBert => "distilbert.",
        EncoderArchitecture::Roberta | EncoderArchitecture::XlmRoberta => "roberta.",
    };
    // A model without a head is kept without the prefix.
    let spelled =
        kinds.flat_map(|kind| ["", prefix].map(|prefix| named(format!("{prefix}{stem}.{kind}"))));
    spelled.collect()
}

fn named(name: String) -> HfName {
    HfName { name, kept: Kept::AsItIs }
}

fn head(architecture: EncoderArchitecture, stem: &str) -> Option<&'static str> {
    use EncoderArchitecture::{Bert, DistilBert, Roberta, XlmRoberta};
    Some(match (stem, architecture) {
        ("span", _) => "qa_outputs",
        ("cls", Bert) => "bert.pooler.dense",
        ("cls", DistilBert) => "pre_classifier",
        ("cls", Roberta | XlmRoberta) => "classifier.dense",
        ("cls.output", Bert | DistilBert) => "classifier",
        ("cls.output", Roberta | XlmRoberta) => "classifier.out_proj",
        _ => return None,
    })
}

fn body(architecture: EncoderArchitecture, stem: &str) -> Option<String> {
    let whole = match stem {
        "token_embd" => Some("embeddings.word_embeddings"),
        "position_embd" => Some("embeddings.position_embeddings"),
        "token_types" => Some("embeddings.token_type_embeddings"),
        "token_embd_norm" => Some("embeddings.LayerNorm"),
        _ => None,
    };
    if let Some(whole) = whole {
        return Some(whole.to_owned());
    }
    let (layer, part) = stem.strip_prefix("blk.")?.split_once('.')?;
    Some(match architecture {
        EncoderArchitecture::DistilBert => {
            format!("transformer.layer.{layer}.{}", distilbert_part(part)?)
        }
        _ => format!("encoder.layer.{layer}.{}", bert_part(part)?),
    })
}

fn bert_part(part: &str) -> Option<&'static str> {
    Some(match part {
        "attn_q" => "attention.self.query",
        "attn_k" => "attention.self.key",
        "attn_v" => "attention.self.value",
        "attn_output" => "attention.output.dense",
        "attn_output_norm" => "attention.output.LayerNorm",
        "ffn_up" => "intermediate.dense",
        "ffn_down" => "output.dense",
        "layer_output_norm" => "output.LayerNorm",
        _ => return None,
    })
}

fn distilbert_part(part: &str) -> Option<&'static str> {
    Some(match part {
        "attn_q" => "attention.q_lin",
        "attn_k" => "attention.k_lin",
        "attn_v" => "attention.v_lin",
        "attn_output" => "attention.out_lin",
        "attn_output_norm" => "sa_layer_norm",
        "ffn_up" => "ffn.lin1",
        "ffn_down" => "ffn.lin2",
        "layer_output_norm" => "output_layer_norm",
        _ => return None,
    })
}
