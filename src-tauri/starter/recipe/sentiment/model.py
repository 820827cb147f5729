"""The sentiment model: a BERT encoder in plain PyTorch, its layers' weights stacked.

Every kind of matrix of all layers is one parameter, so that a step casts and updates a dozen tensors instead of a
hundred and fifty; at this width a GPU otherwise waits for the launches. `bert_weights` gives the weights under the
names of Hugging Face's `BertForSequenceClassification`, and `load_bert_weights` takes them back.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from corpus import LABELS

LAYER = "bert.encoder.layer.{}."
NORM_EPSILON = 1e-12


@dataclass
class Shape:
    vocabulary: int = 16_384
    width: int = 256
    layers: int = 8
    heads: int = 4
    positions: int = 256

    @property
    def inner(self) -> int:
        return 4 * self.width


class SentimentModel(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape, n, h, inner = shape, shape.layers, shape.width, shape.inner

        def matrix(*size: int) -> nn.Parameter:
            return nn.Parameter(torch.randn(size) * min(0.02, 1 / math.sqrt(size[-1])))

        def constant(value: float, *size: int) -> nn.Parameter:
            return nn.Parameter(torch.full(size, float(value)))

        self.word, self.position = matrix(shape.vocabulary, h), matrix(shape.positions, h)
        self.norm0, self.norm0_bias = constant(1, h), constant(0, h)
        self.qkv, self.qkv_bias = matrix(n, 3 * h, h), constant(0, n, 3 * h)
        self.out, self.out_bias = matrix(n, h, h), constant(0, n, h)
        self.norm1, self.norm1_bias = constant(1, n, h), constant(0, n, h)
        self.up, self.up_bias = matrix(n, inner, h), constant(0, n, inner)
        self.down, self.down_bias = matrix(n, h, inner), constant(0, n, h)
        self.norm2, self.norm2_bias = constant(1, n, h), constant(0, n, h)
        self.pooler, self.pooler_bias = matrix(h, h), constant(0, h)
        self.classifier, self.classifier_bias = matrix(len(LABELS), h), constant(0, len(LABELS))
        self.verdict, self.verdict_bias = matrix(1, h), constant(0, 1)
        self.guess, self.guess_bias = matrix(h, h), constant(0, h)
        self.guess_norm, self.guess_norm_bias = constant(1, h), constant(0, h)
        self.word_bias = constant(0, shape.vocabulary)

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

        x = F.embedding(ids, self.word.to(dtype)) + self.position[:length].to(dtype)
        x = drop(norm(x, self.norm0.to(dtype), self.norm0_bias.to(dtype)))
        stacked = (self.qkv, self.qkv_bias, self.out, self.out_bias, self.norm1, self.norm1_bias,
                   self.up, self.up_bias, self.down, self.down_bias, self.norm2, self.norm2_bias)
        for layer in zip(*(p.to(dtype).unbind(0) for p in stacked), strict=True):
            qkv, qkv_b, out, out_b, norm1, norm1_b, up, up_b, down, down_b, norm2, norm2_b = layer
            q, k, v = F.linear(x, qkv, qkv_b).view(rows, length, 3, heads, h // heads).permute(2, 0, 3, 1, 4)
            mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
            mixed = mixed.transpose(1, 2).reshape(rows, length, h)
            x = norm(x + drop(F.linear(mixed, out, out_b)), norm1, norm1_b)
            inner = F.gelu(F.linear(x, up, up_b))
            x = norm(x + drop(F.linear(inner, down, down_b)), norm2, norm2_b)
        return x

    def classify(self, ids: Tensor, lengths: Tensor, dropout: float = 0.0, dtype: torch.dtype = torch.float32) -> Tensor:
        """Logits (rows, 3), in f32."""
        return self.classify_and_judge(ids, lengths, dropout, dtype)[0]

    def classify_and_judge(self, ids: Tensor, lengths: Tensor, dropout: float, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Logits (rows, 3), and what VADER's rules would say (rows), from -1 to 1."""
        first = self.encode(ids, lengths, dropout, dtype)[:, 0].float()
        pooled = torch.tanh(F.linear(first, self.pooler, self.pooler_bias))
        pooled = F.dropout(pooled, dropout, training=dropout > 0)
        verdict = torch.tanh(F.linear(pooled, self.verdict, self.verdict_bias))[:, 0]
        return F.linear(pooled, self.classifier, self.classifier_bias), verdict

    def masked_loss(self, ids: Tensor, places: Tensor, hidden_words: Tensor, dtype: torch.dtype) -> Tensor:
        """Mean loss, in nats, of the words at `places` (rows, k), which `ids` has masked."""
        x = self.encode(ids, None, 0.0, dtype)
        x = x.gather(1, places[:, :, None].expand(-1, -1, self.shape.width)).flatten(0, 1)
        x = F.gelu(F.linear(x, self.guess.to(dtype), self.guess_bias.to(dtype)))
        x = F.layer_norm(x, (self.shape.width,), self.guess_norm.to(dtype), self.guess_norm_bias.to(dtype))
        logits = F.linear(x, self.word.to(dtype), self.word_bias.to(dtype))
        return F.cross_entropy(logits.float(), hidden_words.flatten())

    def bert_weights(self) -> dict[str, Tensor]:
        embeddings = "bert.embeddings."
        weights = {
            embeddings + "word_embeddings.weight": self.word,
            embeddings + "position_embeddings.weight": self.position,
            embeddings + "token_type_embeddings.weight": torch.zeros(2, self.shape.width),
            embeddings + "LayerNorm.weight": self.norm0,
            embeddings + "LayerNorm.bias": self.norm0_bias,
            "bert.pooler.dense.weight": self.pooler,
            "bert.pooler.dense.bias": self.pooler_bias,
            "classifier.weight": self.classifier,
            "classifier.bias": self.classifier_bias,
        }
        for name, stack, index in self._layer_names():
            weights[name] = stack[index]
        return {name: w.detach().contiguous() for name, w in weights.items()}

    def load_bert_weights(self, weights: dict[str, Tensor]) -> None:
        embeddings = "bert.embeddings."
        with torch.no_grad():
            self.word.copy_(weights[embeddings + "word_embeddings.weight"])
            self.position.copy_(weights[embeddings + "position_embeddings.weight"])
            self.position.add_(weights[embeddings + "token_type_embeddings.weight"][0].to(self.position))
            self.norm0.copy_(weights[embeddings + "LayerNorm.weight"])
            self.norm0_bias.copy_(weights[embeddings + "LayerNorm.bias"])
            self.pooler.copy_(weights["bert.pooler.dense.weight"])
            self.pooler_bias.copy_(weights["bert.pooler.dense.bias"])
            self.classifier.copy_(weights["classifier.weight"])
            self.classifier_bias.copy_(weights["classifier.bias"])
            for name, stack, index in self._layer_names():
                stack[index].copy_(weights[name])

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

    def save_config(self, folder: Path) -> None:
        shape = self.shape
        config = {
            "architectures": ["BertForSequenceClassification"],
            "model_type": "bert",
            "vocab_size": shape.vocabulary,
            "hidden_size": shape.width,
            "num_hidden_layers": shape.layers,
            "num_attention_heads": shape.heads,
            "intermediate_size": shape.inner,
            "max_position_embeddings": shape.positions,
            "type_vocab_size": 2,
            "hidden_act": "gelu",
            "layer_norm_eps": NORM_EPSILON,
            "hidden_dropout_prob": 0.1,
            "attention_probs_dropout_prob": 0.0,
            "pad_token_id": 0,
            "id2label": {str(i): label for i, label in enumerate(LABELS)},
            "label2id": {label: i for i, label in enumerate(LABELS)},
            "torch_dtype": "float16",
        }
        (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
