"""The architectures of the model fixtures: how to make a tiny model of each, and the tokenizer it comes with."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from transformers import (
    Gemma3Config,
    Gemma3ForCausalLM,
    Gemma3ForConditionalGeneration,
    Gemma3TextConfig,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    Phi3Config,
    Phi3ForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
    SmolLM3Config,
    SmolLM3ForCausalLM,
)

from . import subwords
from .subwords import BytePairs

WIDTH = 32
# A row of a K-quant is whole blocks of 256.
BLOCK_WIDTH = 256
POSITIONS = 128


def layers(width: int) -> int:
    """One where a layer is large, so that a file stays small."""
    return 1 if width == BLOCK_WIDTH else 2


@dataclass
class Family:
    """One architecture: how to make a model of a given width, and the tokenizer it comes with."""

    make: Callable[[int, int], torch.nn.Module]
    pairs: Callable[[], BytePairs]
    tokenizer_class: str


def _llama(width: int, vocab: int, **more) -> LlamaForCausalLM:
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=vocab,
            hidden_size=width,
            intermediate_size=max(64, width),
            num_hidden_layers=layers(width),
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=width // 4,
            max_position_embeddings=512,
            rms_norm_eps=1e-5,
            bos_token_id=506,
            eos_token_id=511,
            **{"tie_word_embeddings": False, "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}} | more,
        )
    )


def _llama3(width: int, vocab: int) -> LlamaForCausalLM:
    scaled = {
        "rope_type": "llama3",
        "rope_theta": 500000.0,
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64,
    }
    return _llama(width, vocab, tie_word_embeddings=True, rope_parameters=scaled)


def _qwen(config, model, width: int, vocab: int, head_dim: int, tied: bool, rope: dict | None = None) -> torch.nn.Module:
    return model(
        config(
            vocab_size=vocab,
            hidden_size=width,
            intermediate_size=max(64, width),
            num_hidden_layers=layers(width),
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=head_dim,
            max_position_embeddings=512,
            rms_norm_eps=1e-6,
            tie_word_embeddings=tied,
            rope_parameters=rope or {"rope_type": "default", "rope_theta": 1000000.0},
            bos_token_id=507,
            eos_token_id=509,
            use_sliding_window=False,
        )
    )


def _qwen_yarn(width: int, vocab: int) -> torch.nn.Module:
    """As Qwen's model cards say for long texts; both prompts and greedy text pass the original context here."""
    rope = {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 64}
    return _qwen(Qwen3Config, Qwen3ForCausalLM, width, vocab, width // 2, False, rope)


def _smollm3(width: int, vocab: int, interval: int) -> SmolLM3ForCausalLM:
    """Each layer whose number is a multiple of the interval does not turn its heads."""
    return SmolLM3ForCausalLM(
        SmolLM3Config(
            vocab_size=vocab,
            hidden_size=width,
            intermediate_size=64,
            num_hidden_layers=4,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=512,
            rms_norm_eps=1e-6,
            no_rope_layer_interval=interval,
            rope_parameters={"rope_type": "default", "rope_theta": 5000000.0},
            bos_token_id=506,
            eos_token_id=511,
            pad_token_id=None,
        )
    )


def _phi3(width: int, vocab: int, **more) -> Phi3ForCausalLM:
    """Without more: a window and no stretching, as Phi-3-mini-4k."""
    usual = {
        "sliding_window": 20,
        "max_position_embeddings": 512,
        "original_max_position_embeddings": 512,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0},
    }
    return Phi3ForCausalLM(
        Phi3Config(
            vocab_size=vocab,
            hidden_size=width,
            intermediate_size=64,
            num_hidden_layers=layers(width),
            num_attention_heads=4,
            rms_norm_eps=1e-5,
            bos_token_id=506,
            eos_token_id=511,
            pad_token_id=None,
            **usual | more,
        )
    )


