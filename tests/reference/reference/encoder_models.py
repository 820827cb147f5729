"""Small encoders of every family, in the layouts that model repositories have."""

import json
from pathlib import Path

import sentencepiece
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    BertConfig,
    BertForQuestionAnswering,
    BertForSequenceClassification,
    BertModel,
    BertTokenizer,
    DistilBertConfig,
    DistilBertForQuestionAnswering,
    DistilBertForSequenceClassification,
    RobertaConfig,
    RobertaForQuestionAnswering,
    RobertaForSequenceClassification,
    XLMRobertaConfig,
    XLMRobertaForSequenceClassification,
    XLMRobertaModel,
)

from . import sentencepiece_fixtures, subwords
from .files import write_json
from .tokenizer_fixtures import of_transformers, write_word_pieces

WIDTH = 64
POSITIONS = 96
SHAPE = {"vocab_size": 0, "hidden_size": WIDTH, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 96}


class Words:
    """WordPiece, with BERT's tokens around a text."""

    def __init__(self, lowercase: bool, as_json: bool = False) -> None:
        self.lowercase, self.as_json = lowercase, as_json
        self.pieces = subwords.word_pieces()
        self.size = len(self.pieces)
        self.open, self.close, self.pad = (self.pieces.index(t) for t in ("[CLS]", "[SEP]", "[PAD]"))
        self.between, self.second_type = [self.close], 1

    def write(self, folder: Path) -> None:
        write_word_pieces(folder, self.pieces, self.lowercase)
        self.encode, _ = of_transformers(folder)
        self.library = BertTokenizer.from_pretrained(folder).backend_tokenizer
        if self.as_json:
            self.library.save(str(folder / "tokenizer.json"))


class Sentences:
    """XLM-R's `sentencepiece.bpe.model`, with fairseq's numbers."""

    def __init__(self) -> None:
        self.model = sentencepiece_fixtures.xlm_roberta()
        self.processor = sentencepiece.SentencePieceProcessor(model_proto=self.model)
        self.size = self.processor.vocab_size() + 2
        self.open, self.pad, self.close = 0, 1, 2
        self.between, self.second_type = [2, 2], 0

    def write(self, folder: Path) -> None:
        (folder / "sentencepiece.bpe.model").write_bytes(self.model)

    def encode(self, text: str) -> list[int]:
        return [sentencepiece_fixtures.fairseq(piece) for piece in self.processor.encode(text)]


class Bytes:
    """RoBERTa's byte pairs: `vocab.json` and `merges.txt`, or `tokenizer.json`."""

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json
        pairs = subwords.gpt2()
        learned = [token for token in pairs.tokens() if token != pairs.eos]
        named = ["<s>", "<pad>", "</s>", "<unk>", *learned, "<mask>"]
        self.vocab = {token: i for i, token in enumerate(named)}
        self.merges = pairs.merges
        self.size = len(named)
        self.open, self.pad, self.close = 0, 1, 2
        self.between, self.second_type = [2, 2], 0
        self.library = Tokenizer(models.BPE(self.vocab, [tuple(m.split(" ")) for m in self.merges]))
        self.library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        self.library.decoder = decoders.ByteLevel()

    def write(self, folder: Path) -> None:
        if self.as_json:
            tokenizer = Tokenizer.from_str(self.library.to_str())
            tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
            tokenizer.save(str(folder / "tokenizer.json"))
            return
        (folder / "vocab.json").write_text(json.dumps(self.vocab, ensure_ascii=False), encoding="utf-8")
        (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(self.merges) + "\n", encoding="utf-8")

    def encode(self, text: str) -> list[int]:
        return self.library.encode(text, add_special_tokens=False).ids


def labelled(names: list[str], **more: object) -> dict:
    named = {"id2label": dict(enumerate(names)), "label2id": {name: i for i, name in enumerate(names)}}
    return {"num_labels": len(names)} | named | more


