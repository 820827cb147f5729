"""The labelled rows as prepare.py wrote them, and batches of rows about equally long."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from model import POSITIONS
from vocabulary import CLOSE, OPEN, PAD, UNKNOWN

PARTS = ("train", "validation", "test")
# Of a longer text, training reads the beginning and the end, where verdicts stand.
LONGEST_TRAINED, JITTER = 128, 2
TAUGHT, TAUGHT_WEIGHT = ("taught", "", ""), 0.5
# The share of a plentiful source that is enough at a time.
SEEN = {"taught": 0.5, "zh-online-shopping": 0.6, "nltk-pros-cons": 0.5, "nltk-subjectivity-objective": 0.6, "documentation": 0.5,
        "lexicon": 0.7, "plain-words": 0.4}


@dataclass
class Batch:
    ids: Tensor
    rows: Tensor


class Rows:
    """Those of a folder that prepare.py wrote; `opinions` is what rivals.py or teacher.py wrote about them."""

    def __init__(self, folder: Path, opinions: Path | None = None) -> None:
        arrays = np.load(folder / "rows.npz")
        for name in ("targets", "weights", "labels", "binary", "movie", "part", "kind"):
            setattr(self, name, arrays[name])
        self.soft = np.zeros_like(self.targets)
        self.kinds = [tuple(kind) for kind in json.loads((folder / "kinds.json").read_text())]
        train = self.of("train")
        # Cuts of all rows, and of the training rows only, by row.
        self.texts: list[list[np.ndarray]] = [split(arrays["tokens"], arrays["lengths"])]
        for cut in range(sum(name.startswith("tokens-") for name in arrays.files)):
            other = [np.empty(0, dtype=np.uint16)] * len(self.labels)
            for row, text in zip(train, split(arrays[f"tokens-{cut}"], arrays[f"lengths-{cut}"]), strict=True):
                other[row] = text
            self.texts.append(other)
        if opinions:
            self.listen(np.load(opinions))
        self.source, self.language, self.group = (np.array(column)[self.kind] for column in zip(*self.kinds, strict=True))
        self.seen = np.array([SEEN.get(source, 1.0) for source, _, _ in self.kinds])[self.kind]

    def listen(self, said: np.lib.npyio.NpzFile) -> None:
        self.soft[: len(said["soft"])] = np.nan_to_num(said["soft"])
        if "extra" in said.files:
            self.take_in(split(said["tokens"], said["lengths"]), said["extra"])

    def take_in(self, texts: list[np.ndarray], said: np.ndarray) -> None:
        """Sentences without a label, of which what is said is all that is known, as training rows."""
        self.kinds.append(TAUGHT)
        known = {"targets": said, "soft": said, "weights": TAUGHT_WEIGHT, "kind": len(self.kinds) - 1}
        for name in ("targets", "soft", "weights", "labels", "binary", "movie", "part", "kind"):
            old = getattr(self, name)
            more = np.broadcast_to(known.get(name, 0), (len(texts), *old.shape[1:]))
            setattr(self, name, np.concatenate([old, more.astype(old.dtype)]))
        for cut in self.texts:
            cut += texts

    def of(self, part: str) -> np.ndarray:
        return np.flatnonzero(self.part == PARTS.index(part))


def split(tokens: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
    return np.split(tokens, np.cumsum(lengths)[:-1])


def shortened(text: np.ndarray, limit: int) -> np.ndarray:
    half = limit // 2
    return text if len(text) <= limit else np.concatenate([text[:half], text[-(limit - half) :]])


def padded(texts: list[np.ndarray]) -> Tensor:
    ids = np.full((len(texts), max(map(len, texts)) + 2), PAD, dtype=np.int64)
    for line, text in zip(ids, texts, strict=True):
        line[0], line[1 : len(text) + 1], line[len(text) + 1] = OPEN, text, CLOSE
    return torch.from_numpy(ids)


def in_order(rows: Rows, chosen: np.ndarray, tokens: int) -> Iterator[Batch]:
    """Every row once, as a reader would cut it, by length."""
    texts = rows.texts[0]
    order = sorted(chosen, key=lambda row: len(texts[row]))
    while order:
        size = max(1, tokens // (min(len(texts[order[min(len(order), 64) - 1]]), POSITIONS) + 2))
        here, order = order[:size], order[size:]
        yield Batch(padded([texts[row][: POSITIONS - 2] for row in here]), torch.tensor(np.array(here)))


def epoch(rows: Rows, chosen: np.ndarray, tokens: int, hide: float, chance: np.random.Generator) -> Iterator[Batch]:
    """Every row once, cut in any of its ways, a share of its words hidden."""
    cut = chance.integers(-1, len(rows.texts), len(chosen)).clip(0)
    texts = [shortened(rows.texts[c][row], LONGEST_TRAINED - 2) for c, row in zip(cut, chosen, strict=True)]
    lengths = np.array([len(text) for text in texts])
    order = np.argsort(lengths + chance.uniform(0, JITTER, len(lengths)), kind="stable")
    starts = np.concatenate([[0], np.flatnonzero(np.diff(np.cumsum(lengths[order] + 2) // tokens)) + 1])
    plan = np.split(order, starts[1:])
    for number in chance.permutation(len(plan)):
        here = plan[number]
        ids = padded([texts[i] for i in here])
        hidden = (torch.from_numpy(chance.random(ids.shape)) < hide) & (ids > CLOSE)
        yield Batch(ids.masked_fill(hidden, UNKNOWN), torch.from_numpy(chosen[here]))
