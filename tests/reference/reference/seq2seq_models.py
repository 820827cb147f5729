"""Tiny encoder-decoders with random weights, in the layouts of the repositories that people fetch."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sentencepiece
import torch
from transformers import BartConfig, BartForConditionalGeneration, MarianConfig, MarianMTModel, T5Config
from transformers import MT5Config, MT5ForConditionalGeneration, T5ForConditionalGeneration
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from .corpus import LINES
from .files import write_json

WIDTH, HEADS, INNER, LAYERS = 32, 4, 64, 2
# Generated texts shall end now and then; with random weights a token ends one in hundreds.
END_BIAS = 3.0

Encode = Callable[[str], list[int]]


@dataclass
class Tiny:
    """A model before its weights are filled in, how to lay it out, and how its texts are encoded."""

    architecture: str
    model: torch.nn.Module
    write: Callable[[Path, torch.nn.Module], None]
    encode: Encode
    target: str | None = None


def unigram(lines: list[str], size: int, **options: object) -> sentencepiece.SentencePieceProcessor:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_writer=model,
        model_type="unigram",
        vocab_size=size,
        hard_vocab_limit=False,
        num_threads=1,
        minloglevel=2,
        **options,
    )
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


def pieces_of(processor: sentencepiece.SentencePieceProcessor) -> list[str]:
    return [processor.id_to_piece(i) for i in range(processor.vocab_size())]


def is_chinese(line: str) -> bool:
    return any("\u4e00" <= c <= "\u9fff" for c in line)


class MarianFiles:
    """Pieces of two models, numbered in one vocabulary in which languages stand too."""

    LANGUAGES = (">>cmn_Hans<<", ">>cmn_Hant<<")

    def __init__(self) -> None:
        self.source = unigram([line for line in LINES if not is_chinese(line)], 160)
        self.target = unigram([line for line in LINES if is_chinese(line)], 220)
        shared = dict.fromkeys([*pieces_of(self.source), *pieces_of(self.target)])
        ordinary = [piece for piece in shared if piece not in ("<unk>", "<s>", "</s>")]
        tokens = ["</s>", "<unk>", *ordinary, *self.LANGUAGES, "<pad>"]
        self.vocabulary = {token: i for i, token in enumerate(tokens)}

    def encode(self, text: str) -> list[int]:
        unknown = self.vocabulary["<unk>"]
        pieces = self.source.encode(text, out_type=str)
        ids = [self.vocabulary.get(piece, unknown) for piece in pieces]
        return [self.vocabulary[self.LANGUAGES[0]], *ids, self.vocabulary["</s>"]]

    def write(self, folder: Path) -> None:
        (folder / "source.spm").write_bytes(self.source.serialized_model_proto())
        (folder / "target.spm").write_bytes(self.target.serialized_model_proto())
        write_json(folder / "vocab.json", self.vocabulary)
        settings = {"target_lang": "zh", "source_lang": "en", "tokenizer_class": "MarianTokenizer"}
        write_json(folder / "tokenizer_config.json", settings)


def marian_config(size: int, **options: object) -> MarianConfig:
    pad = size - 1
    return MarianConfig(
        vocab_size=size,
        d_model=WIDTH,
        encoder_layers=LAYERS,
        decoder_layers=LAYERS,
        encoder_attention_heads=HEADS,
        decoder_attention_heads=HEADS,
        encoder_ffn_dim=INNER,
        decoder_ffn_dim=INNER,
        max_position_embeddings=128,
        pad_token_id=pad,
        eos_token_id=0,
        bos_token_id=0,
        decoder_start_token_id=pad,
        **options,
    )


def opus(folder: Path, model: torch.nn.Module, files: MarianFiles) -> None:
    """As Helsinki-NLP's repositories have it: a pickle, two SentencePiece models, settings of the search in both files."""
    pad = model.config.pad_token_id
    search = {"num_beams": 4, "max_length": 40, "bad_words_ids": [[pad]], "forced_eos_token_id": 0}
    ends = {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": pad, "decoder_start_token_id": pad}
    model.config.save_pretrained(folder)
    config = json.loads((folder / "config.json").read_text())
    write_json(folder / "config.json", config | search | {"normalize_before": False, "static_position_embeddings": True})
    write_json(folder / "generation_config.json", search | ends | {"transformers_version": "4.27.0"})
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    files.write(folder)


def opus_safetensors(folder: Path, model: torch.nn.Module, files: MarianFiles) -> None:
    """Saved by transformers, with the settings of the search in config.json only."""
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    config = json.loads((folder / "config.json").read_text())
    search = {"num_beams": 3, "max_length": 30, "length_penalty": 0.6, "bad_words_ids": [[model.config.pad_token_id]]}
    write_json(folder / "config.json", config | search)
    files.write(folder)


def marian() -> Tiny:
    files = MarianFiles()
    config = marian_config(len(files.vocabulary), scale_embedding=True, activation_function="swish")
    write = lambda folder, model: opus(folder, model, files)
    return Tiny("marian", MarianMTModel(config), write, files.encode, "cmn_Hans")


def marian_own_embeddings() -> Tiny:
    files = MarianFiles()
    config = marian_config(
        len(files.vocabulary),
        scale_embedding=False,
        activation_function="relu",
        share_encoder_decoder_embeddings=False,
        tie_word_embeddings=False,
    )
    write = lambda folder, model: opus_safetensors(folder, model, files)
    return Tiny("marian", MarianMTModel(config), write, files.encode, "cmn_Hans")


BART_SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]


