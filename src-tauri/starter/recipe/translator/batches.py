"""Training rows made on the accelerator: what is drawn, how it is varied, how several sentences share a row.

A collection is a matrix of token ids, one text a row, padded. All variation works on such matrices without loops over
texts: a piece becomes its two halves now and then, words are hidden, neighbours change places.

**Invariant**: a row of the result is `ROW` places on both sides; slot k of the source belongs to slot k of the target.
"""

import torch
from torch import Tensor

import vocabulary

ROW = 128
LONGEST = ROW - 2
WIDTHS = (8, 10, 12, 14, 16, 18, 21, 25, 32, 42, 64, 128)


def lengths(texts: Tensor) -> Tensor:
    return (texts != vocabulary.PAD).sum(1)


def compact(texts: Tensor, kept: Tensor) -> Tensor:
    """`texts` without the places where `kept` is false, closed up to the left."""
    width = texts.shape[1]
    places = torch.where(kept, kept.cumsum(1) - 1, width)
    out = torch.zeros(texts.shape[0], width + 1, dtype=texts.dtype, device=texts.device)
    return out.scatter_(1, places, texts)[:, :width]


def resegment(texts: Tensor, halves: Tensor, share: float) -> Tensor:
    """A `share` of the pieces that can be spelled by two others becomes these two."""
    parts = halves[texts.long()]
    cut = (torch.rand(texts.shape, device=texts.device) < share) & (parts[..., 0] != parts[..., 1])
    cut &= (lengths(texts)[:, None] + cut.cumsum(1)) <= LONGEST
    start = torch.arange(texts.shape[1], device=texts.device) + cut.cumsum(1) - cut.long()
    out = torch.zeros(texts.shape[0], 2 * LONGEST + 2, dtype=texts.dtype, device=texts.device)
    out.scatter_(1, start, torch.where(cut, parts[..., 0], texts))
    spare = torch.full_like(start, 2 * LONGEST + 1)
    out.scatter_(1, torch.where(cut, start + 1, spare), parts[..., 1])
    return out[:, :LONGEST].contiguous()


def hide_words(texts: Tensor, share: float) -> Tensor:
    """A `share` of the tokens becomes the mask."""
    hit = (torch.rand(texts.shape, device=texts.device) < share) & (texts != vocabulary.PAD)
    return texts.masked_fill(hit, vocabulary.MASK)


def shuffle_near(texts: Tensor, reach: float, share: float) -> Tensor:
    """In a `share` of the texts tokens move by up to about `reach` places."""
    count, width = texts.shape
    moved = torch.rand(count, 1, device=texts.device) < share
    order = torch.arange(width, device=texts.device) + torch.rand(count, width, device=texts.device) * reach * moved
    order = order.masked_fill(texts == vocabulary.PAD, width + reach + 1)
    return texts.gather(1, order.argsort(dim=1, stable=True))


def corrupt(texts: Tensor) -> Tensor:
    """Noise for denoising: spans of about three tokens become one mask each, some tokens vanish, neighbours move."""
    real = texts != vocabulary.PAD
    begins = (torch.rand(texts.shape, device=texts.device) < 0.11) & real
    spans = begins.clone()
    for step in range(1, 4):
        goes_on = torch.rand(texts.shape, device=texts.device) < (0.9, 0.7, 0.5)[step - 1]
        reached = torch.zeros_like(begins)
        reached[:, step:] = begins[:, :-step] & goes_on[:, step:]
        spans |= reached
    spans &= real
    first = spans.clone()
    first[:, 1:] &= ~spans[:, :-1]
    lost = torch.rand(texts.shape, device=texts.device) < 0.04
    marked = torch.where(first, vocabulary.MASK, texts)
    return shuffle_near(compact(marked, real & (first | ~spans) & ~(lost & ~first)), 3.0, 0.3)


class Drawer:
    """Goes through the rows of a collection in random order, again and again, so that each is seen as often as the rest."""

    def __init__(self, size: int, device: torch.device) -> None:
        self.size, self.device = size, device
        self.order, self.place = torch.randperm(size, device=device), 0

    def take(self, count: int) -> Tensor:
        parts = []
        while count > 0:
            part = self.order[self.place : self.place + count]
            parts.append(part)
            count -= len(part)
            self.place += len(part)
            if self.place >= self.size:
                self.order, self.place = torch.randperm(self.size, device=self.device), 0
        return torch.cat(parts)


def framed(source: Tensor, tag: int) -> Tensor:
    """[tag] source </s>, as the encoder reads it."""
    count = source.shape[0]
    out = torch.zeros(count, ROW, dtype=torch.long, device=source.device)
    out[:, 0] = tag
    out[:, 1 : LONGEST + 1] = source[:, :LONGEST]
    return out.scatter_(1, lengths(source).clamp(max=LONGEST)[:, None] + 1, vocabulary.END)


def ended(target: Tensor) -> Tensor:
    """target </s>, as the decoder is to write it."""
    out = torch.zeros(target.shape[0], ROW, dtype=torch.long, device=target.device)
    out[:, :LONGEST] = target[:, :LONGEST]
    return out.scatter_(1, lengths(target).clamp(max=LONGEST)[:, None], vocabulary.END)


def packed(source: Tensor, labels: Tensor) -> dict[str, Tensor]:
    """Rows from framed sources and ended targets: texts of like length share a row."""
    size = torch.maximum(lengths(source), lengths(labels))
    parts: dict[str, list[Tensor]] = {"source": [], "labels": [], "places": []}
    smallest = 0
    for width in WIDTHS:
        chosen = ((size > smallest) & (size <= width)).nonzero()[:, 0]
        smallest, slots = width, ROW // width
        chosen = chosen[: len(chosen) // slots * slots]
        if len(chosen) == 0:
            continue
        for name, texts in (("source", source), ("labels", labels)):
            rows = torch.zeros(len(chosen) // slots, ROW, dtype=torch.int16, device=source.device)
            rows[:, : slots * width] = texts[chosen, :width].reshape(-1, slots * width).to(torch.int16)
            parts[name].append(rows)
        places = torch.arange(ROW, device=source.device) % width + torch.arange(ROW, device=source.device) // width * 1000
        parts["places"].append(places.to(torch.int32).expand(len(chosen) // slots, ROW))
    rows = {name: torch.cat(found) for name, found in parts.items()}
    order = torch.randperm(len(rows["source"]), device=source.device)
    return {name: values[order] for name, values in rows.items()}


def batch(rows: dict[str, Tensor], start: int, count: int) -> dict[str, Tensor]:
    """Rows `start` to `start + count`, as the model takes them."""
    source, labels, places = (rows[name][start : start + count].long() for name in ("source", "labels", "places"))
    slot, place = places // 1000 + 1, (places % 1000).clamp(max=ROW - 1)
    target = torch.cat([torch.zeros_like(labels[:, :1]), labels[:, :-1]], 1).masked_fill(place == 0, vocabulary.PAD)
    return {
        "source": source, "target": target, "labels": labels, "places": place,
        "source_slot": slot * (source != vocabulary.PAD), "target_slot": slot * (labels != vocabulary.PAD),
    }
