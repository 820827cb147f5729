"""Encoder fixtures: tiny models with random weights in the real file formats, with transformers' answers.

Texts are computed one by one, so that nothing hangs on padding; what stands around a text is put there by hand, so that
what looks like a control token in it stays text.
"""

import copy
from collections.abc import Callable
from pathlib import Path

import gguf
import torch
from gguf import GGMLQuantizationType as Kind
from transformers import AutoModel, AutoModelForQuestionAnswering, AutoModelForSequenceClassification, BertForSequenceClassification

from . import encoder_models as models
from . import sentencepiece_fixtures
from .files import fresh_folder, short, write_expected
from .gguf_files import KINDS, Vocabulary, finish
from .model_fixtures import fill

TEXTS = [
    "",
    "The",
    "The old teacher wrote the first sentence of the story and crossed it out.",
    "她不知道信里写了什么，但她知道是谁写的。",
    "Nothing was lost。什么都没有丢：every word, 每一个字 😀 [SEP] </s>",
    "In the morning the writer opened the window. 早晨，作家打开窗户；窗户外面的早晨也打开了他。",
]
PAIRS = [("The river is rising.", "河水慢慢地涨起来。"), ("", "The end"), ("Where are you going?", "To the end of the line.")]
QUESTIONS = [
    ("Who wrote the first sentence?", "In the morning the old teacher wrote the first sentence, and the river was rising."),
    ("谁知道？", "她不知道信里写了什么，但她知道是谁写的。"),
    ("Where?", "We waited at the station, 带着灯笼和一张旧地图, and nobody came."),
]
LONGEST_ANSWER = 15


def wrap(words, first: list[int], second: list[int] | None = None) -> dict:
    ids = [words.open, *first, words.close]
    types = [0] * len(ids)
    if second is not None:
        # The separator behind the first text is already there.
        ids += [*words.between[1:], *second, words.close]
        types += [words.second_type] * (len(ids) - len(types))
    return {"ids": ids, "types": types}


@torch.no_grad()
def run(model: torch.nn.Module, read: dict) -> object:
    given = {"input_ids": torch.tensor([read["ids"]]), "attention_mask": torch.ones(1, len(read["ids"]), dtype=torch.long)}
    if getattr(model.config, "type_vocab_size", 0) > 1:
        given["token_type_ids"] = torch.tensor([read["types"]])
    return model(**given)


def save(root: Path, name: str, words, make: Callable, pickled: bool, auto) -> tuple[Path, torch.nn.Module]:
    folder = fresh_folder(root, name)
    model = make(words.size)
    fill(model, sum(name.encode()))
    model.save_pretrained(folder)
    if pickled:
        (folder / "model.safetensors").unlink()
        torch.save(model.state_dict(), folder / "pytorch_model.bin")
    words.write(folder)
    return folder, auto.from_pretrained(folder, dtype=torch.float32).eval()


def classified(model, words) -> dict:
    rows = [{"text": text} | wrap(words, words.encode(text)) for text in TEXTS]
    rows += [{"text": a, "second": b} | wrap(words, words.encode(a), words.encode(b)) for a, b in PAIRS]
    for row in rows:
        row["logits"] = short(run(model, row).logits[0])
    labels = model.config.id2label
    return {"task": "classify", "labels": [labels[i] for i in range(len(labels))], "texts": rows}


def best_span(start: torch.Tensor, end: torch.Tensor) -> tuple[int, int, float]:
    """Of the tokens of the text alone; the first numbers stand for no answer."""
    start, end = start.softmax(0)[1:], end.softmax(0)[1:]
    spans = [(float(start[i] * end[j]), i, j) for i in range(len(start)) for j in range(i, min(i + LONGEST_ANSWER, len(end)))]
    score, first, last = max(spans)
    return first, last, score


def answered(model, words) -> dict:
    rows = []
    for question, text in QUESTIONS:
        inside = words.encode(text)
        row = {"question": question, "text": text} | wrap(words, words.encode(question), inside)
        found = run(model, row)
        row["logits"] = [short(pair) for pair in zip(found.start_logits[0], found.end_logits[0])]
        begin = len(row["ids"]) - 1 - len(inside)
        places = [0, *range(begin, begin + len(inside))]
        first, last, score = best_span(found.start_logits[0][places], found.end_logits[0][places])
        offsets = words.library.encode(text, add_special_tokens=False).offsets
        answer = text[offsets[first][0] : offsets[last][1]].strip()
        rows.append(row | {"answer": answer, "score": score})
    return {"task": "answer", "longest_answer": LONGEST_ANSWER, "texts": rows}


