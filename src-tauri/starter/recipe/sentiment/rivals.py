"""What a bag of n-grams and a list of words reach on the same split.

    python rivals.py --data DATA --output RIVALS

The n-grams: TF-IDF over characters 1-3 for Chinese and words 1-2 for English, with logistic regression, fitted on the
training rows of each figure's group, its strength chosen on the validation rows. VADER's rules are for English. Writes
RIVALS/rivals.json (figure -> rival -> score on the test rows) and RIVALS/soft.npz: for every training row of a group,
what n-grams fitted without that row's fold say of it.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.pipeline import Pipeline, make_pipeline
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

import corpus
from corpus import Row

STRENGTHS = (1.0, 4.0, 16.0)
FOLDS = 4
VADER_NEUTRAL = 0.05


def figures(rows: list[Row]) -> dict[str, list[int]]:
    """Indices of the rows of each figure."""
    groups = {name: [] for name in ("reviews-zh", "movies-en", "rated-en", "pieces-en", "pieces-zh")}
    for index, row in enumerate(rows):
        if row.group:
            groups[row.group].append(index)
        if row.is_movie:
            groups["movies-en"].append(index)
    return groups


def is_binary(figure: str) -> bool:
    return figure in ("reviews-zh", "movies-en")


def ngrams(language: str, strength: float) -> Pipeline:
    chinese = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True)
    english = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, token_pattern=r"(?u)\b\w+\b|[^\w\s]")
    return make_pipeline(chinese if language == "zh" else english,
                         LogisticRegression(C=strength, max_iter=300, class_weight="balanced"))


def score(figure: str, labels: np.ndarray, guesses: np.ndarray) -> float:
    if is_binary(figure):
        return float(accuracy_score(labels, guesses))
    return float(f1_score(labels, guesses, average="macro"))


def vader(figure: str, texts: list[str]) -> np.ndarray:
    compound = [SentimentIntensityAnalyzer.polarity_scores(ANALYZER, text)["compound"] for text in texts]
    limit = 0.0 if is_binary(figure) else VADER_NEUTRAL
    return np.array([2 if c >= limit and (c > 0 or limit == 0) else 0 if c <= -limit else 1 for c in compound])


ANALYZER = SentimentIntensityAnalyzer()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    rows = corpus.labelled(args.data)
    texts, labels = np.array([r.text for r in rows], dtype=object), np.array([r.label for r in rows])
    part = np.array([r.part for r in rows])
    scores, soft = {}, np.full((len(rows), 3), np.nan, dtype=np.float32)
    for figure, indices in figures(rows).items():
        here = np.array(indices)
        train, validation, test = (here[part[here] == p] for p in ("train", "validation", "test"))
        language, best = figure[-2:], (0.0, None, 0.0)
        for strength in STRENGTHS:
            model = ngrams(language, strength).fit(texts[train], labels[train])
            best = max(best, (score(figure, labels[validation], model.predict(texts[validation])), strength, model),
                       key=lambda entry: entry[0])
        scores[figure] = {"rows": len(test), "ngrams": score(figure, labels[test], best[2].predict(texts[test]))}
        if language == "en":
            scores[figure]["vader"] = score(figure, labels[test], vader(figure, list(texts[test])))
        print(figure, len(train), best[1], round(best[0], 4), scores[figure], flush=True)
        (args.output / "rivals.json").write_text(json.dumps(scores, indent=1) + "\n")
        if figure == "movies-en":
            continue
        fold = np.arange(len(train)) % FOLDS
        for f in range(FOLDS):
            model = ngrams(language, best[1]).fit(texts[train[fold != f]], labels[train[fold != f]])
            columns = [list(model.classes_).index(c) if c in model.classes_ else -1 for c in range(3)]
            guessed = model.predict_proba(texts[train[fold == f]])
            soft[train[fold == f]] = np.stack(
                [guessed[:, c] if c >= 0 else np.zeros(len(guessed)) for c in columns], axis=1)
        np.savez_compressed(args.output / "soft.npz", soft=soft.astype(np.float16))


if __name__ == "__main__":
    main()
