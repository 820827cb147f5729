"""Encoder-decoders as GGUF: T5 in llama.cpp's conventions, Marian as the recipe of the starter translator writes it."""

import sys
from pathlib import Path

import gguf
import numpy as np
import sentencepiece
import torch
from gguf import GGMLQuantizationType as Kind
from sentencepiece.sentencepiece_model_pb2 import ModelProto
from transformers import GenerationConfig, MarianMTModel, T5Config, T5ForConditionalGeneration

from .corpus import LINES
from .seq2seq_models import LAYERS, Tiny, has_scaled_output, marian_config, t5_pieces, t5_shape, unigram, with_own_output

RECIPE = Path(__file__).resolve().parents[3] / "src-tauri/starter/recipe/translator"
sys.path.append(str(RECIPE))
import marian_gguf  # noqa: E402

FILE = "model.gguf"
UNKNOWN = 1
POSITIONS = 128
LANGUAGES = [">>zh<<", ">>en<<"]
MARIAN_SEARCH = {"num_beams": 4, "max_length": 36, "length_penalty": 0.8}
T5_SEARCH = {"max_length": 26}

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
    translate = marian_gguf.stored_name if model.config.model_type == "marian" else t5_name
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


def finish(writer: gguf.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_marian(folder: Path, model: torch.nn.Module, pieces: bytes) -> None:
    config = model.config.to_dict()
    writer = gguf.GGUFWriter(folder / FILE, marian_gguf.ARCHITECTURE)
    writer.add_name("tiny")
    marian_gguf.add_shape(writer, config)
    marian_gguf.add_search(writer, MARIAN_SEARCH | {"bad_words_ids": [[config["pad_token_id"]]]})
    marian_gguf.add_pieces(writer, pieces, config | {"unk_token_id": UNKNOWN}, LANGUAGES)
    add_tensors(writer, model, Kind.Q8_0)
    finish(writer)


def write_t5(folder: Path, model: torch.nn.Module, pieces: bytes, kind: Kind) -> None:
    config = model.config
    writer = gguf.GGUFWriter(folder / FILE, "t5")
    writer.add_name("tiny")
    writer.add_context_length(POSITIONS)
    writer.add_embedding_length(config.d_model)
    writer.add_block_count(LAYERS)
    writer.add_decoder_block_count(LAYERS)
    writer.add_feed_forward_length(config.d_ff)
    writer.add_head_count(config.num_heads)
    writer.add_key_length(config.d_kv)
    writer.add_value_length(config.d_kv)
    writer.add_layer_norm_eps(config.layer_norm_epsilon)
    writer.add_layer_norm_rms_eps(config.layer_norm_epsilon)
    writer.add_relative_attn_buckets_count(config.relative_attention_num_buckets)
    writer.add_decoder_start_token_id(0)
    writer.add_uint32("t5.generation.max_length", T5_SEARCH["max_length"])
    numbers = ModelProto.FromString(pieces).trainer_spec
    marian_gguf.add_pieces(writer, pieces, {f"{role}_token_id": getattr(numbers, f"{role}_id") for role in ("unk", "eos", "pad")})
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
    ids = {"eos_id": 0, "unk_id": UNKNOWN, "pad_id": 2, "bos_id": -1}
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
