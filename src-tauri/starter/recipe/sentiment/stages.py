"""The two things that are trained: masked words, then labels; both by the clock."""

import copy
import itertools
import time
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

import optimizers
from batches import NO_VERDICT, Batch, Labelled, MaskedWords
from model import SentimentModel

REPORT_SECONDS = 10
# Last share of masked-word training with rows of full length: the later positions are learnt there.
LONG_SHARE, SHORT, LONG = 0.3, 128, 256
AGREEMENT, VERDICT, DROPOUT = 1.0, 2.0, 0.1
REPORT_FIRST_STEPS = 3


class Clock:
    """Progress, 0 to 1, from now on for so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.started = max(seconds, 1e-3), time.monotonic()

    @property
    def spent(self) -> float:
        return time.monotonic() - self.started

    @property
    def progress(self) -> float:
        return self.spent / self.seconds


class Trainer:
    """What all stages share: the model, the size of a step, the curve, and a way back from trouble."""

    def __init__(self, model: SentimentModel, device: torch.device, tokens: int) -> None:
        self.model, self.device, self.tokens = model, device, tokens
        self.dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
        self.started = time.monotonic()
        self.curve: list[dict] = []

    def report(self, stage: str, step: int, loss: float, rate: float, **more: float) -> None:
        seconds = round(time.monotonic() - self.started, 1)
        row = {"seconds": seconds, "stage": stage, "step": step, "loss": round(loss, 4), "rate": round(rate, 3), **more}
        self.curve.append(row)
        print(" ".join(f"{key} {value}" for key, value in row.items()), flush=True)

    def run(self, stage: str, clock: Clock, rate_at: Callable[[float], float], loss_of_step: Callable[[], Tensor],
            opts: list[torch.optim.Optimizer]) -> None:
        """Steps until the clock is out. A loss that is no number goes back to the last report's weights, slower."""
        step, next_report, slower = 0, 0.0, 1.0
        total, counted = torch.zeros((), device=self.device), 0
        good = self.snapshot(opts)
        while clock.progress < 1:
            rate = slower * rate_at(clock.progress)
            try:
                loss = loss_of_step()
                loss.backward()
            except torch.cuda.OutOfMemoryError:
                for optimizer in opts:
                    optimizer.zero_grad(set_to_none=True)
                torch.cuda.empty_cache()
                self.tokens //= 2
                print(f"out of memory: {self.tokens} tokens a step from here", flush=True)
                continue
            optimizers.step(self.model, opts, rate)
            total, counted, step = total + loss.detach(), counted + 1, step + 1
            if clock.spent >= next_report or step == REPORT_FIRST_STEPS:
                mean = float(total) / counted
                if not np.isfinite(mean):
                    slower *= 0.5
                    self.restore(good, opts)
                    print("the loss is no number: back to the last weights at half the rate", flush=True)
                else:
                    good = self.snapshot(opts)
                    self.report(stage, step, mean, rate)
                total, counted = torch.zeros((), device=self.device), 0
                next_report = clock.spent + REPORT_SECONDS
        if counted and np.isfinite(float(total)):
            self.report(stage, step, float(total) / counted, 0.0)
        elif counted:
            self.restore(good, opts)

    def snapshot(self, opts: list[torch.optim.Optimizer]) -> tuple:
        weights = {name: p.detach().clone() for name, p in self.model.state_dict().items()}
        return weights, [copy.deepcopy(optimizer.state_dict()) for optimizer in opts]

    def restore(self, good: tuple, opts: list[torch.optim.Optimizer]) -> None:
        self.model.load_state_dict(good[0])
        for optimizer, state in zip(opts, good[1], strict=True):
            optimizer.load_state_dict(copy.deepcopy(state))


def masked_words(trainer: Trainer, data: MaskedWords, seconds: float, muon_lr: float, adam_lr: float) -> None:
    clock = Clock(seconds)
    opts = optimizers.for_masked_words(trainer.model, muon_lr, adam_lr)
    longest = trainer.model.shape.positions

    def loss_of_step() -> Tensor:
        length = min(longest, LONG if clock.progress > 1 - LONG_SHARE else SHORT)
        ids, places, hidden = data.batch(max(1, trainer.tokens // length), length)
        return trainer.model.masked_loss(ids, places, hidden, trainer.dtype)

    trainer.run("masked words", clock, lambda p: max(0.0, min(1.0, 0.02 + p / 0.05, (1 - p) / 0.75)), loss_of_step, opts)


class Labels:
    """Learning the labels: a trunk at a steady rate, then branches off it that anneal on rows in different order.

    The trunk learns the rules' verdicts on unlabelled sentences too; the branches see labelled rows only.
    """

    def __init__(self, trainer: Trainer, everything: Labelled, labelled: Labelled, tokens: int, lr: float) -> None:
        self.trainer, self.everything, self.labelled, self.tokens = trainer, everything, labelled, tokens
        self.opts = optimizers.for_labels(trainer.model, lr)

    def train(self, stage: str, data: Labelled, seconds: float, rate_at: Callable[[float], float], seed: int) -> None:
        torch.manual_seed(seed)
        weight = data.mean_sum(self.tokens, lambda batch: batch.weights)
        verdicts = data.mean_sum(self.tokens, lambda batch: batch.verdicts != NO_VERDICT)
        chance = np.random.default_rng(seed)
        picks = (pick for _ in itertools.count() for pick in data.epoch(self.tokens, chance))

        def loss_of_step() -> Tensor:
            return self.loss(data.pick(*next(picks)), weight, verdicts)

        self.trainer.run(stage, Clock(seconds), rate_at, loss_of_step, self.opts)

    def loss(self, batch: Batch, mean_weight: float, mean_verdicts: float) -> Tensor:
        """Cross-entropy against the targets, disagreement between two passes with different dropout (R-drop), and
        the distance to the rules' verdicts."""
        logits, verdict = self.trainer.model.classify_and_judge(
            batch.ids.repeat(2, 1), batch.lengths.repeat(2), DROPOUT, self.trainer.dtype)
        neutral = torch.arange(3, device=logits.device) == 1
        log_p = F.log_softmax(logits.masked_fill(batch.binary.repeat(2)[:, None] & neutral, -1e4), dim=1)
        weights = batch.weights / mean_weight
        fit = -(batch.targets.repeat(2, 1) * log_p).sum(1)
        one, other = log_p.chunk(2)
        differ = ((one.exp() - other.exp()) * (one - other)).sum(1)
        known = (batch.verdicts != NO_VERDICT) / mean_verdicts
        miss = (verdict - batch.verdicts.repeat(2) / 100).square()
        return ((weights.repeat(2) * fit).sum() + AGREEMENT * (weights * differ).sum()
                + VERDICT * (known.repeat(2) * miss).sum()) / 2

    def trunk(self, seconds: float) -> None:
        self.train("trunk", self.everything, seconds, lambda p: min(1.0, 0.02 + p / 0.1), 1)

    def branches(self, count: int, seconds: float) -> list[dict[str, Tensor]]:
        """The weights at the end of each branch."""
        fork = self.trainer.snapshot(self.opts)
        ends = []
        for number in range(count):
            self.trainer.restore(fork, self.opts)
            self.train(f"branch {number + 1}", self.labelled, seconds / count, lambda p: max(0.0, 1 - p), 10 + number)
            ends.append({name: p.detach().clone() for name, p in self.trainer.model.state_dict().items()})
        return ends
