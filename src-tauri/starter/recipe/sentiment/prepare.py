"""Learn the vocabulary and turn the texts into what training reads.

    PYTHONPATH=.. python prepare.py --data DATA --given GIVEN --prepared PREPARED

Writes PREPARED/spm.model, kinds.json (source, language and figure of each kind of row) and arrays in xz: of every labelled row its tokens, its tokens
cut another way, target, weight, and where it belongs; and streams of tokens, in which each text ends in CLOSE.
"""

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sentencepiece import SentencePieceProcessor

import clean
import corpus
import given
import packed
import rules
import vocabulary
from corpus import Row

PARTS = ("train", "validation", "test")
REVIEWS_EN = ("vader-movieReviewSnippets", "vader-amazonReviewSnippets", "nltk-sentence-polarity", "vader-tweets")
# Another cut of a text into tokens than the likeliest is drawn with this inverse temperature.
SHARPNESS = 0.2
TALE = 40_000
SENTENCE, SENTENCE_ZH = re.compile(r"[^.!?]+[.!?]+[”\"’]?"), re.compile(r"[^。！？]+[。！？]+[”’]?")
WORD = re.compile(r"[a-z]{3,}")
# How much a word counts in a kind of row when tokens are given to English words, and how often it must have been said.
SAID, SAID_LEAST, FEWER_PHRASES, KNOWN_WORD = {"lexicon": 4, "plain-words": 0, "nltk-pros-cons": 1, "pieces": 2}, 6, 7_500, 8


def stories(path: Path, tidy: Callable[[str], str], slice_length: int, limit: int) -> list[str]:
    """Paragraphs of the tales in full and of a stretch from the middle of each longer book, up to `limit` characters."""
    documents = []
    for raw in corpus.read(path).split("<|story|>\n"):
        if len(raw) > TALE:
            start = max(0, (len(raw) - slice_length) // 2)
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


def some_sentences(paragraphs: list[str], pattern: re.Pattern, lengths: range, count: int) -> list[str]:
    found = [sentence.strip() for paragraph in paragraphs for sentence in pattern.findall(paragraph)]
    found = [sentence for sentence in found if len(sentence) in lengths]
    return [found[i] for i in np.random.default_rng(11).permutation(len(found))[:count]]


def learn_vocabulary(folder: Path, rows: list[Row], pairs: list[tuple[str, str]], tales: list[str], english: set[str], chinese: set[str]) -> None:
    # English reviews count three times: their words are many, and say more than the stories' about praise.
    train = [row for row in rows if row.part == "train"]
    sample = [row.text for row in train for _ in range(3 if row.source in REVIEWS_EN else 1)]
    vocabulary.train(sample + [side for pair in pairs for side in pair] + tales[::8], folder)
    processor = vocabulary.load(folder)
    used = Counter(token for row in train if row.language == "zh" for token in processor.encode(row.text, out_type=str))
    said = Counter()
    for row in train:
        if row.language == "en":
            said.update({word: SAID.get(row.source, 3) * n for word, n in Counter(WORD.findall(row.text.lower())).items()})
    told = Counter(word for text in [en for en, _ in pairs] + tales for word in WORD.findall(text.lower()))
    words = {word: said[word] + told[word] / 6 for word in said | told if word in english}
    words = {word: count for word, count in words.items() if count >= SAID_LEAST}
    vocabulary.exchange(folder, words, lambda piece: used[piece] * (KNOWN_WORD if piece.lstrip("▁") in chinese else 1), FEWER_PHRASES)


def joined(parts: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate([np.array(part, dtype=np.uint16) for part in parts]), np.array([len(part) for part in parts], dtype=np.uint16)


def write_rows(processor: SentencePieceProcessor, rows: list[Row], folder: Path) -> None:
    texts = [row.text for row in rows]
    tokens, lengths = joined(processor.encode(texts))
    train = [text for text, row in zip(texts, rows, strict=True) if row.part == "train"]
    other, other_lengths = joined(processor.encode(train, enable_sampling=True, alpha=SHARPNESS, nbest_size=-1))
    kinds = sorted({(row.source, row.language, row.group or "") for row in rows})
    arrays = {
        "tokens": tokens, "lengths": lengths, "other-tokens": other, "other-lengths": other_lengths,
        "targets": np.round(255 * np.array([row.target for row in rows])).astype(np.uint8),
        "weights": np.array([row.weight for row in rows], dtype=np.float32),
        "labels": np.array([row.label for row in rows], dtype=np.uint8),
        "binary": np.array([row.binary for row in rows]),
        "movie": np.array([row.is_movie for row in rows]),
        "part": np.array([PARTS.index(row.part) for row in rows], dtype=np.uint8),
        "kind": np.array([kinds.index((row.source, row.language, row.group or "")) for row in rows], dtype=np.uint8),
    }
    for name, array in arrays.items():
        packed.save(folder / f"{name}.npy.xz", array)
    (folder / "kinds.json").write_text(json.dumps(kinds, indent=1) + "\n")
    print(f"{len(rows)} rows, {len(tokens) / 1e6:.2f} M tokens, unknown {np.mean(tokens == vocabulary.UNKNOWN):.4%}", flush=True)


def write_stream(processor: SentencePieceProcessor, texts: list[str], path: Path, limit: int | None = None) -> None:
    parts = [np.array([*ids, vocabulary.CLOSE], dtype=np.uint16) for ids in processor.encode(texts)]
    stream = np.concatenate(parts)[:limit]
    packed.save(path, stream)
    print(f"{path.name}: {len(stream) / 1e6:.2f} M tokens", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "given", "prepared"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--share", type=float, default=1.0, help="of the stories, to try the recipe out")
    args = parser.parse_args()
    folder, english, chinese = args.prepared, args.data / "stories-en.txt.xz", args.data / "stories-zh.txt.xz"
    folder.mkdir(parents=True, exist_ok=True)
    rows, all_pairs = corpus.labelled(args.data), list(corpus.pairs(args.data))
    pairs = [(en, zh) for source, en, zh in all_pairs if source == "tatoeba"]
    tales = stories(english, clean.english, 44_000, int(14e6 * args.share))
    if not (folder / "spm.model").exists():
        tales_zh = stories(chinese, clean.chinese, 16_000, int(1.5e6 * args.share))
        learn_vocabulary(folder, rows, pairs, tales + tales_zh, set(given.english(args.given)), set(given.chinese(args.given)))
    processor = vocabulary.load(folder)
    write_rows(processor, rows + rules.words(tales[::10] + [en for _, en, _ in all_pairs]), folder)
    chance = random.Random(3)
    stream = lambda name, texts, limit=None: write_stream(processor, texts, folder / f"{name}.npy.xz", limit)
    stream("everyday", [side for pair in pairs for side in (pair if chance.random() < 0.5 else pair[::-1])])
    stream("tales", some_sentences(tales, SENTENCE, range(15, 161), 40_000))
    stream("tales-zh", some_sentences(stories(chinese, clean.chinese, 20_000, 3_000_000), SENTENCE_ZH, range(6, 61), 30_000))
    stream("stories-zh", stories(chinese, clean.chinese, 160_000, int(4e7 * args.share)), 14_000_000)
    stream("stories-en", stories(english, clean.english, 400_000, int(1.6e8 * args.share)))


if __name__ == "__main__":
    main()
