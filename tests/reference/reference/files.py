"""Writing fixture files the same way every time: JSON with one list item per line, empty folders to start from."""

import json
import shutil
from pathlib import Path

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"


def fresh_folder(name):
    """The fixture's folder, emptied."""
    folder = FIXTURES / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def write_json(path, value):
    """Plain indented JSON, as model repositories have it."""
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_rows(path, rows):
    """A list with one item per line, in ASCII so that no editor can normalise a text."""
    body = ",\n".join(json.dumps(row) for row in rows)
    path.write_text(f"[\n{body}\n]\n", encoding="ascii")


def write_expected(path, fields):
    """An object with one field per line, lists of numbers kept short."""
    body = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in fields.items())
    path.write_text(f"{{\n{body}\n}}\n", encoding="ascii")
