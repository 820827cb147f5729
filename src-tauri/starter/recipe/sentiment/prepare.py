"""Learn the vocabulary and turn the texts into what training reads.

    PYTHONPATH=.. python prepare.py --data DATA --output PREPARED

Writes PREPARED/spm.model, rows.npz (every labelled row: its tokens, its tokens cut in other ways, target, weight, and where it
belongs), kinds.json (source, language and figure of each kind), and unlabelled.npz (sentences
to learn vectors from; the two sides of a pair stand in one).
"""

import argparse
import json
import random
from pathlib import Path

import numpy as np
from sentencepiece import SentencePieceProcessor

import clean
import corpus
import rules
import vocabulary
from corpus import Row

TALE, SLICE_EN, SLICE_ZH = 40_000, 44_000, 16_000
PARTS = ("train", "validation", "test")
REVIEWS_EN = ("vader-movieReviewSnippets", "vader-amazonReviewSnippets", "nltk-sentence-polarity", "vader-tweets")
# Other cuts of a text into tokens than the likeliest, as many as this, drawn with this inverse temperature.
CUTS, SHARPNESS = 3, 0.2


def stories(path: Path, tidy, slice_length: int, limit: int) -> list[str]:
    """Paragraphs of the tales in full and of a stretch from the middle of each longer book, up to `limit` characters."""
    documents = []
    for raw in corpus.read(path).split("<|story|>\n"):
        if len(raw) > TALE:
            start = (len(raw) - slice_length) // 2
            raw = raw[raw.find("\n\n", start) + 2 : start + slice_length]
        text = tidy(raw.strip())
        if clean.is_story(text, len(raw)):
            documents.append(text)
    random.Random(5).shuffle(documents)
    chosen, total = [], 0
    for document in documents:
        if total < limit:
            chosen += [p.strip() for p in document.split("\n") if p.strip()]
            total += len(document)
    return chosen


def join(parts: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate(parts), np.array([len(part) for part in parts], dtype=np.int32)


def encode(processor: SentencePieceProcessor, texts: list[str], **how) -> list[np.ndarray]:
    return [np.array(ids, dtype=np.uint16) for ids in processor.encode(texts, out_type=int, **how)]


def write_rows(processor: SentencePieceProcessor, rows: list[Row], output: Path) -> None:
    texts = [row.text for row in rows]
    tokens, lengths = join(encode(processor, texts))
    arrays = {"tokens": tokens, "lengths": lengths}
    train = [i for i, row in enumerate(rows) if row.part == "train"]
    for cut in range(CUTS):
        other = encode(processor, [texts[i] for i in train], enable_sampling=True, alpha=SHARPNESS, nbest_size=-1)
        arrays[f"tokens-{cut}"], arrays[f"lengths-{cut}"] = join(other)
    groups = sorted({(row.source, row.language, row.group or "") for row in rows})
    arrays |= {
        "targets": np.array([row.target for row in rows], dtype=np.float32),
        "weights": np.array([row.weight for row in rows], dtype=np.float32),
        "labels": np.array([row.label for row in rows]),
        "binary": np.array([row.binary for row in rows]),
        "movie": np.array([row.is_movie for row in rows]),
        "part": np.array([PARTS.index(row.part) for row in rows]),
        "kind": np.array([groups.index((row.source, row.language, row.group or "")) for row in rows]),
    }
    np.savez(output / "rows.npz", **arrays)
    (output / "kinds.json").write_text(json.dumps(groups, indent=1) + "\n")
    print(f"{len(rows)} rows, {len(tokens) / 1e6:.2f} M tokens, unknown {np.mean(tokens == vocabulary.UNKNOWN):.4%}")


def unlabelled(processor: SentencePieceProcessor, rows: list[Row], pairs, tales: list[str]) -> list[np.ndarray]:
    """Sentences for the vectors. The tokens of a pair are shuffled together, so that words and their translations meet."""
    chance = np.random.default_rng(7)
    sides = [(en, zh) for source, en, zh in pairs if source == "tatoeba"]
    pieces = [row for row in rows if row.source == "pieces" and row.part == "train"]
    sides += [(en.text, zh.text) for en, zh in zip(pieces, pieces[1:]) if (en.language, zh.language) == ("en", "zh")]
    english, chinese = (encode(processor, list(side)) for side in zip(*sides, strict=True))
    mixed = [chance.permutation(np.concatenate(pair)) for pair in zip(english, chinese, strict=True)]
    return mixed + english + chinese + encode(processor, tales)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--characters-en", type=int, default=14_000_000, help="of English stories")
    parser.add_argument("--characters-zh", type=int, default=1_500_000, help="of Chinese stories")
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    rows, pairs = corpus.labelled(args.data), list(corpus.pairs(args.data))
    tales = stories(args.data / "stories-en.txt.xz", clean.english, SLICE_EN, args.characters_en)
    tales += stories(args.data / "stories-zh.txt.xz", clean.chinese, SLICE_ZH, args.characters_zh)
    if not (args.output / "spm.model").exists():
        # English reviews count three times: their words are many, and say more than the stories' about praise.
        sample = [row.text for row in rows if row.part == "train" for _ in range(3 if row.source in REVIEWS_EN else 1)]
        vocabulary.train(sample + [side for source, *sides in pairs if source == "tatoeba" for side in sides] + tales[::8], args.output)
    processor = vocabulary.load(args.output)
    rows += rules.words(tales[::10] + [en for _, en, _ in pairs])
    write_rows(processor, rows, args.output)
    tokens, lengths = join(unlabelled(processor, rows, pairs, tales))
    np.savez(args.output / "unlabelled.npz", tokens=tokens, lengths=lengths)
    print(f"{len(lengths)} sentences without labels, {len(tokens) / 1e6:.2f} M tokens")


if __name__ == "__main__":
    main()
