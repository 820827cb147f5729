"""Bits per byte: how many bits the model needs, on average, for one UTF-8 byte of a text.

Unlike loss per token, it does not depend on the vocabulary, so models with different tokenizers compare. Every
document opens with `<|story|>` and is read in overlapping windows, each token scored once, with at least half a
window of text before it wherever the document has that much.
"""

import math
from collections.abc import Iterator

import torch
from tokenizers import Tokenizer

import vocabulary
from model import StoryModel

BATCH = 8


def windows(tokens: list[int], size: int) -> Iterator[tuple[list[int], list[int]]]:
    """Pairs of inputs and targets, `size` long each; target -1 where nothing is to be scored."""
    step, scored = size // 2, 0
    for start in range(0, max(1, len(tokens) - 1), step):
        chunk = tokens[start : start + size + 1]
        inputs, targets = chunk[:-1], chunk[1:]
        known = scored - start
        scored = start + len(targets)
        padding = size - len(inputs)
        yield inputs + [vocabulary.PAD] * padding, [-1] * known + targets[known:] + [-1] * padding
        if scored >= len(tokens) - 1:
            return


@torch.no_grad()
def bits_per_byte(model: StoryModel, tokenizer: Tokenizer, texts: list[str], window: int = 512) -> float:
    device = next(model.parameters()).device
    encoded = tokenizer.encode_batch(texts, add_special_tokens=False)
    rows = [pair for e in encoded for pair in windows([vocabulary.STORY, *e.ids], window)]
    nats = 0.0
    for first in range(0, len(rows), BATCH):
        inputs, targets = torch.tensor(rows[first : first + BATCH], device=device).unbind(1)
        nats += model.losses(inputs, targets).sum().item()
    return nats / math.log(2) / sum(len(text.encode()) for text in texts)
