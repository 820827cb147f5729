"""Lines put together at random, always the same ones: where tokenizers of one kind part ways, it is at such seams."""

import random

from .corpus import LINES
from .texts import TEXTS

COUNT = 240
WORDS = " ".join(LINES).split()
HAN = [c for line in LINES for c in line if "\u4e00" <= c <= "\u9fff"]
ODD = [
    "ＡＢＣ", "１２３", "！", "，", "　", "\u00a0", "\u2003", "\u200b", "\u200d", "\ufeff", "\t", "\n", "\r\n", "\u0000", "\u0007",
    "\u001b", "\u007f", "\u0085", "\u00ad", "\u0301", "\u0308\u0301", "e\u0301", "ö\u0323", "\ufb01", "\u2126", "ﾊﾟ", "ガ", "\u1100\u1161\u11a8",
    "\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f44d\U0001f3fd", "\U0001f1e8\U0001f1f3", "㎏", "①", "½", "…", "⋯",
    "～", "〜", "・", "“", "”", "𠮷", "\ue000", "\U0010ffff", "\u2581", "\u2581\u2581", "<s>", "</s>", "<unk>", "<pad>", "<0x41>", "<mask>",
    "<extra_id_0>", "ﷺ", "İ", "ß", "Ω", "й", "ё", "ไทย", "हिन्दी",
]  # fmt: skip
SEAMS = ["", "", "", " ", " ", " ", "  ", "   ", "\u3000", "\n", "，", "。", ", ", ". "]


def _line(dice: random.Random) -> str:
    parts = []
    for _ in range(dice.randint(1, 14)):
        kind = dice.random()
        if kind < 0.4:
            parts.append(dice.choice(WORDS))
        elif kind < 0.7:
            parts.append("".join(dice.choices(HAN, k=dice.randint(1, 6))))
        elif kind < 0.8:
            parts.append(str(dice.randint(0, 10**6)))
        else:
            parts.append(dice.choice(ODD) * dice.choice((1, 1, 1, 2, 5)))
        parts.append(dice.choice(SEAMS))
    return "".join(parts)


def lines() -> list[str]:
    """The hard texts, the corpus, the random lines, and runs that are longer than any sentence."""
    dice = random.Random(20240229)
    runs = ["a" * 1500, "雨" * 700, " " * 900 + "x" + " " * 900, "the river " * 150, "=-" * 400, "\u0301" * 200]
    return TEXTS + LINES + [_line(dice) for _ in range(COUNT)] + runs
