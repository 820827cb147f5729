"""The one vocabulary of both languages: SentencePiece unigram with byte fallback.

The normaliser makes full-width letters and digits plain and leaves every mark of punctuation alone: NFKC would write
Chinese with half-width commas.
"""

from pathlib import Path

import sentencepiece

SIZE = 16000
PAD, UNKNOWN, END, TO_CHINESE, TO_ENGLISH, MASK = 0, 1, 2, 3, 4, 5
CONTROLS = [">>zh<<", ">>en<<", "<mask>"]


def rules() -> list[tuple[str, str]]:
    wide = [chr(c) for c in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))]
    table = [(c, chr(ord(c) - 0xFEE0)) for c in wide]
    spaces = ["\t", "\n", "\r", "\u00a0", "\u2002", "\u2003", "\u2009", "\u202f", "\u3000"]
    table += [(c, " ") for c in spaces] + [(c, "") for c in ("\ufeff", "\u200b", "\u00ad")]
    return table + [("ﬁ", "fi"), ("ﬂ", "fl"), ("ﬀ", "ff"), ("％", "%"), ("～", "~"), ("．", ".")]


def train(texts: Path, folder: Path) -> None:
    """Writes source.spm into `folder` from a file with one sentence a line."""
    table = folder / "rules.tsv"
    code = lambda text: " ".join(f"{ord(c):X}" for c in text)
    table.write_text("".join(f"{code(a)}\t{code(b)}\n" for a, b in rules()), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(texts), model_prefix=str(folder / "joint"), vocab_size=SIZE, model_type="unigram",
        character_coverage=0.9997, byte_fallback=True, split_digits=True, max_sentencepiece_length=12,
        normalization_rule_tsv=str(table), pad_id=PAD, unk_id=UNKNOWN, eos_id=END, bos_id=-1, pad_piece="<pad>",
        control_symbols=CONTROLS, num_threads=2, max_sentence_length=2000, num_sub_iterations=2,
        seed_sentencepiece_size=300000, minloglevel=1,
    )
    (folder / "joint.model").replace(folder / "source.spm")


def halves(processor: sentencepiece.SentencePieceProcessor) -> list[tuple[int, int]]:
    """For each piece the likeliest two pieces that spell it, or its own id twice if there are none."""
    ids = {processor.id_to_piece(i): i for i in range(len(processor)) if not processor.is_control(i) and not processor.is_byte(i)}
    table = [(i, i) for i in range(len(processor))]
    for piece, i in ids.items():
        cuts = [(ids[piece[:k]], ids[piece[k:]]) for k in range(1, len(piece)) if piece[:k] in ids and piece[k:] in ids]
        if cuts:
            table[i] = max(cuts, key=lambda cut: processor.get_score(cut[0]) + processor.get_score(cut[1]))
    return table
