"""Export a checkpoint folder as one GGUF file (Q8_0, tokenizer inside), and check what was written.

    python export.py --checkpoint RUN/final --output ../story/story.gguf --version 1 --sample TEXT_FILE

The check reads the file back, undoes the quantisation, and compares its bits per byte on the sample text with the
checkpoint's. More than 0.5 % apart means a broken export, and the command fails.

`--rope-theta` turns the slow rotary frequencies slower still, so that a model that learned mostly at one length reads twice as
far (bloc97's NTK-aware scaling: theta times 2 to the power d / (d - 2) for heads of d).
"""

import argparse
from pathlib import Path

import gguf_io
import vocabulary
from model import StoryModel
from scoring import bits_per_byte

TOLERANCE = 0.005


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True, help="folder with config, weights and tokenizer")
    parser.add_argument("--output", type=Path, required=True, help="GGUF file to write")
    parser.add_argument("--version", required=True, help="version of the story starter, as the file will state it")
    parser.add_argument("--sample", type=Path, required=True, help="text to compare both on, the first 40,000 characters")
    parser.add_argument("--rope-theta", type=float, help="base of the rotary frequencies, if not the checkpoint's")
    return parser.parse_args()


def main() -> None:
    args = parse_arguments()
    facts = {
        "name": f"Bimo story starter {args.version}",
        "version": args.version,
        "organization": "Bimo",
        "license": "Apache-2.0 OR MIT",
        "description": "A small English and Chinese story model for trying the desk and for working offline.",
    }
    model = StoryModel.load(args.checkpoint)
    model.config.rope_theta = args.rope_theta or model.config.rope_theta
    gguf_io.write(args.checkpoint, model, args.output, facts)
    tokenizer = vocabulary.load(args.checkpoint)
    text = args.sample.read_text(encoding="utf-8")[:40_000]
    before = bits_per_byte(model, tokenizer, [text])
    after = bits_per_byte(gguf_io.read(args.output), tokenizer, [text])
    print(f"{args.output}: {args.output.stat().st_size / 2**20:.1f} MiB")
    print(f"bits per byte: checkpoint {before:.4f}, file {after:.4f}")
    if abs(after / before - 1) > TOLERANCE:
        raise SystemExit("the exported file does not behave as the checkpoint does")


if __name__ == "__main__":
    main()
