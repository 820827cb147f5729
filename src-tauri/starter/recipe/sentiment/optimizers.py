"""Muon for the stacked matrices, AdamW for the rest; AdamW for everything when learning the labels.

Muon steps along the nearest orthogonal matrix to the momentum. All matrices of a kind are updated at once.
"""

import torch
from torch import Tensor

from model import SentimentModel

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
MATRICES = ("qkv", "out", "up", "down")
DECAYED = (*MATRICES, "word", "position", "pooler", "classifier")


def orthogonalize(stack: Tensor, steps: int = 5) -> Tensor:
    """The nearest semi-orthogonal matrices (n, rows, columns), approximately, by a quintic Newton-Schulz iteration."""
    a, b, c = NEWTON_SCHULZ
    x = stack.bfloat16()
    transposed = x.shape[1] > x.shape[2]
    x = x.mT if transposed else x
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.mT if transposed else x).to(stack.dtype)


class Muon(torch.optim.Optimizer):
    def __init__(self, params: list[Tensor], lr: float, momentum: float = 0.95, weight_decay: float = 0.02) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        for group in self.param_groups:
            for p in group["params"]:
                self._step_one(p, group)

    def _step_one(self, p: Tensor, group: dict) -> None:
        state = self.state[p]
        if not state:
            state["momentum"] = torch.zeros_like(p)
        momentum = state["momentum"].lerp_(p.grad, 1 - group["momentum"])
        direction = p.grad.lerp(momentum, group["momentum"])
        columns = p.shape[2]
        # Query, key and value are three matrices each: what is stacked on them is split off first.
        rows = columns if p.shape[1] == 3 * columns else p.shape[1]
        update = orthogonalize(direction.view(-1, rows, columns)).view_as(p)
        p.mul_(1 - group["lr"] * group["weight_decay"])
        p.add_(update, alpha=-group["lr"] * max(1.0, rows / columns) ** 0.5)


def for_masked_words(model: SentimentModel, muon_lr: float, adam_lr: float) -> list[torch.optim.Optimizer]:
    matrices = [p for name, p in model.named_parameters() if name in MATRICES]
    rest = [p for name, p in model.named_parameters()
            if name not in MATRICES and not name.startswith(("pooler", "classifier", "verdict"))]
    return _with_peaks([
        Muon(matrices, lr=muon_lr),
        torch.optim.AdamW(rest, lr=adam_lr, betas=(0.9, 0.98), weight_decay=0.0, fused=True),
    ])


def for_labels(model: SentimentModel, lr: float) -> list[torch.optim.Optimizer]:
    decayed = [p for name, p in model.named_parameters() if name in DECAYED]
    plain = [p for name, p in model.named_parameters()
             if name not in DECAYED and not name.startswith(("guess", "word_bias"))]
    groups = [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}]
    return _with_peaks([torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.98), fused=True)])


def _with_peaks(optimizers: list[torch.optim.Optimizer]) -> list[torch.optim.Optimizer]:
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["peak_lr"] = group["lr"]
    return optimizers


def step(model: SentimentModel, optimizers: list[torch.optim.Optimizer], rate: float) -> None:
    """One update at `rate` of the peak learning rates, from the gradients there are."""
    torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.grad is not None], 1.0)
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = rate * group["peak_lr"]
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
