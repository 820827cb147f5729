"""Random weights, already in the blocks of a GGUF: what a kernel computes with does not change how long it takes.

Every kind is as ggml lays it out. Scales and numbers are drawn; their spread is that of weights which keep the size of
what passes through them, so that a deep network stays finite.
"""

import numpy as np
from gguf import GGMLQuantizationType as Kind

# Weights of a block, and its bytes.
SIZES = {Kind.Q8_0: (32, 34), Kind.Q5_0: (32, 22), Kind.Q4_K: (256, 144), Kind.Q6_K: (256, 210)}


def random_blocks(kind: Kind, rows: int, columns: int, spread: float, random: np.random.Generator) -> np.ndarray:
    """The bytes of a matrix `[rows, columns]`, row after row, of weights around zero."""
    weights, size = SIZES[kind]
    count = rows * columns // weights
    blocks = random.integers(0, 256, (count, size), dtype=np.uint8)
    draw = {Kind.Q8_0: _q8_0, Kind.Q5_0: _q5_0, Kind.Q4_K: _q4_k, Kind.Q6_K: _q6_k}[kind]
    draw(blocks, spread, random)
    return blocks.reshape(rows, columns // weights * size)


def _scales(count: int, middle: float, random: np.random.Generator) -> np.ndarray:
    """So many half-precision numbers near `middle`, as bytes."""
    return (middle * random.uniform(0.75, 1.25, count)).astype("<f2").view(np.uint8).reshape(count, 2)


def _q8_0(blocks: np.ndarray, spread: float, random: np.random.Generator) -> None:
    """A scale and 32 signed bytes, of which no quantiser writes the lowest."""
    blocks[:, :2] = _scales(len(blocks), spread / 73.6, random)
    numbers = blocks.view(np.int8)[:, 2:]
    np.maximum(numbers, -127, out=numbers)


def _q5_0(blocks: np.ndarray, spread: float, random: np.random.Generator) -> None:
    """A scale, 32 highest bits, 32 numbers of 4 bits; 16 is zero."""
    blocks[:, :2] = _scales(len(blocks), spread / 9.23, random)


def _q4_k(blocks: np.ndarray, spread: float, random: np.random.Generator) -> None:
    """Two scales, eight scales and eight minima of 6 bits, 256 numbers of 4 bits.

    Each minimum is its scale, and the scale of the minima 7.5 times that of the numbers: the weights lie around zero.
    """
    scale = _scales(len(blocks), spread / 222, random)
    blocks[:, :2] = scale
    blocks[:, 2:4] = (scale.view("<f2").astype(np.float32) * 7.5).astype("<f2").view(np.uint8)
    inner = random.integers(32, 64, (len(blocks), 8), dtype=np.uint8)
    low, high = inner[:, :4], inner[:, 4:]
    blocks[:, 4:8] = blocks[:, 8:12] = low | (high >> 4 << 6)
    blocks[:, 12:16] = (high & 15) | (high << 4)


def _q6_k(blocks: np.ndarray, spread: float, random: np.random.Generator) -> None:
    """256 numbers of 6 bits (32 is zero), sixteen signed scales, a scale."""
    blocks[:, 192:208] = random.integers(32, 97, (len(blocks), 16), dtype=np.uint8)
    blocks[:, 208:] = _scales(len(blocks), spread / 1225, random)
