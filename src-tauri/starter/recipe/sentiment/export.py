"""Export a run as one GGUF file (Q8_0, vocabulary inside), score what was written, and say what `transformers` makes of sixty texts.

    python export.py --run RUN --prepared PREPARED --data DATA --output ../../sentiment/sentiment.gguf --version 2

The bias that is best on the validation rows and the temperature that is most honest there become part of the last layer. The test rows are
scored with the file's own weights, undone to f32. Writes expected.json beside the file (texts, token ids and probabilities, which
crates/models/tests/sentiment.rs compares with) and RUN/scores.json.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch.nn.utils.rnn import pad_sequence
from transformers import BertConfig, BertForSequenceClassification

import corpus
import gguf_file
import scoring
import vocabulary
from batches import Rows
from corpus import LABELS
from model import Shape

POSITIONS, HEAD, AT_ONCE = Shape.positions, Shape.width // Shape.heads, 64
BUDGET = 12_000_000
SHIPPED, FAILURES = 60, 20


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="what train.py wrote")
    parser.add_argument("--prepared", type=Path, required=True, help="what prepare.py wrote")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True, help="GGUF file to write")
    parser.add_argument("--version", required=True, help="version of the model, as the file will state it")
    return parser.parse_args()


def opened(run: Path) -> BertForSequenceClassification:
    """`transformers`' model with the weights of a run."""
    weights = {name: w.float() for name, w in load_file(run / "model.safetensors").items()}
    size, width = weights["bert.embeddings.word_embeddings.weight"].shape
    layers = sum(name.endswith("intermediate.dense.bias") for name in weights)
    inner = len(weights["bert.encoder.layer.0.intermediate.dense.bias"])
    net = BertForSequenceClassification(BertConfig(
        vocab_size=size, hidden_size=width, num_hidden_layers=layers, num_attention_heads=width // HEAD, intermediate_size=inner,
        max_position_embeddings=POSITIONS, type_vocab_size=1, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        pad_token_id=vocabulary.PAD, bos_token_id=vocabulary.OPEN, eos_token_id=vocabulary.CLOSE, num_labels=len(LABELS),
        id2label=dict(enumerate(LABELS)), label2id={label: i for i, label in enumerate(LABELS)}, attn_implementation="eager"))
    net.load_state_dict(weights)
    return net.eval()


@torch.no_grad()
def logits(net: BertForSequenceClassification, rows: Rows, chosen: np.ndarray) -> np.ndarray:
    """Logits (rows, 3) in the order of `chosen`; of longer texts the beginning is read."""
    scored = np.empty((len(chosen), 3))
    order = np.argsort([len(rows.texts[row]) for row in chosen], kind="stable")
    for some in np.array_split(order, range(AT_ONCE, len(order), AT_ONCE)):
        texts = [[vocabulary.OPEN, *rows.texts[chosen[i]][: POSITIONS - 2].tolist(), vocabulary.CLOSE] for i in some]
        ids = pad_sequence([torch.tensor(text) for text in texts], batch_first=True, padding_value=vocabulary.PAD)
        scored[some] = net(input_ids=ids, attention_mask=(ids != vocabulary.PAD).long()).logits.numpy()
    return scored


def settle(net: BertForSequenceClassification, rows: Rows) -> dict:
    """Bias and temperature into the last layer."""
    validation = rows.of("validation")
    scored = logits(net, rows, validation)
    bias = scoring.best_bias(rows, validation, scored)
    temperature = scoring.best_temperature(rows, validation, scored + bias)
    with torch.no_grad():
        net.classifier.bias.add_(torch.tensor(bias, dtype=torch.float32))
        net.classifier.bias.div_(temperature)
        net.classifier.weight.div_(temperature)
    figures = scoring.score(rows, validation, (scored + bias) / temperature)
    return {"bias": bias.tolist(), "temperature": temperature, "validation": figures}


@torch.no_grad()
def expected(net: BertForSequenceClassification, prepared: Path, texts: list[str]) -> list[dict]:
    processor, found = vocabulary.load(prepared), []
    for text in texts:
        ids = [vocabulary.OPEN, *processor.encode(text)[: POSITIONS - 2], vocabulary.CLOSE]
        scores = net(input_ids=torch.tensor([ids])).logits[0].softmax(0)
        found.append({"text": text, "ids": ids, "scores": [round(score, 6) for score in scores.tolist()]})
    return found


def shipped_texts(data: Path) -> list[str]:
    """Held-out sentences of the pieces, which may be shown, as many in either language and of each mood."""
    held = [row for piece in corpus.pieces(data) for row in piece if row.part == "test"]
    chosen: list[str] = []
    for language in ("en", "zh"):
        for label in range(len(LABELS)):
            texts = [row.text for row in held if row.language == language and row.label == label]
            chosen += texts[:: len(texts) // (SHIPPED // 6)][: SHIPPED // 6]
    return chosen


def failures(rows: Rows, data: Path, test: np.ndarray, scored: np.ndarray) -> list[dict]:
    """Of the held-out sentences of the pieces every so many that came out wrong: not the worst, and not the mildest."""
    texts = corpus.labelled(data)
    p = scoring.probabilities(scored, False)
    wrong = [i for i, row in enumerate(test) if rows.source[row] == "pieces" and p[i].argmax() != rows.labels[row]]
    some = wrong[:: len(wrong) // FAILURES][:FAILURES]
    return [{"text": texts[test[i]].text, "reader": LABELS[rows.labels[test[i]]], "model": LABELS[int(p[i].argmax())],
             "probability": round(float(p[i].max()), 2)} for i in some]


def main() -> None:
    args = parse_arguments()
    rows = Rows(args.prepared)
    net = opened(args.run)
    report = settle(net, rows)
    facts = {
        "name": f"Bimo sentiment starter {args.version}",
        "version": args.version,
        "organization": "Bimo",
        "license": "Apache-2.0 OR MIT",
        "description": "Negative, neutral or positive, for English and Chinese sentences, for trying the desk offline.",
    }
    args.output.parent.mkdir(parents=True, exist_ok=True)
    gguf_file.write(args.output, net.config, net.state_dict(), args.prepared / "spm.model", facts)
    size = args.output.stat().st_size
    print(f"{args.output}: {size / 1e6:.2f} MB")
    if size > BUDGET:
        raise SystemExit(f"the file is larger than {BUDGET / 1e6:.0f} MB")
    net.load_state_dict(gguf_file.read(args.output, list(net.state_dict())))
    test = rows.of("test")
    scored = logits(net, rows, test)
    report |= {"test": scoring.score(rows, test, scored), "details": scoring.details(rows, test, scored),
               "failures": failures(rows, args.data, test, scored)}
    print(json.dumps({"validation": report["validation"], "test": report["test"]}, indent=1))
    (args.run / "scores.json").write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    shipped = expected(net, args.prepared, shipped_texts(args.data))
    args.output.with_name("expected.json").write_text(json.dumps(shipped, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
