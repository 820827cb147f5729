"""Train the sentiment model on labelled rows.

    python train.py --prepared PREPARED --opinions FILE --output RUN --plan bag:8,layer:4

A plan is a list of stages, each with the number of times that it goes over the rows. `bag` is the one layer that a model begins with,
`layer` inserts another before it, and `again` goes on with what there is and reads less of what there is plenty of. Each stage's
learning rate rises and falls once. Of a stage's end the running mean of the weights is kept, and of several stages of `again` the mean
of their means. `--from RUN` begins where another run ended. Writes RUN, a folder that `transformers` reads, and RUN/log.jsonl.
"""

import argparse
import copy
import json
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import BertForSequenceClassification

import model
import scoring
from batches import Rows, epoch

MEAN_FROM, WARM = 0.6, 0.05
BALANCE, PIECES_WEIGHT = 0.9, 1.6
# Learning rates of words and of everything else, by stage.
RATES = {"bag": (4e-3, 2e-3), "layer": (2e-3, 2e-3), "again": (2e-3, 1.5e-3)}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prepared", type=Path, required=True, help="what prepare.py and vectors.py wrote")
    parser.add_argument("--opinions", type=Path, required=True, help="what rivals.py or teacher.py wrote about the rows")
    parser.add_argument("--output", type=Path, required=True, help="folder to write")
    parser.add_argument("--plan", default="bag:8,layer:4")
    parser.add_argument("--from", dest="start", type=Path, help="a run to go on from")
    parser.add_argument("--tokens", type=int, default=12_288, help="tokens per step")
    parser.add_argument("--inner", type=int, default=128)
    parser.add_argument("--dropout", type=float, default=0.2)
    parser.add_argument("--hide", type=float, default=0.15, help="share of the words that are hidden")
    parser.add_argument("--soft", type=float, default=0.3, help="share of the opinions in the targets")
    parser.add_argument("--rated", type=float, default=1.0, help="factor on the weight of sentences that people rated")
    parser.add_argument("--decay", type=float, default=0.02)
    parser.add_argument("--rate", type=float, default=1.0, help="factor on all learning rates")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def balanced(rows: Rows, train: np.ndarray, rated: float) -> np.ndarray:
    """Row weights with the rarer classes of each three-class figure raised, and its sum by a factor of its own."""
    weights = rows.weights.copy()
    for figure, share in (("rated-en", rated), ("pieces-en", PIECES_WEIGHT), ("pieces-zh", PIECES_WEIGHT)):
        here = train[rows.group[train] == figure]
        counts = np.bincount(rows.labels[here], minlength=3)
        factor = (counts.sum() / (3 * np.maximum(counts, 1))) ** BALANCE
        before = weights[here].sum() * share
        weights[here] *= factor[rows.labels[here]]
        weights[here] *= before / weights[here].sum()
    return weights


def targets(rows: Rows, share: float) -> np.ndarray:
    """The labels' targets, with what those say who never saw the row mixed in."""
    total = rows.soft.sum(1, keepdims=True)
    soft = rows.soft / np.maximum(total, 1e-6)
    return np.where(total > 0.5, (1 - share) * rows.targets + share * soft, rows.targets).astype(np.float32)


def loss(logits: Tensor, goals: Tensor, weights: Tensor, binary: Tensor) -> Tensor:
    neutral = torch.arange(3) == 1
    log_p = F.log_softmax(logits.masked_fill(binary[:, None] & neutral, -1e4), dim=1)
    return -(weights * (goals * log_p).sum(1)).sum() / weights.sum()


