"""The sentiment model as one GGUF file, llama.cpp's architecture `bert` (crates/models, files/gguf_encoder.rs, says what is read).

Matrices are Q8_0; biases, norms and the classifier F32.
"""

import re
from pathlib import Path

import gguf
import torch
from gguf import GGMLQuantizationType as Kind
from gguf import TokenType
from torch import Tensor
from transformers import BertConfig

import wordpiece
from corpus import LABELS

NAMES = {
    "bert.embeddings.word_embeddings": "token_embd",
    "bert.embeddings.position_embeddings": "position_embd",
    "bert.embeddings.token_type_embeddings": "token_types",
    "bert.embeddings.LayerNorm": "token_embd_norm",
    "bert.pooler.dense": "cls",
    "classifier": "cls.output",
}
LAYER_NAMES = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}
PLAIN = ("token_types.weight", "cls.output.weight")


def stored_name(name: str) -> str:
    """`bert.encoder.layer.1.output.dense.bias` -> `blk.1.ffn_down.bias`."""
    part, kind = name.rsplit(".", 1)
    if part in NAMES:
        return f"{NAMES[part]}.{kind}"
    layer, inside = re.fullmatch(r"bert\.encoder\.layer\.(\d+)\.(.+)", part).groups()
    return f"blk.{layer}.{LAYER_NAMES[inside]}.{kind}"


def add_shape(writer: gguf.GGUFWriter, config: BertConfig) -> None:
    writer.add_vocab_size(config.vocab_size)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_layer_norm_eps(config.layer_norm_eps)
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.RANK)
    writer.add_classifier_output_labels(list(LABELS))


def spelled(piece: str) -> str:
    """What begins a word gets SentencePiece's mark, and what goes on loses its own."""
    if piece in wordpiece.SPECIAL:
        return piece
    return piece[2:] if piece.startswith("##") and len(piece) > 2 else "\u2581" + piece


def add_tokenizer(writer: gguf.GGUFWriter, pieces: list[str]) -> None:
    writer.add_tokenizer_model("bert")
    writer.add_token_list([spelled(piece) for piece in pieces])
    writer.add_token_types([TokenType.CONTROL if piece in wordpiece.SPECIAL else TokenType.NORMAL for piece in pieces])
    writer.add_bos_token_id(wordpiece.CLS)
    writer.add_sep_token_id(wordpiece.SEP)
    writer.add_pad_token_id(wordpiece.PAD)
    writer.add_unk_token_id(wordpiece.UNKNOWN)
    writer.add_mask_token_id(wordpiece.MASK)
    writer.add_token_type_count(2)


def write(target: Path, config: BertConfig, weights: dict[str, Tensor], pieces: list[str], facts: dict[str, str]) -> None:
    """`facts` become the `general.*` strings; `pieces` the vocabulary."""
    writer = gguf.GGUFWriter(target, "bert")
    writer.add_type(gguf.GGUFType.MODEL)
    for key, value in facts.items():
        writer.add_string(f"general.{key}", value)
    writer.add_array("general.languages", ["en", "zh"])
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    add_shape(writer, config)
    add_tokenizer(writer, pieces)
    for name, value in weights.items():
        rows, stored = value.float().numpy(), stored_name(name)
        kind = Kind.Q8_0 if rows.ndim == 2 and stored not in PLAIN else Kind.F32
        writer.add_tensor(stored, gguf.quants.quantize(rows, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def read(path: Path, names: list[str]) -> dict[str, Tensor]:
    """The weights of a file that `write` wrote, as it has them, under their names in the checkpoint."""
    stored = {t.name: gguf.quants.dequantize(t.data, t.tensor_type) for t in gguf.GGUFReader(path).tensors}
    if set(stored) != {stored_name(name) for name in names}:
        raise ValueError(f"{path} does not have the tensors of this shape")
    return {name: torch.tensor(stored[stored_name(name)]) for name in names}
