"""Train the translator by the clock, on one accelerator.

    python train.py --prepared PREPARED --output OUT --seconds 240

Denoising of both languages and pairs, then mostly pairs, then pairs and what the model itself translated backwards
(stages.py). The learning rate follows the share of the time that is over. OUT gets the averaged weights in half
precision, in parts of 15 MiB (`cat model.safetensors.*` joins them), at half the time and at the end, then scores.json and
hypotheses.txt.
"""

import argparse
import contextlib
import json
import math
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import safetensors.torch
import sentencepiece
import torch
from torch import Tensor

import batches
import decoding
import packed
import scoring
from model import Shape, Translator, describe
from stages import CHINESE, ENGLISH, TAG, Collections

PART = 15 * 2**20
WARM_UP_STEPS, HOLD = 400, 0.40
AVERAGE_EVERY, AVERAGE_KEEP = 5, 0.985
ROUND_TOKENS = 6_000_000
BACK_AT, BACK_LONGEST = 0.5, 44


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prepared", type=Path, required=True, help="what prepare.py wrote")
    parser.add_argument("--output", type=Path, required=True, help="folder for the weights and the scores")
    parser.add_argument("--seconds", type=float, required=True, help="from start to the end of training")
    parser.add_argument("--rows", type=int, default=192, help=f"rows of {batches.ROW} places a step")
    parser.add_argument("--rate", type=float, default=1.1e-3, help="peak learning rate")
    parser.add_argument("--decay", type=float, default=0.02, help="weight decay")
    parser.add_argument("--dropout", type=float, default=0.2)
    parser.add_argument("--back", type=int, default=70000, help="texts of each language to translate backwards")
    parser.add_argument("--tiny", action="store_true", help="a very small model, to try the script out")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def rate_at(progress: float) -> float:
    """Share of the peak learning rate after `progress` (0 to 1) of the time; warming up comes on top, by steps."""
    return 1.0 if progress < HOLD else max(0.01, 0.5 + 0.5 * math.cos(math.pi * min(1.0, (progress - HOLD) / (1 - HOLD))))


def load(prepared: Path, device: torch.device) -> Collections:
    paths = sorted(prepared.glob("*.tokens.xz"))
    with ThreadPoolExecutor(8) as pool:
        found = dict(zip([p.name.split(".")[0] for p in paths], pool.map(packed.read, paths), strict=True))
    texts = {name: {side: torch.from_numpy(m).to(device) for side, m in sides.items()} for name, sides in found.items()}
    halves = torch.from_numpy(np.load(prepared / "halves.npy").astype(np.int64)).to(device)
    return Collections(texts, halves)