class Training:
    def __init__(self, rows: Rows, args: argparse.Namespace) -> None:
        self.rows, self.args = rows, args
        self.train = rows.of("train")
        self.goals = torch.from_numpy(targets(rows, args.soft))
        self.weights = torch.from_numpy(balanced(rows, self.train, args.rated)).float()
        self.binary = torch.from_numpy(rows.binary)
        self.chance = np.random.default_rng(args.seed)
        self.started = time.monotonic()

    def log(self, **entry) -> None:
        entry = {"seconds": round(time.monotonic() - self.started, 1), **entry}
        print(json.dumps(entry), flush=True)
        with (self.args.output / "log.jsonl").open("a") as file:
            file.write(json.dumps(entry) + "\n")

    def some(self, stage: str) -> np.ndarray:
        """The rows of the next time over them."""
        return self.train[self.chance.random(len(self.train)) < self.rows.seen[self.train]] if stage == "again" else self.train

    def score(self, net: BertForSequenceClassification, stage: str) -> None:
        chosen = self.rows.of("validation")
        figures = scoring.score(self.rows, chosen, scoring.logits(net, self.rows, chosen))
        self.log(stage=stage, **{name: round(value, 4) for name, value in figures.items()})

    def stage(self, net: BertForSequenceClassification, name: str, epochs: int) -> BertForSequenceClassification:
        """The mean of the weights over the stage's end."""
        args, mean, counted, step = self.args, copy.deepcopy(net), 0, 0
        words, others = RATES[name]
        embedding = net.bert.embeddings.word_embeddings.weight
        groups = [{"params": [embedding], "base": words * args.rate},
                  {"params": [p for p in net.parameters() if p is not embedding], "base": others * args.rate}]
        optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=args.decay, fused=True)
        for number in range(epochs):
            batches = list(epoch(self.rows, self.some(name), args.tokens, args.hide, self.chance))
            total, steps = 0.0, epochs * len(batches)
            for batch in batches:
                progress = step / steps
                for group in optimizer.param_groups:
                    group["lr"] = group["base"] * min(progress / WARM, max(0.0, 1 - progress) / (1 - WARM))
                some = batch.rows
                at = loss(model.logits(net, batch.ids, args.dropout), self.goals[some], self.weights[some], self.binary[some])
                at.backward()
                torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
                optimizer.step()
                optimizer.zero_grad()
                total, step = total + at.item(), step + 1
                if step in (5, 20, 100):
                    self.log(stage=name, step=step, loss=round(at.item(), 4), cpu=round(time.process_time(), 1))
                if progress > MEAN_FROM and step % 10 == 0:
                    counted += 1
                    with torch.no_grad():
                        for kept, now in zip(mean.parameters(), net.parameters(), strict=True):
                            kept.lerp_(now, 1 / counted)
            self.log(stage=name, epoch=number + 1, steps=len(batches), loss=round(total / len(batches), 4), cpu=round(time.process_time(), 1))
            mean.save_pretrained(args.output)
        self.score(mean, f"{name} mean")
        return mean


def average(nets: list[BertForSequenceClassification]) -> BertForSequenceClassification:
    kept = copy.deepcopy(nets[0])
    with torch.no_grad():
        for parameters in zip(kept.parameters(), *(net.parameters() for net in nets), strict=True):
            parameters[0].copy_(torch.stack(parameters[1:]).mean(0))
    return kept


def main() -> None:
    args = parse_arguments()
    args.output.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    rows = Rows(args.prepared, args.opinions)
    training = Training(rows, args)
    if args.start:
        net = BertForSequenceClassification.from_pretrained(args.start)
    else:
        net = model.begin(torch.from_numpy(np.load(args.prepared / "vectors.npy")), args.inner)
    training.log(arguments={key: str(value) for key, value in vars(args).items()}, parameters=sum(p.numel() for p in net.parameters()))
    ends: list[BertForSequenceClassification] = []
    for stage in args.plan.split(","):
        name, epochs = stage.split(":")
        if name == "layer":
            net = model.insert_layer(net, args.inner)
        net = training.stage(net, name, int(epochs))
        ends = [*ends, net] if name == "again" else [net]
        whole = average(ends)
        if len(ends) > 1:
            training.score(whole, f"mean of {len(ends)}")
        whole.save_pretrained(args.output)


if __name__ == "__main__":
    main()
