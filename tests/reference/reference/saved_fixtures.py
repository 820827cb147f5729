"""Folders as `save_pretrained` leaves them, of every architecture, and weights in shards and pickles of others.

Each is another fixture opened and saved again by transformers, model and tokenizer. The weights are the same and the
tokenizer, whatever its files are called now, cuts the fixture's texts as before, so the fixture's answers are the answers.
"""

import json
import shutil
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import (
    AutoModelForCausalLM,
    AutoModelForQuestionAnswering,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertTokenizer,
    PreTrainedTokenizerBase,
    T5Tokenizer,
)

from .files import fresh_folder, write_expected, write_json
from .texts import TEXTS
from .tokenizer_fixtures import of_library

AUTO = {
    "models": AutoModelForCausalLM,
    "seq2seq": AutoModelForSeq2SeqLM,
    "classify": AutoModelForSequenceClassification,
    "answer": AutoModelForQuestionAnswering,
}

# name: (source, bytes of a shard where there are several)
SAVED = {
    "models/llama-saved": ("models/llama-safetensors", None),
    "models/qwen2-saved": ("models/qwen2-sharded", None),
    "models/qwen3-saved": ("models/qwen3-safetensors", None),
    "models/smollm3-saved": ("models/smollm3-safetensors", None),
    "models/phi3-saved": ("models/phi3-safetensors", None),
    "models/gemma3-saved": ("models/gemma3-safetensors", None),
    "models/gpt2-saved": ("models/gpt2-safetensors", None),
    "models/gpt2-chinese-saved": ("models/gpt2-chinese-bin", None),
    "seq2seq/marian-saved": ("seq2seq/marian-opus-bin", None),
    "seq2seq/bart-saved-sharded": ("seq2seq/bart-safetensors", "120KB"),
    "seq2seq/t5-saved": ("seq2seq/t5-safetensors", None),
    "seq2seq/mt5-saved": ("seq2seq/mt5-safetensors", None),
    "encoders/bert-saved": ("encoders/bert-chinese-binary", None),
    "encoders/distilbert-saved": ("encoders/distilbert-sst2", None),
    "encoders/roberta-saved-sharded": ("encoders/roberta-emotions", "200KB"),
    "encoders/xlm-roberta-saved": ("encoders/xlm-roberta-sentiment", None),
}
# name: (source, whether as PyTorch wrote pickles before 1.6)
PICKLED = {
    "seq2seq/bart-bin": ("seq2seq/bart-safetensors", False),
    "seq2seq/mt5-bin": ("seq2seq/mt5-safetensors", False),
    "seq2seq/marian-opus-bin-older": ("seq2seq/marian-opus-bin", True),
}
# Weights in two pickles and a list of what stands in which.
PICKLED_IN_PARTS = {"models/llama-bin-sharded": "models/llama-safetensors"}


def expected_of(folder: Path) -> dict:
    return json.loads((folder / "expected.json").read_text())


def open_model(folder: Path) -> torch.nn.Module:
    kind = folder.parent.name
    return AUTO[expected_of(folder)["task"] if kind == "encoders" else kind].from_pretrained(folder, dtype="auto")


def open_tokenizer(folder: Path, model: torch.nn.Module) -> PreTrainedTokenizerBase:
    """The one that the fixture's files are for, where they do not name it themselves."""
    if getattr(model.config, "tokenizer_class", None) == "BertTokenizer":
        return BertTokenizer.from_pretrained(folder)
    return AutoTokenizer.from_pretrained(folder)


def texts(folder: Path) -> list[tuple[str, list[int]]]:
    """Texts with their tokens, those around them left out where the fixture's are only the text's own."""
    expected = expected_of(folder)
    if folder.parent.name == "models":
        return [(row["text"], row["ids"]) for row in expected["prompts"]]
    if folder.parent.name == "seq2seq":
        asked = f">>{expected['target']}<< " if expected["target"] else ""
        return [(asked + row["text"], row["ids"]) for row in expected["sources"]]
    return [(row["text"], row["ids"]) for row in expected["texts"] if "second" not in row and "question" not in row]


