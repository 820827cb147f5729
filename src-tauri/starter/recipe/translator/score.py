"""Score an exported file on held-out rows, with the weights as the file has them: `python score.py FILE.gguf --prepared PREPARED`."""

import argparse
import json
from pathlib import Path

import sentencepiece

import gguf_file
from model import Shape, Translator
from scoring import held_out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--prepared", type=Path, required=True, help="what prepare.py wrote")
    parser.add_argument("--sources", nargs="+", default=["tatoeba", "pieces"])
    args = parser.parse_args()
    model = Translator(Shape())
    model.load_state_dict(gguf_file.read(args.file, list(model.state_dict())))
    processor = sentencepiece.SentencePieceProcessor(model_file=str(args.prepared / "source.spm"))
    held = json.loads((args.prepared / "held.json").read_text(encoding="utf-8"))
    for source in args.sources:
        table, _ = held_out(model, processor, {source: held[source]}, shown=0)
        print(json.dumps(table), flush=True)


if __name__ == "__main__":
    main()
