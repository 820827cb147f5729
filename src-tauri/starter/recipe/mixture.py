"""Which text the next batch comes from.

Each row of a batch is a stretch of one token file. Books are read from random places; half of the rows of the
short-document sets begin at a document's start, so that openings, which is what people give the model, are learnt.
"""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import vocabulary

# Share of the tokens from each set: while learning at full rate, and while the rate falls. The modern pieces are what
# people's own writing looks like, but there are few of them. Read more than four or five times they are learnt by heart, and
# what the model then expects of other modern prose gets worse: measured on held-out pieces, 1.30 bits a byte after three
# readings, 1.44 after twelve, 1.96 after thirty. So they come seldom, and mostly at the end.
LEARNING = {"tales-en": 0.05, "novels-en": 0.59, "novels-zh": 0.352, "pieces-en": 0.004, "pieces-zh": 0.004}
DECAYING = {"tales-en": 0.05, "novels-en": 0.58, "novels-zh": 0.346, "pieces-en": 0.012, "pieces-zh": 0.012}
SHORT_SETS = ("tales-en", "pieces-en", "pieces-zh")


class Mixture:
    """All sets lie one after another on the device, two bytes a token, and batches are cut out there."""

    def __init__(self, prepared: Path, seed: int, device: str) -> None:
        sets = {name: np.load(prepared / f"{name}.npy") for name in LEARNING}
        self.lengths = {name: len(tokens) for name, tokens in sets.items()}
        self.offsets = dict(zip(sets, np.cumsum([0, *self.lengths.values()])[:-1], strict=True))
        self.starts = {name: np.flatnonzero(sets[name] == vocabulary.STORY) for name in SHORT_SETS}
        everything = np.concatenate(list(sets.values()))
        self.tokens = torch.from_numpy(everything.view(np.int16)).to(device)
        self.random = np.random.default_rng(seed)

    def batch(self, rows: int, length: int, decay: float) -> Tensor:
        """`rows` stretches of `length` + 1 tokens; `decay` goes from 0 (full rate) to 1 (the end)."""
        shares = DECAYING if decay > 0 else LEARNING
        names = self.random.choice(list(shares), size=rows, p=list(shares.values()))
        starts = torch.tensor([[self._start(name, length)] for name in names], device=self.tokens.device)
        return self.tokens[starts + torch.arange(length + 1, device=self.tokens.device)].long()

    def _start(self, name: str, length: int) -> int:
        last = self.lengths[name] - length - 1
        start = int(self.random.integers(last))
        if name in SHORT_SETS and self.random.random() < 0.5:
            start = min(int(self.random.choice(self.starts[name])), last)
        return int(self.offsets[name]) + start
