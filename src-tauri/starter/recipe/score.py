"""Score story models on the same held-out text, in bits per byte.

    python score.py --prepared PREPARED OLD.gguf NEW.gguf ...

A model is a GGUF file that export.py wrote (scored with its quantised weights) or a checkpoint folder. All are read with
the same window, so that they differ in nothing but the weights.
"""

import argparse
import json
from pathlib import Path

import gguf_io
import vocabulary
from model import StoryModel
from scoring import bits_per_byte


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prepared", type=Path, required=True, help="what prepare.py wrote")
    parser.add_argument("--window", type=int, default=512, help="tokens read at once")
    parser.add_argument("models", type=Path, nargs="+")
    args = parser.parse_args()
    held = json.loads((args.prepared / "heldout.json").read_text(encoding="utf-8"))
    tokenizer = vocabulary.load(args.prepared)
    for path in args.models:
        model = gguf_io.read(path) if path.suffix == ".gguf" else StoryModel.load(path)
        scores = {name: f"{bits_per_byte(model, tokenizer, texts, args.window):.3f}" for name, texts in held.items()}
        print(path, *(f"{name} {score}" for name, score in scores.items()), flush=True)


if __name__ == "__main__":
    main()
