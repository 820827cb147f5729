"""Token collections on disk: texts of unequal length as one xz'd array each."""

import io
import lzma
from pathlib import Path

import numpy as np

import batches


def write(path: Path, sides: dict[str, list[list[int]]]) -> None:
    arrays = {}
    for name, texts in sides.items():
        arrays[f"{name}.lengths"] = np.array([len(t) for t in texts], dtype=np.uint8)
        arrays[f"{name}.tokens"] = np.array([i for t in texts for i in t], dtype=np.uint16)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    path.write_bytes(lzma.compress(buffer.getvalue(), preset=6))


def read(path: Path) -> dict[str, np.ndarray]:
    """Each side as a matrix [texts, LONGEST] of int16, padded with 0."""
    arrays = np.load(io.BytesIO(lzma.decompress(path.read_bytes())))
    sides = {}
    for name in {key.split(".")[0] for key in arrays.files}:
        sizes = arrays[f"{name}.lengths"].astype(np.int64)
        matrix = np.zeros((len(sizes), batches.LONGEST), dtype=np.int16)
        matrix[np.arange(batches.LONGEST) < sizes[:, None]] = arrays[f"{name}.tokens"].astype(np.int16)
        sides[name] = matrix
    return sides
