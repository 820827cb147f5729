"""Training data as tensors on the device, and batches made there.

Masked words: rows of one length cut anywhere out of the streams, no padding. Labels: rows sorted into buckets by
length, so that a batch of a bucket is a rectangle with little padding; every batch has about the same number of tokens.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import packed
from wordpiece import CLS, MASK, SEP

PARTS = ("train", "validation", "test")
# Share of the masked-word rows that come out of each stream.
MIXTURE = {
    "stories-en": 0.32, "stories-zh": 0.11, "everyday": 0.08, "manuals": 0.02,
    "pieces": 0.13, "reviews-en": 0.13, "reviews-zh": 0.21,
}
MASKED_SHARE, JOIN_HAN, RUN = 0.2, 0.4, 40
NO_VERDICT, MAX_UNLABELLED = -128, 62
UNLABELLED = ("unlabelled", "", "")
NOT_IN_STREAMS = ("pieces", "documentation", "lexicon", "plain-words", "unlabelled")
BUCKETS = (16, 24, 32, 48, 64, 96, 128, 192, 256)


class Rows:
    """The labelled rows as prepare.py wrote them, on the CPU."""

    def __init__(self, folder: Path) -> None:
        def array(name: str) -> np.ndarray:
            return packed.load(folder / f"{name}.npy.xz")

        self.tokens, self.lengths = array("tokens"), array("lengths").astype(np.int64)
        self.ends = np.cumsum(self.lengths)
        self.targets, self.soft = array("targets") / np.float32(255), array("soft") / np.float32(255)
        self.weights, self.labels = array("weights").astype(np.float32), array("labels").astype(np.int64)
        self.verdicts, flags = array("verdicts").astype(np.float32), array("flags")
        self.binary, self.movie, self.part = (flags & 1) > 0, (flags & 2) > 0, flags >> 2
        self.kinds = [tuple(kind) for kind in json.loads((folder / "kinds.json").read_text())]
        self.kind = array("kind").astype(np.int64)
        self._name_kinds()

    def _name_kinds(self) -> None:
        self.group = np.array([group for _, _, group in self.kinds])[self.kind]
        self.language = np.array([language for _, language, _ in self.kinds])[self.kind]
        self.source = np.array([source for source, _, _ in self.kinds])[self.kind]

    def append(self, stream: np.ndarray, verdicts: np.ndarray) -> None:
        """Add a stream's sentences that have a verdict as training rows: of weight nothing, as they have no label."""
        ends = np.flatnonzero(stream == SEP)
        starts = np.concatenate(([0], ends[:-1] + 1))
        known = np.flatnonzero((verdicts != NO_VERDICT) & (ends - starts > 2) & (ends - starts < MAX_UNLABELLED))
        count = len(known)
        self.tokens = np.concatenate([self.tokens, *(stream[starts[i] : ends[i]] for i in known)])
        self.lengths = np.concatenate([self.lengths, ends[known] - starts[known]])
        self.ends = np.cumsum(self.lengths)
        self.verdicts = np.concatenate([self.verdicts, verdicts[known].astype(np.float32)])
        for name in ("targets", "soft", "weights", "labels", "binary", "movie", "part"):
            array = getattr(self, name)
            setattr(self, name, np.concatenate([array, np.zeros((count, *array.shape[1:]), dtype=array.dtype)]))
        if UNLABELLED not in self.kinds:
            self.kinds.append(UNLABELLED)
        self.kind = np.concatenate([self.kind, np.full(count, self.kinds.index(UNLABELLED))])
        self._name_kinds()

    def text(self, index: int) -> np.ndarray:
        return self.tokens[self.ends[index] - self.lengths[index] : self.ends[index]]

    def of(self, part: str) -> np.ndarray:
        return np.flatnonzero(self.part == PARTS.index(part))


def labelled_streams(rows: Rows, seed: int = 3) -> dict[str, np.ndarray]:
    """Streams of the training rows' texts.

    Pieces keep their order, each sentence beside its translation. Reviews stand in runs of one source and label: what
    the neighbours praise helps to guess a masked word, so masked words alone already teach what praise is.
    """
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
    separator = np.array([SEP], dtype=np.int16)
    return {name: np.concatenate([part for i in order for part in (rows.text(i), separator)])
            for name, order in orders.items()}


