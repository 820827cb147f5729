"""Writes the models of the bench that are not there yet: `python -m models.make FOLDER NAME...`

Weights are random, shapes and files are those of published models. A name appears only once all of it is written.
"""

import shutil
import sys
from pathlib import Path

from . import decoders, distilbert, marian


def make(folder: Path, name: str) -> None:
    """Writes one model, by the name that the table has for it."""
    target = folder / name
    if target.exists():
        return
    print(f"   {name}", flush=True)
    unfinished = folder / f"{name}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.unlink(missing_ok=True)
    match name:
        case "opus-mt-en-zh":
            marian.make(unfinished)
        case "distilbert-base":
            distilbert.make(unfinished)
        case _:
            shape, mix = name.removesuffix(".gguf").rsplit("-", 1)
            decoders.make(unfinished, decoders.SHAPES[shape], mix)
    unfinished.rename(target)


if __name__ == "__main__":
    place, *names = sys.argv[1:]
    Path(place).mkdir(parents=True, exist_ok=True)
    for wanted in names:
        make(Path(place), wanted)
