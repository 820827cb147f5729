"""Train the sentiment model by the clock, on one GPU.

    python train.py --prepared PREPARED --output RUN

1. Masked words. 2. Sentences without labels: variants of the labelled ones with some words guessed anew, and tales.
3. Four teachers, each fitted without a fold of the labelled rows, which say what they make of all others. 4. The model
that is shipped learns labels and opinions together. All of them begin with what 1. has learnt. Writes RUN/model.safetensors
(f16, Hugging Face's names), for which export.py knows the configuration.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

import learning
import scoring
from batches import MaskedWords, Rows, Texts, load, sentences
from model import SentimentModel, Shape

FOLDS, STRETCH = 4, 64
TEACHER_RATES, TEACHER_DROPOUT, TEACHER_SHARE = (5e-4, 1e-3, 2.5e-4), 0.15, 0.25
STUDENT_RATE, STUDENT_DROPOUT, STUDENT_SHARE, NGRAMS = 7e-4, 0.1, 0.6, 0.35
HIDE, UNLABELLED_WEIGHT = 0.05, 0.25
# Rarer classes of the three-class figures are raised by this power of how rare they are, and the whole figure by a factor.
BALANCE, SHARES = 0.9, {"rated-en": 1.3, "pieces-en": 1.6, "pieces-zh": 1.6}
# How many variants a labelled row of a source has.
VARIANTS = {"vader-movieReviewSnippets": 16, "nltk-sentence-polarity": 16, "vader-amazonReviewSnippets": 12, "vader-nytEditorialSnippets": 12,
            "vader-tweets": 12, "pieces": 8, "zh-online-shopping": 2, "zh-waimai": 2, "zh-hotel": 4, "nltk-pros-cons": 1,
            "nltk-subjectivity-objective": 2, "documentation": 1}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prepared", type=Path, required=True, help="what prepare.py and vectors.py wrote")
    parser.add_argument("--output", type=Path, required=True, help="folder to write")
    parser.add_argument("--words", type=float, default=120, help="seconds of masked words")
    parser.add_argument("--teacher", type=float, default=6, help="seconds for each of the teachers")
    parser.add_argument("--student", type=float, default=62, help="seconds for the model that is shipped")
    parser.add_argument("--words-rate", type=float, default=1.5e-3)
    parser.add_argument("--rows", type=float, default=1.0, help="share of the labelled rows, to try the recipe out")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def balanced(rows: Rows, chosen: np.ndarray) -> np.ndarray:
    weights = rows.weights.copy()
    for figure, share in SHARES.items():
        here = chosen[rows.group[chosen] == figure]
        counts = np.bincount(rows.labels[here], minlength=3)
        factor = (counts.sum() / (3 * np.maximum(counts, 1))) ** BALANCE
        before = weights[here].sum() * share
        weights[here] *= factor[rows.labels[here]]
        weights[here] *= before / weights[here].sum()
    return weights


def mixed(rows: Rows, said: np.ndarray, share: float) -> np.ndarray:
    """The labels' targets with a share of what `said` has, where it has anything. Of rows of two classes neutral stays out."""
    said = np.where(rows.binary[:, None] & (np.arange(3) == 1), 0, said)
    total = said.sum(1, keepdims=True)
    return np.where(total > 0.05, (1 - share) * rows.targets + share * said / np.maximum(total, 1e-6), rows.targets).astype(np.float32)


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def share_between_sides(rows: Rows, said: np.ndarray) -> None:
    """A piece's sentence and its translation are taught the same."""
    here = np.flatnonzero((rows.source == "pieces") & (rows.part == 0))
    english = here[rows.language[here] == "en"]
    english = english[(rows.language[english + 1] == "zh") & (rows.source[english + 1] == "pieces")]
    said[english] = said[english + 1] = (said[english] + said[english + 1]) / 2