def bert(kind: type, size: int, **more: object) -> torch.nn.Module:
    return kind(BertConfig(**SHAPE | {"vocab_size": size}, max_position_embeddings=POSITIONS, **more))


def distilbert(kind: type, size: int, **more: object) -> torch.nn.Module:
    shape = {"vocab_size": size, "dim": WIDTH, "n_layers": 2, "n_heads": 4, "hidden_dim": 96}
    return kind(DistilBertConfig(**shape, max_position_embeddings=POSITIONS, **more))


def roberta(kind: type, size: int, **more: object) -> torch.nn.Module:
    """Its first positions belong to padding."""
    config = XLMRobertaConfig if kind in (XLMRobertaForSequenceClassification, XLMRobertaModel) else RobertaConfig
    rows = {"max_position_embeddings": POSITIONS + 2, "type_vocab_size": 1, "layer_norm_eps": 1e-5}
    return kind(config(**SHAPE | {"vocab_size": size}, **rows, pad_token_id=1, bos_token_id=0, eos_token_id=2, **more))


MOODS = ["negative", "neutral", "positive"]

# name: (tokenizer, model, whether in a pickle)
CLASSIFIERS = {
    "distilbert-sst2": (
        Words(True),
        lambda size: distilbert(DistilBertForSequenceClassification, size, **labelled(["NEGATIVE", "POSITIVE"])),
        False,
    ),
    "distilbert-multilingual": (
        Words(False, as_json=True),
        lambda size: distilbert(DistilBertForSequenceClassification, size, **labelled(MOODS[::-1])),
        False,
    ),
    "xlm-roberta-sentiment": (
        Sentences(),
        lambda size: roberta(XLMRobertaForSequenceClassification, size, **labelled(MOODS)),
        True,
    ),
    "bert-chinese-binary": (
        Words(True),
        lambda size: bert(BertForSequenceClassification, size, **labelled(["negative (stars 1, 2)", "positive (stars 4, 5)"])),
        True,
    ),
    "roberta-emotions": (
        Bytes(),
        lambda size: roberta(
            RobertaForSequenceClassification,
            size,
            **labelled(["joy", "fear", "anger", "surprise"], problem_type="multi_label_classification"),
        ),
        False,
    ),
    "bert-likeness": (
        Words(True),
        lambda size: bert(BertForSequenceClassification, size, **labelled(["LABEL_0"])),
        False,
    ),
}
EXTRACTORS = {
    "distilbert-squad": (Words(False), lambda size: distilbert(DistilBertForQuestionAnswering, size), False),
    "bert-chinese-extractive": (Words(True), lambda size: bert(BertForQuestionAnswering, size), True),
    "roberta-squad": (Bytes(as_json=True), lambda size: roberta(RobertaForQuestionAnswering, size), False),
}
# name: (tokenizer, model, whether in a pickle), pooling, whether normalised
PLACERS = {
    "bert-sentences-mean": (Words(True), lambda size: bert(BertModel, size), False, "mean_tokens", True),
    "bert-sentences-first": (Words(True), lambda size: bert(BertModel, size), False, "cls_token", False),
    "xlm-roberta-sentences": (Sentences(), lambda size: roberta(XLMRobertaModel, size), False, "mean_tokens", True),
}


def write_modules(folder: Path, pooling: str, normalised: bool) -> None:
    """What sentence-transformers puts beside a model."""
    kinds = [("", "Transformer"), ("1_Pooling", "Pooling")] + ([("2_Normalize", "Normalize")] if normalised else [])
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(kinds)
    ]
    write_json(folder / "modules.json", modules)
    (folder / "1_Pooling").mkdir()
    modes = ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens")
    config = {"word_embedding_dimension": WIDTH} | {f"pooling_mode_{mode}": mode == pooling for mode in modes}
    write_json(folder / "1_Pooling" / "config.json", config)
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": 48, "do_lower_case": False})
