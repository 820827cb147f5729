"""Average the weights of two checkpoints of one training line.

    python average.py --first RUN1/final --second RUN2/final --share 0.5 --output AVERAGED

A checkpoint and one that was trained on from it lie in the same valley of the loss, and a point between them is often
better on held-out text than either (Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima and Better
Generalization"; Wortsman et al. 2022, "Model soups").
"""

import argparse
import shutil
from pathlib import Path

from safetensors.torch import load_file, save_file

WEIGHTS = "model.safetensors"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=Path, required=True, help="checkpoint folder")
    parser.add_argument("--second", type=Path, required=True, help="checkpoint folder; its configuration is taken")
    parser.add_argument("--share", type=float, required=True, help="share of the second, 0 to 1")
    parser.add_argument("--output", type=Path, required=True, help="folder for the average")
    args = parser.parse_args()
    first, second = load_file(args.first / WEIGHTS), load_file(args.second / WEIGHTS)
    if first.keys() != second.keys():
        raise SystemExit("the checkpoints are of different shapes")
    args.output.mkdir(parents=True, exist_ok=True)
    for name in ("config.json", "tokenizer.json"):
        shutil.copy(args.second / name, args.output)
    averaged = {name: first[name].float().lerp(second[name].float(), args.share).to(second[name].dtype) for name in second}
    save_file(averaged, args.output / WEIGHTS, metadata={"format": "pt"})


if __name__ == "__main__":
    main()
