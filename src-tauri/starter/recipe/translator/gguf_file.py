"""The translator as one GGUF file.

Matrices are Q8_0, biases and norms F32. The output layer is the embedding and is not stored, nor are the positions, which
are computed.
"""

from pathlib import Path

import gguf
import torch
from gguf import GGMLQuantizationType as Kind
from torch import Tensor

import vocabulary
from marian_gguf import ARCHITECTURE, add_pieces, add_search, add_shape, stored_name
from model import Shape


def write(target: Path, shape: Shape, weights: dict[str, Tensor], pieces: Path, facts: dict[str, str]) -> None:
    """`facts` become the `general.*` strings; `pieces` is the vocabulary's source.spm."""
    writer = gguf.GGUFWriter(target, ARCHITECTURE)
    writer.add_type(gguf.GGUFType.MODEL)
    for key, value in facts.items():
        writer.add_string(f"general.{key}", value)
    writer.add_array("general.languages", ["en", "zh"])
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    add_shape(writer, shape.configuration())
    add_search(writer, shape.generation())
    add_pieces(writer, pieces.read_bytes(), shape.tokens() | {"unk_token_id": vocabulary.UNKNOWN})
    for name, value in weights.items():
        rows = value.float().numpy()
        kind = Kind.Q8_0 if rows.ndim == 2 else Kind.F32
        writer.add_tensor(stored_name(name), gguf.quants.quantize(rows, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def read(path: Path, names: list[str]) -> dict[str, Tensor]:
    """The weights of a file that `write` wrote, as it has them, under their names in the checkpoint."""
    stored = {t.name: gguf.quants.dequantize(t.data, t.tensor_type) for t in gguf.GGUFReader(path).tensors}
    if set(stored) != {stored_name(name) for name in names}:
        raise ValueError(f"{path} does not have the tensors of this shape")
    return {name: torch.tensor(stored[stored_name(name)]) for name in names}
