"""What logistic regressions make of the labelled rows that they have not seen: they see more words at once than a small model can learn.

    PYTHONPATH=.. python opinions.py --data DATA --rivals RIVALS --prepared PREPARED

For English they see words 1-3, characters 3-5, VADER's verdict and the ratings of its words. For Chinese the n-grams of rivals.py
speak; and the two sides of a piece's sentence share a mean. Writes PREPARED/opinions.npy.xz, of every row three bytes (nothing where nothing is said).
"""

import argparse
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.multiclass import OneVsRestClassifier

import corpus
import packed
import rules
from corpus import Row

FOLDS, STRETCH = 4, 64
# How much characters and rules enter beside the words.
CHARACTERS, RULES = 0.7, 0.5
STRENGTH = {"pieces-en": 1.5, "rated-en": 1.5, "movies-en": 4.0}


class Features:
    def __init__(self, texts: list[str]) -> None:
        words = {"ngram_range": (1, 3), "token_pattern": r"(?u)\b[\w']+\b|[^\w\s]", "min_df": 2}
        characters = {"analyzer": "char_wb", "ngram_range": (3, 5), "min_df": 4}
        self.bags = [(TfidfVectorizer(sublinear_tf=True, dtype=np.float32, **kind).fit(texts), scale)
                     for kind, scale in ((words, 1.0), (characters, CHARACTERS))]

    def of(self, texts: list[str]) -> csr_matrix:
        verdicts = csr_matrix(np.array([rules.features(text) for text in texts], dtype=np.float32) * RULES)
        return hstack([*(bag.transform(texts) * scale for bag, scale in self.bags), verdicts]).tocsr()


class School:
    """Models of one figure, each fitted without one fold of its training rows, which are dealt in stretches: a piece stays together."""

    def __init__(self, figure: str, features: csr_matrix, labels: np.ndarray, train: np.ndarray) -> None:
        self.features = features
        self.fold = np.where(train, np.cumsum(train) // STRETCH % FOLDS, -1)
        self.models = []
        for fold in range(FOLDS):
            seen = (self.fold >= 0) & (self.fold != fold)
            model = LogisticRegression(C=STRENGTH[figure], solver="liblinear", class_weight="balanced")
            self.models.append(OneVsRestClassifier(model).fit(features[seen], labels[seen]))

    def mean(self, features: csr_matrix) -> np.ndarray:
        return np.mean([opinion(model, features) for model in self.models], axis=0)

    def out_of_fold(self) -> np.ndarray:
        """What is said of each row by those that never saw it."""
        result = self.mean(self.features)
        for fold, model in enumerate(self.models):
            result[self.fold == fold] = opinion(model, self.features[self.fold == fold])
        return result


def opinion(model: OneVsRestClassifier, features: csr_matrix) -> np.ndarray:
    """Probabilities (rows, 3)."""
    found, result = model.predict_proba(features), np.zeros((features.shape[0], 3), dtype=np.float32)
    result[:, model.classes_] = found
    return result / result.sum(1, keepdims=True)


def report(figure: str, said: np.ndarray, labels: np.ndarray, check: np.ndarray) -> None:
    if figure == "movies-en":
        score = accuracy_score(labels[check], np.where(said[check, 2] > said[check, 0], 2, 0))
    else:
        score = f1_score(labels[check], said[check].argmax(1), average="macro")
    print(f"{figure}: {len(labels)} rows, validation {score:.4f}", flush=True)


def share_between_sides(rows: list[Row], soft: np.ndarray) -> None:
    for i, (one, other) in enumerate(zip(rows, rows[1:])):
        if (one.source, one.language, other.source, other.language) == ("pieces", "en", "pieces", "zh"):
            soft[i] = soft[i + 1] = (soft[i] + soft[i + 1]) / 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rivals", type=Path, required=True, help="what rivals.py wrote")
    parser.add_argument("--prepared", type=Path, required=True, help="what prepare.py wrote")
    args = parser.parse_args()
    rows = corpus.labelled(args.data)
    labels, train = np.array([row.label for row in rows]), np.array([row.part == "train" for row in rows])
    check = np.array([row.part == "validation" for row in rows])
    soft = np.nan_to_num(np.load(args.rivals / "soft.npz")["soft"].astype(np.float32))
    asked = {
        "pieces-en": np.array([row.group == "pieces-en" for row in rows]),
        "rated-en": np.array([row.group == "rated-en" for row in rows]),
        "movies-en": np.array([row.is_movie for row in rows]),
    }
    any_of = np.flatnonzero(np.any(list(asked.values()), axis=0) & (train | check))
    features = Features([rows[i].text for i in any_of if train[i]])
    known = features.of([rows[i].text for i in any_of])
    for figure, ours in asked.items():
        inside = np.flatnonzero(ours[any_of])
        here = any_of[inside]
        said = School(figure, known[inside], labels[here], train[here]).out_of_fold()
        report(figure, said, labels[here], check[here])
        if figure == "movies-en":
            # Whether there is a feeling at all the others say; which one it is, those that saw nothing but movies.
            neutral = np.where(soft[here].sum(1, keepdims=True) > 0.5, soft[here, 1:2], 0)
            said = np.concatenate([said[:, :1], np.zeros_like(neutral), said[:, 2:]], axis=1) * (1 - neutral)
            said[:, 1:2] = neutral
        soft[here] = said
    soft[~train] = 0
    share_between_sides(rows, soft)
    count = len(packed.load(args.prepared / "lengths.npy.xz"))
    whole = np.zeros((count, 3), dtype=np.uint8)
    whole[: len(soft)] = np.round(soft * 255)
    packed.save(args.prepared / "opinions.npy.xz", whole)


if __name__ == "__main__":
    main()
