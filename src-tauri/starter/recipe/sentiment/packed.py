"""Arrays on disk, small enough to carry: NumPy's format inside xz."""

import io
import lzma
from pathlib import Path

import numpy as np

FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 0, "lp": 1, "pb": 1, "dict_size": 1 << 26}]


def save(path: Path, array: np.ndarray) -> None:
    raw = io.BytesIO()
    np.save(raw, array)
    path.write_bytes(lzma.compress(raw.getvalue(), format=lzma.FORMAT_XZ, filters=FILTERS))


def load(path: Path) -> np.ndarray:
    return np.load(io.BytesIO(lzma.decompress(path.read_bytes())))
