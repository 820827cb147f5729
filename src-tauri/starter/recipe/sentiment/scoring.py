"""The figures: accuracy where there are two classes, macro-F1 where there are three, and how honest the probabilities are."""

import numpy as np

from batches import Rows

FIGURES = ("reviews-zh", "movies-en", "rated-en", "pieces-en", "pieces-zh")
CALIBRATION_BINS = 15


def figure_rows(rows: Rows, chosen: np.ndarray, figure: str) -> np.ndarray:
    """Positions within `chosen` of the rows of a figure."""
    return np.flatnonzero(rows.movie[chosen] if figure == "movies-en" else rows.group[chosen] == figure)


def is_binary(figure: str) -> bool:
    return figure in ("reviews-zh", "movies-en")


def confusion(labels: np.ndarray, guesses: np.ndarray) -> np.ndarray:
    return np.bincount(labels * 3 + guesses, minlength=9).reshape(3, 3)


def macro_f1(table: np.ndarray) -> float:
    """Mean F1 over the classes that occur among labels or guesses."""
    hits, total = np.diag(table), table.sum(0) + table.sum(1)
    return float(np.mean([2 * h / t for h, t in zip(hits, total, strict=True) if t]))


def guess(scored: np.ndarray, binary: bool) -> np.ndarray:
    return np.where(scored[:, 2] > scored[:, 0], 2, 0) if binary else scored.argmax(1)


def probabilities(scored: np.ndarray, binary: bool, temperature: float = 1.0) -> np.ndarray:
    scored = scored / temperature
    if binary:
        scored = np.where(np.arange(3) == 1, -np.inf, scored)
    e = np.exp(scored - scored.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def calibration_error(p: np.ndarray, labels: np.ndarray) -> float:
    """Expected calibration error of the winning class."""
    sure, right = p.max(1), p.argmax(1) == labels
    bins = np.minimum((sure * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    return float(sum(abs(right[bins == b].mean() - sure[bins == b].mean()) * np.mean(bins == b)
                     for b in np.unique(bins)))


def score(rows: Rows, chosen: np.ndarray, scored: np.ndarray) -> dict[str, float]:
    """Each figure, and `mean`, their mean."""
    result = {}
    for figure in FIGURES:
        here = figure_rows(rows, chosen, figure)
        labels, guesses = rows.labels[chosen[here]], guess(scored[here], is_binary(figure))
        right = float(np.mean(labels == guesses)) if len(here) else 0.0
        result[figure] = right if is_binary(figure) else macro_f1(confusion(labels, guesses))
    return result | {"mean": float(np.mean(list(result.values())))}


def best_bias(rows: Rows, chosen: np.ndarray, scored: np.ndarray) -> np.ndarray:
    """What to add to the logits so that the figures are best; small steps, nearest to nothing first."""
    grid = sorted(((n, p) for n in np.arange(-8, 9) / 10 for p in np.arange(-4, 5) / 20),
                  key=lambda at: abs(at[0]) + abs(at[1]))
    best, chosen_bias = -1.0, np.zeros(3)
    for neutral, positive in grid:
        bias = np.array([0.0, neutral, positive])
        mean = score(rows, chosen, scored + bias)["mean"]
        if mean > best + 5e-4:
            best, chosen_bias = mean, bias
    return chosen_bias


def best_temperature(rows: Rows, chosen: np.ndarray, scored: np.ndarray) -> float:
    """The temperature with the least loss, every figure counting the same."""

    def loss(temperature: float) -> float:
        losses = []
        for figure in FIGURES:
            here = figure_rows(rows, chosen, figure)
            p = probabilities(scored[here], is_binary(figure), temperature)
            losses.append(-np.log(p[np.arange(len(here)), rows.labels[chosen[here]]] + 1e-9).mean())
        return float(np.mean(losses))

    return float(min(np.arange(12, 61) / 20, key=loss))


def details(rows: Rows, chosen: np.ndarray, scored: np.ndarray) -> dict:
    """Confusion and calibration of each figure, and accuracy and macro-F1 of every source."""
    figures, sources = {}, {}
    for figure in FIGURES:
        here, binary = figure_rows(rows, chosen, figure), is_binary(figure)
        labels = rows.labels[chosen[here]]
        figures[figure] = {
            "rows": len(here),
            "confusion": confusion(labels, guess(scored[here], binary)).tolist(),
            "calibration_error": calibration_error(probabilities(scored[here], binary), labels),
        }
    for kind in sorted({rows.kinds[k] for k in rows.kind[chosen]}):
        here = np.flatnonzero(rows.kind[chosen] == rows.kinds.index(kind))
        labels, binary = rows.labels[chosen[here]], bool(rows.binary[chosen[here[0]]])
        guesses = guess(scored[here], binary)
        sources[f"{kind[0]} {kind[1]}"] = {
            "rows": len(here),
            "accuracy": float(np.mean(labels == guesses)),
            "macro_f1": macro_f1(confusion(labels, guesses)),
        }
    return {"figures": figures, "sources": sources}
