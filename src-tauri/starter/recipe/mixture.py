"""Which text the next batch comes from.

Each row of a batch is a stretch of one token file. Books are read from random places; half of the rows of the
short-document sets begin at a document's start, so that openings, which is what people give the model, are learnt.
"""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import vocabulary

# Share of the tokens from each set: while learning at full rate, and while the rate decays. The modern pieces are
# what people's own writing looks like, but there are few of them, so they come mostly at the end.
LEARNING = {"tales-en": 0.12, "novels-en": 0.48, "novels-zh": 0.28, "pieces-en": 0.07, "pieces-zh": 0.05}
DECAYING = {"tales-en": 0.14, "novels-en": 0.42, "novels-zh": 0.26, "pieces-en": 0.10, "pieces-zh": 0.08}
SHORT_SETS = ("tales-en", "pieces-en", "pieces-zh")


class Mixture:
    def __init__(self, prepared: Path, seed: int) -> None:
        self.tokens = {name: np.load(prepared / f"{name}.npy", mmap_mode="r") for name in LEARNING}
        self.starts = {name: np.flatnonzero(self.tokens[name] == vocabulary.STORY) for name in SHORT_SETS}
        self.random = np.random.default_rng(seed)

    def batch(self, rows: int, length: int, decay: float) -> Tensor:
        """`rows` stretches of `length` + 1 tokens; `decay` goes from 0 (full rate) to 1 (the end)."""
        shares = DECAYING if decay > 0 else LEARNING
        names = self.random.choice(list(shares), size=rows, p=list(shares.values()))
        return torch.from_numpy(np.stack([self._stretch(name, length) for name in names]).astype(np.int64))

    def _stretch(self, name: str, length: int) -> np.ndarray:
        tokens = self.tokens[name]
        last = len(tokens) - length - 1
        start = int(self.random.integers(last))
        if name in SHORT_SETS and self.random.random() < 0.5:
            start = min(int(self.random.choice(self.starts[name])), last)
        return tokens[start : start + length + 1]
