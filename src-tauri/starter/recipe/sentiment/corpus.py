"""The labelled sentences, where each came from, and which part of the split it belongs to.

Every row is one sentence or review with a target over (negative, neutral, positive). Three things about the sources
shape what is here:

- Some have two classes only. For their rows nothing is known of the neutral class, so it is left out of the loss
  (`Row.binary`) instead of being called improbable.
- The human-rated rows have a mean rating, and the classes are cut out of it at +-0.125. A row next to a cut is
  nearly a coin's toss, and its target says so.
- The sources overlap. A row's part of the split depends on its text stripped of case, spaces and marks, and that
  of a piece's sentence on the piece, in both languages at once.
"""

import html
import json
import lzma
import math
import re
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LABELS = ("negative", "neutral", "positive")
MARKS = {"-": 0, "0": 1, "+": 2}
NEUTRAL_LIMIT, RATING_SPREAD = 0.125, 0.06
HARD_TARGET = 0.97
PARTS_IN, TEST_PARTS, VALIDATION_PARTS = 1000, 80, 60

# What a row counts in training beside a review's 1.
WEIGHTS = {
    "pieces": 2.0,
    "vader-tweets": 1.5,
    "vader-amazonReviewSnippets": 1.5,
    "vader-movieReviewSnippets": 1.5,
    "vader-nytEditorialSnippets": 1.5,
    "nltk-sentence-polarity": 1.5,
    "nltk-pros-cons": 0.5,
    "nltk-subjectivity-objective": 0.2,
    "documentation": 0.15,
    "lexicon": 0.3,
    "plain-words": 0.1,
}
DOCUMENTATION_ROWS = 2500


@dataclass
class Row:
    text: str
    label: int
    source: str
    language: str
    part: str
    target: tuple[float, float, float]
    binary: bool

    @property
    def weight(self) -> float:
        return WEIGHTS.get(self.source, 1.0)

    @property
    def group(self) -> str | None:
        """The figure of the card that this row counts for, if any; binary figures leave neutral rows out."""
        if self.source == "pieces":
            return f"pieces-{self.language}"
        if self.language == "zh":
            return "reviews-zh" if self.source.startswith("zh-") else None
        return "rated-en" if self.source.startswith("vader-") else None

    @property
    def is_movie(self) -> bool:
        """English movie sentences make a second, binary figure; most of them are human-rated too."""
        return self.source in ("vader-movieReviewSnippets", "nltk-sentence-polarity") and self.label != 1


def read(path: Path) -> str:
    with lzma.open(path, "rt", encoding="utf-8") as file:
        return file.read()


def normalized(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", text).lower() if c.isalnum())


def part_of(key: str) -> str:
    place = zlib.crc32(key.encode()) % PARTS_IN
    if place < TEST_PARTS:
        return "test"
    return "validation" if place < TEST_PARTS + VALIDATION_PARTS else "train"


def hard(label: int, binary: bool) -> tuple[float, float, float]:
    rest = (1 - HARD_TARGET) / (1 if binary else 2)
    target = [rest] * 3
    target[label] = HARD_TARGET
    if binary:
        target[1] = 0.0
    return tuple(target)


def rated(score: float) -> tuple[float, float, float]:
    """The share of a fresh set of raters that would land in each class."""

    def below(limit: float) -> float:
        return 0.5 + 0.5 * math.erf((limit - score) / (RATING_SPREAD * math.sqrt(2)))

    negative, positive = below(-NEUTRAL_LIMIT), 1 - below(NEUTRAL_LIMIT)
    return tuple(0.02 / 3 + 0.98 * p for p in (negative, 1 - negative - positive, positive))


def reviews(data: Path) -> Iterator[Row]:
    for line in read(data / "sentiment.jsonl.xz").splitlines():
        raw = json.loads(line)
        text, label = html.unescape(raw["text"]).strip(), LABELS.index(raw["label"])
        key = normalized(text)
        if not key:
            key = text
        binary = raw["source"].startswith("zh-") or raw["source"] in ("nltk-sentence-polarity", "nltk-pros-cons")
        target = rated(raw["score"]) if "score" in raw else hard(label, binary)
        yield Row(text, label, raw["source"], raw["lang"], part_of(key), target, binary)


def pieces(data: Path) -> Iterator[list[Row]]:
    """The rows of each bilingual piece, English and Chinese alternating."""
    for block in ("\n" + read(data / "bilingual-pieces.tsv.xz")).split("\n#\t")[1:]:
        head, *lines = block.split("\n")
        part = part_of(normalized(head.split("\t")[1]))
        rows = []
        for fields in (line.split("\t") for line in lines):
            if fields[0] in MARKS and len(fields) == 3:
                label = MARKS[fields[0]]
                for language, text in (("en", fields[1]), ("zh", fields[2])):
                    rows.append(Row(text, label, "pieces", language, part, hard(label, False), False))
        yield rows


def pairs(data: Path) -> Iterator[tuple[str, str, str]]:
    """Source, English, Chinese of each usable parallel pair."""
    for line in read(data / "parallel.tsv.xz").splitlines():
        source, english, chinese = line.split("\t")
        if source == "tatoeba" or (20 < len(english) < 240 and 0.15 < len(chinese) / len(english) < 0.8):
            yield source, english, chinese


def documentation(data: Path) -> Iterator[Row]:
    """Plain Chinese sentences: the reviews have no neutral class, these have no other."""
    plain = [zh for source, _, zh in pairs(data) if source != "tatoeba" and re.fullmatch(r"[^_<>{}()=]{8,80}[。：]", zh)]
    plain.sort(key=lambda text: zlib.crc32(text.encode()))
    for text in plain[:DOCUMENTATION_ROWS]:
        yield Row(text, 1, "documentation", "zh", "train", hard(1, False), False)


def labelled(data: Path) -> list[Row]:
    """Every labelled row; a text seen twice under one label counts once."""
    rows, seen = [], set()
    for row in [*(row for piece in pieces(data) for row in piece), *reviews(data), *documentation(data)]:
        key = (normalized(row.text) or row.text, row.label, row.source == "pieces")
        if row.text and key not in seen:
            seen.add(key)
            rows.append(row)
    return rows
