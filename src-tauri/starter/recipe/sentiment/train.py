"""Train the sentiment model, by the clock.

    python train.py --prepared PREPARED --output RUN --seconds 110

Masked words on all the text, then labels: a trunk, and branches off it whose weights are averaged, in whichever
combination is best on the validation rows. The test rows are scored once, at the end. Writes RUN/encoder.safetensors
(after the masked words) and RUN/model.safetensors (f16, Hugging Face's names), either in pieces `.0`, `.1`, and so on that
`cat` puts together, and RUN/scores.json. Learning rates follow the share of the time that is over, so a run ends
annealed however fast the machine is. `--from ENCODER` skips the masked words.
"""

import argparse
import itertools
import json
import os
import time
import traceback
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save
from torch import Tensor

import packed
import scoring
from batches import Labelled, MaskedWords, Rows
from model import SentimentModel, Shape
from stages import Labels, Trainer, masked_words

MASKED_SHARE, TRUNK_SHARE, BRANCHES = 0.52, 0.24, 3
PIECE_BYTES = 15_000_000
SOFT_SHARE, BALANCE = 0.12, 0.6


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prepared", type=Path, required=True, help="what prepare.py wrote")
    parser.add_argument("--output", type=Path, required=True, help="folder to write")
    parser.add_argument("--seconds", type=float, required=True, help="training time; scoring comes on top")
    parser.add_argument("--tokens", type=int, default=24_576, help="tokens per step of masked words")
    parser.add_argument("--label-tokens", type=int, default=8_192, help="tokens per step of labels")
    parser.add_argument("--muon-lr", type=float, default=0.02)
    parser.add_argument("--adam-lr", type=float, default=2e-3)
    parser.add_argument("--label-lr", type=float, default=3e-4)
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--rows", type=int, help="use only so many labelled rows, to try the recipe out")
    parser.add_argument("--from", dest="start", type=Path, help="an encoder to start the labels from")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def write_weights(model: SentimentModel, folder: Path, name: str, stage: str) -> None:
    """Pieces are written under other names and then renamed: a stop in the middle leaves the old ones."""
    weights = {key: w.to("cpu", torch.float16) for key, w in model.bert_weights().items()}
    raw = save(weights, metadata={"format": "pt", "stage": stage})
    pieces = range(0, len(raw), PIECE_BYTES)
    for number, start in enumerate(pieces):
        (folder / f"{name}.{number}.tmp").write_bytes(raw[start : start + PIECE_BYTES])
    for number in range(len(pieces)):
        os.replace(folder / f"{name}.{number}.tmp", folder / f"{name}.{number}")


def balanced(rows: Rows, train: np.ndarray) -> np.ndarray:
    """Row weights with the rarer classes of each three-class figure raised, its sum kept."""
    weights = rows.weights.copy()
    for figure in ("rated-en", "pieces-en", "pieces-zh"):
        here = train[rows.group[train] == figure]
        counts = np.bincount(rows.labels[here], minlength=3)
        factor = (counts.sum() / (3 * np.maximum(counts, 1))) ** BALANCE
        before = weights[here].sum()
        weights[here] *= factor[rows.labels[here]]
        weights[here] *= before / weights[here].sum()
    return weights


def targets(rows: Rows) -> np.ndarray:
    """The labels' targets, with a little of what the n-grams of another fold say mixed in."""
    known = rows.soft.sum(1, keepdims=True) > 0.5
    soft = rows.soft / np.maximum(rows.soft.sum(1, keepdims=True), 1e-6)
    return np.where(known, (1 - SOFT_SHARE) * rows.targets + SOFT_SHARE * soft, rows.targets).astype(np.float32)


def average(states: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    return {name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]}


class Judge:
    """Scores weights on the rows kept out of training."""

    def __init__(self, rows: Rows, device: torch.device, tokens: int, limit: int | None) -> None:
        self.rows, self.device, self.tokens, self.limit = rows, device, tokens, limit
        self.dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
        self.validation, self.validation_data = self.part("validation")

    def part(self, name: str) -> tuple[np.ndarray, Labelled]:
        chosen = self.rows.of(name)
        if self.limit:
            chosen = np.random.default_rng(4).permutation(chosen)[: self.limit]
        return chosen, Labelled(self.rows, chosen, self.rows.targets, self.rows.weights, self.device)

    def logits(self, model: SentimentModel) -> np.ndarray:
        return scoring.logits(model, self.validation_data, self.validation, self.tokens, self.dtype)

    def score(self, model: SentimentModel, name: str) -> dict[str, float]:
        figures = scoring.score(self.rows, self.validation, self.logits(model))
        print("validation", name, {key: round(value, 4) for key, value in figures.items()}, flush=True)
        return figures


