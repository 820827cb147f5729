"""What a model learns from, masked words and labels, by the clock: learning rates follow the share of the time that is over, so a
run ends annealed however fast the machine is."""

import time
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

import optimizers
from batches import MaskedWords, Texts
from model import SentimentModel
from vocabulary import CLOSE, UNKNOWN

WORDS_ROWS, WORDS_LENGTH = 256, 256
# Steps that are not counted: they compile.
WARM_STEPS, REPORT_SECONDS, WAIT_EVERY = 3, 10.0, 8
# From which share of the time on the running mean of the weights is taken.
MEAN_FROM, MEAN_EVERY = 0.6, 4


def number_type(device: torch.device) -> torch.dtype:
    return torch.bfloat16 if device.type == "cuda" else torch.float32


def wait(device: torch.device, step: int) -> None:
    """So that the clock tells what is done, not what is asked for."""
    if device.type == "cuda" and step % WAIT_EVERY == 0:
        torch.cuda.synchronize()


def flat_then_down(progress: float) -> float:
    return min(1.0, progress / 0.04 + 0.01) * min(1.0, (1 - progress) / 0.45)


def up_then_down(progress: float) -> float:
    return max(0.0, min(progress / 0.08 + 0.01, (1 - progress) / 0.92))


def masked_words(net: SentimentModel, words: MaskedWords, seconds: float, lr: float, say: Callable, rows: int = WORDS_ROWS) -> None:
    device, dtype, optimizer = words.device, number_type(words.device), optimizers.for_masked_words(net, lr)
    loss_of = lambda ids, places, hidden: net.masked_loss(ids, places, hidden, dtype)
    if device.type == "cuda":
        loss_of = torch.compile(loss_of, dynamic=False)
    step, report, started, spent = 0, REPORT_SECONDS, time.monotonic(), 0.0
    while spent < seconds:
        loss = loss_of(*words.batch(rows, WORDS_LENGTH))
        loss.backward()
        optimizers.step(net, optimizer, flat_then_down(spent / seconds))
        step += 1
        wait(device, step)
        if step == WARM_STEPS:
            started = time.monotonic()
        spent = time.monotonic() - started if step > WARM_STEPS else 0.0
        if spent > report:
            say(f"masked words: {step} steps, {step * rows * WORDS_LENGTH / 1e6:.0f} M tokens, loss {loss.item():.3f}")
            report = spent + REPORT_SECONDS


def classes_loss(logits: Tensor, goals: Tensor, weights: Tensor, binary: Tensor) -> Tensor:
    """Cross entropy; of rows of two classes nothing is known of the neutral one, which is left out."""
    neutral = torch.arange(3, device=logits.device) == 1
    log_p = F.log_softmax(logits.masked_fill(binary[:, None] & neutral, -1e4), dim=1)
    return -(weights * (goals * log_p).sum(1)).sum() / weights.sum()


def labels(net: SentimentModel, texts: Texts, seconds: float, tokens: int, lr: float, dropout: float, hide: float, decay: float) -> int:
    """The number of steps. The running mean of the weights over the end is what remains; `hide` is the share of words hidden."""
    dtype, optimizer = number_type(texts.device), optimizers.for_labels(net, lr, decay)
    mean = {name: p.detach().clone() for name, p in net.named_parameters()}
    started, step, spent, counted = time.monotonic(), 0, 0.0, 0
    while spent < seconds:
        for bucket, lines in texts.plan(tokens):
            batch = texts.pick(bucket, lines)
            hidden = (torch.rand(batch.ids.shape, device=texts.device) < hide) & (batch.ids > CLOSE)
            logits = net.classify(batch.ids.masked_fill(hidden, UNKNOWN), batch.lengths, dropout, dtype)
            classes_loss(logits, batch.targets, batch.weights, batch.binary).backward()
            optimizers.step(net, optimizer, up_then_down(spent / seconds))
            step += 1
            wait(texts.device, step)
            if spent / seconds > MEAN_FROM and step % MEAN_EVERY == 0:
                counted += 1
                with torch.no_grad():
                    for name, p in net.named_parameters():
                        mean[name].lerp_(p, 1 / counted)
            spent = time.monotonic() - started
            if spent >= seconds:
                break
    with torch.no_grad():
        for name, p in net.named_parameters():
            p.copy_(mean[name])
    return step


@torch.no_grad()
def logits(net: SentimentModel, texts: Texts, tokens: int) -> np.ndarray:
    """Logits (texts, 3)."""
    found = np.empty((texts.count, 3), dtype=np.float32)
    for bucket, lines in texts.plan(tokens, shuffled=False):
        batch = texts.pick(bucket, lines)
        found[texts.order[bucket][lines.cpu().numpy()]] = net.classify(batch.ids, batch.lengths, 0.0, number_type(texts.device)).cpu().numpy()
    return found


@torch.no_grad()
def guessed_anew(net: SentimentModel, texts: Texts, tokens: int) -> list[np.ndarray]:
    """The texts with a share of their words, 15 to 45 %, drawn from what the encoder guesses there; a few of them in sight."""
    found: list[np.ndarray] = [np.empty(0, np.uint16)] * texts.count
    for bucket, lines in texts.plan(tokens, shuffled=False):
        batch = texts.pick(bucket, lines)
        share = 0.15 + 0.3 * torch.rand(len(lines), 1, device=texts.device)
        places = (torch.rand(batch.ids.shape, device=texts.device) < share) & (batch.ids > CLOSE)
        unseen = places & (torch.rand(batch.ids.shape, device=texts.device) < 0.85)
        x = net.encode(batch.ids.masked_fill(unseen, UNKNOWN), batch.lengths, 0.0, number_type(texts.device))
        at = places.nonzero(as_tuple=True)
        if len(at[0]):
            scores = net.guesses(x[at]).float()
            scores[:, : CLOSE + 1] = -torch.inf
            gumbel = -torch.log(-torch.log(torch.rand_like(scores).clamp(1e-9, 1 - 1e-7)))
            batch.ids[at] = (scores + gumbel).argmax(1)
        ids, lengths = batch.ids.cpu().numpy().astype(np.uint16), batch.lengths.cpu().numpy()
        for line, length, place in zip(ids, lengths, texts.order[bucket][lines.cpu().numpy()], strict=True):
            found[place] = line[1 : length - 1]
    return found
