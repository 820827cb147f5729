//! What Hugging Face's files call a tensor.

use crate::decoder::Architecture;

/// Where a canonical tensor lies in a Hugging Face file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct HfName {
    /// Without the `model.` or `transformer.` that some files put before it.
    pub name: String,
    pub kept: Kept,
}

/// How a file keeps a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    AsItIs,
    /// GPT-2's Conv1D keeps its matrices as `[in, out]`.
    Transposed,
    /// Gemma's norms are kept as their difference from one.
    LessOne,
    /// A vector kept as a matrix of one row.
    FirstRow,
}

/// Translates a canonical name; nothing where the family has no such tensor.
pub(super) fn hf_name(architecture: Architecture, canonical: &str) -> Option<HfName> {
    let gpt2 = architecture == Architecture::Gpt2;
    let norm_kept = match architecture {
        Architecture::Gemma3 if canonical.ends_with("norm.weight") => Kept::LessOne,
        _ => Kept::AsItIs,
    };
    let plain = |name: &str| Some(HfName { name: name.to_owned(), kept: norm_kept });
    let Some(rest) = canonical.strip_prefix("blk.") else {
        let (stem, kind) = canonical.rsplit_once('.')?;
        return match (stem, gpt2) {
            ("token_embd", false) => plain(&format!("embed_tokens.{kind}")),
            ("output_norm", false) => plain(&format!("norm.{kind}")),
            ("token_embd", true) => plain(&format!("wte.{kind}")),
            ("position_embd", true) => plain(&format!("wpe.{kind}")),
            ("output_norm", true) => plain(&format!("ln_f.{kind}")),
            ("output", _) => plain(&format!("lm_head.{kind}")),
            _ => None,
        };
    };
    let (layer, part) = rest.split_once('.')?;
    let (stem, kind) = part.rsplit_once('.')?;
    let (inner, conv) =
        if gpt2 { gpt2_part(stem)? } else { (plain_part(architecture, stem)?, false) };
    let block = if gpt2 { "h" } else { "layers" };
    let name = format!("{block}.{layer}.{inner}.{kind}");
    let kept = if conv && kind == "weight" { Kept::Transposed } else { norm_kept };
    Some(HfName { name, kept })
}

fn plain_part(architecture: Architecture, stem: &str) -> Option<&'static str> {
    match (architecture, stem) {
        (Architecture::Phi3, "attn_qkv") => Some("self_attn.qkv_proj"),
        (Architecture::Phi3, "ffn_up") => Some("mlp.gate_up_proj"),
        (Architecture::Gemma3, "post_attention_norm") => Some("post_attention_layernorm"),
        (Architecture::Gemma3, "ffn_norm") => Some("pre_feedforward_layernorm"),
        (Architecture::Gemma3, "post_ffw_norm") => Some("post_feedforward_layernorm"),
        _ => llama_part(stem),
    }
}

fn llama_part(stem: &str) -> Option<&'static str> {
    Some(match stem {
        "attn_norm" => "input_layernorm",
        "attn_q" => "self_attn.q_proj",
        "attn_k" => "self_attn.k_proj",
        "attn_v" => "self_attn.v_proj",
        "attn_output" => "self_attn.o_proj",
        "attn_q_norm" => "self_attn.q_norm",
        "attn_k_norm" => "self_attn.k_norm",
        "ffn_norm" => "post_attention_layernorm",
        "ffn_gate" => "mlp.gate_proj",
        "ffn_up" => "mlp.up_proj",
        "ffn_down" => "mlp.down_proj",
        _ => return None,
    })
}

/// The name, and whether it is a Conv1D.
fn gpt2_part(stem: &str) -> Option<(&'static str, bool)> {
    Some(match stem {
        "attn_norm" => ("ln_1", false),
        "attn_qkv" => ("attn.c_attn", true),
        "attn_output" => ("attn.c_proj", true),
        "ffn_norm" => ("ln_2", false),
        "ffn_up" => ("mlp.c_fc", true),
        "ffn_down" => ("mlp.c_proj", true),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_published_files() {
        let cases = [
            (Architecture::Llama, "token_embd.weight", "embed_tokens.weight", Kept::AsItIs),
            (
                Architecture::Qwen2,
                "blk.3.attn_q.bias",
                "layers.3.self_attn.q_proj.bias",
                Kept::AsItIs,
            ),
            (
                Architecture::Qwen3,
                "blk.11.attn_k_norm.weight",
                "layers.11.self_attn.k_norm.weight",
                Kept::AsItIs,
            ),
            (
                Architecture::Phi3,
                "blk.2.ffn_up.weight",
                "layers.2.mlp.gate_up_proj.weight",
                Kept::AsItIs,
            ),
            (Architecture::Llama, "output.weight", "lm_head.weight", Kept::AsItIs),
            (
                Architecture::Gpt2,
                "blk.0.attn_qkv.weight",
                "h.0.attn.c_attn.weight",
                Kept::Transposed,
            ),
            (Architecture::Gpt2, "blk.0.attn_qkv.bias", "h.0.attn.c_attn.bias", Kept::AsItIs),
            (
                Architecture::Gemma3,
                "blk.0.ffn_norm.weight",
                "layers.0.pre_feedforward_layernorm.weight",
                Kept::LessOne,
            ),
            (Architecture::Gemma3, "output_norm.weight", "norm.weight", Kept::LessOne),
            (Architecture::Gemma3, "token_embd.weight", "embed_tokens.weight", Kept::AsItIs),
            (Architecture::Gpt2, "position_embd.weight", "wpe.weight", Kept::AsItIs),
        ];
        for (architecture, canonical, name, kept) in cases {
            let expected = HfName { name: name.to_owned(), kept };
            assert_eq!(hf_name(architecture, canonical), Some(expected), "{canonical}");
        }
        assert_eq!(hf_name(Architecture::Llama, "rope_freqs.weight"), None);
    }
}
