"""The sentiment model: `transformers`' BertForSequenceClassification in plain PyTorch, its layers' weights stacked.

Every kind of matrix of all layers is one parameter, so that a step casts and updates a few tensors instead of a hundred; at this
width a GPU otherwise waits for the launches. `bert_weights` gives the weights under Hugging Face's names.

It does not begin at random. Words are vectors learnt beforehand. A part of the width is kept for positions, as waves whose products cancel at every
whole distance but 0, and some heads of the first layers look at the neighbours: 1 to the left, 1 to the right, and so on. Without that,
masked words are guessed from how common they are for longer than a whole training takes; with it, from what stands around them after
a few hundred steps.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from corpus import LABELS

LAYER = "bert.encoder.layer.{}."
NORM_EPSILON = 1e-12
# How long a word's vector is at the start, per number; what the layer norm behind it takes away again.
WORD_SCALE = 0.1
PLACES, PLACE_SCALE, SLOW = 16, 0.15, (30.0, 300.0)
# Heads that look at neighbours: where, in how many layers, and how far the score of that neighbour stands above others.
OFFSETS, NEAR_LAYERS, PEAK = (-1, 1, -2, 2), 2, 6.0


@dataclass
class Shape:
    vocabulary: int
    width: int = 224
    layers: int = 5
    heads: int = 7
    inner: int = 640
    positions: int = 256


def waves() -> Tensor:
    """Frequencies of the positions: fast ones that tell neighbours apart, and a few slow ones."""
    fast = PLACES // 2 - len(SLOW)
    return torch.cat([math.pi * (torch.arange(fast) + 0.5) / fast, 2 * math.pi / torch.tensor(SLOW)])


def turned(angles: list[float]) -> Tensor:
    return torch.block_diag(*(torch.tensor([[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]]) for a in angles))


class SentimentModel(nn.Module):
    def __init__(self, shape: Shape, vectors: Tensor) -> None:
        """`vectors` (vocabulary, at most width - PLACES) is what words begin as."""
        super().__init__()
        self.shape, n, h, inner = shape, shape.layers, shape.width, shape.inner

        def matrix(*size: int) -> nn.Parameter:
            return nn.Parameter(torch.randn(size) * min(0.02, 1 / math.sqrt(size[-1])))

        def constant(value: float, *size: int) -> nn.Parameter:
            return nn.Parameter(torch.full(size, float(value)))

        self.word, self.position = matrix(shape.vocabulary, h), matrix(shape.positions, h)
        with torch.no_grad():
            self.word[:, : vectors.shape[1]] = WORD_SCALE * vectors
        self.norm0, self.norm0_bias = constant(1, h), constant(0, h)
        self.qkv, self.qkv_bias = matrix(n, 3 * h, h), constant(0, n, 3 * h)
        self.out, self.out_bias = matrix(n, h, h), constant(0, n, h)
        self.norm1, self.norm1_bias = constant(1, n, h), constant(0, n, h)
        self.up, self.up_bias = matrix(n, inner, h), constant(0, n, inner)
        self.down, self.down_bias = matrix(n, h, inner), constant(0, n, h)
        self.norm2, self.norm2_bias = constant(1, n, h), constant(0, n, h)
        self.pooler, self.pooler_bias = matrix(h, h), constant(0, h)
        self.classifier, self.classifier_bias = matrix(len(LABELS), h), constant(0, len(LABELS))
        self.guess, self.guess_bias = matrix(h, h), constant(0, h)
        self.guess_norm, self.guess_norm_bias = constant(1, h), constant(0, h)
        # Not the words' own vectors: the softmax would move those of rare words, which nothing moves back.
        self.guess_word, self.guess_word_bias = nn.Parameter(self.word.detach().clone()), constant(0, shape.vocabulary)
        self.look_at_neighbours()

    @torch.no_grad()
    def look_at_neighbours(self) -> None:
        width, head = self.shape.width, self.shape.width // self.shape.heads
        frequencies = waves()
        angle = torch.arange(self.shape.positions)[:, None] * frequencies
        self.word[:, -PLACES:] = 0
        self.position.zero_()
        self.position[:, -PLACES:] = PLACE_SCALE * torch.stack([angle.cos(), angle.sin()], dim=2).flatten(1)
        scale = math.sqrt(PEAK * math.sqrt(head) / (PLACES // 2)) / math.sqrt(2)
        for layer in range(min(NEAR_LAYERS, self.shape.layers)):
            for number, offset in zip(range(self.shape.heads), OFFSETS, strict=False):
                first = number * head
                self.qkv[layer, first : first + PLACES, -PLACES:] += scale * turned((offset * frequencies).tolist())
                self.qkv[layer, width + first : width + first + PLACES, -PLACES:] += scale * torch.eye(PLACES)
            nn.init.orthogonal_(self.qkv[layer, 2 * width :])
            nn.init.orthogonal_(self.out[layer], 0.5)

    def encode(self, ids: Tensor, lengths: Tensor | None, dropout: float, dtype: torch.dtype) -> Tensor:
        """Hidden states (rows, length, width) of token ids (rows, length); without lengths no position is padding."""
        rows, length = ids.shape
        h, heads = self.shape.width, self.shape.heads
        mask = None
        if lengths is not None:
            padding = torch.arange(length, device=ids.device) >= lengths[:, None]
            mask = torch.zeros(rows, length, dtype=dtype, device=ids.device).masked_fill(padding, -torch.inf)
            mask = mask[:, None, None, :].expand(rows, 1, length, length).contiguous()

        def norm(x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
            return F.layer_norm(x, (h,), scale, bias, NORM_EPSILON)

        def drop(x: Tensor) -> Tensor:
            return F.dropout(x, dropout, training=dropout > 0)

        x = F.embedding(ids, self.word).to(dtype) + self.position[:length].to(dtype)
        x = drop(norm(x, self.norm0.to(dtype), self.norm0_bias.to(dtype)))
        stacked = (self.qkv, self.qkv_bias, self.out, self.out_bias, self.norm1, self.norm1_bias,
                   self.up, self.up_bias, self.down, self.down_bias, self.norm2, self.norm2_bias)
        for layer in zip(*(p.to(dtype).unbind(0) for p in stacked), strict=True):
            qkv, qkv_b, out, out_b, norm1, norm1_b, up, up_b, down, down_b, norm2, norm2_b = layer
            q, k, v = F.linear(x, qkv, qkv_b).view(rows, length, 3, heads, h // heads).permute(2, 0, 3, 1, 4)
            mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
            mixed = mixed.transpose(1, 2).reshape(rows, length, h)
            x = norm(x + drop(F.linear(mixed, out, out_b)), norm1, norm1_b)
            x = norm(x + drop(F.linear(F.gelu(F.linear(x, up, up_b)), down, down_b)), norm2, norm2_b)
        return x

    def classify(self, ids: Tensor, lengths: Tensor, dropout: float = 0.0, dtype: torch.dtype = torch.float32) -> Tensor:
        """Logits (rows, 3), in f32."""
        first = self.encode(ids, lengths, dropout, dtype)[:, 0].float()
        pooled = torch.tanh(F.linear(first, self.pooler, self.pooler_bias))
        pooled = F.dropout(pooled, dropout, training=dropout > 0)
        return F.linear(pooled, self.classifier, self.classifier_bias)

    def guesses(self, x: Tensor) -> Tensor:
        """Logits over the words of hidden states (places, width)."""
        dtype = x.dtype
        x = F.gelu(F.linear(x, self.guess.to(dtype), self.guess_bias.to(dtype)))
        x = F.layer_norm(x, (self.shape.width,), self.guess_norm.to(dtype), self.guess_norm_bias.to(dtype))
        return F.linear(x, self.guess_word.to(dtype), self.guess_word_bias.to(dtype))

    def masked_loss(self, ids: Tensor, places: Tensor, hidden_words: Tensor, dtype: torch.dtype) -> Tensor:
        """Mean loss, in nats, of the words at `places` (rows, k), which `ids` has masked."""
        x = self.encode(ids, None, 0.0, dtype)
        x = x.gather(1, places[:, :, None].expand(-1, -1, self.shape.width)).flatten(0, 1)
        return F.cross_entropy(self.guesses(x).float(), hidden_words.flatten())

    def bert_weights(self) -> dict[str, Tensor]:
        embeddings = "bert.embeddings."
        weights = {
            embeddings + "word_embeddings.weight": self.word,
            embeddings + "position_embeddings.weight": self.position,
            embeddings + "token_type_embeddings.weight": torch.zeros(1, self.shape.width),
            embeddings + "LayerNorm.weight": self.norm0,
            embeddings + "LayerNorm.bias": self.norm0_bias,
            "bert.pooler.dense.weight": self.pooler,
            "bert.pooler.dense.bias": self.pooler_bias,
            "classifier.weight": self.classifier,
            "classifier.bias": self.classifier_bias,
        }
        for name, stack, index in self._layer_names():
            weights[name] = stack[index]
        return {name: w.detach().cpu().contiguous() for name, w in weights.items()}

    def _layer_names(self):
        """(Hugging Face's name, stacked parameter, index into it) of every weight of every layer."""
        h = self.shape.width
        plain = {
            "attention.output.dense.weight": self.out, "attention.output.dense.bias": self.out_bias,
            "attention.output.LayerNorm.weight": self.norm1, "attention.output.LayerNorm.bias": self.norm1_bias,
            "intermediate.dense.weight": self.up, "intermediate.dense.bias": self.up_bias,
            "output.dense.weight": self.down, "output.dense.bias": self.down_bias,
            "output.LayerNorm.weight": self.norm2, "output.LayerNorm.bias": self.norm2_bias,
        }
        for i in range(self.shape.layers):
            for j, part in enumerate(("query", "key", "value")):
                rows = slice(j * h, (j + 1) * h)
                yield LAYER.format(i) + f"attention.self.{part}.weight", self.qkv, (i, rows)
                yield LAYER.format(i) + f"attention.self.{part}.bias", self.qkv_bias, (i, rows)
            for name, stack in plain.items():
                yield LAYER.format(i) + name, stack, i