def placed(model, words, pooling: str, normalised: bool) -> dict:
    rows = [{"text": text} | wrap(words, words.encode(text)) for text in TEXTS]
    for row in rows:
        states = run(model, row).last_hidden_state[0]
        vector = states.mean(0) if pooling == "mean_tokens" else states[0]
        row["vector"] = short(vector / vector.norm() if normalised else vector)
    return {"task": "place", "texts": rows}


_NAMES = {
    "bert.embeddings.word_embeddings": "token_embd",
    "bert.embeddings.position_embeddings": "position_embd",
    "bert.embeddings.token_type_embeddings": "token_types",
    "bert.embeddings.LayerNorm": "token_embd_norm",
    "bert.pooler.dense": "cls",
    "classifier": "cls.output",
}
_PARTS = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}
WHOLE_IN_F32 = ("position_embd", "token_types", "cls.output")


def gguf_name(name: str) -> str:
    stem, suffix = name.rsplit(".", 1)
    if stem in _NAMES:
        return f"{_NAMES[stem]}.{suffix}"
    layer, part = stem.removeprefix("bert.encoder.layer.").split(".", 1)
    return f"blk.{layer}.{_PARTS[part]}.{suffix}"


def write_gguf(path: Path, name: str, model, kind: str, vocabulary: Vocabulary) -> None:
    config = model.config
    writer = gguf.GGUFWriter(path, "bert")
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_name(name)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_layer_norm_eps(config.layer_norm_eps)
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.RANK)
    writer.add_classifier_output_labels([config.id2label[i] for i in range(config.num_labels)])
    writer.add_token_type_count(config.type_vocab_size)
    vocabulary.add_to(writer)
    for own, tensor in model.state_dict().items():
        if tensor.ndim == 0 or "position_ids" in own:
            continue
        named, rows = gguf_name(own), tensor.float().numpy()
        exact = rows.ndim == 1 or named.startswith(WHOLE_IN_F32)
        blocks = Kind.F32 if exact else KINDS[kind]
        writer.add_tensor(named, gguf.quants.quantize(rows, blocks), raw_dtype=blocks)
    finish(writer)


def read_gguf(path: Path, model: torch.nn.Module) -> None:
    """The weights as they lie there, with the blocks undone."""
    tensors = {t.name: gguf.quants.dequantize(t.data, t.tensor_type) for t in gguf.GGUFReader(path).tensors}
    state = model.state_dict()
    for own in state:
        if "position_ids" not in own:
            state[own] = torch.tensor(tensors[gguf_name(own)]).reshape(state[own].shape)
    model.load_state_dict(state)


def make_gguf(root: Path, kind: str, unigram: bool) -> None:
    name = f"bert-gguf-{kind}" + ("-unigram" if unigram else "")
    folder = fresh_folder(root, name)
    words = models.Words(True)
    words.write(folder)
    inside = Vocabulary.of_word_pieces(words.pieces)
    for file in folder.iterdir():
        file.unlink()
    if unigram:
        words = models.Sentences()
        inside = Vocabulary.of_fairseq(words.processor, words.model)
    model = models.bert(BertForSequenceClassification, words.size, **models.labelled(models.MOODS))
    fill(model, len(kind))
    write_gguf(folder / "model.gguf", name, model, kind, inside)
    read = BertForSequenceClassification(copy.deepcopy(model.config))
    read_gguf(folder / "model.gguf", read)
    write_expected(folder / "expected.json", {"path": "model.gguf"} | classified(read.eval(), words))


def make(root: Path) -> None:
    for name, (words, model, pickled) in models.CLASSIFIERS.items():
        folder, read = save(root, name, words, model, pickled, AutoModelForSequenceClassification)
        write_expected(folder / "expected.json", {"path": "."} | classified(read, words))
    for name, (words, model, pickled) in models.EXTRACTORS.items():
        folder, read = save(root, name, words, model, pickled, AutoModelForQuestionAnswering)
        write_expected(folder / "expected.json", {"path": "."} | answered(read, words))
    for name, (words, model, pickled, pooling, normalised) in models.PLACERS.items():
        folder, read = save(root, name, words, model, pickled, AutoModel)
        models.write_modules(folder, pooling, normalised)
        write_expected(folder / "expected.json", {"path": "."} | placed(read, words, pooling, normalised))
    for kind, unigram in (("f32", False), ("q8_0", False), ("f16", True)):
        make_gguf(root, kind, unigram)