def best_average(model: SentimentModel, judge: Judge, ends: list[dict[str, Tensor]]) -> dict[str, dict[str, float]]:
    """Leave in the model the average of branches that is best on the validation rows; every candidate's figures."""
    candidates = [c for n in range(len(ends), 0, -1) for c in itertools.combinations(range(len(ends)), n)]
    figures, best, kept = {}, -1.0, ends[0]
    for candidate in candidates:
        state = average([ends[i] for i in candidate])
        model.load_state_dict(state)
        name = "+".join(str(i + 1) for i in candidate)
        figures[name] = judge.score(model, f"branches {name}")
        if figures[name]["mean"] > best:
            best, kept = figures[name]["mean"], state
    model.load_state_dict(kept)
    return figures


def finish(model: SentimentModel, judge: Judge, output: Path, report: dict) -> None:
    """Choose bias and temperature on the validation rows, write the weights, score the test rows."""
    scored = judge.logits(model)
    bias = scoring.best_bias(judge.rows, judge.validation, scored)
    temperature = scoring.best_temperature(judge.rows, judge.validation, scored + bias)
    with torch.no_grad():
        model.classifier_bias.add_(torch.tensor(bias, dtype=torch.float32, device=judge.device))
    write_weights(model, output, "model.safetensors", "finished")
    test, data = judge.part("test")
    scored_test = scoring.logits(model, data, test, judge.tokens, judge.dtype)
    report |= {
        "bias": bias.tolist(),
        "temperature": temperature,
        "validation": scoring.score(judge.rows, judge.validation, scored + bias),
        "test": scoring.score(judge.rows, test, scored_test),
        "test_details": scoring.details(judge.rows, test, scored_test, temperature),
    }
    print("test", {key: round(value, 4) for key, value in report["test"].items()}, flush=True)


def train_labels(trainer: Trainer, judge: Judge, args: argparse.Namespace, seconds: float, report: dict) -> None:
    rows, model = judge.rows, trainer.model
    train = rows.of("train")
    if args.rows:
        train = np.random.default_rng(4).permutation(train)[: args.rows]
    goals, weights = targets(rows), balanced(rows, train)
    everything = Labelled(rows, train, goals, weights, trainer.device)
    labelled = Labelled(rows, train[weights[train] > 0], goals, weights, trainer.device)
    labels = Labels(trainer, everything, labelled, args.label_tokens, args.label_lr)
    trunk_seconds = seconds * TRUNK_SHARE / (1 - MASKED_SHARE)
    labels.trunk(trunk_seconds)
    report["trunk"] = judge.score(model, "trunk")
    write_weights(model, args.output, "model.safetensors", "trunk")
    ends = labels.branches(BRANCHES, seconds - trunk_seconds)
    report["branches"] = best_average(model, judge, ends)


def main() -> None:
    args = parse_arguments()
    args.output.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    torch.manual_seed(args.seed)
    torch.set_float32_matmul_precision("high")
    torch.backends.cuda.enable_cudnn_sdp(False)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    rows = Rows(args.prepared)
    for name in ("everyday", "stories-en"):
        rows.append(packed.load(args.prepared / f"stream-{name}.npy.xz"),
                    packed.load(args.prepared / f"verdicts-{name}.npy.xz"))
    vocabulary = sum(1 for _ in (args.prepared / "vocab.txt").open(encoding="utf-8"))
    shape = Shape(vocabulary=vocabulary, width=args.width, layers=args.layers, heads=max(1, args.width // 64))
    model = SentimentModel(shape).to(device)
    model.save_config(args.output)
    size = sum(w.numel() for w in model.bert_weights().values()) / 1e6
    print(f"{size:.2f} M parameters on {device}, ready after {time.monotonic() - started:.1f} s", flush=True)
    trainer = Trainer(model, device, args.tokens)
    report: dict = {"parameters_m": round(size, 2), "arguments": {k: str(v) for k, v in vars(args).items()}}
    judge = Judge(rows, device, 2 * args.label_tokens, args.rows)
    remaining = args.seconds
    if args.start:
        model.load_bert_weights(load_file(args.start))
    else:
        words = MaskedWords(args.prepared, rows, vocabulary, device)
        remaining -= time.monotonic() - started
        try:
            masked_words(trainer, words, remaining * MASKED_SHARE, args.muon_lr, args.adam_lr)
        except Exception:  # labels on a half-trained encoder are worth more than nothing
            traceback.print_exc()
        write_weights(model, args.output, "encoder.safetensors", "masked words")
        remaining *= 1 - MASKED_SHARE
    for attempt in (1, 2):
        try:
            train_labels(trainer, judge, args, remaining / attempt, report)
            break
        except Exception:  # whatever went wrong, the time left is better spent on another try
            traceback.print_exc()
            args.label_tokens //= 2
    finish(model, judge, args.output, report)
    report |= {"curve": trainer.curve, "seconds": round(time.monotonic() - started, 1)}
    (args.output / "scores.json").write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
