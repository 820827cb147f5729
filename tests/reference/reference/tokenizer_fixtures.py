"""Tokenizer fixtures: the files, and what Python's libraries make of `texts.TEXTS` with them.

The truth is always what the original library does with ordinary text: nothing is added, and what looks like a control
token stays text. Tokens that a vocabulary adds without calling them special (`<think>`) are tokens in ordinary text too.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from tokenizers import Tokenizer
from transformers import AutoTokenizer

from . import subwords
from .files import fresh_folder, write_expected, write_json
from .gguf_files import Vocabulary, write_tokenizer
from .subwords import BytePairs
from .texts import TEXTS

Coder = tuple[Callable[[str], list[int]], Callable[[list[int]], str]]


def write_answers(folder: Path, kind: str, source: str, coder: Coder, size: int) -> None:
    encode, decode = coder
    rows = [{"text": text, "ids": encode(text), "decoded": decode(encode(text))} for text in TEXTS]
    write_expected(folder / "expected.json", {"kind": kind, "source": source, "vocabulary_size": size, "texts": rows})


def of_library(tokenizer: Tokenizer) -> Coder:
    tokenizer.encode_special_tokens = True
    return (
        lambda text: tokenizer.encode(text, add_special_tokens=False).ids,
        lambda ids: tokenizer.decode(ids, skip_special_tokens=True),
    )


def of_transformers(folder: Path) -> Coder:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return (
        lambda text: tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True),
        lambda ids: tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False),
    )


def of_sentencepiece(processor) -> Coder:
    return processor.encode, lambda ids: processor.decode(ids)


def tokenizer_config(pairs: BytePairs, tokenizer_class: str, chat_template: str | None = None) -> dict:
    """As repositories of today write it."""
    added = {
        str(pairs.id(a.content)): {
            "content": a.content,
            "lstrip": False,
            "normalized": False,
            "rstrip": False,
            "single_word": False,
            "special": a.special,
        }
        for a in pairs.added
    }
    config = {
        "add_prefix_space": False,
        "added_tokens_decoder": added,
        "bos_token": pairs.bos,
        "clean_up_tokenization_spaces": False,
        "eos_token": pairs.eos,
        "model_max_length": 512,
        "pad_token": pairs.pad,
        "tokenizer_class": tokenizer_class,
        "unk_token": None,
    }
    return config | ({"chat_template": chat_template} if chat_template else {})


def write_vocab_and_merges(folder: Path, pairs: BytePairs) -> None:
    """`vocab.json` with GPT-2's end token inside, as GPT-2's repository has it; Qwen keeps its own outside."""
    vocab = pairs.model["vocab"]
    if pairs.gguf_pre == "gpt-2":
        vocab = vocab | {pairs.eos: pairs.id(pairs.eos)}
    (folder / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(pairs.merges) + "\n", encoding="utf-8")


def make_byte_pairs(root: Path, name: str, pairs: BytePairs, tokenizer_class: str, architecture: str) -> None:
    folder = fresh_folder(root, f"{name}-json")
    pairs.tokenizer.save(str(folder / "tokenizer.json"))
    write_json(folder / "tokenizer_config.json", tokenizer_config(pairs, tokenizer_class))
    coder = of_library(Tokenizer.from_file(str(folder / "tokenizer.json")))
    write_answers(folder, "byte-level BPE", "tokenizers", coder, pairs.size)

    # llama.cpp leaves Qwen's NFC out; a file says nothing about it, and the model was trained with it.
    inside = fresh_folder(root, f"{name}-gguf")
    write_tokenizer(inside / "tokenizer.gguf", architecture, Vocabulary.of_byte_pairs(pairs))
    write_answers(inside, "byte-level BPE", "tokenizers", coder, pairs.size)

    if name == "llama3":
        return
    apart = fresh_folder(root, f"{name}-vocab-merges")
    write_vocab_and_merges(apart, pairs)
    write_json(apart / "tokenizer_config.json", tokenizer_config(pairs, tokenizer_class))
    write_answers(apart, "byte-level BPE", "transformers", of_transformers(apart), pairs.size)


def make_sentence_pieces(root: Path) -> None:
    processor = subwords.sentence_pieces()
    folder = fresh_folder(root, "sentencepiece-gguf")
    write_tokenizer(folder / "tokenizer.gguf", "llama", Vocabulary.of_sentence_pieces(processor))
    write_answers(folder, "SentencePiece BPE", "sentencepiece", of_sentencepiece(processor), processor.vocab_size())

    folder = fresh_folder(root, "sentencepiece-json")
    tokenizer = subwords.sentence_pieces_as_json(processor)
    tokenizer.save(str(folder / "tokenizer.json"))
    write_json(
        folder / "tokenizer_config.json",
        {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "tokenizer_class": "LlamaTokenizer"},
    )
    coder = of_library(Tokenizer.from_file(str(folder / "tokenizer.json")))
    write_answers(folder, "BPE with byte fallback", "tokenizers", coder, processor.vocab_size())


def write_word_pieces(folder: Path, pieces: list[str], lowercase: bool) -> None:
    """A folder as BERT's and the Chinese GPT-2's are: `vocab.txt`, and lower case unless the configuration says no."""
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    config = {"tokenizer_class": "BertTokenizer", "model_max_length": 512}
    write_json(folder / "tokenizer_config.json", config if lowercase else config | {"do_lower_case": False})


def make_word_pieces(root: Path) -> None:
    pieces = subwords.word_pieces()
    for name, lowercase in (("wordpiece-uncased", True), ("wordpiece-cased", False)):
        folder = fresh_folder(root, name)
        write_word_pieces(folder, pieces, lowercase)
        write_answers(folder, "WordPiece", "transformers", of_transformers(folder), len(pieces))
    folder = fresh_folder(root, "wordpiece-gguf")
    write_tokenizer(folder / "tokenizer.gguf", "bert", Vocabulary.of_word_pieces(pieces))
    shutil.copy(root / "wordpiece-uncased" / "expected.json", folder)


def make(root: Path) -> None:
    make_byte_pairs(root, "gpt2", subwords.gpt2(), "GPT2Tokenizer", "gpt2")
    make_byte_pairs(root, "llama3", subwords.llama3(), "PreTrainedTokenizerFast", "llama")
    make_byte_pairs(root, "qwen2", subwords.qwen2(), "Qwen2Tokenizer", "qwen2")
    make_sentence_pieces(root)
    make_word_pieces(root)