def bart_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=420, initial_alphabet=alphabet, special_tokens=BART_SPECIAL, show_progress=False
    )
    tokenizer.train_from_iterator(LINES, trainer)
    tokenizer.add_special_tokens(["<mask>"])
    return tokenizer


def bart() -> Tiny:
    tokenizer = bart_tokenizer()
    config = BartConfig(
        vocab_size=tokenizer.get_vocab_size(),
        d_model=WIDTH,
        encoder_layers=LAYERS,
        decoder_layers=1,
        encoder_attention_heads=HEADS,
        decoder_attention_heads=HEADS,
        encoder_ffn_dim=INNER,
        decoder_ffn_dim=INNER,
        max_position_embeddings=128,
        activation_function="gelu",
        scale_embedding=False,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
        decoder_start_token_id=2,
        forced_bos_token_id=None,
    )

    def write(folder: Path, model: torch.nn.Module) -> None:
        model.save_pretrained(folder)
        search = {
            "num_beams": 4,
            "max_length": 30,
            "min_length": 8,
            "length_penalty": 2.0,
            "no_repeat_ngram_size": 3,
            "early_stopping": True,
            "forced_bos_token_id": 0,
            "forced_eos_token_id": 2,
        }
        ends = {"bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1, "decoder_start_token_id": 2}
        write_json(folder / "generation_config.json", search | ends)
        raw = json.loads(tokenizer.to_str())
        write_json(folder / "vocab.json", dict(sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])))
        merges = [" ".join(pair) for pair in raw["model"]["merges"]]
        (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges]) + "\n", "utf-8")
        write_json(folder / "tokenizer_config.json", {"model_max_length": 128})

    encode = lambda text: [0, *tokenizer.encode(text, add_special_tokens=False).ids, 2]
    return Tiny("bart", BartForConditionalGeneration(config), write, encode)


def t5_pieces(**options: object) -> sentencepiece.SentencePieceProcessor:
    return unigram(LINES, 300, character_coverage=0.98, pad_id=0, eos_id=1, unk_id=2, bos_id=-1, **options)


def t5_shape(size: int, head: int = 12) -> dict:
    return {
        "vocab_size": size,
        "d_model": WIDTH,
        "d_kv": head,
        "d_ff": INNER,
        "num_layers": LAYERS,
        "num_heads": HEADS,
        "decoder_start_token_id": 0,
        "pad_token_id": 0,
        "eos_token_id": 1,
    }


def has_scaled_output(model: torch.nn.Module) -> bool:
    return getattr(model.config, "scale_decoder_outputs", False)


def with_own_output(model: torch.nn.Module) -> torch.nn.Module:
    """Newer models have an output projection that is not the embedding."""
    model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.detach().clone())
    return model


def _t5(make: Callable[[int], torch.nn.Module], search: dict, **options: object) -> Tiny:
    processor = t5_pieces(**options)
    model = make(processor.vocab_size() + 100)

    def write(folder: Path, model: torch.nn.Module) -> None:
        model.save_pretrained(folder)
        ends = {"eos_token_id": 1, "pad_token_id": 0, "decoder_start_token_id": 0}
        write_json(folder / "generation_config.json", search | ends)
        (folder / "spiece.model").write_bytes(processor.serialized_model_proto())
        config = json.loads((folder / "config.json").read_text())
        settings = {"tokenizer_class": "T5Tokenizer", "extra_ids": 100 if config["model_type"] == "t5" else 0}
        write_json(folder / "tokenizer_config.json", settings | {"eos_token": "</s>", "pad_token": "<pad>"})
        # transformers writes true whatever it was told; published files say so of T5's first version only.
        write_json(folder / "config.json", config | {"tie_word_embeddings": has_scaled_output(model)})

    return Tiny("t5", model, write, lambda text: [*processor.encode(text), 1])


def t5() -> Tiny:
    make = lambda size: T5ForConditionalGeneration(T5Config(**t5_shape(size), feed_forward_proj="relu"))
    return _t5(make, {"max_length": 24})


def mt5() -> Tiny:
    def make(size: int) -> torch.nn.Module:
        config = MT5Config(**t5_shape(size), feed_forward_proj="gated-gelu", tie_word_embeddings=False)
        return with_own_output(MT5ForConditionalGeneration(config))

    search = {"num_beams": 4, "max_length": 28, "length_penalty": 0.6, "no_repeat_ngram_size": 2}
    # Tokens that are written often, and first, where nothing keeps them away.
    search |= {"suppress_tokens": [36], "begin_suppress_tokens": [83]}
    return _t5(make, search, normalization_rule_name="identity")


def fill(tiny: Tiny, seed: int) -> None:
    """Random weights of a size that makes logits differ; transformers' own leave them nearly alike."""
    generator = torch.Generator().manual_seed(seed)
    for name, p in sorted(tiny.model.named_parameters()):
        noise = torch.randn(p.shape, generator=generator)
        if "embed_positions" in name and tiny.architecture == "marian":
            continue
        if p.ndim == 1:
            p.data = noise * 0.1 + (0.0 if name.endswith("bias") else 1.0)
        elif "relative_attention_bias" in name:
            p.data = noise
        elif "shared" in name or "embed" in name:
            p.data = noise * (1.0 if tiny.architecture == "t5" else 0.4)
        else:
            p.data = noise * (1.2 / p.shape[1] ** 0.5)
    if tiny.architecture != "t5":
        bias = torch.randn(tiny.model.final_logits_bias.shape, generator=generator) * 0.2
        bias[0, tiny.model.config.eos_token_id] += END_BIAS
        tiny.model.final_logits_bias.data = bias