def _phi4(width: int, vocab: int) -> Phi3ForCausalLM:
    """LongRoPE on a part of each head and tied embeddings, as Phi-4-mini. The greedy text passes the original context."""
    pairs = int(width // 4 * 0.75) // 2
    rope = {
        "rope_type": "longrope",
        "rope_theta": 10000.0,
        "partial_rotary_factor": 0.75,
        "short_factor": [1.0 + 0.1 * pair for pair in range(pairs)],
        "long_factor": [1.5 + 2.5 * pair for pair in range(pairs)],
    }
    return _phi3(
        width,
        vocab,
        num_key_value_heads=2,
        sliding_window=None,
        tie_word_embeddings=True,
        original_max_position_embeddings=48,
        rope_parameters=rope,
    )


def _gemma3_config(width: int, vocab: int, layers: int, **more) -> Gemma3TextConfig:
    """Heads wider than a share of the hidden size; the window is shorter than most prompts."""
    return Gemma3TextConfig(
        vocab_size=vocab,
        hidden_size=width,
        intermediate_size=64,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=width // 2,
        max_position_embeddings=512,
        sliding_window=9,
        rope_parameters={
            "full_attention": {"rope_type": "linear", "rope_theta": 1000000.0, "factor": 8.0},
            "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
        },
        bos_token_id=506,
        eos_token_id=[511, 510],
        pad_token_id=None,
        **{"query_pre_attn_scalar": width // 2} | more,
    )


def _gemma3(width: int, vocab: int) -> Gemma3ForCausalLM:
    """With one layer of six that sees everything, which a GGUF takes as given."""
    return Gemma3ForCausalLM(_gemma3_config(width, vocab, 7))


def _gemma3_thirds(width: int, vocab: int) -> Gemma3ForCausalLM:
    """With what only a Hugging Face configuration can say: another pattern, another scale."""
    return Gemma3ForCausalLM(_gemma3_config(width, vocab, 4, sliding_window_pattern=3, query_pre_attn_scalar=10))


def _gemma3_seeing(width: int, vocab: int) -> Gemma3ForConditionalGeneration:
    """The text part of a model that sees images too."""
    vision = {
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "image_size": 8,
        "patch_size": 4,
    }
    text = _gemma3_config(width, vocab, 3, sliding_window_pattern=2)
    tokens = {"mm_tokens_per_image": 4, "boi_token_index": 507, "eoi_token_index": 508, "image_token_index": 509}
    return Gemma3ForConditionalGeneration(Gemma3Config(text_config=text, vision_config=vision, **tokens))


def gpt2(width: int, vocab: int) -> GPT2LMHeadModel:
    shape = {"n_embd": width, "n_layer": layers(width), "n_head": 4, "n_positions": POSITIONS}
    return GPT2LMHeadModel(GPT2Config(vocab_size=vocab, bos_token_id=vocab - 1, eos_token_id=vocab - 1, **shape))


FAMILIES = {
    "llama": Family(_llama, subwords.llama3, "PreTrainedTokenizerFast"),
    "llama3-rope": Family(_llama3, subwords.llama3, "PreTrainedTokenizerFast"),
    "qwen2": Family(
        lambda width, vocab: _qwen(Qwen2Config, Qwen2ForCausalLM, width, vocab, width // 4, True),
        subwords.qwen2,
        "Qwen2Tokenizer",
    ),
    # Heads wider than a share of the hidden size, as Qwen3 has them.
    "qwen3": Family(
        lambda width, vocab: _qwen(Qwen3Config, Qwen3ForCausalLM, width, vocab, width // 4 * 2, False),
        subwords.qwen2,
        "Qwen2Tokenizer",
    ),
    "qwen3-yarn": Family(_qwen_yarn, subwords.qwen2, "Qwen2Tokenizer"),
    "smollm3": Family(lambda width, vocab: _smollm3(width, vocab, 4), subwords.smollm3, "PreTrainedTokenizerFast"),
    "smollm3-thirds": Family(lambda width, vocab: _smollm3(width, vocab, 3), subwords.smollm3, "PreTrainedTokenizerFast"),
    "phi3": Family(_phi3, subwords.llama3, "PreTrainedTokenizerFast"),
    "phi4": Family(_phi4, subwords.llama3, "PreTrainedTokenizerFast"),
    "gemma3": Family(_gemma3, subwords.llama3, "PreTrainedTokenizerFast"),
    "gemma3-thirds": Family(_gemma3_thirds, subwords.llama3, "PreTrainedTokenizerFast"),
    "gemma3-seeing": Family(_gemma3_seeing, subwords.llama3, "PreTrainedTokenizerFast"),
    "gpt2": Family(gpt2, subwords.gpt2, "GPT2Tokenizer"),
}
