"""Plain paragraphs of stories in one language, for learning each language beside the pairs.

Of a large collection only what reads most like the modern pairs is taken: a paragraph's score is the share of its words
(in Chinese, of its pairs of characters) that the pairs know, and each document gives its best.
"""

import random
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))
import clean
import pairs

WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")


def documents(path: Path) -> Iterator[str]:
    held: list[str] = []
    for line in pairs.lines(path):
        if line.startswith("<|story|>"):
            if held:
                yield "\n".join(held)
            held = []
        else:
            held.append(line)
    if held:
        yield "\n".join(held)


def units(text: str, chinese: bool) -> list[str]:
    if chinese:
        return [text[i : i + 2] for i in range(len(text) - 1)]
    return WORD.findall(text.lower())


def known_units(texts: list[str], chinese: bool, least: int = 2) -> set[str]:
    counts = Counter(unit for text in texts for unit in units(text, chinese))
    return {unit for unit, count in counts.items() if count >= least}


def plainness(text: str, known: set[str], chinese: bool) -> float:
    parts = units(text, chinese)
    return sum(part in known for part in parts) / max(1, len(parts))


def english_paragraphs(path: Path, each: int, chance: random.Random) -> Iterator[list[str]]:
    for text in documents(path):
        blocks = text.split("\n\n")
        start = chance.randrange(len(blocks) // 20 + 1, max(len(blocks) // 20 + 2, len(blocks) - each))
        chosen = (clean.tidy_english(b) for b in blocks[start : start + each])
        yield [pairs.tidy_english(p) for p in chosen if 30 <= len(p) <= 420 and clean.is_english_prose(p)]


def chinese_paragraphs(path: Path, each: int, chance: random.Random) -> Iterator[list[str]]:
    for text in documents(path):
        rows = clean.rejoin(text.split("\n"))
        start = chance.randrange(max(1, len(rows) - each))
        chosen = (clean.tidy_chinese(r) for r in rows[start : start + each])
        yield [pairs.tidy_chinese(p) for p in chosen if 10 <= len(p) <= 170 and clean.is_chinese_prose(p)]


def plainest(path: Path, chinese: bool, known: set[str], each: int, share: float, seed: int = 3) -> list[str]:
    """From every document a stretch of `each` paragraphs, of which the plainest `share` is kept, in order."""
    chance, kept = random.Random(seed), []
    for found in (chinese_paragraphs if chinese else english_paragraphs)(path, each, chance):
        scores = [plainness(p, known, chinese) for p in found]
        bar = sorted(scores, reverse=True)[int(share * len(scores))] if scores else 0
        kept += [p for p, score in zip(found, scores, strict=True) if score > bar]
    return kept
