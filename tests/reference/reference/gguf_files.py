"""GGUF files in llama.cpp's conventions.

Four things differ from the Hugging Face layout. Tensors have other names. Rows of Llama's query and key matrices are
reordered, and SmolLM3's too, because llama.cpp rotates neighbouring pairs there (not for Qwen). And GPT-2's matrices are
turned to `[out, in]`. Gemma's norms have a one added.
"""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as Kind
from gguf import TokenType
from sentencepiece.sentencepiece_model_pb2 import ModelProto

from .subwords import BytePairs

FILE_TYPES = {
    "f32": gguf.LlamaFileType.ALL_F32,
    "f16": gguf.LlamaFileType.MOSTLY_F16,
    "bf16": gguf.LlamaFileType.MOSTLY_BF16,
    "q4_0": gguf.LlamaFileType.MOSTLY_Q4_0,
    "q4_1": gguf.LlamaFileType.MOSTLY_Q4_1,
    "q5_0": gguf.LlamaFileType.MOSTLY_Q5_0,
    "q5_1": gguf.LlamaFileType.MOSTLY_Q5_1,
    "q8_0": gguf.LlamaFileType.MOSTLY_Q8_0,
    "q2_k": gguf.LlamaFileType.MOSTLY_Q2_K,
    "q3_k": gguf.LlamaFileType.MOSTLY_Q3_K_S,
    "q4_k": gguf.LlamaFileType.MOSTLY_Q4_K_S,
    "q4_k_m": gguf.LlamaFileType.MOSTLY_Q4_K_M,
    "q5_k": gguf.LlamaFileType.MOSTLY_Q5_K_S,
    "q6_k": gguf.LlamaFileType.MOSTLY_Q6_K,
}
KINDS = {name: Kind[name.upper()] for name in FILE_TYPES if name != "q4_k_m"}
WIDER_IN_Q4_K_M = ("token_embd", "attn_v", "ffn_down", "output.")

_WHOLE = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    "transformer.wte": "token_embd",
    "transformer.wpe": "position_embd",
    "transformer.ln_f": "output_norm",
}
_IN_LAYER = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.qkv_proj": "attn_qkv",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.gate_up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "ln_1": "attn_norm",
    "attn.c_attn": "attn_qkv",
    "attn.c_proj": "attn_output",
    "ln_2": "ffn_norm",
    "mlp.c_fc": "ffn_up",
    "mlp.c_proj": "ffn_down",
}
_CONV1D = ("c_attn.weight", "c_proj.weight", "c_fc.weight")


def gguf_name(name: str, model_type: str) -> str:
    """`model.layers.3.mlp.up_proj.weight` -> `blk.3.ffn_up.weight`."""
    stem, suffix = name.rsplit(".", 1)
    if stem in _WHOLE:
        return f"{_WHOLE[stem]}.{suffix}"
    for prefix in ("model.layers.", "transformer.h."):
        if stem.startswith(prefix):
            layer, part = stem.removeprefix(prefix).split(".", 1)
            names = _IN_LAYER | (_IN_GEMMA_LAYER if model_type == "gemma3_text" else {})
            return f"blk.{layer}.{names[part]}.{suffix}"
    raise ValueError(f"no GGUF name for {name}")


# Where Gemma has two norms around a part, the names of the others mean something else.
_IN_GEMMA_LAYER = {
    "post_attention_layernorm": "post_attention_norm",
    "pre_feedforward_layernorm": "ffn_norm",
    "post_feedforward_layernorm": "post_ffw_norm",
}


class Layout:
    """The way between a model's own arrangement of a tensor and llama.cpp's."""

    def __init__(self, config) -> None:
        self.config = config

    def heads(self, name: str) -> int | None:
        """The number of heads to reorder by, where rows are reordered at all."""
        if self.config.model_type not in ("llama", "smollm3"):
            return None
        by_suffix = {
            "q_proj.weight": self.config.num_attention_heads,
            "k_proj.weight": self.config.num_key_value_heads,
        }
        return next((heads for suffix, heads in by_suffix.items() if name.endswith(suffix)), None)

    def is_less_one(self, name: str) -> bool:
        """Gemma's norms are trained as their difference from one, and llama.cpp keeps the sum."""
        return self.config.model_type == "gemma3_text" and name.endswith("norm.weight")

    def to_gguf(self, name: str, rows: np.ndarray) -> np.ndarray:
        if name.endswith(_CONV1D):
            return np.ascontiguousarray(rows.T)
        if self.is_less_one(name):
            return rows + np.float32(1)
        heads = self.heads(name)
        if heads is None:
            return rows
        return rows.reshape(heads, 2, -1, rows.shape[1]).swapaxes(1, 2).reshape(rows.shape)

    def to_model(self, name: str, rows: np.ndarray) -> np.ndarray:
        if name.endswith(_CONV1D):
            return np.ascontiguousarray(rows.T)
        if self.is_less_one(name):
            return rows - np.float32(1)
        heads = self.heads(name)
        if heads is None:
            return rows
        return rows.reshape(heads, -1, 2, rows.shape[1]).swapaxes(1, 2).reshape(rows.shape)