class Run:
    def __init__(self, args: argparse.Namespace, started: float) -> None:
        self.args, self.started, self.origin = args, started, started
        self.faults = 0
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        shape = Shape(dropout=args.dropout)
        if args.tiny:
            shape = Shape(d_model=64, heads=2, ffn=128, encoder_layers=2, decoder_layers=2, dropout=args.dropout)
        self.model = Translator(shape).to(self.device)
        self.parameters = list(self.model.parameters())
        self.average = [p.detach().clone() for p in self.parameters]
        self.new_optimizer()
        self.processor = sentencepiece.SentencePieceProcessor(model_file=str(args.prepared / "source.spm"))
        held = json.loads((args.prepared / "held.json").read_text(encoding="utf-8"))
        self.held = {name: rows[:12] if args.tiny else rows for name, rows in held.items()}
        self.collections = load(args.prepared, self.device)
        self.peak, self.rows_at_once = args.rate, args.rows
        self.step = self.tokens = 0
        self.best, self.kept = math.inf, [p.detach().clone() for p in self.parameters]
        self.say(f"{sum(p.numel() for p in self.parameters) / 1e6:.1f} M parameters on {self.device}")
        for name, sides in self.collections.texts.items():
            self.say(f"  {name}: {len(next(iter(sides.values())))} texts")

    def new_optimizer(self) -> None:
        matrices = [p for p in self.parameters if p.ndim == 2]
        others = [p for p in self.parameters if p.ndim != 2]
        groups = [{"params": matrices, "weight_decay": self.args.decay}, {"params": others, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98), eps=1e-9, fused=self.device.type == "cuda")

    @property
    def progress(self) -> float:
        """0 after the first steps, which compile, and 1 when the time is over."""
        end = self.started + self.args.seconds
        return max(0.0, (time.monotonic() - self.origin) / max(1e-6, end - self.origin)) if time.monotonic() < end else 1.0

    def say(self, text: str) -> None:
        print(f"{time.monotonic() - self.started:6.1f} s  {text}", flush=True)

    def autocast(self):
        return torch.autocast(self.device.type, dtype=torch.bfloat16) if self.device.type == "cuda" else contextlib.nullcontext()

    def train_step(self, batch: dict[str, Tensor]) -> Tensor:
        with self.autocast():
            loss = self.model(batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        rate = self.peak * rate_at(self.progress) * min(1.0, (self.step + 1) / WARM_UP_STEPS)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        if self.step == 3:
            self.origin = time.monotonic()
        if self.step % AVERAGE_EVERY == 0:
            keep = min(AVERAGE_KEEP, self.step / (self.step + 50))
            torch._foreach_lerp_(self.average, [p.detach() for p in self.parameters], 1 - keep)
        return loss.detach()

    @contextlib.contextmanager
    def averaged(self):
        """The model with the averaged weights, in evaluation mode."""
        own = [p.detach().clone() for p in self.parameters]
        torch._foreach_copy_([p.data for p in self.parameters], self.average)
        self.model.eval()
        yield self.model
        torch._foreach_copy_([p.data for p in self.parameters], own)
        self.model.train()

    def safely(self, batch: dict[str, Tensor]) -> Tensor | None:
        """One step; what a smaller batch or no compiler can mend is mended."""
        try:
            return self.train_step(batch)
        except torch.OutOfMemoryError:
            self.rows_at_once = max(8, self.rows_at_once // 2)
            self.say(f"out of memory: {self.rows_at_once} rows a step from here")
        except Exception as error:
            self.faults += 1
            if self.faults > 4:
                raise
            self.say(f"without compiling, because of {type(error).__name__}: {str(error)[:300]}")
            self.uncompiled()
        self.optimizer.zero_grad(set_to_none=True)
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        return None

    def uncompiled(self) -> None:
        """The same weights in a model whose layers were never compiled."""
        fresh = Translator(self.model.shape).to(self.device)
        fresh.load_state_dict(self.model.state_dict())
        self.model = fresh
        self.parameters = list(fresh.parameters())
        self.new_optimizer()

    def guard(self, loss: float) -> None:
        """Goes back to the last good weights, at half the rate, if the loss has run away."""
        if math.isfinite(loss) and loss < self.best + 1.2:
            self.best = min(self.best, loss)
            torch._foreach_copy_(self.kept, [p.detach() for p in self.parameters])
            return
        self.say(f"the loss ran away to {loss:.2f}: back to the last good weights, half the rate")
        self.peak /= 2
        torch._foreach_copy_([p.data for p in self.parameters], self.kept)
        torch._foreach_copy_(self.average, self.kept)
        self.new_optimizer()

    def save(self) -> None:
        with self.averaged() as model:
            weights = {name: p.to(torch.float16).cpu().contiguous() for name, p in model.checkpoint().items()}
        whole = safetensors.torch.save(weights)
        parts = [whole[start : start + PART] for start in range(0, len(whole), PART)]
        for index, part in enumerate(parts):
            (self.args.output / f"new.{index:02d}").write_bytes(part)
        for index in range(len(parts)):
            (self.args.output / f"new.{index:02d}").replace(self.args.output / f"model.safetensors.{index:02d}")
        self.say(f"saved {len(whole) / 1e6:.1f} MB")

    @torch.no_grad()
    def translate_back(self) -> None:
        """Plain story texts of each language, translated by the averaged model, become sources for themselves."""
        made = {}
        with self.averaged() as model, self.autocast():
            for to, other in ((ENGLISH, CHINESE), (CHINESE, ENGLISH)):
                texts = self.collections.texts[f"mono-{to}"][to]
                sizes = batches.lengths(texts)
                chosen = ((sizes <= BACK_LONGEST) & (sizes > 3)).nonzero()[:, 0]
                chosen = chosen[torch.randperm(len(chosen), device=self.device)[: self.args.back]]
                chosen = chosen[sizes[chosen].argsort()]
                sources, targets = [], []
                for part in chosen.split(2048):
                    width = int(sizes[part].max())
                    longest = min(batches.LONGEST, int(1.6 * width) + 8)
                    source = batches.framed(texts[part].long(), TAG[other])[:, : width + 2]
                    found = decoding.greedy(model, source, longest)
                    whole = (found == 2).any(1)
                    found = found.masked_fill(found == 2, 0)
                    written = batches.lengths(found)
                    good = whole & (written > 1) & (written > 0.4 * sizes[part]) & (written < 2.2 * sizes[part] + 3)
                    matrix = torch.zeros(len(part), batches.LONGEST, dtype=torch.int16, device=self.device)
                    matrix[:, : found.shape[1]] = found.to(torch.int16)
                    sources.append(matrix[good])
                    targets.append(texts[part][good])
                made[f"back-{to}"] = {"source": torch.cat(sources), "target": torch.cat(targets)}
                examples = made[f"back-{to}"]
                for row in torch.randperm(len(examples["source"]))[:5].tolist():
                    self.say(" <- ".join(self.processor.decode([t for t in examples[side][row].tolist() if t > 5]) for side in ("target", "source")))
        if all(len(sides["source"]) > 500 for sides in made.values()):
            self.collections.texts.update(made)
        self.say("back: " + ", ".join(f"{name} {len(sides['source'])}" for name, sides in made.items()))

    def middle(self) -> None:
        """At half the time: a checkpoint, a first score, translating back. Nothing of it may stop the training."""
        self.save()
        try:
            with self.averaged() as model:
                for to, other in ((ENGLISH, 1), (CHINESE, 0)):
                    rows = self.held["tatoeba"][:200]
                    found = scoring.translate(model, self.processor, [r[other] for r in rows], to, 1)
                    self.say(f"tatoeba to {to}: {scoring.scores(found, [r[1 - other] for r in rows], to)}")
            if self.args.back:
                self.translate_back()
        except Exception as error:
            self.say(f"passed over: {type(error).__name__}: {str(error)[:300]}")
        self.model.train()

    def train(self) -> None:
        self.model.train()
        told, losses, halfway = time.monotonic(), [], False
        while self.progress < 1:
            rows = self.collections.draw(self.progress, ROUND_TOKENS if not self.args.tiny else 200_000)
            start = 0
            while start + self.rows_at_once <= len(rows["source"]) and self.progress < 1:
                loss = self.safely(batches.batch(rows, start, self.rows_at_once))
                start += self.rows_at_once
                if loss is None:
                    continue
                losses.append(loss)
                self.tokens += 2 * self.rows_at_once * batches.ROW
                if time.monotonic() - told > 8:
                    mean = float(torch.stack(losses).mean())
                    speed = self.tokens / 1e6 / (time.monotonic() - self.started)
                    told, losses = time.monotonic(), []
                    self.say(f"{self.progress:5.1%} step {self.step} loss {mean:.3f} rate {self.peak * rate_at(self.progress):.1e} {speed:.2f} M places/s")
                    self.guard(mean)
                if not halfway and self.progress >= BACK_AT:
                    halfway = True
                    self.middle()
                    break

    def finish(self) -> None:
        self.save()
        torch._foreach_copy_([p.data for p in self.parameters], self.average)
        table, lines = scoring.held_out(self.model, self.processor, self.held)
        summary = {"steps": self.step, "places": self.tokens, "seconds": self.args.seconds, "shape": describe(self.model.shape), "scores": table}
        (self.args.output / "scores.json").write_text(json.dumps(summary, indent=1), encoding="utf-8")
        (self.args.output / "hypotheses.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        for name, found in table.items():
            self.say(f"{name}: {json.dumps(found)}")


def main() -> None:
    started = time.monotonic()
    args = parse_arguments()
    args.output.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cuda.enable_cudnn_sdp(False)
    run = Run(args, started)
    if os.environ.get("COMPILE", "1" if run.device.type == "cuda" else "0") == "1":
        run.model.compile_parts()
    try:
        run.train()
    except Exception as error:
        run.say(f"stopped early: {type(error).__name__}: {error}")
    run.finish()


if __name__ == "__main__":
    main()
