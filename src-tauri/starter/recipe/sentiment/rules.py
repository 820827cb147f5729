"""VADER's rules and word list as a second teacher.

VADER (MIT) is a list of 7,500 words and emoticons, rated by people, and rules that add them up. On its own it is a weak
judge, but it knows words that the labelled sentences never show. Its words become rows of their own, and its verdict
on English sentences (and so on their translations) is something that training learns beside the labels.
"""

import re
from collections import Counter
from collections.abc import Iterable

import numpy as np
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

import corpus
from corpus import Row

UNKNOWN = -128
PLAIN_WORDS, MAX_CHARACTERS = 3_000, 400
ANALYZER = SentimentIntensityAnalyzer()


def verdict(text: str) -> int:
    """From -100 (negative) to 100; UNKNOWN for a long text, which the rules are not for."""
    if len(text) > MAX_CHARACTERS:
        return UNKNOWN
    return round(100 * ANALYZER.polarity_scores(text)["compound"])


def verdicts(rows: Iterable[Row]) -> np.ndarray:
    """The verdict on each row; a piece's Chinese sentence, which follows the English one, shares its verdict."""
    result: list[int] = []
    for row in rows:
        if row.language == "en":
            result.append(verdict(row.text))
        else:
            result.append(result[-1] if row.source == "pieces" and result else UNKNOWN)
    return np.array(result, dtype=np.int8)


def words(texts: Iterable[str]) -> list[Row]:
    """Every word of the list with its rating, and the commonest words of `texts` that are not on it as neutral."""
    rows = []
    for word, rating in ANALYZER.lexicon.items():
        target = corpus.rated(rating / 4)
        rows.append(Row(word, int(np.argmax(target)), "lexicon", "en", "train", target, False))
    counts = Counter(word for text in texts for word in re.findall(r"[a-z]{2,}", text.lower()))
    plain = [word for word, _ in counts.most_common(3 * PLAIN_WORDS) if word not in ANALYZER.lexicon]
    target = (0.1, 0.8, 0.1)
    rows += [Row(word, 1, "plain-words", "en", "train", target, False) for word in plain[:PLAIN_WORDS]]
    return rows