@dataclass
class Vocabulary:
    """The tokenizer inside a GGUF file."""

    model: str
    tokens: list
    types: list[int]
    special: dict[str, int]
    pre: str | None = None
    scores: list[float] | None = None
    merges: list[str] | None = None
    flags: dict[str, bool] | None = None
    chat_template: str | None = None
    charsmap: bytes | None = None

    @classmethod
    def of_byte_pairs(cls, pairs: BytePairs, chat_template: str | None = None) -> "Vocabulary":
        kinds = {a.content: TokenType.CONTROL if a.special else TokenType.USER_DEFINED for a in pairs.added}
        tokens = pairs.tokens()
        special = {"bos": pairs.id(pairs.bos), "eos": pairs.id(pairs.eos), "padding": pairs.id(pairs.pad)}
        return cls(
            "gpt2",
            tokens,
            [kinds.get(token, TokenType.NORMAL) for token in tokens],
            {role: i for role, i in special.items() if i is not None},
            pre=pairs.gguf_pre,
            merges=pairs.merges,
            flags={"add_bos_token": pairs.gguf_pre == "llama-bpe"},
            chat_template=chat_template,
        )

    @classmethod
    def of_sentence_pieces(cls, processor) -> "Vocabulary":
        ids = range(processor.vocab_size())

        def kind(i: int) -> int:
            if processor.is_unknown(i):
                return TokenType.UNKNOWN
            if processor.is_control(i):
                return TokenType.CONTROL
            return TokenType.BYTE if processor.is_byte(i) else TokenType.NORMAL

        return cls(
            "llama",
            [processor.id_to_piece(i) for i in ids],
            [kind(i) for i in ids],
            {"bos": processor.bos_id(), "eos": processor.eos_id(), "unknown": processor.unk_id()},
            pre="default",
            scores=[processor.get_score(i) for i in ids],
            flags={"add_bos_token": True, "add_eos_token": False, "add_space_prefix": True},
        )

    @classmethod
    def of_unigram(cls, processor, model: bytes) -> "Vocabulary":
        """The same for pieces that are cut by their probabilities, with the table of replacements."""
        proto = ModelProto.FromString(model)
        vocabulary = cls.of_sentence_pieces(processor)
        spec = proto.normalizer_spec
        return replace(
            vocabulary,
            model="t5",
            special={role: i for role, i in vocabulary.special.items() if i >= 0},
            flags={
                "add_bos_token": False,
                "add_eos_token": True,
                "add_space_prefix": spec.add_dummy_prefix,
                "remove_extra_whitespaces": spec.remove_extra_whitespaces,
            },
            charsmap=spec.precompiled_charsmap,
        )

    @classmethod
    def of_fairseq(cls, processor, model: bytes) -> "Vocabulary":
        """As llama.cpp writes XLM-R's: fairseq's four tokens, the pieces behind SentencePiece's three, the mask."""
        pieces = cls.of_unigram(processor, model)
        own = {"<s>": TokenType.CONTROL, "<pad>": TokenType.CONTROL, "</s>": TokenType.CONTROL, "<unk>": TokenType.UNKNOWN}
        return replace(
            pieces,
            tokens=[*own, *pieces.tokens[3:], "<mask>"],
            types=[*own.values(), *pieces.types[3:], TokenType.CONTROL],
            scores=[0.0] * 4 + pieces.scores[3:] + [0.0],
            special={"bos": 0, "padding": 1, "eos": 2, "seperator": 2, "unknown": 3, "cls": 0},
        )

    @classmethod
    def of_word_pieces(cls, pieces: list[str]) -> "Vocabulary":
        """The `##` of a continuation goes, and what begins a word gets SentencePiece's mark."""

        def spelled(piece: str) -> str:
            if piece.startswith("[") and piece.endswith("]") and len(piece) > 2:
                return piece
            return piece[2:] if piece.startswith("##") and len(piece) > 2 else "\u2581" + piece

        special = {"[CLS]": "bos", "[SEP]": "seperator", "[PAD]": "padding", "[UNK]": "unknown", "[MASK]": "mask"}
        return cls(
            "bert",
            [spelled(piece) for piece in pieces],
            [TokenType.CONTROL if piece in special else TokenType.NORMAL for piece in pieces],
            {role: pieces.index(piece) for piece, role in special.items()} | {"cls": pieces.index("[CLS]")},
        )

    def add_to(self, writer: gguf.GGUFWriter) -> None:
        writer.add_tokenizer_model(self.model)
        if self.pre:
            writer.add_tokenizer_pre(self.pre)
        writer.add_token_list(self.tokens)
        if self.scores:
            writer.add_token_scores(self.scores)
        writer.add_token_types([int(kind) for kind in self.types])
        if self.merges:
            writer.add_token_merges(self.merges)
        for role, i in self.special.items():
            writer.add_uint32(f"tokenizer.ggml.{role}_token_id", i)
        for flag, value in (self.flags or {}).items():
            writer.add_bool(f"tokenizer.ggml.{flag}", value)
        if self.charsmap:
            writer.add_precompiled_charsmap(self.charsmap)
        if self.chat_template:
            writer.add_chat_template(self.chat_template)


