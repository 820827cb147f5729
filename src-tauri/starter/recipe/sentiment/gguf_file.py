"""The sentiment model as one GGUF file, llama.cpp's architecture `bert` (crates/models, files/gguf_encoder.rs, says what is read).

Matrices are Q8_0; biases, norms, positions and the classifier F32.
"""

import re
from pathlib import Path

import gguf
from gguf import TokenType
from sentencepiece.sentencepiece_model_pb2 import ModelProto
from torch import Tensor
from transformers import BertConfig

import eight_bits
import vocabulary
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
PLAIN = ("position_embd.weight", "token_types.weight", "cls.output.weight")


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


def add_tokenizer(writer: gguf.GGUFWriter, pieces: Path) -> None:
    proto = ModelProto.FromString(pieces.read_bytes())
    spec = proto.normalizer_spec
    writer.add_tokenizer_model("t5")
    writer.add_token_list([piece.piece for piece in proto.pieces])
    writer.add_token_scores([piece.score for piece in proto.pieces])
    writer.add_token_types([TokenType(piece.type) for piece in proto.pieces])
    writer.add_precompiled_charsmap(spec.precompiled_charsmap)
    writer.add_add_space_prefix(spec.add_dummy_prefix)
    writer.add_remove_extra_whitespaces(spec.remove_extra_whitespaces)
    writer.add_bos_token_id(vocabulary.OPEN)
    writer.add_eos_token_id(vocabulary.CLOSE)
    writer.add_sep_token_id(vocabulary.CLOSE)
    writer.add_unk_token_id(vocabulary.UNKNOWN)
    writer.add_pad_token_id(vocabulary.PAD)
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(True)
    writer.add_token_type_count(1)


def write(target: Path, config: BertConfig, weights: dict[str, Tensor], pieces: Path, facts: dict[str, str]) -> None:
    """`facts` become the `general.*` strings; `pieces` is the vocabulary's spm.model."""
    writer = gguf.GGUFWriter(target, "bert")
    add_shape(writer, config)
    add_tokenizer(writer, pieces)
    eight_bits.write(writer, facts, weights, stored_name, PLAIN)


def read(path: Path, names: list[str]) -> dict[str, Tensor]:
    """The weights of a file that `write` wrote, as it has them, under their names in the checkpoint."""
    return eight_bits.read(path, names, stored_name)
