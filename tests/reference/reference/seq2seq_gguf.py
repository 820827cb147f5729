"""Encoder-decoders as GGUF: T5 in llama.cpp's conventions, Marian in this project's own (see `files/gguf_seq2seq.rs`)."""

from pathlib import Path

import gguf
import numpy as np
import sentencepiece
import torch
from gguf import GGMLQuantizationType as Kind
from gguf import TokenType
from sentencepiece.sentencepiece_model_pb2 import ModelProto
from transformers import GenerationConfig, MarianMTModel, T5Config, T5ForConditionalGeneration

from .corpus import LINES
from .seq2seq_models import LAYERS, Tiny, has_scaled_output, marian_config, t5_pieces, t5_shape, unigram, with_own_output

FILE = "model.gguf"
POSITIONS = 128
LANGUAGES = [">>zh<<", ">>en<<"]
MARIAN_SEARCH = {"num_beams": 4, "max_length": 36, "length_penalty": 0.8}
T5_SEARCH = {"max_length": 26}

_MARIAN_PARTS = {
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


def marian_name(name: str) -> str | None:
    if name == "final_logits_bias":
        return "output.bias"
    name = name.removeprefix("model.")
    if name == "shared.weight":
        return "token_embd.weight"
    side, *rest = name.split(".")
    if rest[0] != "layers":
        return None
    part, kind = ".".join(rest[2:]).rsplit(".", 1)
    return f"{side[:3]}.blk.{rest[1]}.{_MARIAN_PARTS[part]}.{kind}"


def t5_name(name: str) -> str | None:
    """As llama.cpp's own table has it."""
    table = gguf.get_tensor_name_map(gguf.MODEL_ARCH.T5, LAYERS)
    if name in ("encoder.embed_tokens.weight", "decoder.embed_tokens.weight"):
        return None
    return table.get_name(name, try_suffixes=(".weight",))


def has_own_output(model: torch.nn.Module) -> bool:
    return model.config.model_type == "t5" and not has_scaled_output(model)


def names(model: torch.nn.Module) -> dict[str, str]:
    """The file's name of each of the model's tensors."""
    translate = marian_name if model.config.model_type == "marian" else t5_name
    found = {name: translate(name) for name in model.state_dict() if name != "lm_head.weight"}
    if has_own_output(model):
        found["lm_head.weight"] = "output.weight"
    return {name: other for name, other in found.items() if other}


def kind_of(rows: np.ndarray, kind: Kind) -> Kind:
    return kind if rows.ndim == 2 and rows.shape[1] % 32 == 0 else Kind.F32


def add_tensors(writer: gguf.GGUFWriter, model: torch.nn.Module, kind: Kind) -> None:
    for name, other in names(model).items():
        rows = model.state_dict()[name].float().numpy()
        rows = rows[0] if name == "final_logits_bias" else rows
        stored = kind_of(rows, kind)
        packed = rows if stored == Kind.F32 else gguf.quants.quantize(rows, stored)
        writer.add_tensor(other, packed, raw_dtype=stored)


def add_pieces(writer: gguf.GGUFWriter, model: bytes, control: list[str]) -> None:
    proto = ModelProto.FromString(model)
    kinds = [TokenType.CONTROL if piece.piece in control else TokenType(piece.type) for piece in proto.pieces]
    writer.add_tokenizer_model("t5")
    writer.add_token_list([piece.piece for piece in proto.pieces])
    writer.add_token_scores([piece.score for piece in proto.pieces])
    writer.add_token_types(kinds)
    spec, numbers = proto.normalizer_spec, proto.trainer_spec
    if spec.precompiled_charsmap:
        writer.add_precompiled_charsmap(spec.precompiled_charsmap)
    writer.add_add_space_prefix(spec.add_dummy_prefix)
    writer.add_remove_extra_whitespaces(spec.remove_extra_whitespaces)
    writer.add_unk_token_id(numbers.unk_id)
    writer.add_eos_token_id(numbers.eos_id)
    writer.add_pad_token_id(numbers.pad_id)
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(True)


def finish(writer: gguf.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_shape(writer: gguf.GGUFWriter, width: int, inner: int, heads: int) -> None:
    writer.add_name("tiny")
    writer.add_context_length(POSITIONS)
    writer.add_embedding_length(width)
    writer.add_block_count(LAYERS)
    writer.add_decoder_block_count(LAYERS)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(heads)


def write_marian(folder: Path, model: torch.nn.Module, pieces: bytes) -> None:
    config = model.config
    writer = gguf.GGUFWriter(folder / FILE, "marian")
    add_shape(writer, config.d_model, config.encoder_ffn_dim, config.encoder_attention_heads)
    writer.add_layer_norm_eps(1e-5)
    writer.add_vocab_size(config.vocab_size)
    writer.add_string("marian.activation", config.activation_function)
    writer.add_bool("marian.scale_embedding", config.scale_embedding)
    writer.add_decoder_start_token_id(config.decoder_start_token_id)
    writer.add_uint32("marian.generation.num_beams", MARIAN_SEARCH["num_beams"])
    writer.add_uint32("marian.generation.max_length", MARIAN_SEARCH["max_length"])
    writer.add_float32("marian.generation.length_penalty", MARIAN_SEARCH["length_penalty"])
    writer.add_array("marian.generation.bad_token_ids", [config.pad_token_id])
    add_pieces(writer, pieces, LANGUAGES)
    add_tensors(writer, model, Kind.Q8_0)
    finish(writer)


def write_t5(folder: Path, model: torch.nn.Module, pieces: bytes, kind: Kind) -> None:
    config = model.config
    writer = gguf.GGUFWriter(folder / FILE, "t5")
    add_shape(writer, config.d_model, config.d_ff, config.num_heads)
    writer.add_key_length(config.d_kv)
    writer.add_value_length(config.d_kv)
    writer.add_layer_norm_eps(config.layer_norm_epsilon)
    writer.add_layer_norm_rms_eps(config.layer_norm_epsilon)
    writer.add_relative_attn_buckets_count(config.relative_attention_num_buckets)
    writer.add_decoder_start_token_id(0)
    writer.add_uint32("t5.generation.max_length", T5_SEARCH["max_length"])
    add_pieces(writer, pieces, [])
    add_tensors(writer, model, kind)
    finish(writer)


def read(folder: Path, tiny: Tiny) -> torch.nn.Module:
    """The model with the file's weights, blocks undone, and the search that the file asks for."""
    stored = {tensor.name: tensor for tensor in gguf.GGUFReader(folder / FILE).tensors}
    state = dict(tiny.model.state_dict())
    for name, other in names(tiny.model).items():
        tensor = stored[other]
        rows = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        state[name] = torch.tensor(np.array(rows)).reshape(state[name].shape)
    shared = state["model.shared.weight" if tiny.architecture == "marian" else "shared.weight"]
    for name in state:
        if "embed_tokens" in name or (name == "lm_head.weight" and not has_own_output(tiny.model)):
            state[name] = shared
    tiny.model.load_state_dict(state)
    config = tiny.model.config
    ends = {"eos_token_id": config.eos_token_id, "pad_token_id": config.pad_token_id}
    ends |= {"decoder_start_token_id": config.decoder_start_token_id}
    search = T5_SEARCH
    if tiny.architecture == "marian":
        search = MARIAN_SEARCH | {"bad_words_ids": [[config.pad_token_id]]}
    tiny.model.generation_config = GenerationConfig(**ends, **search)
    return tiny.model


def shared_pieces() -> sentencepiece.SentencePieceProcessor:
    """One vocabulary for both sides, in which languages are pieces too."""
    ids = {"eos_id": 0, "unk_id": 1, "pad_id": 2, "bos_id": -1}
    return unigram(LINES, 600, control_symbols=LANGUAGES, byte_fallback=True, character_coverage=0.98, **ids)


def marian() -> Tiny:
    processor = shared_pieces()
    config = marian_config(processor.vocab_size(), scale_embedding=True, activation_function="swish")
    config.pad_token_id = config.decoder_start_token_id = 2
    pieces = processor.serialized_model_proto()
    write = lambda folder, model: write_marian(folder, model, pieces)
    encode = lambda text: [processor.piece_to_id(LANGUAGES[0]), *processor.encode(text), 0]
    return Tiny("marian", MarianMTModel(config), write, encode, "zh")


def _t5(kind: Kind, **options: object) -> Tiny:
    processor = t5_pieces()
    config = T5Config(**t5_shape(processor.vocab_size(), 16), **options)
    pieces = processor.serialized_model_proto()
    write = lambda folder, model: write_t5(folder, model, pieces, kind)
    model = T5ForConditionalGeneration(config)
    if has_own_output(model):
        model = with_own_output(model)
    return Tiny("t5", model, write, lambda text: [*processor.encode(text), 1])


def t5() -> Tiny:
    return _t5(Kind.Q8_0, feed_forward_proj="relu")


def gated_t5() -> Tiny:
    return _t5(Kind.F32, feed_forward_proj="gated-gelu", tie_word_embeddings=False)
