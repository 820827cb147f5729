"""Muon for the matrices, AdamW for everything else.

Muon steps along the nearest orthogonal matrix to the momentum, so every direction of a weight matrix learns at the
same pace. Here it reaches a given loss in well under the tokens AdamW needs, and tokens are what a CPU is short of.
Embeddings and norms have no such directions and stay with AdamW.
"""

import torch
from torch import Tensor

from model import StoryModel

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)


def orthogonalize(matrices: Tensor, steps: int = 5) -> Tensor:
    """The nearest semi-orthogonal matrices, approximately, by a quintic Newton-Schulz iteration; (count, rows, columns)."""
    a, b, c = NEWTON_SCHULZ
    x = matrices.bfloat16()
    transposed = x.shape[1] > x.shape[2]
    x = x.mT if transposed else x
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.mT if transposed else x).to(matrices.dtype)


class Muon(torch.optim.Optimizer):
    """One parameter group for each shape: matrices of a shape are stepped together, in few large products."""

    def __init__(self, params: list[Tensor], lr: float, momentum: float = 0.95, weight_decay: float = 0.02) -> None:
        shapes: dict[torch.Size, list[Tensor]] = {}
        for p in params:
            shapes.setdefault(p.shape, []).append(p)
        groups = [{"params": same} for same in shapes.values()]
        super().__init__(groups, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        for group in self.param_groups:
            self._step_together(group)

    def _step_together(self, group: dict) -> None:
        params = group["params"]
        grads = torch.stack([p.grad for p in params])
        state = self.state[params[0]]
        if not state:
            state["momentum"] = torch.zeros_like(grads)
        momentum = state["momentum"].lerp_(grads, 1 - group["momentum"])
        updates = orthogonalize(grads.lerp(momentum, group["momentum"]))
        scale = max(1.0, grads.shape[1] / grads.shape[2]) ** 0.5
        torch._foreach_mul_(params, 1 - group["lr"] * group["weight_decay"])
        torch._foreach_add_(params, list(updates.unbind()), alpha=-group["lr"] * scale)


def build(model: StoryModel, muon_lr: float, adam_lr: float) -> list[torch.optim.Optimizer]:
    matrices, rest = [], []
    for name, p in model.named_parameters():
        (matrices if p.ndim == 2 and "embed" not in name else rest).append(p)
    optimizers = [
        Muon(matrices, lr=muon_lr),
        torch.optim.AdamW(rest, lr=adam_lr, betas=(0.9, 0.97), weight_decay=0.0, fused=True),
    ]
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["peak_lr"] = group["lr"]
    return optimizers
