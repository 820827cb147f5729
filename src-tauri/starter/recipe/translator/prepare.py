"""Everything the training needs, as token collections: `python prepare.py --data DATA --output PREPARED`.

PREPARED gets source.spm (the vocabulary), one `*.tokens.xz` per collection, halves.npy and held.json. The texts themselves
are not part of the project.
"""

import argparse
import json
import random
import re
from pathlib import Path

import numpy as np
import sentencepiece

import batches
import grammar
import packed
import pairs
import stories
import traditional
import vocabulary

SENTENCE = {False: re.compile(r"(?<=[.!?])[\"']?\s+(?=[\"'A-Z])"), True: re.compile(r"(?<=[。！？…])(?![”’。！？…])|(?<=[。！？…]”)")}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--english", type=int, default=48000, help="paragraphs of English stories")
    parser.add_argument("--chinese", type=int, default=60000, help="paragraphs of Chinese stories")
    parser.add_argument("--grammar", type=int, default=300000, help="pairs from the grammar")
    return parser.parse_args()


def joined(piece: pairs.Piece, chance: random.Random) -> list[pairs.Pair]:
    """Two or three sentences that follow each other, as one text, from each place in a piece."""
    rows = []
    for paragraph in piece.paragraphs:
        for start in range(len(paragraph) - 1):
            group = paragraph[start : start + chance.choice((2, 2, 3))]
            rows.append(pairs.Pair("pieces", " ".join(p.english for p in group), "".join(p.chinese for p in group)))
    return rows


def chunks(paragraphs: list[str], chinese: bool, chance: random.Random) -> list[str]:
    """Paragraphs cut into one to three sentences each."""
    rows = []
    for paragraph in paragraphs:
        sentences = [s for s in SENTENCE[chinese].split(paragraph) if s and s.strip()]
        while sentences:
            count = chance.choice((1, 1, 2, 3))
            rows.append(("" if chinese else " ").join(sentences[:count]).strip())
            sentences = sentences[count:]
    return rows


def curled(text: str) -> str:
    """The typographic quotation marks that books have."""
    return re.sub(r'"([^"]*)"', r"“\1”", text)


class Writer:
    def __init__(self, output: Path) -> None:
        self.output = output
        self.processor = sentencepiece.SentencePieceProcessor(model_file=str(output / "source.spm"))

    def pairs(self, name: str, rows: list[pairs.Pair]) -> None:
        english, chinese = self.processor.encode([r.english for r in rows]), self.processor.encode([r.chinese for r in rows])
        fits = [i for i in range(len(rows)) if 0 < len(english[i]) <= batches.LONGEST and 0 < len(chinese[i]) <= batches.LONGEST]
        self.write(name, {"english": [english[i] for i in fits], "chinese": [chinese[i] for i in fits]})

    def texts(self, side: str, rows: list[str]) -> None:
        coded = [ids for ids in self.processor.encode(rows) if 2 < len(ids) <= batches.LONGEST]
        self.write(f"mono-{side}", {side: coded})

    def write(self, name: str, sides: dict[str, list[list[int]]]) -> None:
        path = self.output / f"{name}.tokens.xz"
        packed.write(path, sides)
        tokens = {side: sum(map(len, texts)) for side, texts in sides.items()}
        print(name, len(next(iter(sides.values()))), tokens, f"{path.stat().st_size / 1e6:.2f} MB", flush=True)


def main() -> None:
    args = parse_arguments()
    args.output.mkdir(parents=True, exist_ok=True)
    chance = random.Random(11)
    split = pairs.split(pairs.read_parallel(args.data / "parallel.tsv.xz"), pairs.read_pieces(args.data / "bilingual-pieces.tsv.xz"))
    everyday = [p for p in split.train if p.source == "tatoeba"]
    docs = [p for p in split.train if p.source != "tatoeba"]
    pieces = [p for piece in split.pieces for group in (piece.heads, *piece.paragraphs) for p in group]
    plain = everyday + pieces
    known = {c: stories.known_units([p.chinese if c else p.english for p in plain], c) for c in (False, True)}
    mono = {
        "english": stories.plainest(args.data / "stories-en.txt.xz", False, known[False], each=320, share=0.5),
        "chinese": stories.plainest(args.data / "stories-zh.txt.xz", True, known[True], each=1500, share=0.5),
    }
    if not (args.output / "source.spm").exists():
        text = args.output / "vocabulary.txt"
        rows = [t for p in plain * 2 + chance.sample(docs, 25000) for t in (p.english, p.chinese)]
        rows += chance.sample(mono["english"], 45000) + chance.sample(mono["chinese"], 40000)
        text.write_text("\n".join(rows), encoding="utf-8")
        vocabulary.train(text, args.output)
        text.unlink()
    traditional.fold(args.output / "source.spm", {c for p in plain + docs for c in p.chinese})
    writer = Writer(args.output)
    np.save(args.output / "halves.npy", np.array(vocabulary.halves(writer.processor), dtype=np.int16))
    held = {name: [[p.english, p.chinese] for p in rows] for name, rows in split.held.items()}
    (args.output / "held.json").write_text(json.dumps(held, ensure_ascii=False), encoding="utf-8")
    writer.pairs("everyday", everyday)
    writer.pairs("pieces", pieces)
    writer.pairs("quoted", [p._replace(english=curled(p.english)) for p in plain if '"' in p.english])
    writer.pairs("joined", [p for piece in split.pieces for p in joined(piece, chance)])
    writer.pairs("docs", docs)
    made = [p for p in grammar.generate(args.grammar, seed=5) if pairs.key(p.english) not in split.barred and pairs.key(p.chinese) not in split.barred]
    writer.pairs("grammar", made)
    for side, count in (("english", args.english), ("chinese", args.chinese)):
        kept = mono[side] if len(mono[side]) <= count else chance.sample(mono[side], count)
        own = [getattr(p, side) for p in pieces]
        writer.texts(side, chunks(kept, side == "chinese", chance) + own)


if __name__ == "__main__":
    main()
