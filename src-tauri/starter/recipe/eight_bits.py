"""A checkpoint as one GGUF file with Q8_0 matrices, and such a file's weights as it has them."""

from collections.abc import Callable, Collection
from pathlib import Path

import gguf
import torch
from gguf import GGMLQuantizationType as Kind
from torch import Tensor

Name = Callable[[str], str]


def write(
    writer: gguf.GGUFWriter, facts: dict[str, str], weights: dict[str, Tensor], stored_name: Name, plain: Collection[str] = (),
) -> None:
    """Everything but what only this model's own module knows, which is in `writer` already.

    `facts` become the `general.*` strings. Matrices are Q8_0, but for those stored under a `plain` name; all else is F32.
    """
    writer.add_type(gguf.GGUFType.MODEL)
    for key, value in facts.items():
        writer.add_string(f"general.{key}", value)
    writer.add_array("general.languages", ["en", "zh"])
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    for name, value in weights.items():
        rows, stored = value.float().numpy(), stored_name(name)
        kind = Kind.Q8_0 if rows.ndim == 2 and stored not in plain else Kind.F32
        writer.add_tensor(stored, gguf.quants.quantize(rows, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def read(path: Path, names: Collection[str], stored_name: Name) -> dict[str, Tensor]:
    """The weights of a file that `write` wrote, under their names in the checkpoint."""
    stored = {t.name: gguf.quants.dequantize(t.data, t.tensor_type) for t in gguf.GGUFReader(path).tensors}
    if set(stored) != {stored_name(name) for name in names}:
        raise ValueError(f"{path} does not have the tensors of this shape")
    return {name: torch.tensor(stored[stored_name(name)]) for name in names}
