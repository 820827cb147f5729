"""The translator as one GGUF file, architecture `marian` (crates/models, files/gguf_seq2seq.rs, says what is in it).

Matrices are Q8_0, biases and norms F32. The output layer is the embedding and is not stored, nor are the positions, which
are computed.
"""

import re
from pathlib import Path

import gguf
import torch
from gguf import GGMLQuantizationType as Kind
from gguf import TokenType
from sentencepiece.sentencepiece_model_pb2 import ModelProto
from torch import Tensor

import vocabulary
from model import NEVER_WRITTEN, Shape

ARCHITECTURE = "marian"
PARTS = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.out_proj": "attn_o",
    "self_attn_layer_norm": "attn_norm",
    "encoder_attn.q_proj": "cross_attn_q",
    "encoder_attn.k_proj": "cross_attn_k",
    "encoder_attn.v_proj": "cross_attn_v",
    "encoder_attn.out_proj": "cross_attn_o",
    "encoder_attn_layer_norm": "cross_attn_norm",
    "fc1": "ffn_up",
    "fc2": "ffn_down",
    "final_layer_norm": "ffn_norm",
}


def stored_name(name: str) -> str:
    """`model.decoder.layers.3.fc1.bias` -> `dec.blk.3.ffn_up.bias`."""
    if name == "model.shared.weight":
        return "token_embd.weight"
    side, layer, part, kind = re.fullmatch(r"model\.(enc|dec)oder\.layers\.(\d+)\.(.+)\.(weight|bias)", name).groups()
    return f"{side}.blk.{layer}.{PARTS[part]}.{kind}"


def add_shape(writer: gguf.GGUFWriter, shape: Shape) -> None:
    writer.add_context_length(shape.positions)
    writer.add_embedding_length(shape.d_model)
    writer.add_block_count(shape.encoder_layers)
    writer.add_decoder_block_count(shape.decoder_layers)
    writer.add_feed_forward_length(shape.ffn)
    writer.add_head_count(shape.heads)
    writer.add_layer_norm_eps(1e-5)
    writer.add_vocab_size(shape.vocab_size)
    writer.add_decoder_start_token_id(vocabulary.PAD)
    config = shape.configuration()
    writer.add_string(f"{ARCHITECTURE}.activation", config["activation_function"])
    writer.add_bool(f"{ARCHITECTURE}.scale_embedding", config["scale_embedding"])


def add_search(writer: gguf.GGUFWriter, shape: Shape) -> None:
    search = shape.generation()
    writer.add_uint32(f"{ARCHITECTURE}.generation.num_beams", search["num_beams"])
    writer.add_uint32(f"{ARCHITECTURE}.generation.max_length", search["max_length"])
    writer.add_float32(f"{ARCHITECTURE}.generation.length_penalty", search["length_penalty"])
    writer.add_bool(f"{ARCHITECTURE}.generation.early_stopping", search["early_stopping"])
    writer.add_array(f"{ARCHITECTURE}.generation.bad_token_ids", NEVER_WRITTEN)


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
    writer.add_unk_token_id(vocabulary.UNKNOWN)
    writer.add_eos_token_id(vocabulary.END)
    writer.add_pad_token_id(vocabulary.PAD)
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(True)


def write(target: Path, shape: Shape, weights: dict[str, Tensor], pieces: Path, facts: dict[str, str]) -> None:
    """`facts` become the `general.*` strings; `pieces` is the vocabulary's source.spm."""
    writer = gguf.GGUFWriter(target, ARCHITECTURE)
    writer.add_type(gguf.GGUFType.MODEL)
    for key, value in facts.items():
        writer.add_string(f"general.{key}", value)
    writer.add_array("general.languages", ["en", "zh"])
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    add_shape(writer, shape)
    add_search(writer, shape)
    add_tokenizer(writer, pieces)
    for name, value in weights.items():
        rows = value.float().numpy()
        kind = Kind.Q8_0 if rows.ndim == 2 else Kind.F32
        writer.add_tensor(stored_name(name), gguf.quants.quantize(rows, kind), raw_dtype=kind)
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