def _add_shape(writer: gguf.GGUFWriter, config) -> None:
    writer.add_vocab_size(config.vocab_size)
    if config.model_type == "gpt2":
        writer.add_context_length(config.n_positions)
        writer.add_embedding_length(config.n_embd)
        writer.add_feed_forward_length(4 * config.n_embd)
        writer.add_block_count(config.n_layer)
        writer.add_head_count(config.n_head)
        writer.add_layer_norm_eps(config.layer_norm_epsilon)
        return
    head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    if config.model_type == "gemma3_text":
        _add_gemma3_shape(writer, config)
        return
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    if config.rope_parameters["rope_type"] == "yarn":
        writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        writer.add_rope_scaling_factor(config.rope_parameters["factor"])
        writer.add_rope_scaling_orig_ctx_len(config.rope_parameters["original_max_position_embeddings"])
    if config.model_type == "phi3":
        _add_phi3_shape(writer, config)
        return
    if config.model_type not in ("qwen2", "smollm3"):
        writer.add_key_length(head_dim)
        writer.add_value_length(head_dim)
    if config.model_type in ("llama", "smollm3"):
        writer.add_rope_dimension_count(head_dim)


def _add_gemma3_shape(writer: gguf.GGUFWriter, config) -> None:
    """Only the rope of the layers that see everything is written."""
    rope = config.rope_parameters["full_attention"]
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_rope_freq_base(rope["rope_theta"])
    writer.add_sliding_window(config.sliding_window)
    writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
    writer.add_rope_scaling_factor(rope["factor"])


def _add_phi3_shape(writer: gguf.GGUFWriter, config) -> None:
    """No window is written as 0. The magnitude is that of LongRoPE (Ding et al. 2024) for this stretch of the context."""
    rope, original = config.rope_parameters, config.original_max_position_embeddings
    head_dim = config.hidden_size // config.num_attention_heads
    writer.add_rope_scaling_orig_ctx_len(original)
    writer.add_rope_dimension_count(int(rope.get("partial_rotary_factor", 1.0) * head_dim))
    writer.add_sliding_window(config.sliding_window or 0)
    if "long_factor" in rope:
        stretch = config.max_position_embeddings / original
        writer.add_rope_scaling_attn_factors(math.sqrt(1 + math.log(stretch) / math.log(original)))
        for which in ("long", "short"):
            writer.add_tensor(f"rope_factors_{which}.weight", np.array(rope[f"{which}_factor"], dtype=np.float32))


def rope_factors(rope: dict, head_dim: int) -> np.ndarray:
    """What each frequency is divided by under Llama 3's scaling (the formula of Meta's release, as llama.cpp stores it)."""
    frequencies = rope["rope_theta"] ** -(np.arange(0, head_dim, 2, dtype=np.float64) / head_dim)
    wavelengths = 2 * np.pi / frequencies
    low, high, factor = rope["low_freq_factor"], rope["high_freq_factor"], rope["factor"]
    smooth = (rope["original_max_position_embeddings"] / wavelengths - low) / (high - low)
    smooth = np.clip(smooth, 0.0, 1.0)
    return (1 / ((1 - smooth) / factor + smooth)).astype(np.float32)


