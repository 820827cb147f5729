"""What prepare.py wrote, as tensors on the device, and batches made there.

Masked words: rows of one length cut anywhere out of the streams, no padding. Texts: buckets by length, so that a batch of a bucket
is a rectangle with little padding.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import packed
from vocabulary import CLOSE, OPEN, PAD, UNKNOWN

PARTS = ("train", "validation", "test")
# Share of the masked-word rows that come out of each stream.
MIXTURE = {"stories-en": 0.42, "stories-zh": 0.17, "everyday": 0.03, "pieces": 0.06, "reviews-en": 0.13, "reviews-zh": 0.19}
HIDDEN_SHARE, RUN = 0.25, 40
NOT_IN_STREAMS = ("pieces", "documentation", "lexicon", "plain-words")
BUCKETS = (8, 16, 24, 32, 40, 48, 64, 80, 96, 128, 192, 256)
LONGEST = 254


def load(folder: Path, names: list[str]) -> dict[str, np.ndarray]:
    one = lambda name: packed.load(folder / f"{name}.npy.xz")
    with ThreadPoolExecutor(12) as pool:
        return dict(zip(names, pool.map(one, names), strict=True))


class Rows:
    """The labelled rows, on the CPU."""

    def __init__(self, folder: Path) -> None:
        names = ("tokens", "lengths", "other-tokens", "other-lengths", "weights", "labels", "binary", "movie", "part", "kind", "targets", "opinions")
        a = load(folder, list(names))
        self.texts = split(a["tokens"], a["lengths"])
        self.weights, self.labels = a["weights"].astype(np.float32), a["labels"].astype(np.int64)
        self.targets, self.opinions = a["targets"].astype(np.float32) / 255, a["opinions"].astype(np.float32) / 255
        self.binary, self.movie, self.part, self.kind = a["binary"], a["movie"], a["part"], a["kind"].astype(np.int64)
        self.kinds = [tuple(kind) for kind in json.loads((folder / "kinds.json").read_text())]
        self.source, self.language, self.group = (np.array(column)[self.kind] for column in zip(*self.kinds, strict=True))
        self.other_cut = dict(zip(np.flatnonzero(self.part == 0).tolist(), split(a["other-tokens"], a["other-lengths"]), strict=True))

    def of(self, part: str) -> np.ndarray:
        return np.flatnonzero(self.part == PARTS.index(part))


def split(tokens: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
    return np.split(tokens, np.cumsum(lengths.astype(np.int64))[:-1])


def sentences(stream: np.ndarray) -> list[np.ndarray]:
    return [part[part != CLOSE] for part in np.split(stream, np.flatnonzero(stream == CLOSE) + 1) if len(part) > 1]


def labelled_streams(rows: Rows, seed: int = 3) -> dict[str, np.ndarray]:
    """Streams of the training rows' texts. Reviews stand in runs of one source and label: what the neighbours praise
    helps to guess a masked word, so that masked words alone already teach what praise is."""
    chance = np.random.default_rng(seed)
    train = rows.of("train")
    orders = {"pieces": train[rows.source[train] == "pieces"]}
    for language in ("en", "zh"):
        here = train[(rows.language[train] == language) & ~np.isin(rows.source[train], NOT_IN_STREAMS)]
        key = rows.kind[here] * 3 + rows.labels[here]
        runs = []
        for group in np.unique(key):
            members = chance.permutation(here[key == group])
            runs += [members[i : i + RUN] for i in range(0, len(members), RUN)]
        orders[f"reviews-{language}"] = np.concatenate([runs[i] for i in chance.permutation(len(runs))])
    end = np.array([CLOSE], dtype=np.uint16)
    return {name: np.concatenate([part for i in order for part in (rows.texts[i], end)]) for name, order in orders.items()}


class MaskedWords:
    """Rows for masked-word training out of all streams."""

    def __init__(self, folder: Path, rows: Rows, vocabulary: int, device: torch.device) -> None:
        streams = labelled_streams(rows)
        streams |= load(folder, ["stories-en", "stories-zh", "everyday"])
        names = list(MIXTURE)
        sizes = np.array([len(streams[name]) for name in names])
        self.tokens = torch.from_numpy(np.concatenate([streams[name] for name in names]).astype(np.int32)).to(device)
        self.offset = torch.tensor(np.cumsum(sizes) - sizes, device=device)
        self.size = torch.tensor(sizes, device=device)
        self.share = torch.tensor([MIXTURE[name] for name in names], device=device)
        self.vocabulary, self.device = vocabulary, device

    def batch(self, rows: int, length: int) -> tuple[Tensor, Tensor, Tensor]:
        """Ids with hidden words, places (rows, k) and what stood there."""
        body = length - 2
        stream = torch.multinomial(self.share, rows, replacement=True)
        start = (torch.rand(rows, device=self.device) * (self.size[stream] - body)).long() + self.offset[stream]
        ids = torch.empty(rows, length, dtype=torch.long, device=self.device)
        ids[:, 0], ids[:, -1] = OPEN, CLOSE
        ids[:, 1:-1] = self.tokens[start[:, None] + torch.arange(body, device=self.device)].long()
        return hide(ids, int(HIDDEN_SHARE * body), self.vocabulary)


def hide(ids: Tensor, count: int, vocabulary: int) -> tuple[Tensor, Tensor, Tensor]:
    draw = torch.rand(ids.shape, device=ids.device).masked_fill(ids <= CLOSE, 2.0)
    places = draw.topk(count, dim=1, largest=False).indices
    hidden = ids.gather(1, places)
    fate = torch.rand(hidden.shape, device=ids.device)
    other = torch.randint(CLOSE + 1, vocabulary, hidden.shape, device=ids.device)
    shown = torch.where(fate < 0.8, UNKNOWN, torch.where(fate < 0.9, other, hidden))
    return ids.scatter(1, places, shown), places, hidden


@dataclass
class Batch:
    ids: Tensor
    lengths: Tensor
    targets: Tensor
    weights: Tensor
    binary: Tensor


class Texts:
    """Texts with targets, in buckets by length, on the device. `order[b]` says which text each line of bucket b is."""

    def __init__(self, texts: list[np.ndarray], targets: np.ndarray, weights: np.ndarray, binary: np.ndarray, device: torch.device) -> None:
        self.device, self.count = device, len(texts)
        lengths = np.array([min(len(text), LONGEST) for text in texts]) + 2
        bucket = np.searchsorted(BUCKETS, lengths)
        self.buckets: list[Batch] = []
        self.order: list[np.ndarray] = []
        flat = np.concatenate([text[:LONGEST] for text in texts]).astype(np.int32)
        ends = np.cumsum(lengths - 2)
        for b, width in enumerate(BUCKETS):
            here = np.flatnonzero(bucket == b)
            if not len(here):
                continue
            ids = np.full((len(here), width), PAD, dtype=np.int32)
            column = np.arange(width)
            inside = (column > 0) & (column <= (lengths[here] - 2)[:, None])
            source = (ends[here] - (lengths[here] - 2))[:, None] + column - 1
            ids[inside] = flat[source[inside]]
            ids[:, 0] = OPEN
            ids[np.arange(len(here)), lengths[here] - 1] = CLOSE
            arrays = (ids, lengths[here], targets[here], weights[here], binary[here])
            self.buckets.append(Batch(*(torch.from_numpy(np.ascontiguousarray(a)).to(device) for a in arrays)))
            self.order.append(here)

    def pick(self, bucket: int, lines: Tensor) -> Batch:
        b = self.buckets[bucket]
        return Batch(b.ids[lines].long(), b.lengths[lines], b.targets[lines], b.weights[lines], b.binary[lines])

    def plan(self, tokens: int, shuffled: bool = True) -> list[tuple[int, Tensor]]:
        """Batches of about `tokens` tokens, over every text once: bucket and lines."""
        plan = []
        for b, bucket in enumerate(self.buckets):
            count, width = bucket.ids.shape
            lines = torch.randperm(count, device=self.device) if shuffled else torch.arange(count, device=self.device)
            size = max(1, tokens // width)
            plan += [(b, lines[i : i + size]) for i in range(0, count, size)]
        return [plan[i] for i in torch.randperm(len(plan)).tolist()] if shuffled else plan
