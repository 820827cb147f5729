"""Writing fixture files the same way every time: JSON kept short, empty folders to start from."""

import json
import shutil
from pathlib import Path

SIGNIFICANT_DIGITS = 8


def fresh_folder(root: Path, name: str) -> Path:
    """The fixture's folder, emptied."""
    folder = root / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def write_json(path: Path, value: object) -> None:
    """Plain indented JSON, as model repositories have it."""
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_expected(path: Path, fields: dict) -> None:
    """An object with one field, or one item of a field's list, per line; ASCII, so that no editor normalises a text."""
    body = ",\n".join(f"{json.dumps(key)}: {lines(value)}" for key, value in fields.items())
    path.write_text(f"{{\n{body}\n}}\n", encoding="ascii")


def lines(value: object) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(json.dumps(item, separators=(",", ":")) for item in value) + "\n]"
    return json.dumps(value, separators=(",", ":"))


def short(numbers) -> list[float]:
    """Numbers of a one-dimensional tensor, rounded a little finer than f32 can tell apart."""
    return [float(f"{float(number):.{SIGNIFICANT_DIGITS}g}") for number in numbers]
