"""The translator: Marian's encoder-decoder, trained on rows that hold several sentences each.

Parameters are named as `transformers` names MarianMTModel's, so a checkpoint loads there as it is. Post-norm, sinusoidal
positions (sines first, then cosines), scaled and shared embeddings, swish.

**Invariant**: a sentence attends only to itself: positions and attention are the same whether it has a row to itself or not.
"""

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import vocabulary

NEVER_WRITTEN = [vocabulary.PAD, vocabulary.UNKNOWN, vocabulary.TO_CHINESE, vocabulary.TO_ENGLISH, vocabulary.MASK]


@dataclass
class Shape:
    vocab_size: int = vocabulary.SIZE
    d_model: int = 384
    encoder_layers: int = 6
    decoder_layers: int = 4
    heads: int = 6
    ffn: int = 1536
    # As many as a row of training has: what lies beyond was never learned.
    positions: int = 128
    dropout: float = 0.2

    def configuration(self) -> dict:
        """config.json of `transformers`."""
        return {
            "architectures": ["MarianMTModel"], "model_type": "marian", "vocab_size": self.vocab_size,
            "d_model": self.d_model, "encoder_layers": self.encoder_layers, "decoder_layers": self.decoder_layers,
            "encoder_attention_heads": self.heads, "decoder_attention_heads": self.heads,
            "encoder_ffn_dim": self.ffn, "decoder_ffn_dim": self.ffn, "max_position_embeddings": self.positions,
            "activation_function": "swish", "scale_embedding": True, "static_position_embeddings": True,
            "normalize_before": False, "normalize_embedding": False, "share_encoder_decoder_embeddings": True,
            "tie_word_embeddings": True, "is_encoder_decoder": True, "dropout": 0.1, "attention_dropout": 0.0,
            "activation_dropout": 0.0, **self.tokens(),
        }

    def generation(self) -> dict:
        """generation_config.json of `transformers`."""
        return {
            **self.tokens(), "num_beams": 4, "max_length": self.positions, "length_penalty": 1.0, "early_stopping": False,
            "bad_words_ids": [[token] for token in NEVER_WRITTEN],
        }

    @staticmethod
    def tokens() -> dict:
        return {"pad_token_id": vocabulary.PAD, "eos_token_id": vocabulary.END, "decoder_start_token_id": vocabulary.PAD, "forced_eos_token_id": None}


def sinusoids(rows: int, width: int) -> Tensor:
    angles = torch.arange(rows, dtype=torch.float64)[:, None] * 10000 ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
    return torch.cat([angles.sin(), angles.cos()], dim=1).float()


class Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(width, width) for _ in range(4))

    def split(self, x: Tensor) -> Tensor:
        return x.view(x.shape[0], x.shape[1], self.heads, -1).transpose(1, 2)

    def keys(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.split(self.k_proj(x)), self.split(self.v_proj(x))

    def attend(self, x: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None) -> Tensor:
        mixed = F.scaled_dot_product_attention(self.split(self.q_proj(x)), keys, values, attn_mask=mask)
        return self.out_proj(mixed.transpose(1, 2).reshape(x.shape))

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        return self.attend(x, *self.keys(memory), mask)


class EncoderLayer(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.dropout = shape.dropout
        self.self_attn = Attention(shape.d_model, shape.heads)
        self.self_attn_layer_norm = nn.LayerNorm(shape.d_model)
        self.fc1, self.fc2 = nn.Linear(shape.d_model, shape.ffn), nn.Linear(shape.ffn, shape.d_model)
        self.final_layer_norm = nn.LayerNorm(shape.d_model)

    def drop(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.dropout, self.training)

    def feed_forward(self, x: Tensor) -> Tensor:
        return self.final_layer_norm(x + self.drop(self.fc2(self.drop(F.silu(self.fc1(x))))))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = self.self_attn_layer_norm(x + self.drop(self.self_attn(x, x, mask)))
        return self.feed_forward(x)


class DecoderLayer(EncoderLayer):
    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self.encoder_attn = Attention(shape.d_model, shape.heads)
        self.encoder_attn_layer_norm = nn.LayerNorm(shape.d_model)

    def forward(self, x: Tensor, mask: Tensor, memory: Tensor, memory_mask: Tensor) -> Tensor:
        x = self.self_attn_layer_norm(x + self.drop(self.self_attn(x, x, mask)))
        x = self.encoder_attn_layer_norm(x + self.drop(self.encoder_attn(x, memory, memory_mask)))
        return self.feed_forward(x)


class Stack(nn.Module):
    def __init__(self, layers: list[nn.Module]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)


class Body(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shared = nn.Embedding(shape.vocab_size, shape.d_model)
        self.encoder = Stack([EncoderLayer(shape) for _ in range(shape.encoder_layers)])
        self.decoder = Stack([DecoderLayer(shape) for _ in range(shape.decoder_layers)])


def smoothed_loss(hidden: Tensor, weight: Tensor, labels: Tensor, smoothing: float) -> Tensor:
    """Mean label-smoothed cross-entropy in nats over the labels that are not padding."""
    logits = F.linear(hidden, weight).float()
    norm = logits.logsumexp(-1)
    true = logits.gather(-1, labels[..., None]).squeeze(-1)
    losses = norm - (1 - smoothing) * true - smoothing * logits.mean(-1)
    real = labels != vocabulary.PAD
    return (losses * real).sum() / real.sum().clamp(min=1)


class Translator(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.model = Body(shape)
        self.register_buffer("positions", sinusoids(shape.positions, shape.d_model), persistent=False)
        self.loss_of = smoothed_loss
        for name, p in self.named_parameters():
            if p.ndim == 2:
                nn.init.normal_(p, std=shape.d_model**-0.5) if "shared" in name else nn.init.xavier_uniform_(p)
            elif "norm" not in name:
                nn.init.zeros_(p)

    def embed(self, tokens: Tensor, places: Tensor) -> Tensor:
        x = self.model.shared(tokens) * self.shape.d_model**0.5 + self.positions[places]
        return F.dropout(x, self.shape.dropout, self.training)

    def encode(self, tokens: Tensor, places: Tensor, mask: Tensor) -> Tensor:
        x = self.embed(tokens, places)
        for layer in self.model.encoder.layers:
            # Compiled for the rows of training alone: the shapes of translating differ from call to call.
            x = (layer if self.training else layer.forward)(x, mask)
        return x

    def forward(self, batch: "dict[str, Tensor]", smoothing: float = 0.1) -> Tensor:
        """The loss of packed rows; `*_slot` says which sentence of the row a place belongs to, 0 for none."""
        source, target = batch["source_slot"], batch["target_slot"]
        own = (source[:, None, :, None] == source[:, None, None, :])
        across = (target[:, None, :, None] == source[:, None, None, :]) | (target == 0)[:, None, :, None]
        causal = torch.ones(target.shape[1], target.shape[1], dtype=torch.bool, device=target.device).tril()
        back = (target[:, None, :, None] == target[:, None, None, :]) & causal
        memory = self.encode(batch["source"], batch["places"], own)
        x = self.embed(batch["target"], batch["places"])
        for layer in self.model.decoder.layers:
            x = layer(x, back, memory, across)
        return self.loss_of(x, self.model.shared.weight, batch["labels"], smoothing)

    def compile_parts(self) -> None:
        """Compiles one layer of each kind and the loss, not the whole: seconds instead of minutes."""
        for layer in (*self.model.encoder.layers, *self.model.decoder.layers):
            layer.compile(dynamic=False)
        self.loss_of = torch.compile(smoothed_loss, dynamic=False)

    def checkpoint(self) -> dict[str, Tensor]:
        return {name: p.detach() for name, p in self.named_parameters()}


def describe(shape: Shape) -> dict:
    return asdict(shape)
