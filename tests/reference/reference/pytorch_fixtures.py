"""PyTorch's own files in both of its formats, with tensors that are parts of others."""

import json
from collections import OrderedDict
from pathlib import Path

import torch

from .files import fresh_folder


def tensors() -> OrderedDict:
    torch.manual_seed(3)
    rows = torch.randn(4, 6)
    deep = torch.randn(2, 3, 4)
    state = OrderedDict()
    state["rows"] = rows
    state["rows.again"] = rows
    state["turned"] = rows.t()
    state["some_rows"] = rows[1:3]
    state["some_columns"] = rows[:, 1:4]
    state["every_other"] = rows[::2, ::3]
    state["deep"] = deep
    state["deep.turned"] = deep.permute(2, 0, 1)
    state["one"] = torch.tensor(2.5)
    state["none"] = torch.empty(0, 3)
    state["parameter"] = torch.nn.Parameter(torch.randn(5))
    state["half"] = torch.randn(3, 2).half()
    state["bfloat"] = torch.randn(3, 2).bfloat16()
    state["ids"] = torch.arange(300)
    state["bytes"] = torch.arange(5, dtype=torch.uint8)
    state["double"] = torch.randn(2, dtype=torch.float64)
    state["complex"] = torch.randn(2, dtype=torch.complex64)
    # `Module.state_dict` says so of its modules.
    state._metadata = OrderedDict({"": {"version": 1}})
    return state


def expected(tensor: torch.Tensor) -> dict:
    is_read = tensor.dtype in (torch.float32, torch.float16, torch.bfloat16)
    return {"shape": list(tensor.shape), "values": tensor.detach().float().flatten().tolist() if is_read else None}


def make(root: Path) -> None:
    folder = fresh_folder(root, "pytorch")
    state = tensors()
    torch.save(state, folder / "archive.bin")
    torch.save(state, folder / "sequence.bin", _use_new_zipfile_serialization=False)
    rows = {name: expected(tensor) for name, tensor in state.items()}
    (folder / "expected.json").write_text(json.dumps(rows) + "\n", "utf-8")

    torch.save({"wide": torch.randn(1, 2).expand(1000, 2)}, folder / "expanded.bin")
    torch.save({"sparse": torch.eye(3).to_sparse()}, folder / "sparse.bin")
    torch.save([torch.randn(2)], folder / "list.bin")
