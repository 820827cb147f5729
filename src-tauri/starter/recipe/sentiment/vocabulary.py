"""The one vocabulary of both languages: SentencePiece unigram, so that a token may be a whole English word or a Chinese
word of several characters.

Left to itself it keeps Chinese phrases of reviews and cuts English words up. So phrases give way to more English words, for which there are vectors.

The normaliser takes case, width and kinds of quotation marks away, and reads Traditional characters as Simplified ones: what a
vector has to be learnt for should be rare for no other reason than that it is rarely said.
"""

import math
import unicodedata
from collections.abc import Callable
from pathlib import Path

import opencc
import sentencepiece
from sentencepiece import SentencePieceProcessor
from sentencepiece.sentencepiece_model_pb2 import ModelProto

SIZE = 30_000
PAD, UNKNOWN, OPEN, CLOSE = 0, 1, 2, 3
IDS = {"pad_id": PAD, "unk_id": UNKNOWN, "bos_id": OPEN, "eos_id": CLOSE, "pad_piece": "<pad>"}
MARKS = {"’": "'", "‘": "'", "“": '"', "”": '"', "「": '"', "」": '"', "『": '"', "』": '"', "。": ".", "、": ",", "—": "-",
         "–": "-", "～": "~", "\u200b": "", "\ufeff": "", "\u00ad": "", "\ufe0f": "", "\t": " ", "\n": " ", "\r": " ", "\u3000": " "}
PLANES = (range(0x20, 0x3400), range(0xF900, 0x10000), range(0x1D400, 0x1D800), range(0x1F100, 0x1F200))


def traditional(simplified: set[str]) -> dict[str, str]:
    """OpenCC's table (Apache-2.0), character by character, without those that Simplified text uses too."""
    path = Path(opencc.__file__).parent / "dictionary" / "TSCharacters.txt"
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if "\t" in line)
    return {a: b.split(" ")[0] for a, b in rows if len(a) == 1 and a not in simplified and a != b.split(" ")[0]}


def rules(simplified: set[str]) -> dict[str, str]:
    """What each character is read as; those that are read as they are are left out."""
    table = {}
    for code in (code for plane in PLANES for code in plane):
        plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", chr(code)).casefold())
        if plain != chr(code) and not unicodedata.category(chr(code)).startswith(("M", "C")):
            table[chr(code)] = "".join(MARKS.get(c, c) for c in plain)
    return table | traditional(simplified) | MARKS


def train(texts: list[str], folder: Path, size: int = SIZE) -> None:
    """Writes spm.model into `folder`. Characters that the texts have often are Simplified by definition."""
    han = {c for text in texts for c in text if "\u4e00" <= c <= "\u9fff"}
    code = lambda text: " ".join(f"{ord(c):X}" for c in text)
    table = "".join(f"{code(a)}\t{code(b)}\n" for a, b in rules(han).items())
    (folder / "rules.tsv").write_text(table, encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts), model_prefix=str(folder / "spm"), vocab_size=size, model_type="unigram",
        character_coverage=0.9998, split_digits=True, max_sentencepiece_length=14, max_sentence_length=3000,
        normalization_rule_tsv=str(folder / "rules.tsv"), num_threads=2, num_sub_iterations=2, seed_sentencepiece_size=200_000,
        minloglevel=1, **IDS,
    )


def load(folder: Path) -> SentencePieceProcessor:
    return SentencePieceProcessor(model_file=str(folder / "spm.model"))


def is_han(text: str) -> bool:
    return any("\u4e00" <= c <= "\u9fff" for c in text)


def exchange(folder: Path, words: dict[str, float], worth: Callable[[str], float], fewer: int) -> None:
    """Take the `fewer` multi-character Chinese tokens of least worth out, and put English `words` (how often each is said) in."""
    model = ModelProto.FromString((folder / "spm.model").read_bytes())
    phrases = [piece for piece in model.pieces if len(piece.piece.lstrip("▁")) > 1 and is_han(piece.piece)]
    leave = {piece.piece for piece in sorted(phrases, key=lambda piece: worth(piece.piece))[:fewer]}
    stay = [piece for piece in model.pieces if piece.piece not in leave]
    known, total = {piece.piece for piece in stay}, 1.3 * sum(words.values())
    new = [ModelProto.SentencePiece(piece=f"▁{word}", score=math.log(said / total) - 1) for word, said in words.items() if f"▁{word}" not in known]
    del model.pieces[:]
    model.pieces.extend(stay + new)
    model.trainer_spec.vocab_size = len(model.pieces)
    (folder / "spm.model").write_bytes(model.SerializeToString())