class Training:
    def __init__(self, args: argparse.Namespace) -> None:
        self.args, self.began = args, time.monotonic()
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.scale = 1 if self.device.type == "cuda" else 16
        self.rows = Rows(args.prepared)
        if args.rows < 1:
            self.rows.part = np.where(np.random.default_rng(0).random(len(self.rows.part)) < args.rows, self.rows.part, len(scoring.FIGURES))
        self.train = self.rows.of("train")
        self.weights = balanced(self.rows, self.train)
        self.validation = self.rows.of("validation")
        self.judged = self.of_rows(self.validation, self.rows.targets)

    def say(self, *what) -> None:
        print(f"{time.monotonic() - self.began:6.1f}", *what, flush=True)

    def tokens(self, number: int) -> int:
        return number // self.scale

    def of_rows(self, chosen: np.ndarray, goals: np.ndarray) -> Texts:
        rows = self.rows
        return Texts([rows.texts[i] for i in chosen], goals[chosen], self.weights[chosen], rows.binary[chosen], self.device)

    def in_both_cuts(self, chosen: np.ndarray) -> list[np.ndarray]:
        return [self.rows.texts[i] for i in chosen] + [self.rows.other_cut[i] for i in chosen.tolist()]

    def unlabelled(self, texts: list[np.ndarray]) -> Texts:
        count = len(texts)
        return Texts(texts, np.zeros((count, 3), np.float32), np.ones(count, np.float32), np.zeros(count, bool), self.device)

    def judge(self, name: str, logits: np.ndarray) -> float:
        bias = scoring.best_bias(self.rows, self.validation, logits)
        figures = scoring.score(self.rows, self.validation, logits + bias)
        self.say(name, {key: round(value, 4) for key, value in figures.items()})
        return figures["mean"]

    def variants(self, net: SentimentModel) -> tuple[list[np.ndarray], np.ndarray]:
        """Texts, and the row that each came from."""
        count = np.array([VARIANTS.get(source, 0) for source in self.rows.source[self.train]])
        came = np.repeat(self.train, count)
        return learning.guessed_anew(net, self.of_rows(came, self.rows.targets), self.tokens(32_768)), came

    def teach(self, net: SentimentModel, free: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """What is made of each labelled row by the teacher that did not see it, and of the others by all in the mean."""
        rows, train, start = self.rows, self.train, {name: p.detach().clone() for name, p in net.state_dict().items()}
        fold = np.arange(len(train)) // STRETCH % FOLDS
        goals = mixed(rows, rows.opinions, TEACHER_SHARE)
        others, mine = self.unlabelled(free), self.of_rows(train, rows.targets)
        said, opinions = np.zeros((len(rows.labels), 3), np.float32), np.zeros((len(free), 3), np.float32)
        best = (0.0, TEACHER_RATES[0])
        for number in range(FOLDS):
            rate = TEACHER_RATES[number] if number < len(TEACHER_RATES) else best[1]
            net.load_state_dict(start)
            inside = train[fold != number]
            twice = np.concatenate([inside, inside])
            texts = Texts(self.in_both_cuts(inside), goals[twice], self.weights[twice], rows.binary[twice], self.device)
            learning.labels(net, texts, self.args.teacher, self.tokens(16_384), rate, TEACHER_DROPOUT, HIDE, 0.02)
            score = self.judge(f"teacher {number}, rate {rate}", learning.logits(net, self.judged, self.tokens(65_536)))
            best = max(best, (score, rate))
            said[train[fold == number]] = softmax(learning.logits(net, mine, self.tokens(65_536)))[fold == number]
            opinions += softmax(learning.logits(net, others, self.tokens(65_536))) / FOLDS
        net.load_state_dict(start)
        return said, opinions

    def student_texts(self, said: np.ndarray, free: list[np.ndarray], came: np.ndarray, opinions: np.ndarray) -> Texts:
        rows, twice = self.rows, np.concatenate([self.train, self.train])
        known = rows.opinions.sum(1, keepdims=True) > 0.5
        said = np.where(known, (1 - NGRAMS) * said + NGRAMS * rows.opinions, said)
        share_between_sides(rows, said)
        goals = mixed(rows, said, STUDENT_SHARE)
        variants = np.array([VARIANTS.get(source, 1) for source in rows.source])
        free_weights = np.concatenate([self.weights[came] / variants[came], np.full(len(free) - len(came), UNLABELLED_WEIGHT)]).astype(np.float32)
        return Texts(self.in_both_cuts(self.train) + free, np.concatenate([goals[twice], opinions]),
                     np.concatenate([self.weights[twice] / 2, free_weights]), np.concatenate([rows.binary[twice], np.zeros(len(free), bool)]), self.device)


def main() -> None:
    args = parse_arguments()
    args.output.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    torch.set_float32_matmul_precision("high")
    training = Training(args)
    vectors = torch.from_numpy(load(args.prepared, ["vectors"])["vectors"].astype(np.float32) / 32)
    net = SentimentModel(Shape(len(vectors)), vectors).to(training.device)
    words = MaskedWords(args.prepared, training.rows, len(vectors), training.device)
    learning.masked_words(net, words, args.words, args.words_rate, training.say, rows=256 // training.scale)
    made, came = training.variants(net)
    extra = load(args.prepared, ["everyday", "tales", "tales-zh"])
    free = made + [text for stream in extra.values() for text in sentences(stream)]
    training.say(len(made), "variants,", len(free) - len(made), "other sentences")
    said, opinions = training.teach(net, free)
    texts = training.student_texts(said, free, came, opinions)
    steps = learning.labels(net, texts, args.student, training.tokens(32_768), STUDENT_RATE, STUDENT_DROPOUT, HIDE, 0.01)
    training.judge(f"{steps} steps", learning.logits(net, training.judged, training.tokens(65_536)))
    save_file({key: w.to(torch.float16) for key, w in net.bert_weights().items()}, args.output / "model.safetensors", metadata={"format": "pt"})


if __name__ == "__main__":
    main()