class MaskedWords:
    """Rows for masked-word training out of all streams."""

    def __init__(self, folder: Path, rows: Rows, vocabulary: int, device: torch.device) -> None:
        streams = labelled_streams(rows)
        for path in sorted(folder.glob("stream-*.npy.xz")):
            streams[path.name.removeprefix("stream-").removesuffix(".npy.xz")] = packed.load(path)
        names = list(MIXTURE)
        sizes = np.array([len(streams[name]) for name in names])
        self.tokens = torch.from_numpy(np.concatenate([streams[name] for name in names])).to(device)
        self.offset = torch.tensor(np.cumsum(sizes) - sizes, device=device)
        self.size = torch.tensor(sizes, device=device)
        self.share = torch.tensor([MIXTURE[name] for name in names], device=device)
        self.kinds = torch.from_numpy(packed.load(folder / "token-kinds.npy.xz")).to(device)
        self.vocabulary, self.device = vocabulary, device
        print(f"masked words: {self.tokens.numel() / 1e6:.2f} M tokens in {len(names)} streams", flush=True)

    def batch(self, rows: int, length: int) -> tuple[Tensor, Tensor, Tensor]:
        """Ids with masked words, places (rows, k) and what stood there."""
        body = length - 2
        stream = torch.multinomial(self.share, rows, replacement=True)
        start = (torch.rand(rows, device=self.device) * (self.size[stream] - body)).long() + self.offset[stream]
        ids = torch.empty(rows, length, dtype=torch.long, device=self.device)
        ids[:, 0], ids[:, -1] = CLS, SEP
        ids[:, 1:-1] = self.tokens[start[:, None] + torch.arange(body, device=self.device)].long()
        places = self.places(ids, int(MASKED_SHARE * body))
        hidden = ids.gather(1, places)
        fate = torch.rand(hidden.shape, device=self.device)
        other = torch.randint(MASK + 1, self.vocabulary, hidden.shape, device=self.device)
        shown = torch.where(fate < 0.8, MASK, torch.where(fate < 0.9, other, hidden))
        return ids.scatter(1, places, shown), places, hidden

    def places(self, ids: Tensor, count: int) -> Tensor:
        """Where to mask: whole words of pieces, and Han characters alone or in short runs."""
        kind = self.kinds[ids]
        joins = kind == 1
        han = kind == 2
        joins[:, 1:] |= han[:, 1:] & han[:, :-1] & (torch.rand(ids[:, 1:].shape, device=self.device) < JOIN_HAN)
        word = (~joins).long().cumsum(1) - 1
        draw = torch.rand(ids.shape, device=self.device).gather(1, word.clamp(min=0))
        draw = draw.masked_fill(ids <= MASK, 2.0)
        return draw.topk(count, dim=1, largest=False).indices


@dataclass
class Batch:
    ids: Tensor
    lengths: Tensor
    targets: Tensor
    weights: Tensor
    binary: Tensor
    verdicts: Tensor


class Labelled:
    """Some of the labelled rows, in buckets, on the device."""

    def __init__(self, rows: Rows, chosen: np.ndarray, targets: np.ndarray, weights: np.ndarray,
                 device: torch.device) -> None:
        lengths = rows.lengths[chosen] + 2
        bucket = np.searchsorted(BUCKETS, lengths)
        self.buckets: list[Batch] = []
        self.order: list[np.ndarray] = []
        for b, width in enumerate(BUCKETS):
            here = chosen[bucket == b]
            if not len(here):
                continue
            ids = np.zeros((len(here), width), dtype=np.int16)
            for line, index in zip(ids, here, strict=True):
                text = rows.text(index)
                line[0], line[1 : len(text) + 1], line[len(text) + 1] = CLS, text, SEP
            arrays = (ids, rows.lengths[here] + 2, targets[here], weights[here], rows.binary[here],
                      rows.verdicts[here])
            self.buckets.append(Batch(*(torch.from_numpy(np.ascontiguousarray(a)).to(device) for a in arrays)))
            self.order.append(here)
        self.device = device

    def pick(self, bucket: int, lines: Tensor) -> Batch:
        b = self.buckets[bucket]
        return Batch(b.ids[lines].long(), b.lengths[lines], b.targets[lines], b.weights[lines], b.binary[lines],
                     b.verdicts[lines])

    def mean_sum(self, tokens: int, of) -> float:
        """What `of` a batch sums to in the mean over batches of about `tokens` tokens."""
        batches = sum(1 for _ in self.epoch(tokens, np.random.default_rng(0), shuffled=False))
        return float(sum(of(bucket).sum() for bucket in self.buckets)) / batches

    def epoch(self, tokens: int, chance: np.random.Generator, shuffled: bool = True):
        """Batches of about `tokens` tokens, over every row once; with the rows' bucket and lines."""
        plan = []
        for b, bucket in enumerate(self.buckets):
            count, width = bucket.ids.shape
            size = max(1, tokens // width)
            lines = torch.randperm(count, device=self.device) if shuffled else torch.arange(count, device=self.device)
            plan += [(b, lines[i : i + size]) for i in range(0, count, size)]
        for i in chance.permutation(len(plan)) if shuffled else range(len(plan)):
            yield plan[i][0], plan[i][1]
