"""Held-out scores: chrF and BLEU by source and direction, greedy and with four beams."""

import sacrebleu
import sentencepiece
import torch
from torch import Tensor

import batches
import decoding
from model import Translator
from stages import CHINESE, ENGLISH, TAG


def translate(
    model: Translator, processor: sentencepiece.SentencePieceProcessor, texts: list[str], to: str, beams: int, at_once: int = 512
) -> list[str]:
    device = next(model.parameters()).device
    coded = [ids[: batches.LONGEST] for ids in processor.encode(texts)]
    order = sorted(range(len(texts)), key=lambda i: len(coded[i]))
    out = [""] * len(texts)
    for start in range(0, len(order), at_once):
        chosen = order[start : start + at_once]
        width = max(len(coded[i]) for i in chosen)
        matrix = torch.zeros(len(chosen), batches.LONGEST, dtype=torch.long)
        for row, i in enumerate(chosen):
            matrix[row, : len(coded[i])] = torch.tensor(coded[i])
        source = batches.framed(matrix, TAG[to])[:, : width + 2].to(device)
        longest = min(batches.ROW, 2 * width + 12)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
            found = decoding.greedy(model, source, longest) if beams == 1 else decoding.beam(model, source, longest, beams)
        for i, row in zip(chosen, found.tolist(), strict=True):
            out[i] = processor.decode([t for t in row if t > 5])
    return out


def scores(hypotheses: list[str], references: list[str], to: str) -> dict[str, float]:
    bleu = sacrebleu.corpus_bleu(hypotheses, [references], tokenize="zh" if to == CHINESE else "13a")
    return {"chrF": round(sacrebleu.corpus_chrf(hypotheses, [references]).score, 2), "BLEU": round(bleu.score, 2)}


def held_out(model: Translator, processor, held: dict[str, list[list[str]]], shown: int = 40) -> tuple[dict, list[str]]:
    """(scores by source, direction and search; lines to read: source, reference, hypothesis)"""
    model.eval()
    table: dict = {}
    lines: list[str] = []
    for name, rows in held.items():
        sides = {ENGLISH: [row[0] for row in rows], CHINESE: [row[1] for row in rows]}
        for to, other in ((ENGLISH, CHINESE), (CHINESE, ENGLISH)):
            for beams in (1, 4):
                found = translate(model, processor, sides[other], to, beams)
                label = "greedy" if beams == 1 else f"beam {beams}"
                table.setdefault(name, {}).setdefault(f"to {to}", {})[label] = scores(found, sides[to], to)
            for a, b, c in list(zip(sides[other], sides[to], found, strict=True))[:shown]:
                lines += [f"{name}\t{a}\t{b}\t{c}"]
    return table, lines
