"""SentencePiece's own files, and what the original library makes of `mixed.lines()` with them."""

import io
from pathlib import Path

import sentencepiece
from sentencepiece import SentencePieceProcessor

from .corpus import LINES
from .files import fresh_folder, write_expected, write_json
from .gguf_files import Vocabulary, write_tokenizer
from .mixed import lines

T5_IDS = {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}


def train(model_type: str, rule: str, size: int, **options: object) -> bytes:
    """Of the size asked for, or smaller where the text has no more pieces."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LINES),
        model_writer=model,
        model_type=model_type,
        normalization_rule_name=rule,
        vocab_size=size,
        hard_vocab_limit=model_type == "bpe",
        num_threads=1,
        minloglevel=2,
        **options,
    )
    return model.getvalue()


def t5() -> bytes:
    return train("unigram", "nmt_nfkc", 400, character_coverage=0.98, **T5_IDS)


def mt5() -> bytes:
    """Without normalisation, with pieces that are never cut."""
    whole = ["<newline>", "雨水", "the river"]
    keep = {"remove_extra_whitespaces": False, "user_defined_symbols": whole}
    return train("unigram", "identity", 420, character_coverage=0.98, **T5_IDS, **keep)


def unigram_with_bytes() -> bytes:
    return train("unigram", "nmt_nfkc", 640, character_coverage=0.98, byte_fallback=True)


def llama() -> bytes:
    keep = {"remove_extra_whitespaces": False, "byte_fallback": True, "split_digits": True}
    return train("bpe", "identity", 520, character_coverage=0.98, **keep)


def gemma() -> bytes:
    """No space before a text; runs of spaces and lines are pieces; a control piece of its own."""
    runs = ["\n", "\n\n", "\n\n\n", "\u2581\u2581", "\u2581\u2581\u2581", "<b>", "</b>"]
    keep = {"remove_extra_whitespaces": False, "byte_fallback": True, "add_dummy_prefix": False}
    return train("bpe", "identity", 540, user_defined_symbols=runs, control_symbols=["<turn>"], **keep)


def space_behind() -> bytes:
    return train("bpe", "nfkc", 380, treat_whitespace_as_suffix=True)


def xlm_roberta() -> bytes:
    return train("unigram", "nmt_nfkc", 390, character_coverage=0.99)


def fairseq(piece: int) -> int:
    """A piece's number in fairseq's dictionary, where `<s> <pad> </s> <unk>` stand first."""
    return piece + 1 if piece else 3


def answers(processor: SentencePieceProcessor, size: int, number=lambda piece: piece) -> dict:
    rows = []
    for text in lines():
        pieces = processor.encode(text)
        rows.append({"text": text, "ids": [number(p) for p in pieces], "decoded": processor.decode(pieces)})
    return {"kind": "SentencePiece", "source": "sentencepiece", "vocabulary_size": size, "texts": rows}


def write(root: Path, name: str, file: str, model: bytes, config: dict | None = None, more: int = 0, **options) -> None:
    folder = fresh_folder(root, name)
    (folder / file).write_bytes(model)
    if config:
        write_json(folder / "tokenizer_config.json", config)
    processor = SentencePieceProcessor(model_proto=model)
    write_expected(folder / "expected.json", answers(processor, processor.vocab_size() + more, **options))


def make(root: Path) -> None:
    write(root, "spm-t5", "spiece.model", t5(), more=100)
    write(root, "spm-mt5", "spiece.model", mt5(), {"tokenizer_class": "MT5Tokenizer", "extra_ids": 0})
    write(root, "spm-llama", "tokenizer.model", llama(), {"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>"})
    write(root, "spm-gemma", "tokenizer.model", gemma())
    write(root, "spm-space-behind", "tokenizer.model", space_behind())
    write(root, "spm-unigram-bytes", "tokenizer.model", unigram_with_bytes())
    write(root, "spm-xlm-roberta", "sentencepiece.bpe.model", xlm_roberta(), more=2, number=fairseq)
    for name, model in (("spm-gguf-unigram", t5()), ("spm-gguf-unigram-bytes", unigram_with_bytes())):
        folder = fresh_folder(root, name)
        processor = SentencePieceProcessor(model_proto=model)
        write_tokenizer(folder / "tokenizer.gguf", "t5", Vocabulary.of_unigram(processor, model))
        write_expected(folder / "expected.json", answers(processor, processor.vocab_size()))
