"""Turn the raw text files into token files for training and a text file for scoring.

    python prepare.py --data DIR --tokenizer CHECKPOINT --output PREPARED

DIR holds stories-en.txt.xz, stories-zh.txt.xz and bilingual-pieces.tsv.xz (the README says what is in them). Every
fiftieth book or so and every twentieth piece is held out by a hash of its text, so a rerun on longer files still
holds the same ones out, and no held-out document has a sentence in training.

Writes PREPARED/<set>.npy (token ids, documents after one another, each from `<|story|>` to `<|end|>`),
PREPARED/heldout.json (set -> texts) and the tokenizer, with its splitting rule as it is used.
"""

import argparse
import json
import lzma
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

import clean
import vocabulary

HOLD_OUT_BOOK, HOLD_OUT_PIECE = 40, 20
SCORED_CHARACTERS = {"novels-en": 12_000, "novels-zh": 6_000}
SHORT_TALE = 40_000
Documents = dict[str, list[str]]


def read(path: Path) -> str:
    with lzma.open(path, "rt", encoding="utf-8") as file:
        return file.read()


def books(path: Path) -> list[str]:
    return [part.strip() for part in read(path).split("<|story|>\n") if part.strip()]


def pieces(path: Path) -> Iterator[tuple[str, str]]:
    """The English and the Chinese text of each bilingual piece, title first."""
    for block in ("\n" + read(path)).split("\n#\t")[1:]:
        head, *lines = block.split("\n")
        _, title_en, title_zh = head.split("\t")
        paragraphs: list[tuple[list[str], list[str]]] = [([], [])]
        for fields in (line.split("\t") for line in lines):
            if fields[0] == "P":
                paragraphs.append(([], []))
            elif fields[0] in ("-", "0", "+"):
                paragraphs[-1][0].append(fields[1])
                paragraphs[-1][1].append(fields[2])
        english = "\n\n".join([title_en, *(" ".join(en) for en, _ in paragraphs)])
        chinese = "\n".join([title_zh, *("".join(zh) for _, zh in paragraphs)])
        yield english, chinese


def is_held_out(text: str, one_in: int) -> bool:
    return zlib.crc32(text[:2000].encode()) % one_in == 0


def collect(data: Path) -> tuple[Documents, Documents]:
    """Training documents by set, and held-out documents by set."""
    train: Documents = {name: [] for name in ("tales-en", "novels-en", "novels-zh", "pieces-en", "pieces-zh")}
    held: Documents = {name: [] for name in ("novels-en", "novels-zh", "pieces-en", "pieces-zh")}
    for raw in books(data / "stories-en.txt.xz"):
        text = clean.english(raw)
        if clean.is_story(text, len(raw)):
            tale = "tales-en" if len(text) < SHORT_TALE else "novels-en"
            place = held["novels-en"] if is_held_out(raw, HOLD_OUT_BOOK) else train[tale]
            place.append(text)
    for raw in books(data / "stories-zh.txt.xz"):
        text = clean.chinese(raw)
        if clean.is_story(text, len(raw)):
            place = held if is_held_out(raw, HOLD_OUT_BOOK) else train
            place["novels-zh"].append(text)
    for english, chinese in pieces(data / "bilingual-pieces.tsv.xz"):
        place = held if is_held_out(english, HOLD_OUT_PIECE) else train
        place["pieces-en"].append(english)
        place["pieces-zh"].append(chinese)
    return train, held


def middle(text: str, length: int) -> str:
    """A stretch from the middle of a book: its opening is no sample of it."""
    start = max(0, (len(text) - length) // 2)
    return text[start : start + length]


def encode(tokenizer: Tokenizer, documents: list[str]) -> np.ndarray:
    tokens: list[int] = []
    for document in documents:
        ids = tokenizer.encode(document, add_special_tokens=False).ids
        tokens += [vocabulary.STORY, *ids, vocabulary.END]
    return np.array(tokens, dtype=np.uint16)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with the .xz text files")
    parser.add_argument("--tokenizer", type=Path, required=True, help="folder with tokenizer.json")
    parser.add_argument("--output", type=Path, required=True, help="folder to write")
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    tokenizer = vocabulary.load(args.tokenizer)
    tokenizer.save(str(args.output / "tokenizer.json"))
    train, held = collect(args.data)
    for name, documents in held.items():
        limit = SCORED_CHARACTERS.get(name)
        held[name] = [middle(text, limit) if limit else text for text in documents]
        print(f"{name}: {len(documents)} documents held out")
    (args.output / "heldout.json").write_text(json.dumps(held, ensure_ascii=False, indent=0), encoding="utf-8")
    for name, documents in train.items():
        tokens = encode(tokenizer, documents)
        np.save(args.output / f"{name}.npy", tokens)
        print(f"{name}: {len(documents)} documents, {len(tokens) / 1e6:.2f} M tokens")


if __name__ == "__main__":
    main()
