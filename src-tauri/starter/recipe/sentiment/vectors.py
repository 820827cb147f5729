"""What the words begin as: vectors that others learnt, in one space for both languages, beside skip-grams over our own texts.

    PYTHONPATH=.. python vectors.py --data DATA --given GIVEN --prepared PREPARED

The Chinese vectors are turned onto the English ones by the rotation that brings words and their translations together (Procrustes): pairs that
everyday sentences and pieces show to belong together, by Dice's coefficient. A token that nobody has a vector for gets what its skip-gram lets one expect.
Writes PREPARED/vectors.npy.xz (size of the vocabulary, 148), in 32nds.
"""

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
from gensim.models import Word2Vec

import corpus
import given
import packed
import vocabulary
from batches import Rows, load, sentences

SKIP_GRAMS, WINDOW, NEGATIVES, LONGEST, RATE = 48, 5, 5, 400, 0.05
# Directions that all vectors share, which say how common a word is.
COMMON, RIDGE, UNIT = 2, 30.0, 32
LEAST_SEEN, LEAST_DICE = 4, 0.2


def looked_up(pieces: list[str], english: dict, chinese: dict) -> tuple[np.ndarray, np.ndarray]:
    """Vectors (tokens, width) of the English and of the Chinese words among the tokens, NaN where there is none."""
    en, zh = (np.full((len(pieces), given.WIDTH), np.nan, dtype=np.float32) for _ in range(2))
    for i, piece in enumerate(pieces):
        word = piece.removeprefix("▁")
        if vocabulary.is_han(word):
            zh[i] = chinese.get(word, zh[i])
        elif word and (piece.startswith("▁") or not word[0].isalpha()):
            en[i] = english.get(word, en[i])
    return tidied(en), tidied(zh)


def tidied(x: np.ndarray) -> np.ndarray:
    """Without mean and common directions, of length one (Mu and Viswanath, All-but-the-Top, 2018)."""
    known = ~np.isnan(x[:, 0])
    y = x[known] - x[known].mean(0)
    common = np.linalg.svd(y, full_matrices=False)[2][:COMMON]
    y = y - (y @ common.T) @ common
    x[known] = y / np.linalg.norm(y, axis=1, keepdims=True)
    return x


def dictionary(processor, pairs: list[tuple[str, str]], en: np.ndarray, zh: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tokens and their translations, each the other's best."""
    sides = [[set(ids) for ids in processor.encode(list(side))] for side in zip(*pairs, strict=True)]
    alone = [Counter(token for line in side for token in line) for side in sides]
    together = Counter((a, b) for one, other in zip(*sides, strict=True) for a in one for b in other)
    best: tuple[dict, dict] = ({}, {})
    for (a, b), count in together.items():
        if count >= LEAST_SEEN and not np.isnan(en[a, 0]) and not np.isnan(zh[b, 0]):
            dice = 2 * count / (alone[0][a] + alone[1][b])
            best[0][a] = max(best[0].get(a, (0, 0)), (dice, b))
            best[1][b] = max(best[1].get(b, (0, 0)), (dice, a))
    found = [(a, b) for a, (dice, b) in best[0].items() if best[1][b][1] == a and dice > LEAST_DICE]
    return tuple(np.array(found).T)


def skip_grams(prepared: Path, size: int) -> np.ndarray:
    rows = Rows(prepared)
    texts = [rows.texts[i] for i in rows.of("train")]
    texts += [text for stream in load(prepared, ["everyday", "tales", "tales-zh"]).values() for text in sentences(stream)]
    words = [str(token) for token in range(size)]
    model = Word2Vec([[words[token] for token in text[:LONGEST]] for text in texts if len(text) > 2], vector_size=SKIP_GRAMS, window=WINDOW,
                     min_count=1, sg=1, negative=NEGATIVES, sample=3e-4, alpha=RATE, epochs=2, workers=1, seed=1)
    found = np.random.default_rng(1).normal(0, model.wv.vectors.std(), (size, SKIP_GRAMS)).astype(np.float32)
    for token, word in enumerate(words):
        if word in model.wv:
            found[token] = model.wv[word]
    return found / found.std()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "given", "prepared"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()
    processor = vocabulary.load(args.prepared)
    pieces = [processor.id_to_piece(i) for i in range(len(processor))]
    en, zh = looked_up(pieces, given.english(args.given), given.chinese(args.given))
    pairs = [(en_text, zh_text) for source, en_text, zh_text in corpus.pairs(args.data) if source == "tatoeba"]
    sides = [row for piece in corpus.pieces(args.data) for row in piece if row.part == "train"]
    pairs += [(a.text, b.text) for a, b in zip(sides, sides[1:]) if (a.language, b.language) == ("en", "zh")]
    words, translations = dictionary(processor, pairs, en, zh)
    left, _, right = np.linalg.svd(zh[translations].T @ en[words])
    both = np.where(np.isnan(en), zh @ (left @ right), en)
    known = ~np.isnan(both[:, 0])
    print(f"{known.sum()} of {len(pieces)} tokens have a vector, {len(words)} pairs bring the languages together", flush=True)
    ours = skip_grams(args.prepared, len(pieces))
    expecting = np.concatenate([ours, np.ones((len(pieces), 1), np.float32)], axis=1)
    a, b = expecting[known], both[known]
    both[~known] = expecting[~known] @ np.linalg.solve(a.T @ a + RIDGE * np.eye(a.shape[1]), a.T @ b)
    vectors = np.concatenate([both / both.std(), ours], axis=1)
    vectors[: vocabulary.CLOSE + 1] = 0
    packed.save(args.prepared / "vectors.npy.xz", np.clip(np.round(vectors * UNIT), -127, 127).astype(np.int8))


if __name__ == "__main__":
    main()
