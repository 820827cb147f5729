"""Export a run as one GGUF file (Q8_0, vocabulary inside) and as folders for `transformers`, and check what was written.

    python export.py --run RUN --prepared PREPARED --output ../../translator/translator.gguf --folder HF --version 1

HF/full has the checkpoint's weights and HF/eight those of the file, undone to f32. Both translate held-out rows with `transformers`,
greedily and with four beams: the texts have to be the same or about as good. HF/expected.json gets what HF/eight wrote, for other readers
of the file: these have to write exactly that. The sentences in SHIPPED go with their translations into expected.json beside the GGUF file.
"""

import argparse
import json
from pathlib import Path

import safetensors.torch
import torch

import gguf_file
import hub_folder
from model import Shape
from scoring import scores
from stages import CHINESE, ENGLISH

BUDGET = 30_000_000
# How much worse, in chrF, the file may translate than the checkpoint.
TOLERANCE = 1.0
CODE = {ENGLISH: "en", CHINESE: "zh"}
SHIPPED = {
    CHINESE: ["The old woman closed the window and sat down by the fire.", "My brother has three books.", "“Where are you going?” she asked."],
    ENGLISH: ["雨停了，孩子们跑到外面去了。", "她每天早上都喝一杯茶。", "“你叫什么名字？”老师问。"],
}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="folder with model.safetensors")
    parser.add_argument("--prepared", type=Path, required=True, help="what prepare.py wrote")
    parser.add_argument("--output", type=Path, required=True, help="GGUF file to write")
    parser.add_argument("--folder", type=Path, required=True, help="folder for what is checked, outside the project")
    parser.add_argument("--version", required=True, help="version of the translator, as the file will state it")
    parser.add_argument("--rows", type=int, default=15, help="held-out rows of each of two sources, to translate in each direction")
    return parser.parse_args()


class Hub:
    """A folder's model, as `transformers` runs it."""

    def __init__(self, folder: Path) -> None:
        self.model, self.tokenizer = hub_folder.load(folder)

    @torch.no_grad()
    def translate(self, text: str, to: str, beams: int) -> dict:
        source = self.tokenizer(f">>{CODE[to]}<< {text}", return_tensors="pt")
        out = self.model.generate(**source, num_beams=beams, return_dict_in_generate=True, output_scores=True)
        tokens = out.sequences[0, 1:].tolist()
        score = float(out.sequences_scores[0]) if beams > 1 else None
        text = self.tokenizer.decode(tokens, skip_special_tokens=True)
        return {"beams": beams, "tokens": tokens, "text": text, "score": score}

    def row(self, text: str, to: str) -> dict:
        ids = self.tokenizer(f">>{CODE[to]}<< {text}")["input_ids"]
        return {"source": text, "to": CODE[to], "ids": ids, "searches": [self.translate(text, to, beams) for beams in (1, 4)]}


def held_rows(prepared: Path, count: int) -> list[tuple[str, str, str]]:
    """(language to translate into, source, reference)"""
    held = json.loads((prepared / "held.json").read_text(encoding="utf-8"))
    pairs = [pair for name in ("tatoeba", "pieces") for pair in held[name][-count:]]
    return [(CHINESE, english, chinese) for english, chinese in pairs] + [(ENGLISH, chinese, english) for english, chinese in pairs]


def compare(full: Hub, eight: Hub, rows: list[tuple[str, str, str]]) -> list[dict]:
    """Says how alike the two translate; what `eight` wrote."""
    found = [[hub.row(source, to) for to, source, _ in rows] for hub in (full, eight)]
    for to in (ENGLISH, CHINESE):
        for search, label in enumerate(("greedy", "beam 4")):
            chosen = [i for i, row in enumerate(rows) if row[0] == to]
            texts = [[out[i]["searches"][search]["text"] for i in chosen] for out in found]
            same = sum(a == b for a, b in zip(*texts, strict=True))
            chrf = [scores(side, [rows[i][2] for i in chosen], to)["chrF"] for side in texts]
            print(f"to {to}, {label}: {same} of {len(chosen)} the same; chrF {chrf[0]} checkpoint, {chrf[1]} file")
            if chrf[1] < chrf[0] - TOLERANCE:
                raise SystemExit("the exported file does not translate as the checkpoint does")
    return found[1]


def main() -> None:
    args = parse_arguments()
    shape, pieces = Shape(), args.prepared / "source.spm"
    weights = {name: value.float() for name, value in safetensors.torch.load_file(args.run / "model.safetensors").items()}
    facts = {
        "name": f"Bimo translator starter {args.version}",
        "version": args.version,
        "organization": "Bimo",
        "license": "Apache-2.0 OR MIT",
        "description": "A small translator between English and Chinese, sentence by sentence, for trying the desk offline.",
    }
    gguf_file.write(args.output, shape, weights, pieces, facts)
    size = args.output.stat().st_size
    print(f"{args.output}: {size / 1e6:.1f} MB")
    if size > BUDGET:
        raise SystemExit(f"the file is larger than {BUDGET / 1e6:.0f} MB")
    hub_folder.write(args.folder / "full", shape, weights, pieces)
    hub_folder.write(args.folder / "eight", shape, gguf_file.read(args.output, list(weights)), pieces)
    eight = Hub(args.folder / "eight")
    shipped = [eight.row(text, to) for to, texts in SHIPPED.items() for text in texts]
    write = lambda path, rows: path.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    write(args.output.with_name("expected.json"), shipped)
    for row in shipped:
        print(row["source"], *(search["text"] for search in row["searches"]), sep=" | ")
    write(args.folder / "expected.json", compare(Hub(args.folder / "full"), eight, held_rows(args.prepared, args.rows)))


if __name__ == "__main__":
    main()
