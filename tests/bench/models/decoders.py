"""Decoders of published shapes with random weights, as GGUF files: what llama.cpp's own tool would write of them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType as Kind
from gguf import GGUFWriter, TokenType

from .blocks import SIZES, random_blocks

VOCABULARY = 151_936
MERGES = 151_387


@dataclass
class Shape:
    """What a model's configuration says."""

    family: str
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    ffn: int


SHAPES = {
    "qwen3-0.6b": Shape("qwen3", 1024, 28, 16, 8, 128, 3072),
    "qwen2.5-0.5b": Shape("qwen2", 896, 24, 14, 2, 64, 4864),
    "qwen2.5-1.5b": Shape("qwen2", 1536, 28, 12, 2, 128, 8960),
}


def make(path: Path, shape: Shape, mix: str) -> None:
    """Writes the file; `mix` is Q8_0 or Q4_K_M."""
    random = np.random.default_rng(7)
    writer = GGUFWriter(path, shape.family)
    _describe(writer, shape)
    _add_tokens(writer)
    for layer in range(shape.layers):
        _add_layer(writer, shape, mix, layer, random)
    kind = _kind(mix, True, shape.hidden)
    _add_matrix(writer, "token_embd", VOCABULARY, shape.hidden, kind, shape.hidden**-0.5, random)
    writer.add_tensor("output_norm.weight", _near_one(shape.hidden, random))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _describe(writer: GGUFWriter, shape: Shape) -> None:
    writer.add_name("random weights")
    writer.add_context_length(32_768)
    writer.add_embedding_length(shape.hidden)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.ffn)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head_dim)
    writer.add_value_length(shape.head_dim)
    writer.add_rope_freq_base(1e6)
    writer.add_layer_norm_rms_eps(1e-6)


def _add_tokens(writer: GGUFWriter) -> None:
    """Byte pairs, as many as Qwen's, since a tokenizer takes its part of the time that a model takes to load."""
    single = _bytes_as_characters()
    pairs = [(a, b) for a in single for b in single]
    triples = ((a + b, c) for a, b in pairs for c in single)
    merges = [*pairs, *(pair for pair, _ in zip(triples, range(MERGES - len(pairs))))]
    tokens = single + [a + b for a, b in merges]
    kinds = [TokenType.NORMAL] * len(tokens)
    tokens += [f"<|control {place}|>" for place in range(VOCABULARY - len(tokens))]
    kinds += [TokenType.CONTROL] * (VOCABULARY - len(kinds))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([f"{a} {b}" for a, b in merges])
    writer.add_eos_token_id(len(single) + MERGES)
    writer.add_add_bos_token(False)


def _bytes_as_characters() -> list[str]:
    """GPT-2's printable character for each byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + place) for place in range(len(others))]


def _add_layer(writer: GGUFWriter, shape: Shape, mix: str, layer: int, random: np.random.Generator) -> None:
    wide, narrow = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    eighth = shape.layers // 8
    # The layers whose values and last projection Q4_K_M keeps in more bits.
    more = layer < eighth or layer >= 7 * shape.layers // 8 or (layer - eighth) % 3 == 2
    parts = [
        ("attn_q", wide, shape.hidden, False),
        ("attn_k", narrow, shape.hidden, False),
        ("attn_v", narrow, shape.hidden, more),
        ("attn_output", shape.hidden, wide, False),
        ("ffn_gate", shape.ffn, shape.hidden, False),
        ("ffn_up", shape.ffn, shape.hidden, False),
        ("ffn_down", shape.hidden, shape.ffn, more),
    ]
    for part, rows, columns, in_more_bits in parts:
        kind = _kind(mix, in_more_bits, columns)
        _add_matrix(writer, f"blk.{layer}.{part}", rows, columns, kind, columns**-0.5, random)
    for norm in ["attn_norm", "ffn_norm"]:
        writer.add_tensor(f"blk.{layer}.{norm}.weight", _near_one(shape.hidden, random))
    if shape.family == "qwen3":
        for norm in ["attn_q_norm", "attn_k_norm"]:
            writer.add_tensor(f"blk.{layer}.{norm}.weight", _near_one(shape.head_dim, random))
    else:
        for part, rows, _, _ in parts[:3]:
            writer.add_tensor(f"blk.{layer}.{part}.bias", random.normal(0, 0.1, rows).astype(np.float32))


def _kind(mix: str, in_more_bits: bool, columns: int) -> Kind:
    """llama.cpp takes larger blocks only where they fit, and else the next better kind of 32."""
    if mix == "Q8_0":
        return Kind.Q8_0
    if columns % SIZES[Kind.Q4_K][0]:
        return Kind.Q8_0 if in_more_bits else Kind.Q5_0
    return Kind.Q6_K if in_more_bits else Kind.Q4_K


def _add_matrix(
    writer: GGUFWriter, name: str, rows: int, columns: int, kind: Kind, spread: float, random: np.random.Generator
) -> None:
    blocks = random_blocks(kind, rows, columns, spread, random)
    writer.add_tensor(f"{name}.weight", blocks, raw_dtype=kind)


def _near_one(width: int, random: np.random.Generator) -> np.ndarray:
    return random.uniform(0.9, 1.1, width).astype(np.float32)
