"""What VADER's rules and word list have to say.

VADER (MIT) is a list of 7,500 words and emoticons, rated by people, and rules that add them up. On its own it is a weak
judge, but it knows words that the labelled sentences never show. Its words become rows of their own, and its verdict is among
what the teacher sees.
"""

import re
from collections import Counter
from collections.abc import Iterable

import numpy as np
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

import corpus
from corpus import Row

PLAIN_WORDS, LONGEST = 3_000, 400
ANALYZER = SentimentIntensityAnalyzer()


def features(text: str) -> list[float]:
    """The verdict on a text and the ratings of the words in it that are on the list."""
    verdict = ANALYZER.polarity_scores(text[:LONGEST])
    ratings = [ANALYZER.lexicon.get(word.strip(".,!?;:\"'()"), 0.0) / 4 for word in text.lower().split()] or [0.0]
    compound = verdict["compound"]
    return [compound, verdict["pos"], verdict["neg"], verdict["neu"], sum(ratings), max(ratings), min(ratings),
            float(np.sign(compound)), abs(compound)]


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