def check(source: Path, saved: Path, model: torch.nn.Module) -> None:
    """That a folder is the same model, read again."""
    again = open_model(saved).state_dict()
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, again[name]), f"{saved}: {name}"
    tokenizer = AutoTokenizer.from_pretrained(saved)
    around = saved.parent.name != "models"
    for text, ids in texts(source):
        # What transformers makes of these names in a text depends on the kind of tokenizer; here they stay text.
        if any(name in text for name in tokenizer.all_special_tokens if not text.startswith(name)):
            continue
        found = tokenizer.encode(text, add_special_tokens=around, split_special_tokens=not text.startswith(">>"))
        assert found == ids, f"{saved}: {text!r} is {found}, not {ids}"


def make_saved(root: Path, name: str, source: Path, shard: str | None) -> None:
    folder = fresh_folder(root, name)
    model = open_model(source)
    tokenizer = open_tokenizer(source, model)
    model.save_pretrained(folder, **({"max_shard_size": shard} if shard else {}))
    tokenizer.save_pretrained(folder)
    shutil.copy(source / "expected.json", folder)
    check(source, folder, model)


def make_pickled(root: Path, name: str, source: Path, is_older: bool) -> None:
    """The same files, but for the weights: shared ones stand there under all of their names."""
    folder = without_weights(root, name, source)
    state = open_model(source).state_dict()
    torch.save(state, folder / "pytorch_model.bin", _use_new_zipfile_serialization=not is_older)


def make_pickled_in_parts(root: Path, name: str, source: Path) -> None:
    folder = without_weights(root, name, source)
    state = open_model(source).state_dict()
    names = list(state)
    files = {}
    for number, part in enumerate((names[::2], names[1::2]), 1):
        file = f"pytorch_model-{number:05}-of-00002.bin"
        # A copy of each: a part that looks into what another one shares would be saved with all of it.
        torch.save({each: state[each].clone() for each in part}, folder / file)
        files |= dict.fromkeys(part, file)
    size = sum(tensor.nbytes for tensor in state.values())
    write_json(folder / "pytorch_model.bin.index.json", {"metadata": {"total_size": size}, "weight_map": files})


def without_weights(root: Path, name: str, source: Path) -> Path:
    folder = fresh_folder(root, name)
    for file in source.iterdir():
        if file.suffix not in (".safetensors", ".bin"):
            shutil.copy(file, folder)
    return folder


def make_tokenizers(root: Path) -> None:
    """The JSON that transformers makes of BERT's and T5's own files."""
    folder = fresh_folder(root, "tokenizers/wordpiece-json")
    BertTokenizer.from_pretrained(root / "tokenizers/wordpiece-uncased").save_pretrained(folder)
    shutil.copy(root / "tokenizers/wordpiece-uncased/expected.json", folder)

    folder = fresh_folder(root, "tokenizers/unigram-json")
    made = T5Tokenizer.from_pretrained(root / "seq2seq/t5-safetensors")
    made.save_pretrained(folder)
    encode, decode = of_library(Tokenizer.from_file(str(folder / "tokenizer.json")))
    plain = [text for text in TEXTS if not any(name in text for name in made.all_special_tokens)]
    rows = [{"text": text, "ids": encode(text), "decoded": decode(encode(text))} for text in plain]
    about = {"kind": "unigram", "source": "tokenizers", "vocabulary_size": len(made)}
    write_expected(folder / "expected.json", about | {"texts": rows})


def make(root: Path) -> None:
    make_tokenizers(root)
    for name, (source, shard) in SAVED.items():
        make_saved(root, name, root / source, shard)
    for name, (source, is_older) in PICKLED.items():
        make_pickled(root, name, root / source, is_older)
    for name, source in PICKLED_IN_PARTS.items():
        make_pickled_in_parts(root, name, root / source)
