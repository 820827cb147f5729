"""What is trained on, when: the shares of each collection by progress, and the rows drawn from them."""

import torch
from torch import Tensor

import batches
import vocabulary

# (until this share of the time, share of the drawn tokens by collection)
STAGES = (
    (0.20, {"mono": 0.50, "everyday": 0.11, "pieces": 0.11, "joined": 0.03, "docs": 0.10, "grammar": 0.15}),
    (0.50, {"mono": 0.20, "everyday": 0.18, "pieces": 0.18, "joined": 0.07, "docs": 0.17, "grammar": 0.20}),
    (0.85, {"mono": 0.06, "back": 0.18, "everyday": 0.22, "pieces": 0.18, "joined": 0.09, "docs": 0.14, "grammar": 0.13, "quoted": 0.02}),
    (1.01, {"mono": 0.02, "back": 0.14, "everyday": 0.29, "pieces": 0.23, "joined": 0.11, "docs": 0.14, "grammar": 0.07, "quoted": 0.02}),
)
# Typographic quotation marks are read in English, never written.
ONE_WAY = {"quoted": ("chinese",)}
RESEGMENTED, HIDDEN = 0.08, 0.04
ENGLISH, CHINESE = "english", "chinese"
TAG = {ENGLISH: vocabulary.TO_ENGLISH, CHINESE: vocabulary.TO_CHINESE}


class Collections:
    """The collections on the accelerator, and where each of them is."""

    def __init__(self, texts: dict[str, dict[str, Tensor]], halves: Tensor) -> None:
        self.texts, self.halves = texts, halves
        self.device = halves.device
        self.drawers: dict[tuple[str, str], batches.Drawer] = {}
        self.sizes: dict[tuple[str, str], float] = {}

    def _rows(self, name: str, direction: str, count: int) -> Tensor:
        size = len(next(iter(self.texts[name].values())))
        drawer = self.drawers.setdefault((name, direction), batches.Drawer(size, self.device))
        return drawer.take(count)

    def _tokens(self, name: str, direction: str) -> float:
        """Mean places a text of the collection takes on both sides."""
        if (name, direction) not in self.sizes:
            total = sum(float(batches.lengths(side[:20000]).float().mean()) for side in self.texts[name].values())
            self.sizes[name, direction] = total * (2 if len(self.texts[name]) == 1 else 1) + 3
        return self.sizes[name, direction]

    def _varied(self, source: Tensor, target: Tensor, own: bool) -> tuple[Tensor, Tensor]:
        source = batches.resegment(source.long(), self.halves, RESEGMENTED)
        target = target.long()
        if own:
            return batches.hide_words(source, HIDDEN), batches.resegment(target, self.halves, RESEGMENTED / 4)
        return source, target

    def _pairs(self, name: str, to: str, tokens: float) -> tuple[Tensor, Tensor]:
        other = CHINESE if to == ENGLISH else ENGLISH
        chosen = self._rows(name, to, max(1, int(tokens / self._tokens(name, to))))
        sides = self.texts[name]
        return self._varied(sides[other][chosen], sides[to][chosen], own=name != "grammar")

    def _noised(self, to: str, tokens: float) -> tuple[Tensor, Tensor]:
        name = f"mono-{to}"
        chosen = self._rows(name, to, max(1, int(tokens / self._tokens(name, to))))
        clean = self.texts[name][to][chosen].long()
        return batches.corrupt(clean), clean

    def _back(self, to: str, tokens: float) -> tuple[Tensor, Tensor]:
        """Sources that the model itself wrote, for targets that people wrote."""
        name = f"back-{to}"
        chosen = self._rows(name, to, max(1, int(tokens / self._tokens(name, to))))
        source, target = self.texts[name]["source"][chosen].long(), self.texts[name]["target"][chosen].long()
        return batches.hide_words(source, 2 * HIDDEN), target

    def draw(self, progress: float, tokens: int) -> dict[str, Tensor]:
        """About `tokens` places of rows, mixed as the stage says, half of them in each direction."""
        shares = dict(next(shares for until, shares in STAGES if progress < until))
        if "back-english" not in self.texts:
            shares.pop("back", None)
        whole = sum(shares.values())
        sources, labels = [], []
        for name, share in shares.items():
            for to in (ENGLISH, CHINESE) if name not in ONE_WAY else ONE_WAY[name]:
                part = tokens * share / whole / 2
                if name == "mono":
                    source, target = self._noised(to, part)
                elif name == "back":
                    source, target = self._back(to, part)
                else:
                    source, target = self._pairs(name, to, part)
                sources.append(batches.framed(source, TAG[to]))
                labels.append(batches.ended(target))
        return batches.packed(torch.cat(sources), torch.cat(labels))
