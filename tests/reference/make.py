"""Build the reference fixtures with Python's libraries, or check that they still come out the same.

    python -m venv VENV && VENV/bin/pip install -r requirements.txt
    VENV/bin/python make.py            writes fixtures/
    VENV/bin/python make.py --check    makes them again in a temporary folder and compares

What lies where, for tests that walk over all of it (every folder is one fixture, none is a special case):

fixtures/models/NAME/expected.json, and the model's files beside it
    architecture        llama | qwen2 | qwen3 | smollm3 | phi3 | gemma3 | gpt2
    path                what to open, relative to the folder: "." (a Hugging Face folder), "model.gguf", or its first part
    prompts[]           text; ids (its tokens, nothing added); best (the most probable next token after each id);
                        last_logits (all logits after the last id); first_logits (after the first id; short prompts)
    greedy[]            prompt (ids), tokens (the 64 most probable that follow one another; stop tokens do not stop it)
    score[]             text; ids; logprobs (natural logarithm of ids[1], ids[2], ... each given what is before it)

fixtures/seq2seq/NAME/expected.json, and the model's files beside it
    architecture        marian | bart | t5
    path                as above; target (the language to ask for, or null)
    sources[]           text; ids (with the tokens around a source)
    encoded[]           for each source, read in one padded batch: the encoder's first and last row
    logits[]            source, target (ids); the logits after the opening token and after the last one
    searches[]          settings (by the engine's names); results (for each source its texts, best first: tokens, score
                        where there are beams, logprobs of the tokens before any setting)

fixtures/tokenizers/NAME/expected.json, and tokenizer.json, tokenizer.gguf, vocab.json + merges.txt, vocab.txt or a
                        SentencePiece model (spm-*)
    kind, source        for people: what it is, and which library answered
    vocabulary_size     highest id plus one
    texts[]             text; ids (nothing added, control tokens in the text stay text); decoded (control tokens, and
                        WordPiece's unknown token, left out)

fixtures/templates/NAME.json
    template            the Jinja text; bos_token, eos_token; tokenizer (the folder in fixtures/tokenizers for the ids)
    conversations[]     messages[] (role, content); add_generation_prompt; more (further variables); rendered; ids (control
                        tokens of the template are tokens, the same characters inside a message are text); or error (what
                        the template says) where it refuses

fixtures/encoders/NAME/expected.json, and the model's files beside it
    path                as above; task: classify | answer | place; labels (classify); longest_answer (answer)
    texts[]             text, second (a pair) or question; ids and types as the model reads them; and
      classify          logits, one for each label
      answer            logits, beginning and end for each id; answer (the likeliest span) and its score
      place             vector, pooled as the model's files say

fixtures/pytorch/expected.json, and both formats of torch.save beside it
    NAME of a tensor    shape; values, or null where they are of a kind that is not read
                        the other files there are such as must be refused

NAME-saved is another fixture opened and written again by `save_pretrained`, with the same answers; NAME-saved-sharded in
several files; NAME-bin with its weights in a pickle, NAME-bin-older in one of the kind before PyTorch 1.6.

All of it is f32 on the CPU from the files as they lie there; for a GGUF, from its weights with the blocks undone.
"""

import argparse
import json
import math
import shutil
import tempfile
from pathlib import Path

import torch
from transformers.utils import logging

from reference import (
    encoder_fixtures,
    model_fixtures,
    pytorch_fixtures,
    saved_fixtures,
    sentencepiece_fixtures,
    seq2seq_fixtures,
    template_fixtures,
    tokenizer_fixtures,
)

FIXTURES = Path(__file__).resolve().parent / "fixtures"
# Sums in f32 come out in another order on another processor.
RELATIVE, ABSOLUTE = 1e-4, 1e-5


def make(root: Path) -> None:
    tokenizer_fixtures.make(root / "tokenizers")
    sentencepiece_fixtures.make(root / "tokenizers")
    template_fixtures.make(root / "templates")
    model_fixtures.make(root / "models")
    seq2seq_fixtures.make(root / "seq2seq")
    encoder_fixtures.make(root / "encoders")
    saved_fixtures.make(root)
    pytorch_fixtures.make(root)


def files(root: Path) -> dict[str, Path]:
    return {str(path.relative_to(root)): path for path in sorted(root.rglob("*")) if path.is_file()}


def same(a: object, b: object) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return a == b


def differs(old: Path, new: Path) -> bool:
    if old.suffix == ".json":
        return not same(json.loads(old.read_text("utf-8")), json.loads(new.read_text("utf-8")))
    if old.suffix == ".bin" and not old.read_bytes().startswith(b"PK"):
        # Of the older kind, in which the names and the order of the storages are their addresses.
        a, b = (torch.load(path, weights_only=True) for path in (old, new))
        return a.keys() != b.keys() or any(not torch.equal(a[name], b[name]) for name in a)
    return old.read_bytes() != new.read_bytes()


def check() -> None:
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder))
        old, new = files(FIXTURES), files(Path(folder))
        wrong = sorted(old.keys() ^ new.keys())
        wrong += [name for name in sorted(old.keys() & new.keys()) if differs(old[name], new[name])]
    if wrong:
        raise SystemExit("these fixtures come out otherwise:\n" + "\n".join(wrong))
    print(f"{len(old)} files come out the same")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    args = parser.parse_args()
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    if args.check:
        check()
    else:
        shutil.rmtree(FIXTURES, ignore_errors=True)
        make(FIXTURES)


if __name__ == "__main__":
    main()
