"""Greedy and beam search for a batch of sentences, as `transformers` scores them: sum of log-probabilities / length.

Keys and values of the written part are kept; those of the source are computed once per sentence and shared by its beams.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

import vocabulary
from model import NEVER_WRITTEN, Translator


class Cache:
    """What the decoder has to look back on, for `rows` hypotheses of `rows / beams` sentences."""

    def __init__(self, model: Translator, source: Tensor, beams: int, longest: int) -> None:
        places = torch.arange(source.shape[1], device=source.device).expand_as(source)
        real = source != vocabulary.PAD
        memory = model.encode(source, places, real[:, None, None, :])
        self.model, self.beams, self.real = model, beams, real[:, None, None, :]
        self.layers = model.model.decoder.layers
        self.across = [layer.encoder_attn.keys(memory) for layer in self.layers]
        rows, heads, width = source.shape[0] * beams, model.shape.heads, model.shape.d_model // model.shape.heads
        new = lambda: torch.zeros(rows, heads, longest, width, dtype=self.across[0][0].dtype, device=source.device)
        self.back = [(new(), new()) for _ in self.layers]

    def reorder(self, order: Tensor) -> None:
        self.back = [(k.index_select(0, order), v.index_select(0, order)) for k, v in self.back]

    def step(self, tokens: Tensor, place: int) -> Tensor:
        """Log-probabilities [rows, vocabulary] of what follows `tokens` [rows] at `place`."""
        model = self.model
        x = model.embed(tokens[:, None], torch.full_like(tokens[:, None], place))
        for layer, (keys, values), across in zip(self.layers, self.back, self.across, strict=True):
            k, v = layer.self_attn.keys(x)
            keys[:, :, place], values[:, :, place] = k[:, :, 0], v[:, :, 0]
            mixed = layer.self_attn.attend(x, keys[:, :, : place + 1], values[:, :, : place + 1], None)
            x = layer.self_attn_layer_norm(x + mixed)
            beams = x.view(-1, self.beams, x.shape[-1])
            mixed = layer.encoder_attn.attend(beams, *across, self.real).view_as(x)
            x = layer.encoder_attn_layer_norm(x + mixed)
            x = layer.feed_forward(x)
        logits = F.linear(x[:, 0], model.model.shared.weight).float()
        logits[:, NEVER_WRITTEN] = -torch.inf
        return logits.log_softmax(-1)


@torch.no_grad()
def greedy(model: Translator, source: Tensor, longest: int) -> Tensor:
    """The likeliest token at each place: [sentences, longest], padded after the end."""
    cache = Cache(model, source, 1, longest)
    out = torch.zeros(source.shape[0], longest, dtype=torch.long, device=source.device)
    token = torch.full_like(out[:, 0], vocabulary.PAD)
    done = torch.zeros_like(token, dtype=torch.bool)
    for place in range(longest):
        token = cache.step(token, place).argmax(-1).masked_fill(done, vocabulary.PAD)
        out[:, place] = token
        done |= token == vocabulary.END
        if place % 8 == 7 and bool(done.all()):
            break
    return out


@torch.no_grad()
def beam(model: Translator, source: Tensor, longest: int, beams: int = 4) -> Tensor:
    """The best hypothesis of each sentence by mean log-probability: [sentences, longest], padded after the end."""
    count, device = source.shape[0], source.device
    cache = Cache(model, source, beams, longest)
    written = torch.zeros(count, beams, longest, dtype=torch.long, device=device)
    sums = torch.full((count, beams), -torch.inf, device=device)
    sums[:, 0] = 0
    best = torch.zeros(count, longest, dtype=torch.long, device=device)
    best_score = torch.full((count,), -torch.inf, device=device)
    token = torch.full((count * beams,), vocabulary.PAD, device=device)
    base = torch.arange(count, device=device)[:, None] * beams
    for place in range(longest):
        steps = cache.step(token, place).view(count, beams, -1)
        size = steps.shape[-1]
        scores, picks = (sums[:, :, None] + steps).view(count, -1).topk(2 * beams)
        parents, tokens = picks // size, picks % size
        ends = tokens == vocabulary.END
        ending = torch.where(ends & (torch.arange(2 * beams, device=device) < beams), scores / (place + 1), -torch.inf)
        score, which = ending.max(1)
        better = score > best_score
        ended = written.gather(1, parents.gather(1, which[:, None])[:, :, None].expand(-1, -1, longest))[:, 0].clone()
        ended[:, place] = vocabulary.END
        best = torch.where(better[:, None], ended, best)
        best_score = torch.where(better, score, best_score)
        sums, kept = scores.masked_fill(ends, -torch.inf).topk(beams)
        parents, tokens = parents.gather(1, kept), tokens.gather(1, kept)
        written = written.gather(1, parents[:, :, None].expand(-1, -1, longest))
        written[:, :, place] = tokens
        token = tokens.reshape(-1)
        cache.reorder((base + parents).reshape(-1))
        if place % 8 == 7 and bool((best_score >= sums[:, 0] / (place + 1)).all()):
            break
    unfinished = best_score == -torch.inf
    return torch.where(unfinished[:, None], written[:, 0], best)
