"""Learn the vocabulary and turn the texts into what training reads.

    PYTHONPATH=.. python prepare.py --data DATA --rivals RIVALS --output PREPARED

Unlabelled text becomes streams, one sentence or paragraph after another with [SEP] between. A parallel pair stands
side by side in its stream, so that a masked word can be told from its translation. Training makes further streams of
the labelled rows itself.

Writes PREPARED/vocab.txt, PREPARED/stream-<name>.npy.xz and verdicts-<name>.npy.xz, for the labelled rows `tokens`,
`lengths`, `targets`, `weights`, `flags`, `labels`, `verdicts`, `soft` and `kind` likewise, and kinds.json (source,
language and figure of each kind).
"""

import argparse
import json
import random
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

import clean
import corpus
import packed
import rules
import wordpiece
from corpus import Row

ROW_TOKENS = 254
TALE, SLICE_EN, SLICE_ZH = 40_000, 44_000, 16_000
STORY_VERDICTS = 40_000
REVIEWS_EN = ("vader-movieReviewSnippets", "vader-amazonReviewSnippets", "nltk-sentence-polarity", "vader-tweets")
PARTS = ("train", "validation", "test")


def stories(path: Path, tidy, slice_length: int, limit: int) -> list[str]:
    """Paragraphs of the tales in full and of a stretch from the middle of each longer book, up to `limit` characters."""
    documents = []
    for raw in corpus.read(path).split("<|story|>\n"):
        text = tidy(raw.strip())
        if not clean.is_story(text, len(raw)):
            continue
        if len(text) > TALE:
            start = (len(text) - slice_length) // 2
            text = text[text.find("\n", start) + 1 : start + slice_length]
        documents.append(text)
    random.Random(5).shuffle(documents)
    documents.sort(key=lambda text: len(text) > slice_length // 2)
    chosen, total = [], 0
    for document in documents:
        if total < limit:
            chosen += [p.strip() for p in document.split("\n") if p.strip()]
            total += len(document)
    return chosen


def gather(data: Path, limits: tuple[int, int]) -> dict[str, list[str]]:
    """The texts of each stream."""
    pairs = list(corpus.pairs(data))
    everyday = [side for source, en, zh in pairs if source == "tatoeba" for side in (en, zh)]
    manuals = [(en, zh) for source, en, zh in pairs if source != "tatoeba"]
    random.Random(2).shuffle(manuals)
    return {
        "stories-en": stories(data / "stories-en.txt.xz", clean.english, SLICE_EN, limits[0]),
        "stories-zh": stories(data / "stories-zh.txt.xz", clean.chinese, SLICE_ZH, limits[1]),
        "everyday": everyday,
        "manuals": [side for pair in manuals[:4000] for side in pair],
    }


def write_verdicts(streams: dict[str, list[str]], output: Path) -> None:
    """The rules' verdict on the sentences of two streams; of a pair, both sides have the English one's."""
    everyday = [rules.verdict(text) for text in streams["everyday"][::2]]
    paragraphs, left = np.full(len(streams["stories-en"]), rules.UNKNOWN, dtype=np.int8), STORY_VERDICTS
    for index, text in enumerate(streams["stories-en"]):
        if left and 20 < len(text) < 200:
            paragraphs[index], left = rules.verdict(text), left - 1
    packed.save(output / "verdicts-everyday.npy.xz", np.repeat(np.array(everyday, dtype=np.int8), 2))
    packed.save(output / "verdicts-stories-en.npy.xz", paragraphs)


def write_streams(tokenizer: Tokenizer, streams: dict[str, list[str]], output: Path) -> None:
    for name, texts in streams.items():
        encoded = wordpiece.encode(tokenizer, texts)
        separator = np.array([wordpiece.SEP], dtype=np.int16)
        stream = np.concatenate([part for ids in encoded for part in (ids[:2000], separator)])
        size = packed.save(output / f"stream-{name}.npy.xz", stream)
        print(f"{name}: {len(stream) / 1e6:.2f} M tokens, {size / 1e6:.2f} MB, "
              f"unknown {np.mean(stream == wordpiece.UNKNOWN):.4%}", flush=True)


def write_rows(tokenizer: Tokenizer, rows: list[Row], soft: np.ndarray, output: Path) -> None:
    encoded = [ids[:ROW_TOKENS] for ids in wordpiece.encode(tokenizer, [row.text for row in rows])]
    flags = [row.binary + 2 * row.is_movie + 4 * PARTS.index(row.part) for row in rows]
    arrays = {
        "tokens": np.concatenate(encoded),
        "lengths": np.array([len(ids) for ids in encoded], dtype=np.int16),
        "targets": np.round(np.array([row.target for row in rows]) * 255).astype(np.uint8),
        "weights": np.array([row.weight for row in rows], dtype=np.float16),
        "flags": np.array(flags, dtype=np.uint8),
        "labels": np.array([row.label for row in rows], dtype=np.int8),
        "verdicts": rules.verdicts(rows),
        "soft": np.round(np.nan_to_num(soft, nan=0.0).astype(np.float32) * 255).astype(np.uint8),
    }
    for name, array in arrays.items():
        size = packed.save(output / f"{name}.npy.xz", array)
        print(f"{name}: {array.shape}, {size / 1e6:.2f} MB", flush=True)
    groups = sorted({(row.source, row.language, row.group or "") for row in rows})
    packed.save(output / "kind.npy.xz", np.array([groups.index((r.source, r.language, r.group or "")) for r in rows],
                                                 dtype=np.int8))
    (output / "kinds.json").write_text(json.dumps(groups, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rivals", type=Path, required=True, help="what rivals.py wrote")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--characters-en", type=int, default=37_000_000, help="of English stories")
    parser.add_argument("--characters-zh", type=int, default=2_000_000, help="of Chinese stories")
    parser.add_argument("--vocabulary", type=Path, help="folder with a vocab.txt to keep")
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    rows = corpus.labelled(args.data)
    streams = gather(args.data, (args.characters_en, args.characters_zh))
    if args.vocabulary:
        tokenizer = wordpiece.load(args.vocabulary)
    else:
        # English reviews count three times: their words are many, and say more than the stories' about praise.
        sample = [row.text for row in rows if row.part == "train" for _ in range(3 if row.source in REVIEWS_EN else 1)]
        sample += streams["everyday"] + streams["stories-zh"][::2] + streams["stories-en"][::6]
        tokenizer = wordpiece.learn(sample)
    wordpiece.save(tokenizer, args.output)
    packed.save(args.output / "token-kinds.npy.xz", wordpiece.kinds(tokenizer))
    write_streams(tokenizer, streams, args.output)
    path = args.rivals / "soft.npz"
    rows += rules.words(streams["stories-en"][::10] + streams["everyday"][::2])
    soft = np.zeros((len(rows), 3), dtype=np.float32)
    known = np.load(path)["soft"]
    soft[: len(known)] = known
    write_verdicts(streams, args.output)
    write_rows(tokenizer, rows, soft, args.output)


if __name__ == "__main__":
    main()
