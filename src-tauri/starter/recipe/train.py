"""Train the story model, by the clock.

    python train.py --prepared PREPARED --start CHECKPOINT --run RUN --minutes 50

The learning rate warms up, stays, and falls linearly to nothing over the last part of the given minutes; how many
tokens that is depends on the machine and on what else it does, so the schedule follows time, not steps. Time spent
is kept in the checkpoint: stopped and started again with the same arguments, a run goes on where it was. RUN/curve.csv
has the losses, RUN/final the finished checkpoint.

On a GPU pass `--device cuda` and a larger `--batch` and `--micro`; `--layers` and `--width` train a shape from nothing,
and `--start` is then not read.
"""

import argparse
import csv
import json
import shutil
import time
from pathlib import Path

import torch
from torch import Tensor
from tokenizers import Tokenizer

import optimizers
import vocabulary
from mixture import Mixture
from model import Config, StoryModel
from scoring import bits_per_byte

WARM_UP = 0.03
SAVE_SECONDS = 120
CURVE = ["minutes", "step", "tokens_m", "rate", "train_nats", "novels-en", "novels-zh", "pieces-en", "pieces-zh"]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prepared", type=Path, required=True, help="what prepare.py wrote")
    parser.add_argument("--start", type=Path, help="checkpoint to start from")
    parser.add_argument("--run", type=Path, required=True, help="folder for checkpoints and the curve")
    parser.add_argument("--minutes", type=float, required=True, help="training time, over all restarts")
    parser.add_argument("--decay", type=float, default=0.6, help="share of the time over which the rate falls")
    parser.add_argument("--batch", type=int, default=12, help="stretches per step")
    parser.add_argument("--micro", type=int, default=12, help="stretches per forward pass")
    parser.add_argument("--length", type=int, default=512, help="tokens per stretch")
    parser.add_argument("--long-share", type=float, default=0.12, help="last share of the time at double length")
    parser.add_argument("--muon-lr", type=float, default=0.01)
    parser.add_argument("--adam-lr", type=float, default=1.5e-3)
    parser.add_argument("--layers", type=int, help="train this depth from nothing (with --width)")
    parser.add_argument("--width", type=int, help="train this width from nothing (with --layers)")
    parser.add_argument("--feed-forward", type=int, default=1024, help="inner width, from nothing")
    parser.add_argument("--report", type=float, default=8, help="minutes from one scoring to the next")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def rate_at(progress: float, decay: float) -> float:
    """Share of the peak learning rate after `progress` (0 to 1) of the time."""
    return max(0.0, min(1.0, progress / WARM_UP + 0.05, (1 - progress) / decay))


def first_model(args: argparse.Namespace) -> StoryModel:
    if not args.layers:
        model = StoryModel.load(args.start)
    else:
        shape = Config(
            hidden_size=args.width,
            intermediate_size=args.feed_forward,
            num_hidden_layers=args.layers,
            num_attention_heads=args.width // 64,
        )
        model = StoryModel(shape)
        for p in model.parameters():
            if p.ndim == 2:
                torch.nn.init.normal_(p, std=0.02)
    model.config.max_position_embeddings = 2 * args.length
    return model


class Run:
    """One training run: the model, its optimisers, and how far it is."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.model = first_model(args).to(args.device)
        self.optimizers = optimizers.build(self.model, args.muon_lr, args.adam_lr)
        self._compile()
        self.step = self.tokens = 0
        self.spent_before = 0.0
        self._resume()
        self.mixture = Mixture(args.prepared, args.seed + self.step, args.device)
        self.tokenizer = Tokenizer.from_file(str(args.prepared / "tokenizer.json"))
        held = json.loads((args.prepared / "heldout.json").read_text(encoding="utf-8"))
        self.held = {name: [text[:3000] for text in texts[:8]] for name, texts in held.items()}
        self.started = time.monotonic()

    def _compile(self) -> None:
        """One block at a time: all blocks share the code, which takes seconds to compile, not minutes."""
        for layer in self.model.model.layers:
            layer.compile(dynamic=False)
        self.head = torch.compile(self.model.head_losses, dynamic=False)

    @property
    def spent(self) -> float:
        """Seconds of this run so far, scoring and compiling included, earlier starts included."""
        return self.spent_before + time.monotonic() - self.started

    @property
    def progress(self) -> float:
        return self.spent / (60 * self.args.minutes)

    def _resume(self) -> None:
        path = self.args.run / "state.pt"
        if not path.exists():
            return
        state = torch.load(path, map_location=self.args.device)
        self.model.load_state_dict(state["model"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.step, self.tokens, self.spent_before = state["step"], state["tokens"], state["spent"]

    def save(self) -> None:
        """Write the state beside the old one first, so that a stop in the middle loses nothing."""
        state = {
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "step": self.step,
            "tokens": self.tokens,
            "spent": self.spent,
        }
        torch.save(state, self.args.run / "state.tmp")
        (self.args.run / "state.tmp").replace(self.args.run / "state.pt")

    def train_step(self) -> Tensor:
        """One optimiser step; the mean loss in nats per token, still on the device."""
        args = self.args
        rate = rate_at(self.progress, args.decay)
        fold = 2 if self.progress > 1 - args.long_share else 1
        batch, micro, length = args.batch // fold, args.micro // fold, args.length * fold
        rows = self.mixture.batch(batch, length, max(0.0, self.progress - (1 - args.decay)))
        total = torch.zeros((), device=args.device)
        for part in rows.split(micro):
            with torch.autocast(args.device.split(":")[0], dtype=torch.bfloat16):
                loss = self.head(self.model.model(part[:, :-1]), part[:, 1:]).sum() / (batch * length)
            loss.backward()
            total += loss.detach()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate * group["peak_lr"]
            optimizer.step()
            optimizer.zero_grad()
        self.step += 1
        self.tokens += batch * length
        return total

    def scores(self) -> dict[str, float]:
        with torch.autocast(self.args.device.split(":")[0], dtype=torch.bfloat16):
            return {name: bits_per_byte(self.model, self.tokenizer, texts) for name, texts in self.held.items()}

    def report(self, train_nats: Tensor | float) -> None:
        """Score the held-out text and add a row to the curve."""
        path = self.args.run / "curve.csv"
        new = not path.exists()
        row = [f"{self.spent / 60:.1f}", self.step, f"{self.tokens / 1e6:.2f}",
               f"{rate_at(self.progress, self.args.decay):.2f}", f"{float(train_nats):.3f}"]
        row += [f"{score:.3f}" for score in self.scores().values()]
        with path.open("a", newline="") as file:
            writer = csv.writer(file)
            if new:
                writer.writerow(CURVE)
            writer.writerow(row)
        print(*row, flush=True)

    def finish(self) -> None:
        folder = self.args.run / "final"
        self.model.save(folder)
        shutil.copy(self.args.prepared / "tokenizer.json", folder)
        print(f"finished: {self.step} steps, {self.tokens / 1e6:.1f} M tokens", flush=True)


def main() -> None:
    args = parse_arguments()
    args.run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    run = Run(args)
    mean = next_save = next_report = 0.0
    while run.progress < 1:
        if run.spent >= next_report:
            run.report(mean)
            next_report = run.spent + 60 * args.report
        loss = run.train_step()
        mean = 0.98 * mean + 0.02 * loss if run.step > 1 else loss
        if run.spent >= next_save:
            run.save()
            next_save = run.spent + SAVE_SECONDS
    run.save()
    run.report(mean)
    run.finish()


if __name__ == "__main__":
    main()
