//! What Hugging Face's files call the tensors of an encoder-decoder.

use super::hf_names::{HfName, Kept};
use crate::seq2seq::Seq2SeqArchitecture;

/// How a model uses its embeddings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sharing {
    /// Both sides have one embedding.
    pub sides: bool,
    /// The output projection is the embedding of the side that writes.
    pub output: bool,
}

/// Names of a canonical tensor, the usual one first; none where the model has no such tensor.
pub(super) fn names(
    architecture: Seq2SeqArchitecture,
    sharing: Sharing,
    canonical: &str,
) -> Vec<HfName> {
    let plain = |name: &str| HfName { name: name.to_owned(), kept: Kept::AsItIs };
    let every = |names: &[&str]| names.iter().map(|name| plain(name)).collect();
    match canonical {
        // Of tensors that are one, files keep one, and not always the same.
        "token_embd.weight" if sharing.sides => every(&[
            "shared.weight",
            "encoder.embed_tokens.weight",
            "decoder.embed_tokens.weight",
            "lm_head.weight",
        ]),
        "enc.token_embd.weight" if !sharing.sides => every(&["encoder.embed_tokens.weight"]),
        "dec.token_embd.weight" if !sharing.sides => {
            every(&["decoder.embed_tokens.weight", "lm_head.weight"])
        }
        "output.weight" if !sharing.output => every(&["lm_head.weight"]),
        "output.bias" => {
            vec![HfName { name: "final_logits_bias".to_owned(), kept: Kept::FirstRow }]
        }
        _ if architecture == Seq2SeqArchitecture::T5 => {
            let name = t5_name(canonical);
            // Beside a gate the other widening has a number too.
            let gated = name.as_ref().and_then(|name| {
                name.strip_suffix(".wi.weight").map(|stem| plain(&format!("{stem}.wi_1.weight")))
            });
            name.as_deref().map(plain).into_iter().chain(gated).collect()
        }
        _ => Vec::from_iter(bart_name(canonical).as_deref().map(plain)),
    }
}

fn side(canonical: &str) -> Option<(&'static str, &str)> {
    let (side, rest) = canonical.split_once('.')?;
    match side {
        "enc" => Some(("encoder", rest)),
        "dec" => Some(("decoder", rest)),
        _ => None,
    }
}

/// The parts of `blk.N.part.kind`.
fn block(rest: &str) -> Option<(&str, &str, &str)> {
    let (layer, part) = rest.strip_prefix("blk.")?.split_once('.')?;
    let (part, kind) = part.rsplit_once('.')?;
    Some((layer, part, kind))
}

fn bart_name(canonical: &str) -> Option<String> {
    let (side, rest) = side(canonical)?;
    let Some((layer, part, kind)) = block(rest) else {
        let (part, kind) = rest.rsplit_once('.')?;
        return match part {
            "token_embd_norm" => Some(format!("{side}.layernorm_embedding.{kind}")),
            "position_embd" => Some(format!("{side}.embed_positions.{kind}")),
            _ => None,
        };
    };
    let part = match part {
        "attn_q" => "self_attn.q_proj",
        "attn_k" => "self_attn.k_proj",
        "attn_v" => "self_attn.v_proj",
        "attn_o" => "self_attn.out_proj",
        "attn_norm" => "self_attn_layer_norm",
        "cross_attn_q" => "encoder_attn.q_proj",
        "cross_attn_k" => "encoder_attn.k_proj",
        "cross_attn_v" => "encoder_attn.v_proj",
        "cross_attn_o" => "encoder_attn.out_proj",
        "cross_attn_norm" => "encoder_attn_layer_norm",
        "ffn_up" => "fc1",
        "ffn_down" => "fc2",
        "ffn_norm" => "final_layer_norm",
        _ => return None,
    };
    Some(format!("{side}.layers.{layer}.{part}.{kind}"))
}

fn t5_name(canonical: &str) -> Option<String> {
    let (side, rest) = side(canonical)?;
    let Some((layer, part, kind)) = block(rest) else {
        let kind = rest.strip_prefix("output_norm.")?;
        return Some(format!("{side}.final_layer_norm.{kind}"));
    };
    let feed_forward = if side == "encoder" { 1 } else { 2 };
    let part = match part {
        "attn_q" => "0.SelfAttention.q".to_owned(),
        "attn_k" => "0.SelfAttention.k".to_owned(),
        "attn_v" => "0.SelfAttention.v".to_owned(),
        "attn_o" => "0.SelfAttention.o".to_owned(),
        "attn_rel_b" => "0.SelfAttention.relative_attention_bias".to_owned(),
        "attn_norm" => "0.layer_norm".to_owned(),
        "cross_attn_q" => "1.EncDecAttention.q".to_owned(),
        "cross_attn_k" => "1.EncDecAttention.k".to_owned(),
        "cross_attn_v" => "1.EncDecAttention.v".to_owned(),
        "cross_attn_o" => "1.EncDecAttention.o".to_owned(),
        "cross_attn_norm" => "1.layer_norm".to_owned(),
        "ffn_gate" => format!("{feed_forward}.DenseReluDense.wi_0"),
        "ffn_up" => format!("{feed_forward}.DenseReluDense.wi"),
        "ffn_down" => format!("{feed_forward}.DenseReluDense.wo"),
        "ffn_norm" => format!("{feed_forward}.layer_norm"),
        _ => return None,
    };
    Some(format!("{side}.block.{layer}.layer.{part}.{kind}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Sharing = Sharing { sides: true, output: true };

    #[test]
    fn names_are_those_of_the_published_files() {
        let cases = [
            (
                Seq2SeqArchitecture::Marian,
                "dec.blk.5.cross_attn_o.bias",
                "decoder.layers.5.encoder_attn.out_proj.bias",
            ),
            (
                Seq2SeqArchitecture::Bart,
                "enc.token_embd_norm.weight",
                "encoder.layernorm_embedding.weight",
            ),
            (
                Seq2SeqArchitecture::Bart,
                "dec.position_embd.weight",
                "decoder.embed_positions.weight",
            ),
            (
                Seq2SeqArchitecture::T5,
                "enc.blk.0.attn_rel_b.weight",
                "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
            ),
            (
                Seq2SeqArchitecture::T5,
                "dec.blk.3.ffn_gate.weight",
                "decoder.block.3.layer.2.DenseReluDense.wi_0.weight",
            ),
            (Seq2SeqArchitecture::T5, "dec.output_norm.weight", "decoder.final_layer_norm.weight"),
        ];
        for (architecture, canonical, name) in cases {
            let found = names(architecture, ONE, canonical);
            assert_eq!(found.first().map(|found| found.name.as_str()), Some(name), "{canonical}");
        }
    }

    #[test]
    fn a_shared_tensor_may_have_any_of_its_names_and_an_own_one_has_its_own() {
        let marian = Seq2SeqArchitecture::Marian;
        assert_eq!(names(marian, ONE, "token_embd.weight").len(), 4);
        assert!(names(marian, ONE, "output.weight").is_empty());
        let own = Sharing { sides: false, output: false };
        assert!(names(marian, own, "token_embd.weight").is_empty());
        assert_eq!(names(marian, own, "output.weight")[0].name, "lm_head.weight");
    }
}
