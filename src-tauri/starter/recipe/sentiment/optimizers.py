"""AdamW, with slower rates for the words' vectors: what was learnt of them beforehand should hold for those that labels never show."""

import torch

from model import SentimentModel

WORDS = ("word", "position")
MASKED_ONLY = ("guess", "guess_bias", "guess_norm", "guess_norm_bias", "guess_word", "guess_word_bias")
LABELS_ONLY = ("pooler", "pooler_bias", "classifier", "classifier_bias")
SLOWER = 0.5


def for_masked_words(model: SentimentModel, lr: float) -> torch.optim.Optimizer:
    named = dict(model.named_parameters())
    rest = [p for name, p in named.items() if name not in ("word", *LABELS_ONLY)]
    groups = [{"params": [named["word"]], "lr": lr * SLOWER}, {"params": rest, "lr": lr}]
    return with_peaks(torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=0.01, fused=True))


def for_labels(model: SentimentModel, lr: float, decay: float) -> torch.optim.Optimizer:
    named = {name: p for name, p in model.named_parameters() if name not in MASKED_ONLY}
    is_plain = lambda name: name.endswith("bias") or name.startswith("norm")
    groups = [
        {"params": [named[name] for name in WORDS], "lr": lr * SLOWER, "weight_decay": 0.0},
        {"params": [p for name, p in named.items() if name not in WORDS and not is_plain(name)], "lr": lr, "weight_decay": decay},
        {"params": [p for name, p in named.items() if is_plain(name)], "lr": lr, "weight_decay": 0.0},
    ]
    return with_peaks(torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=True))


def with_peaks(optimizer: torch.optim.Optimizer) -> torch.optim.Optimizer:
    for group in optimizer.param_groups:
        group["peak"] = group["lr"]
    return optimizer


def step(model: SentimentModel, optimizer: torch.optim.Optimizer, rate: float) -> None:
    """One update at `rate` of the peak learning rates, from the gradients there are."""
    torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.grad is not None], 1.0)
    for group in optimizer.param_groups:
        group["lr"] = rate * group["peak"]
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
