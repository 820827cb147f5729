"""The sentiment model: `transformers`' BertForSequenceClassification, computed in a way that two processor cores can train.

Only the first token's vector is classified. So of the last layer nothing else is computed, and there keys and values need not
be: with the one query q of a text, q·(K x) is (Kᵀ q)·x, and the mean of V x is V of the mean of x. A model of one layer is a bag of
vectors with a few learnt weightings for the price of looking the vectors up.

It also starts as one. Its words are vectors learnt beforehand, a part of the width is kept for positions, and the last layer's heads look at
all words alike. A layer inserted before it starts as no change at all, with heads that look at the neighbours: 2 to the left,
1 to the left, and so on, which at random it would take long to find.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import BertConfig, BertForSequenceClassification

from corpus import LABELS
from vocabulary import CLOSE, OPEN, PAD

POSITIONS, WORDS, PLACES, HEAD = 256, 48, 16, 16
OFFSETS = (-1, 1, -2, 2)
# How far a head's score of the neighbour that it looks at stands above that of others.
PEAK, GAIN = 6.0, 2.0
SLOW = (30.0, 300.0)


def configuration(size: int, width: int, layers: int, inner: int) -> BertConfig:
    return BertConfig(
        vocab_size=size, hidden_size=width, num_hidden_layers=layers, num_attention_heads=width // HEAD, intermediate_size=inner,
        max_position_embeddings=POSITIONS, type_vocab_size=1, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        pad_token_id=PAD, bos_token_id=OPEN, eos_token_id=CLOSE, num_labels=len(LABELS),
        id2label=dict(enumerate(LABELS)), label2id={label: i for i, label in enumerate(LABELS)},
    )


def waves() -> Tensor:
    """Frequencies whose cosines cancel at every whole distance but 0, and a few slow ones."""
    fast = PLACES // 2 - len(SLOW)
    return torch.cat([math.pi * (torch.arange(fast) + 0.5) / fast, 2 * math.pi / torch.tensor(SLOW)])


def positions() -> Tensor:
    angle = torch.arange(POSITIONS)[:, None] * waves()
    return torch.stack([angle.cos(), angle.sin()], dim=2).flatten(1)


def orthogonal(layer: nn.Linear, gain: float) -> None:
    nn.init.orthogonal_(layer.weight, gain)
    nn.init.zeros_(layer.bias)


@torch.no_grad()
def begin(vectors: Tensor, inner: int) -> BertForSequenceClassification:
    """A model of one layer whose words are `vectors` (size, width - PLACES)."""
    size, words = vectors.shape
    net = BertForSequenceClassification(configuration(size, words + PLACES, 1, inner))
    embeddings = net.bert.embeddings
    embeddings.word_embeddings.weight.zero_()
    embeddings.word_embeddings.weight[:, :words] = vectors / vectors.square().mean().sqrt()
    embeddings.position_embeddings.weight.zero_()
    embeddings.position_embeddings.weight[:, words:] = positions()
    embeddings.token_type_embeddings.weight.zero_()
    last = net.bert.encoder.layer[0]
    orthogonal(last.attention.self.value, 1.0)
    orthogonal(last.attention.output.dense, GAIN)
    nn.init.normal_(last.output.dense.weight, std=0.02)
    orthogonal(net.bert.pooler.dense, 1.0)
    nn.init.normal_(net.classifier.weight, std=0.05)
    return net


@torch.no_grad()
def insert_layer(net: BertForSequenceClassification, inner: int) -> BertForSequenceClassification:
    """The same model with a layer before its last one, which as yet changes nothing."""
    old = net.config
    width, layers = old.hidden_size, old.num_hidden_layers
    grown = BertForSequenceClassification(configuration(old.vocab_size, width, layers + 1, inner))
    state = {name.replace(f"layer.{layers - 1}.", f"layer.{layers}."): value for name, value in net.state_dict().items()}
    grown.load_state_dict(state, strict=False)
    new = grown.bert.encoder.layer[layers - 1]
    look_at_neighbours(new.attention.self, width)
    orthogonal(new.attention.self.value, 1.0)
    for silent in (new.attention.output.dense, new.output.dense):
        nn.init.normal_(silent.weight, std=0.002)
        nn.init.zeros_(silent.bias)
    return grown


def look_at_neighbours(attention: nn.Module, width: int) -> None:
    for layer in (attention.query, attention.key):
        nn.init.normal_(layer.weight, std=0.02)
        nn.init.zeros_(layer.bias)
    scale = math.sqrt(PEAK * math.sqrt(HEAD) / (PLACES // 2))
    for head, offset in zip(range(width // HEAD), OFFSETS, strict=False):
        rows = slice(head * HEAD, head * HEAD + PLACES)
        angle = offset * waves()
        turn = torch.block_diag(*(torch.tensor([[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]]) for a in angle.tolist()))
        attention.query.weight[rows, -PLACES:] = scale * turn
        attention.key.weight[rows, -PLACES:] = scale * torch.eye(PLACES)


def rest_of_layer(layer: nn.Module, x: Tensor, mixed: Tensor, dropout: float) -> Tensor:
    drop = lambda x: F.dropout(x, dropout, training=dropout > 0)
    x = layer.attention.output.LayerNorm(x + drop(layer.attention.output.dense(mixed)))
    return layer.output.LayerNorm(x + drop(layer.output.dense(F.gelu(layer.intermediate.dense(x)))))


def whole_layer(layer: nn.Module, x: Tensor, padding: Tensor | None, dropout: float) -> Tensor:
    rows, length, width = x.shape
    part = layer.attention.self
    q, k, v = (one(x).view(rows, length, -1, HEAD).transpose(1, 2) for one in (part.query, part.key, part.value))
    scores = q @ k.transpose(2, 3) / math.sqrt(HEAD)
    if padding is not None:
        scores = scores.masked_fill(padding[:, None, None], -torch.inf)
    mixed = (scores.softmax(-1) @ v).transpose(1, 2).reshape(rows, length, width)
    return rest_of_layer(layer, x, mixed, dropout)


def last_layer(layer: nn.Module, x: Tensor, padding: Tensor | None, dropout: float) -> Tensor:
    """Of the first token only."""
    rows, _, width = x.shape
    heads, part = width // HEAD, layer.attention.self
    query = part.query(x[:, 0]).view(rows, heads, HEAD)
    seen = torch.einsum("rhd,hdw->rhw", query, part.key.weight.view(heads, HEAD, width))
    scores = seen @ x.transpose(1, 2) / math.sqrt(HEAD)
    if padding is not None:
        scores = scores.masked_fill(padding[:, None], -torch.inf)
    means = scores.softmax(-1) @ x
    mixed = torch.einsum("rhw,hdw->rhd", means, part.value.weight.view(heads, HEAD, width)).flatten(1) + part.value.bias
    return rest_of_layer(layer, x[:, 0], mixed, dropout)


def pooled(net: BertForSequenceClassification, ids: Tensor, dropout: float = 0.0) -> Tensor:
    """What is classified (rows, width), of token ids (rows, length) that end in PAD."""
    embeddings = net.bert.embeddings
    padding = ids == PAD
    padding = padding if bool(padding.any()) else None
    x = embeddings.word_embeddings(ids) + embeddings.position_embeddings.weight[: ids.shape[1]]
    x = embeddings.LayerNorm(x + embeddings.token_type_embeddings.weight[0])
    x = F.dropout(x, dropout, training=dropout > 0)
    *layers, last = net.bert.encoder.layer
    for layer in layers:
        x = whole_layer(layer, x, padding, dropout)
    first = net.bert.pooler.activation(net.bert.pooler.dense(last_layer(last, x, padding, dropout)))
    return F.dropout(first, dropout, training=dropout > 0)


def logits(net: BertForSequenceClassification, ids: Tensor, dropout: float = 0.0) -> Tensor:
    return net.classifier(pooled(net, ids, dropout))
