"""Word vectors to begin with: skip-grams over all the training text.

    python vectors.py --prepared PREPARED

Writes PREPARED/vectors.npy (size of the vocabulary, width of the words).
"""

import argparse
from pathlib import Path

import numpy as np
from gensim.models import Word2Vec

import vocabulary
from batches import Rows, split
from model import WORDS

WINDOW, NEGATIVES, LONGEST, RATE = 5, 5, 400, 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prepared", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=2)
    args = parser.parse_args()
    rows, plain = Rows(args.prepared), np.load(args.prepared / "unlabelled.npz")
    size = len(vocabulary.load(args.prepared))
    words = [str(token) for token in range(size)]
    texts = [rows.texts[0][row] for row in rows.of("train")] + split(plain["tokens"], plain["lengths"])
    sentences = [[words[token] for token in text[:LONGEST]] for text in texts if len(text) > 2]
    print(f"{sum(map(len, sentences)) / 1e6:.1f} M tokens", flush=True)
    model = Word2Vec(sentences, vector_size=WORDS, window=WINDOW, min_count=1, sg=1, negative=NEGATIVES, sample=3e-4, alpha=RATE,
                     epochs=args.epochs, workers=1, seed=1)
    found = np.random.default_rng(1).normal(0, model.wv.vectors.std(), (size, WORDS)).astype(np.float32)
    for token, word in enumerate(words):
        if word in model.wv:
            found[token] = model.wv[word]
    np.save(args.prepared / "vectors.npy", found)
    pieces = vocabulary.load(args.prepared)
    for word in ("▁terrible", "▁boring", "▁delicious", "很差", "温柔"):
        near = model.wv.most_similar(str(pieces.piece_to_id(word)), topn=8) if str(pieces.piece_to_id(word)) in model.wv else []
        print(word, *(pieces.id_to_piece(int(token)) for token, _ in near))


if __name__ == "__main__":
    main()