def _random_blocks(kind: Kind, rows: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Valid blocks of a K-quant with about the spread of `rows`: there is a Python reader for them, but no writer."""
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    count = rows.size // elements
    blocks = random.integers(0, 256, (count, size), dtype=np.uint8)
    spread = float(rows.std()) * random.uniform(0.5, 1.5, count)
    halves = lambda numbers: numbers.astype(np.float16).view(np.uint8).reshape(count, 2)
    if kind == Kind.Q6_K:
        blocks[:, -2:] = halves(spread / 1366)
    elif kind == Kind.Q3_K:
        blocks[:, -2:] = halves(spread / 43)
    elif kind == Kind.Q2_K:
        blocks[:, -4:-2], blocks[:, -2:] = halves(spread / 14), halves(spread / 14 * 1.5)
    else:
        steps = 7.5 if kind == Kind.Q4_K else 15.5
        scale = (spread / (34 * steps)).astype(np.float16)
        blocks[:, 0:2] = scale.view(np.uint8).reshape(count, 2)
        blocks[:, 2:4] = (scale * np.float16(steps)).view(np.uint8).reshape(count, 2)
    return blocks.reshape(*rows.shape[:-1], -1)


def _stored_kind(name: str, rows: np.ndarray, kind: str) -> Kind:
    """Norms, biases and positions stay F32; the K mixture keeps some tensors in more bits."""
    if rows.ndim == 1 or name.startswith("position_embd"):
        return Kind.F32
    if kind == "q4_k_m":
        return Kind.Q6_K if name.startswith(WIDER_IN_Q4_K_M) or "attn_v" in name or "ffn_down" in name else Kind.Q4_K
    return KINDS[kind]


def _add_tensor(writer: gguf.GGUFWriter, name: str, rows: np.ndarray, kind: Kind, random) -> None:
    if kind == Kind.F32:
        writer.add_tensor(name, rows)
    elif kind == Kind.F16:
        writer.add_tensor(name, rows.astype(np.float16))
    else:
        if kind in (Kind.Q2_K, Kind.Q3_K, Kind.Q4_K, Kind.Q5_K, Kind.Q6_K):
            packed = _random_blocks(kind, rows, random)
        else:
            packed = gguf.quants.quantize(rows, kind)
        writer.add_tensor(name, packed, raw_dtype=kind)


def write_tokenizer(path: Path, architecture: str, vocabulary: Vocabulary) -> None:
    """A file with a tokenizer and no tensors, as llama.cpp publishes them for tests."""
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_type(gguf.GGUFType.MODEL)
    vocabulary.add_to(writer)
    finish(writer)


def write_model(
    path: Path, name: str, model, kind: str, vocabulary: Vocabulary, seed: int, tensors_in_a_part: int = 0
) -> None:
    """The model's weights in the given kind (for a K-quant: random weights of the same spread), perhaps in parts."""
    config = model.config
    architecture = config.model_type.removesuffix("_text")
    writer = gguf.GGUFWriter(path, architecture, split_max_tensors=tensors_in_a_part)
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_name(name)
    writer.add_file_type(FILE_TYPES[kind])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    _add_shape(writer, config)
    vocabulary.add_to(writer)
    layout, random = Layout(config), np.random.default_rng(seed)
    if getattr(config, "rope_parameters", None) and config.rope_parameters.get("rope_type") == "llama3":
        writer.add_tensor("rope_freqs.weight", rope_factors(config.rope_parameters, config.head_dim))
    tied = config.tie_word_embeddings
    for tensor, value in model.state_dict().items():
        if tensor == "lm_head.weight" and tied:
            continue
        rows = layout.to_gguf(tensor, value.float().numpy())
        target = gguf_name(tensor, config.model_type)
        _add_tensor(writer, target, rows, _stored_kind(target, rows, kind), random)
    finish(writer)


def finish(writer: gguf.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def load_weights(paths: list[Path], model) -> None:
    """Give the model the weights that the files hold, each block undone to f32."""
    tensors = [tensor for path in paths for tensor in gguf.GGUFReader(path).tensors]
    stored = {t.name: gguf.quants.dequantize(t.data, t.tensor_type) for t in tensors}
    layout, weights = Layout(model.config), {}
    for tensor in model.state_dict():
        source = gguf_name(tensor, model.config.model_type)
        if tensor == "lm_head.weight" and source not in stored:
            source = "token_embd.weight"
        weights[tensor] = torch.from_numpy(layout.to_model(tensor, stored[source]).astype(np.float32).copy())
    model.load_state_dict(weights)
