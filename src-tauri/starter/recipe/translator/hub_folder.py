"""The translator as a folder that `transformers` reads: MarianMTModel and MarianTokenizer."""

import json
import shutil
from pathlib import Path

import safetensors.torch
from sentencepiece import SentencePieceProcessor
from torch import Tensor
from transformers import MarianMTModel, MarianTokenizer

from model import Shape


def write(folder: Path, shape: Shape, weights: dict[str, Tensor], pieces: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    processor = SentencePieceProcessor(model_file=str(pieces))
    tokenizer = {
        "tokenizer_class": "MarianTokenizer", "source_lang": "eng+zho", "target_lang": "eng+zho", "model_max_length": shape.positions,
        "separate_vocabs": False, "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>",
    }
    files = {
        "config.json": shape.configuration(),
        "generation_config.json": shape.generation(),
        "tokenizer_config.json": tokenizer,
        "vocab.json": {processor.id_to_piece(token): token for token in range(len(processor))},
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    for side in ("source", "target"):
        shutil.copyfile(pieces, folder / f"{side}.spm")
    whole = {name: value.contiguous() for name, value in weights.items()}
    safetensors.torch.save_file(whole, folder / "model.safetensors", metadata={"format": "pt"})


def load(folder: Path) -> tuple[MarianMTModel, MarianTokenizer]:
    return MarianMTModel.from_pretrained(folder).eval(), MarianTokenizer.from_pretrained(folder)
