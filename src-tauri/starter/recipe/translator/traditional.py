"""Traditional characters as input: the vocabulary's normaliser reads them as Simplified ones.

The table is OpenCC's (Apache-2.0), character by character; a Traditional character that Simplified text uses too stays as it is.
So the model spends nothing on Traditional Chinese, and whatever reads the vocabulary reads both.
"""

import tempfile
from pathlib import Path

import opencc
import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as spm_proto

import vocabulary


def table(simplified: set[str]) -> list[tuple[str, str]]:
    path = Path(opencc.__file__).parent / "dictionary" / "TSCharacters.txt"
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if "\t" in line)
    return [(a, b.split(" ")[0]) for a, b in rows if a not in simplified and len(a) == 1 and a != b.split(" ")[0]]


def fold(model: Path, simplified: set[str]) -> None:
    """Gives the vocabulary at `model` a normaliser with both the usual rules and the Traditional characters."""
    rules = [*vocabulary.rules(), ("’", "'"), ("「", "“"), ("」", "”"), ("『", "‘"), ("』", "’"), *table(simplified)]
    code = lambda text: " ".join(f"{ord(c):X}" for c in text)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "rules.tsv").write_text("".join(f"{code(a)}\t{code(b)}\n" for a, b in rules), encoding="utf-8")
        (path / "text").write_text("\n".join("abcdefghijklmnop"), encoding="utf-8")
        sentencepiece.SentencePieceTrainer.train(
            input=str(path / "text"), model_prefix=str(path / "small"), vocab_size=30, hard_vocab_limit=False,
            normalization_rule_tsv=str(path / "rules.tsv"), minloglevel=2,
        )
        small = spm_proto.ModelProto.FromString((path / "small.model").read_bytes())
    whole = spm_proto.ModelProto.FromString(model.read_bytes())
    whole.normalizer_spec.precompiled_charsmap = small.normalizer_spec.precompiled_charsmap
    model.write_bytes(whole.SerializeToString())
