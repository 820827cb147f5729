"""Export a run as one GGUF file (Q8_0, vocabulary inside) and check what was written.

    cat RUN/model.safetensors.* > RUN/model.safetensors
    python export.py --run RUN --prepared PREPARED --data DATA --output ../../sentiment/sentiment.gguf --version 1

The temperature that train.py found most honest becomes part of the last layer. The held-out sentences of the pieces are scored again, with the
file's own weights undone to f32: they have to come out as they did in training. Writes expected.json beside the file, what
`transformers` makes of sixty of them, which crates/models/tests/sentiment.rs compares with, and RUN/failures.json.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

import corpus
import gguf_file
import scoring
from batches import Labelled, Rows
from corpus import LABELS, Row
from model import SentimentModel, Shape

BUDGET = 12_000_000
SHIPPED, FAILURES = 60, 20
# How much the file's macro-F1 may differ from that of the weights before they were made eight-bit.
TOLERANCE = 0.01


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="what train.py wrote, its pieces put together")
    parser.add_argument("--prepared", type=Path, required=True, help="what prepare.py wrote")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True, help="GGUF file to write")
    parser.add_argument("--version", required=True, help="version of the model, as the file will state it")
    return parser.parse_args()


def settled(run: Path, temperature: float) -> dict[str, torch.Tensor]:
    """The run's weights with the temperature in the last layer."""
    weights = {name: value.float() for name, value in load_file(run / "model.safetensors").items()}
    for name in ("classifier.weight", "classifier.bias"):
        weights[name] = weights[name] / temperature
    return weights


def score_pieces(weights: dict[str, torch.Tensor], config: BertConfig, rows: Rows) -> tuple[np.ndarray, np.ndarray, dict]:
    """The held-out rows of the pieces, their logits, and both languages' macro-F1."""
    shape = Shape(config.vocab_size, config.hidden_size, config.num_hidden_layers, config.num_attention_heads)
    model, cpu = SentimentModel(shape), torch.device("cpu")
    model.load_bert_weights(weights)
    test = rows.of("test")
    test = test[rows.source[test] == "pieces"]
    data = Labelled(rows, test, rows.targets, rows.weights, cpu)
    scored = scoring.logits(model, data, test, 8_192, torch.float32)
    figures = {}
    for figure in ("pieces-en", "pieces-zh"):
        here = scoring.figure_rows(rows, test, figure)
        figures[figure] = scoring.macro_f1(scoring.confusion(rows.labels[test[here]], scored[here].argmax(1)))
    return test, scored, figures


def failures(texts: list[Row], rows: Rows, test: np.ndarray, scored: np.ndarray) -> list[dict]:
    """Every so many of the sentences that came out wrong: not the worst, and not the mildest."""
    p = scoring.probabilities(scored, False)
    wrong = np.flatnonzero(p.argmax(1) != rows.labels[test])
    return [{"text": texts[test[i]].text, "reader": LABELS[rows.labels[test[i]]], "model": LABELS[int(p[i].argmax())],
             "probability": round(float(p[i].max()), 2)} for i in wrong[:: len(wrong) // FAILURES][:FAILURES]]


def shipped_texts(texts: list[Row]) -> list[str]:
    """Held-out sentences of the pieces, which may be shown: as many in either language and of each mood."""
    held = [row for row in texts if row.source == "pieces" and row.part == "test"]
    each, chosen = SHIPPED // 6, []
    for language in ("en", "zh"):
        for label in range(len(LABELS)):
            some = [row.text for row in held if row.language == language and row.label == label]
            chosen += some[:: len(some) // each][:each]
    return chosen


@torch.no_grad()
def expected(net: BertForSequenceClassification, tokenizer: BertTokenizer, texts: list[str]) -> list[dict]:
    found = []
    for text in texts:
        ids = tokenizer(text)["input_ids"]
        scores = net(input_ids=torch.tensor([ids])).logits[0].softmax(0)
        found.append({"text": text, "ids": ids, "scores": [round(score, 6) for score in scores.tolist()]})
    return found


def main() -> None:
    args = parse_arguments()
    report = json.loads((args.run / "scores.json").read_text())
    config = BertConfig.from_pretrained(args.run)
    weights = settled(args.run, report["temperature"])
    facts = {
        "name": f"Bimo sentiment starter {args.version}",
        "version": args.version,
        "organization": "Bimo",
        "license": "Apache-2.0 OR MIT",
        "description": "Negative, neutral or positive, for English and Chinese sentences, for trying the desk offline.",
    }
    args.output.parent.mkdir(parents=True, exist_ok=True)
    pieces = (args.prepared / "vocab.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
    gguf_file.write(args.output, config, weights, pieces, facts)
    size = args.output.stat().st_size
    print(f"{args.output}: {size / 1e6:.2f} MB")
    if size > BUDGET:
        raise SystemExit(f"the file is larger than {BUDGET / 1e6:.0f} MB")
    eight = gguf_file.read(args.output, list(weights))
    rows, texts = Rows(args.prepared), corpus.labelled(args.data)
    test, scored, figures = score_pieces(eight, config, rows)
    for figure, found in figures.items():
        print(f"{figure}: {report['test'][figure]:.4f} in training, {found:.4f} as shipped")
        if abs(found - report["test"][figure]) > TOLERANCE:
            raise SystemExit("the exported file does not read as the checkpoint does")
    net = BertForSequenceClassification(config).eval()
    net.load_state_dict(eight)
    shipped = expected(net, BertTokenizer(str(args.prepared / "vocab.txt")), shipped_texts(texts))
    write = lambda path, found: path.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    write(args.output.with_name("expected.json"), shipped)
    write(args.run / "failures.json", failures(texts, rows, test, scored))


if __name__ == "__main__":
    main()
