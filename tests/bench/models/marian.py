"""A translator of opus-mt-en-zh's shape with random weights: the folder that the hub has, and the same for CTranslate2."""

import json
from pathlib import Path

import ctranslate2
import numpy as np
from ctranslate2.specs.common_spec import Activation, LayerNormSpec, LinearSpec
from ctranslate2.specs.transformer_spec import TransformerSpec
from safetensors.numpy import save_file

from .pieces import sentencepiece_model

HIDDEN, FFN, HEADS, LAYERS, LONGEST = 512, 2048, 8, 6, 512
# The last token stands for nothing: it opens a text, and its row is zero.
VOCABULARY, PIECES = 65_001, 32_000
# What a block adds outweighs what it is given, or else each token would be likeliest to follow itself.
GAIN = 4.0
SETTINGS = {
    "architectures": ["MarianMTModel"],
    "model_type": "marian",
    "vocab_size": VOCABULARY,
    "d_model": HIDDEN,
    "encoder_layers": LAYERS,
    "decoder_layers": LAYERS,
    "encoder_attention_heads": HEADS,
    "decoder_attention_heads": HEADS,
    "encoder_ffn_dim": FFN,
    "decoder_ffn_dim": FFN,
    "max_position_embeddings": LONGEST,
    "activation_function": "swish",
    "scale_embedding": True,
    "decoder_start_token_id": VOCABULARY - 1,
    "pad_token_id": VOCABULARY - 1,
    "bad_words_ids": [[VOCABULARY - 1]],
    "eos_token_id": 0,
    "num_beams": 4,
    "max_length": LONGEST,
}

Weights = dict[str, np.ndarray]


def make(folder: Path) -> None:
    """Writes `hub` as it is downloaded, `exact` and `int8` as CTranslate2 has it."""
    weights = _weights()
    tokens = _tokens()
    hub = folder / "hub"
    hub.mkdir(parents=True)
    (hub / "config.json").write_text(json.dumps(SETTINGS))
    (hub / "vocab.json").write_text(json.dumps({token: place for place, token in enumerate(tokens)}))
    for name in ["source.spm", "target.spm"]:
        (hub / name).write_bytes(sentencepiece_model(["</s>", "<unk>", *tokens[2:PIECES]]))
    save_file({f"model.{name}": tensor for name, tensor in weights.items()}, hub / "model.safetensors")
    for name, quantization in [("exact", None), ("int8", "int8")]:
        (folder / name).mkdir()
        spec = _specification(weights, tokens[:-1])
        spec.validate()
        spec.optimize(quantization=quantization)
        spec.save(str(folder / name))


def _tokens() -> list[str]:
    return ["</s>", "<unk>", *(f"▁w{place}" for place in range(VOCABULARY - 3)), "<pad>"]


def _weights() -> Weights:
    random = np.random.default_rng(7)
    weights = {"shared.weight": random.normal(0, HIDDEN**-0.5, (VOCABULARY, HIDDEN)).astype(np.float32)}
    weights["shared.weight"][-1] = 0

    def linear(name: str, rows: int, columns: int, gain: float = 1.0) -> None:
        weights[f"{name}.weight"] = random.normal(0, gain * columns**-0.5, (rows, columns)).astype(np.float32)
        weights[f"{name}.bias"] = random.normal(0, 0.02, rows).astype(np.float32)

    def norm(name: str) -> None:
        weights[f"{name}.weight"] = random.uniform(0.9, 1.1, HIDDEN).astype(np.float32)
        weights[f"{name}.bias"] = random.normal(0, 0.02, HIDDEN).astype(np.float32)

    for side, attentions in [("encoder", ["self_attn"]), ("decoder", ["self_attn", "encoder_attn"])]:
        for layer in range(LAYERS):
            block = f"{side}.layers.{layer}"
            for attention in attentions:
                for part in ["q_proj", "k_proj", "v_proj"]:
                    linear(f"{block}.{attention}.{part}", HIDDEN, HIDDEN)
                linear(f"{block}.{attention}.out_proj", HIDDEN, HIDDEN, GAIN)
                norm(f"{block}.{attention}_layer_norm")
            linear(f"{block}.fc1", FFN, HIDDEN)
            linear(f"{block}.fc2", HIDDEN, FFN, GAIN)
            norm(f"{block}.final_layer_norm")
    return weights


def _specification(weights: Weights, tokens: list[str]) -> TransformerSpec:
    """As CTranslate2's own converter puts a Marian together: without the row that opens a text."""
    spec = TransformerSpec.from_config((LAYERS, LAYERS), HEADS, pre_norm=False, activation=Activation.SWISH)
    embedding = weights["shared.weight"][:-1]
    for side in [spec.encoder, spec.decoder]:
        side.scale_embeddings = HIDDEN**0.5
        side.position_encodings.encodings = _waves()
    spec.encoder.embeddings[0].weight = embedding
    spec.decoder.embeddings.weight = embedding
    spec.decoder.projection.weight = embedding
    spec.decoder.start_from_zero_embedding = True
    for name, side in [("encoder", spec.encoder), ("decoder", spec.decoder)]:
        for place, layer in enumerate(side.layer):
            block = f"{name}.layers.{place}"
            attention = layer.self_attention
            _fill(attention.linear[0], weights, f"{block}.self_attn", ["q_proj", "k_proj", "v_proj"])
            _fill(attention.linear[1], weights, f"{block}.self_attn", ["out_proj"])
            _norm(attention.layer_norm, weights, f"{block}.self_attn_layer_norm")
            if name == "decoder":
                across = layer.attention
                for linear, parts in zip(across.linear, [["q_proj"], ["k_proj", "v_proj"], ["out_proj"]]):
                    _fill(linear, weights, f"{block}.encoder_attn", parts)
                _norm(across.layer_norm, weights, f"{block}.encoder_attn_layer_norm")
            _fill(layer.ffn.linear_0, weights, block, ["fc1"])
            _fill(layer.ffn.linear_1, weights, block, ["fc2"])
            _norm(layer.ffn.layer_norm, weights, f"{block}.final_layer_norm")
    spec.register_source_vocabulary(tokens)
    spec.register_target_vocabulary(tokens)
    spec.config.unk_token, spec.config.eos_token = "<unk>", "</s>"
    spec.config.decoder_start_token = "</s>"
    return spec


def _fill(linear: LinearSpec, weights: Weights, block: str, parts: list[str]) -> None:
    """One matrix of several, one below the other."""
    linear.weight = np.concatenate([weights[f"{block}.{part}.weight"] for part in parts])
    linear.bias = np.concatenate([weights[f"{block}.{part}.bias"] for part in parts])


def _norm(norm: LayerNormSpec, weights: Weights, name: str) -> None:
    norm.gamma, norm.beta = weights[f"{name}.weight"], weights[f"{name}.bias"]


def _waves() -> np.ndarray:
    """Marian's positions: sines, and behind them cosines."""
    angles = np.arange(LONGEST)[:, None] / 10_000 ** (2 * np.arange(HIDDEN // 2) / HIDDEN)
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)
