"""GGUF in llama.cpp's conventions: writing a story model as Q8_0, and reading one back.

Two things differ from the Hugging Face layout. Rows of the query and key matrices are reordered, because llama.cpp
rotates neighbouring pairs where transformers rotates the two halves of a head. And the tied output layer is left
out: a reader that finds no `output.weight` uses the embedding.
"""

import json
from pathlib import Path

import gguf
import numpy as np
import torch

import vocabulary
from model import Config, StoryModel

ARCHITECTURE = "llama"
BLOCK_NAMES = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def gguf_name(name: str) -> str:
    """`model.layers.3.mlp.up_proj.weight` -> `blk.3.ffn_up.weight`."""
    whole = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight"}
    if name in whole:
        return whole[name]
    layer, part = name.removeprefix("model.layers.").removesuffix(".weight").split(".", 1)
    return f"blk.{layer}.{BLOCK_NAMES[part]}.weight"


def is_rotated(name: str) -> bool:
    return name.endswith(("q_proj.weight", "k_proj.weight"))


def halves_to_pairs(rows: np.ndarray, heads: int) -> np.ndarray:
    return rows.reshape(heads, 2, -1, rows.shape[1]).swapaxes(1, 2).reshape(rows.shape)


def pairs_to_halves(rows: np.ndarray, heads: int) -> np.ndarray:
    return rows.reshape(heads, -1, 2, rows.shape[1]).swapaxes(1, 2).reshape(rows.shape)


def add_shape(writer: gguf.GGUFWriter, config: Config) -> None:
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_attention_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_rope_freq_base(config.rope_theta)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)


def add_tokenizer(writer: gguf.GGUFWriter, folder: Path) -> None:
    raw = json.loads((folder / "tokenizer.json").read_text())
    ranked = sorted(raw["model"]["vocab"].items(), key=lambda entry: entry[1])
    special = {token["id"] for token in raw["added_tokens"] if token["special"]}
    kinds = [gguf.TokenType.CONTROL if i in special else gguf.TokenType.NORMAL for _, i in ranked]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(vocabulary.GGUF_PRE_TOKENIZER)
    writer.add_token_list([text for text, _ in ranked])
    writer.add_token_types(kinds)
    writer.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in raw["model"]["merges"]])
    writer.add_bos_token_id(vocabulary.STORY)
    writer.add_eos_token_id(vocabulary.END)
    writer.add_pad_token_id(vocabulary.PAD)
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)


def add_weights(writer: gguf.GGUFWriter, model: StoryModel) -> None:
    for name, value in model.state_dict().items():
        rows = value.detach().float().numpy()
        if is_rotated(name):
            rows = halves_to_pairs(rows, model.config.num_attention_heads)
        if rows.ndim == 1:
            writer.add_tensor(gguf_name(name), rows)
        else:
            packed = gguf.quants.quantize(rows, gguf.GGMLQuantizationType.Q8_0)
            writer.add_tensor(gguf_name(name), packed, raw_dtype=gguf.GGMLQuantizationType.Q8_0)


def write(checkpoint: Path, model: StoryModel, target: Path, facts: dict[str, str]) -> None:
    """Write a model, and its checkpoint's tokenizer, as one GGUF file. `facts` become the `general.*` strings."""
    writer = gguf.GGUFWriter(target, ARCHITECTURE)
    writer.add_type(gguf.GGUFType.MODEL)
    for key, value in facts.items():
        writer.add_string(f"general.{key}", value)
    writer.add_array("general.languages", ["en", "zh"])
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    add_shape(writer, model.config)
    add_tokenizer(writer, checkpoint)
    add_weights(writer, model)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def read(path: Path) -> StoryModel:
    """Read a file that `write` wrote, with the weights as the quantised file has them."""
    reader = gguf.GGUFReader(path)

    def field(key: str) -> float:
        return reader.fields[f"{ARCHITECTURE}.{key}"].contents()

    model = StoryModel(
        Config(
            vocab_size=field("vocab_size"),
            hidden_size=field("embedding_length"),
            intermediate_size=field("feed_forward_length"),
            num_hidden_layers=field("block_count"),
            num_attention_heads=field("attention.head_count"),
            head_dim=field("rope.dimension_count"),
            max_position_embeddings=field("context_length"),
            rms_norm_eps=field("attention.layer_norm_rms_epsilon"),
            rope_theta=field("rope.freq_base"),
        )
    )
    stored = {t.name: gguf.quants.dequantize(t.data, t.tensor_type) for t in reader.tensors}
    weights = {}
    for name in model.state_dict():
        rows = stored[gguf_name(name)]
        if is_rotated(name):
            rows = pairs_to_halves(rows, model.config.num_attention_heads)
        weights[name] = torch.tensor(rows)
    model.load_state_dict(weights)
    return model
