"""Sentence pairs: reading, filtering, and holding some back.

**Invariant**: no held-out sentence, in either language and however punctuated or cased, is in what is trained on.
"""

import lzma
import random
import re
import unicodedata
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

HAN = re.compile(r"[\u3400-\u9fff]")
LATIN_WORD = re.compile(r"[A-Za-z]+")
# What is left of a sentence when the markup in it was removed: a space before a mark, a lone mark, a missing object.
EMPTY_PAIRS = re.compile(r"\(\s*\)|\[\s*\]|（\s*）|“\s*”|\"\s*\"|''|``|::$|\\$|\s[,.;:]\s|\b(the|a|an|of|to|in|for|and|or|as|with|by|is)\s*[.,:;)]")
ENGLISH_HOLE = re.compile(r"  |\s[,.;:)](\s|$)|\b(the|a|an|of|for|and|or|with|by)[.,:;)]|\((\s|[,.])")
CHINESE_HOLE = re.compile(r"^[，。、；：]|[，、]\s*[。，]|的\s*[，。；]|[是为在和与或]\s*[。；]|\(\s*\)|（\s*）")
HELD_OUT = {"tatoeba": 500, "pieces": 500, "angular-cn": 200, "php": 200, "python-docs-zh-cn": 200, "react": 200, "vue": 200}


class Pair(NamedTuple):
    source: str
    english: str
    chinese: str


def lines(path: Path):
    with lzma.open(path, "rt", encoding="utf-8", newline="\n") as file:
        for line in file:
            yield line.rstrip("\n")


def key(text: str) -> str:
    """A sentence as it is compared: letters and digits only, lower case."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).lower() if c.isalnum())


def tidy_english(text: str) -> str:
    text = text.replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"').replace("\u00a0", " ")
    return re.sub(r"\s+", " ", text).strip()


def tidy_chinese(text: str) -> str:
    """Chinese without the spaces that some authors put beside Latin words, in full-width marks."""
    text = re.sub(r"\s+", " ", text.replace("「", "“").replace("」", "”").replace("『", "‘").replace("』", "’")).strip()
    text = re.sub(r'"([^"]*)"', r"“\1”", text)
    text = re.sub(r"(?<=[\u3400-\u9fff”])\s*,\s*|,\s*(?=[\u3400-\u9fff“])", "，", text)
    for half, full in (("?", "？"), ("!", "！"), (";", "；"), (":", "：")):
        text = re.sub(r"(?<=[\u3400-\u9fff”])\s*" + re.escape(half) + r"\s*(?!\S*[/\\])", full, text)
    text = re.sub(r"(?<=[\u3400-\u9fff”])\.$", "。", text)
    text = re.sub(r"(?<=[\u3400-\u9fff]) *\(([^()]*)\)", r"（\1）", text)
    return re.sub(r"(?<=[\u3400-\u9fff，。！？；：、“”（）…]) (?=[\u3400-\u9fffA-Za-z0-9“”（])|(?<=[A-Za-z0-9)]) (?=[\u3400-\u9fff，。！？；：、（])", "", text)


def is_sound(pair: Pair) -> bool:
    """Whether the two sides can be each other's translation, by what can be counted."""
    english, chinese = pair.english, pair.chinese
    han = len(HAN.findall(chinese))
    words = english.split()
    if not words or han < 1 or HAN.search(english) or len(words) > 70 or len(chinese) > 160:
        return False
    latin = LATIN_WORD.findall(chinese)
    # English taken over as it is counts on both sides; what is left must be in proportion.
    left = max(1, len(words) - len(latin))
    if not 0.4 <= han / left <= 4.2 and not (left <= 4 and han <= 14):
        return False
    if len(latin) > 0.7 * len(words) + 1 or (pair.source not in ("tatoeba", "pieces") and len(latin) > 0.5 * len(words) + 1):
        return False
    if pair.source in ("tatoeba", "pieces"):
        return True
    if sum(c.isalpha() or c.isspace() for c in english) < 0.7 * len(english):
        return False
    if EMPTY_PAIRS.search(english) or EMPTY_PAIRS.search(chinese) or ENGLISH_HOLE.search(english) or CHINESE_HOLE.search(chinese):
        return False
    missing = {w.lower() for w in latin if len(w) > 2} - {w.lower() for w in LATIN_WORD.findall(english)}
    numbers = [set(re.findall(r"\d{2,}", text)) for text in (english, chinese)]
    return len(missing) <= 1 and len(numbers[0] ^ numbers[1]) == 0


def read_parallel(path: Path) -> list[Pair]:
    rows = (line.split("\t") for line in lines(path))
    pairs = (Pair(r[0], tidy_english(r[1]), tidy_chinese(r[2])) for r in rows if len(r) == 3)
    seen, kept = set(), []
    for pair in pairs:
        name = (key(pair.english), key(pair.chinese))
        if name not in seen and is_sound(pair):
            seen.add(name)
            kept.append(pair)
    return kept


class Piece(NamedTuple):
    heads: list[Pair]
    paragraphs: list[list[Pair]]


def read_pieces(path: Path) -> list[Piece]:
    pieces: list[Piece] = []
    for line in lines(path):
        fields = line.split("\t")
        if fields[0] == "#":
            pieces.append(Piece([Pair("pieces", tidy_english(fields[2]), tidy_chinese(fields[3]))], [[]]))
        elif fields[0] == "=":
            pieces[-1].heads.append(Pair("pieces", tidy_english(fields[1]), tidy_chinese(fields[2])))
        elif fields[0] == "P":
            pieces[-1].paragraphs.append([])
        elif len(fields) == 3:
            pieces[-1].paragraphs[-1].append(Pair("pieces", tidy_english(fields[1]), tidy_chinese(fields[2])))
    return pieces


class Split(NamedTuple):
    train: list[Pair]
    held: dict[str, list[Pair]]
    pieces: list[Piece]
    barred: set[str]


def split(parallel: list[Pair], pieces: list[Piece], seed: int = 7) -> Split:
    """Hold back rows by source (whole pieces among them) and drop what repeats them from the rest."""
    chance = random.Random(seed)
    pools: dict[str, list[Pair]] = defaultdict(list)
    for pair in parallel:
        pools[pair.source].append(pair)
    held = {source: chance.sample(pool, HELD_OUT[source]) for source, pool in sorted(pools.items())}
    order = list(range(len(pieces)))
    chance.shuffle(order)
    held["pieces"], held_pieces = [], set()
    for index in order:
        if len(held["pieces"]) >= HELD_OUT["pieces"]:
            break
        held_pieces.add(index)
        held["pieces"] += [p for paragraph in pieces[index].paragraphs for p in paragraph]
    barred = {key(text) for rows in held.values() for p in rows for text in (p.english, p.chinese)}
    barred |= {key(text) for i in held_pieces for p in pieces[i].heads for text in (p.english, p.chinese)}
    free = lambda p: key(p.english) not in barred and key(p.chinese) not in barred
    kept = [Piece([p for p in piece.heads if free(p)], [[p for p in paragraph if free(p)] for paragraph in piece.paragraphs])
            for i, piece in enumerate(pieces) if i not in held_pieces]
    return Split([p for p in parallel if free(p)], held, kept, barred)
