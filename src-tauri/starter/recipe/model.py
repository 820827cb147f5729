"""The story model: a Llama decoder in plain PyTorch.

Parameters carry the names of Hugging Face's `LlamaForCausalLM`, so a state dict saved here opens there and the
other way round. Written out (rather than taken from transformers) because training on a CPU needs the whole
forward pass small enough for `torch.compile` to fuse, and the loss computed without keeping the logits.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn


@dataclass
class Config:
    """The part of Hugging Face's config.json that changes the arithmetic."""

    vocab_size: int = 16384
    hidden_size: int = 256
    intermediate_size: int = 768
    num_hidden_layers: int = 8
    num_attention_heads: int = 4
    head_dim: int = 64
    max_position_embeddings: int = 1024
    rms_norm_eps: float = 1e-5
    rope_theta: float = 10000.0

    @classmethod
    def load(cls, folder: Path) -> "Config":
        raw = json.loads((folder / "config.json").read_text())
        return cls(**{key: raw[key] for key in cls.__dataclass_fields__ if key in raw})

    def save(self, folder: Path) -> None:
        extra = {
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            "num_key_value_heads": self.num_attention_heads,
            "hidden_act": "silu",
            "tie_word_embeddings": True,
            "attention_bias": False,
            "mlp_bias": False,
            "eos_token_id": 0,
            "bos_token_id": 1,
            "pad_token_id": 2,
            "torch_dtype": "float16",
        }
        (folder / "config.json").write_text(json.dumps(extra | asdict(self), indent=1) + "\n")


def rotary_tables(config: Config, length: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Cosines and sines for the half-split rotary embedding, each (length, head_dim)."""
    half = torch.arange(0, config.head_dim, 2, device=device).float() / config.head_dim
    angles = torch.outer(torch.arange(length, device=device).float(), config.rope_theta**-half)
    angles = torch.cat([angles, angles], dim=-1)
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    left, right = x.chunk(2, dim=-1)
    return x * cos.to(x.dtype) + torch.cat([-right, left], dim=-1) * sin.to(x.dtype)


def causal_attention(q: Tensor, k: Tensor, v: Tensor, block: int = 256) -> Tensor:
    """Attention of every position to itself and what came before; all (batch, heads, length, head_dim).

    On a CPU plain products over blocks of queries, each with only the keys it may see: fused by `torch.compile`,
    forward and backward together take a third less time than the library's own attention.
    """
    if q.is_cuda:
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    length, parts = q.shape[2], []
    for start in range(0, length, block):
        end = min(length, start + block)
        scores = (q[:, :, start:end] * q.shape[-1] ** -0.5) @ k[:, :, :end].transpose(-1, -2)
        visible = torch.ones(end - start, end, dtype=torch.bool, device=q.device).tril(start)
        weights = torch.where(visible, scores.float(), -torch.inf).softmax(-1).to(v.dtype)
        parts.append(weights @ v[:, :, :end])
    return torch.cat(parts, dim=2)


class RmsNorm(nn.Module):
    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        wide = x.float()
        wide = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.eps)
        return wide * self.weight


class Attention(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.heads = config.num_attention_heads
        inner = self.heads * config.head_dim
        self.q_proj = nn.Linear(config.hidden_size, inner, bias=False)
        self.k_proj = nn.Linear(config.hidden_size, inner, bias=False)
        self.v_proj = nn.Linear(config.hidden_size, inner, bias=False)
        self.o_proj = nn.Linear(inner, config.hidden_size, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        batch, length, _ = x.shape
        q, k, v = (
            proj(x).view(batch, length, self.heads, -1).transpose(1, 2)
            for proj in (self.q_proj, self.k_proj, self.v_proj)
        )
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        y = causal_attention(q, k, v)
        return self.o_proj(y.transpose(1, 2).reshape(batch, length, -1))


class Mlp(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Block(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.input_layernorm = RmsNorm(config.hidden_size, config.rms_norm_eps)
        self.self_attn = Attention(config)
        self.post_attention_layernorm = RmsNorm(config.hidden_size, config.rms_norm_eps)
        self.mlp = Mlp(config)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), cos, sin)
        return x + self.mlp(self.post_attention_layernorm(x))


class Decoder(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Block(config) for _ in range(config.num_hidden_layers))
        self.norm = RmsNorm(config.hidden_size, config.rms_norm_eps)

    def forward(self, tokens: Tensor) -> Tensor:
        cos, sin = rotary_tables(self.config, tokens.shape[1], tokens.device)
        x = self.embed_tokens(tokens)
        for layer in self.layers:
            x = layer(x, cos, sin)
        return self.norm(x)


class StoryModel(nn.Module):
    """The decoder and its tied output layer."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.model = Decoder(config)

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits for every position."""
        return F.linear(self.model(tokens), self.model.embed_tokens.weight).float()

    def losses(self, tokens: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy in nats at every position, zero where the target is negative."""
        return self.head_losses(self.model(tokens), targets)

    def head_losses(self, x: Tensor, targets: Tensor) -> Tensor:
        logits = F.linear(x, self.model.embed_tokens.weight).float()
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-1, reduction="none")

    @classmethod
    def load(cls, folder: Path) -> "StoryModel":
        model = cls(Config.load(folder))
        weights = {name: value.float() for name, value in load_file(folder / "model.safetensors").items()}
        weights.pop("lm_head.weight", None)
        model.load_state_dict(weights)
        return model

    def save(self, folder: Path) -> None:
        """Half precision: half the bytes, and far finer than the eight bits that ship."""
        folder.mkdir(parents=True, exist_ok=True)
        self.config.save(folder)
        weights = {name: value.detach().half().cpu().contiguous() for name, value in self.state_dict().items()}
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
