"""The translator as one GGUF file.

The output layer is the embedding and is not stored, nor are the positions, which are computed.
"""

from pathlib import Path

import gguf
from torch import Tensor

import eight_bits
import vocabulary
from marian_gguf import ARCHITECTURE, add_pieces, add_search, add_shape, stored_name
from model import Shape


def write(target: Path, shape: Shape, weights: dict[str, Tensor], pieces: Path, facts: dict[str, str]) -> None:
    """`facts` become the `general.*` strings; `pieces` is the vocabulary's source.spm."""
    writer = gguf.GGUFWriter(target, ARCHITECTURE)
    add_shape(writer, shape.configuration())
    add_search(writer, shape.generation())
    add_pieces(writer, pieces.read_bytes(), shape.tokens() | {"unk_token_id": vocabulary.UNKNOWN})
    eight_bits.write(writer, facts, weights, stored_name)


def read(path: Path, names: list[str]) -> dict[str, Tensor]:
    """The weights of a file that `write` wrote, as it has them, under their names in the checkpoint."""
    return eight_bits.read(path, names, stored_name)
