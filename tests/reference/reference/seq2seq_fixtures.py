"""Fixtures of encoder-decoders: what transformers' `generate` writes, with which scores, and the numbers on the way.

Every answer is computed from the files as they lie on the disk, in f32, for all sources in one padded batch. A seed was
searched for, so that no choice hangs on the last digits: the same model in f64, and with all weights changed a little, must
write the same. What just passes on one processor does not on another, so the seeds that were found are written down.
"""

import copy
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from transformers import AutoModelForSeq2SeqLM

from . import seq2seq_gguf, seq2seq_models
from .files import fresh_folder, short, write_expected
from .seq2seq_models import Tiny, fill

SEEDS = range(1, 300)
FOUND = {
    "marian-opus-bin": 1,
    "marian-own-embeddings": 4,
    "bart-safetensors": 6,
    "t5-safetensors": 2,
    "mt5-safetensors": 52,
    "marian-gguf-q8_0": 1,
    "t5-gguf-q8_0": 1,
    "t5-gated-gguf-f32": 5,
}
NOISE = 2e-5
FEWEST_TOKENS, SHORTEST_MEAN, FEWEST_LENGTHS = 10, 5, 3

SOURCES = (
    "The old teacher wrote the first sentence of the story and then crossed it out again.",
    "It's raining.",
    "Nothing was lost: every word, every comma, every second thought stayed on the page.",
    "她不知道信里写了什么, but she knew who had written it.",
)
# Longer than any distance that T5 tells from another.
LONG_SOURCE = " ".join(SOURCES * 2)

# By the names of the engine's settings.
SEARCHES = (
    {},
    {"beams": 1},
    {"beams": 1, "noRepeatNgram": 2, "repetitionPenalty": 1.4, "maxNewTokens": 12},
    {"beams": 4, "best": 4, "earlyStopping": "when_full", "lengthPenalty": 1.0},
    {"beams": 4, "best": 3, "earlyStopping": "when_unlikely", "lengthPenalty": 0.6, "noRepeatNgram": 2},
    {"beams": 3, "best": 2, "earlyStopping": "when_impossible", "lengthPenalty": 2.0, "maxNewTokens": 16},
    {"beams": 4, "minNewTokens": 9, "repetitionPenalty": 1.3, "maxNewTokens": 20},
    {"beams": 2, "best": 2, "badWords": True, "lengthPenalty": -0.5},
)
EARLY = {"when_full": True, "when_unlikely": False, "when_impossible": "never"}
NAMES = {
    "beams": "num_beams",
    "best": "num_return_sequences",
    "lengthPenalty": "length_penalty",
    "noRepeatNgram": "no_repeat_ngram_size",
    "repetitionPenalty": "repetition_penalty",
    "maxNewTokens": "max_new_tokens",
    "minNewTokens": "min_new_tokens",
}


def padded(sources: list[list[int]], pad: int) -> dict:
    longest = max(map(len, sources))
    ids = torch.tensor([ids + [pad] * (longest - len(ids)) for ids in sources])
    mask = torch.tensor([[1] * len(ids) + [0] * (longest - len(ids)) for ids in sources])
    return {"input_ids": ids, "attention_mask": mask}


def arguments(settings: dict, model: torch.nn.Module) -> dict:
    found = {NAMES[key]: value for key, value in settings.items() if key in NAMES}
    if "earlyStopping" in settings:
        found["early_stopping"] = EARLY[settings["earlyStopping"]]
    if "badWords" in settings:
        found["bad_words_ids"] = (model.generation_config.bad_words_ids or []) + settings["badWords"]
    return found


def written(sequence: list[int], end: int) -> list[int]:
    """Without the opening token and what fills the row up after the end."""
    tokens = sequence[1:]
    return tokens[: tokens.index(end) + 1] if end in tokens else tokens


@torch.no_grad()
def search(model: torch.nn.Module, batch: dict, settings: dict) -> list[list[dict]]:
    out = model.generate(
        **batch, **arguments(settings, model), return_dict_in_generate=True, output_scores=True, do_sample=False
    )
    best = settings.get("best", 1)
    scores = getattr(out, "sequences_scores", None)
    rows = []
    for number, sequence in enumerate(out.sequences.tolist()):
        row = {"tokens": written(sequence, model.config.eos_token_id)}
        if scores is not None:
            row["score"] = short(scores[number : number + 1])[0]
        rows.append(row)
    return [rows[i : i + best] for i in range(0, len(rows), best)]


@torch.no_grad()
def logprobs(model: torch.nn.Module, source: list[int], tokens: list[int]) -> list[float]:
    start = model.generation_config.decoder_start_token_id
    if start is None:
        start = model.config.decoder_start_token_id
    before = torch.tensor([[start, *tokens[:-1]]])
    table = model(input_ids=torch.tensor([source]), decoder_input_ids=before).logits[0].float().log_softmax(-1)
    return short(table.gather(1, torch.tensor(tokens)[:, None])[:, 0])


def banned(found: list[list[dict]]) -> list[list[int]]:
    """A token and a pair that would otherwise be written."""
    tokens = found[0][0]["tokens"]
    return [[tokens[2]], tokens[3:5]] if len(tokens) > 5 else [[tokens[0]]]


def all_searches(model: torch.nn.Module, sources: list[list[int]]) -> Iterator[dict]:
    batch = padded(sources, model.config.pad_token_id)
    first = None
    for settings in SEARCHES:
        settings = dict(settings)
        if "badWords" in settings:
            settings["badWords"] = banned(first)
        found = search(model, batch, settings)
        first = first or found
        yield {"settings": settings, "results": found}


def tokens_of(searches: list[dict]) -> list:
    return [[[row["tokens"] for row in rows] for rows in one["results"]] for one in searches]


def is_telling(model: torch.nn.Module, sources: list[list[int]]) -> bool:
    searches = list(all_searches(model, sources))
    texts = [row["tokens"] for one in searches for rows in one["results"] for row in rows]
    end = model.config.eos_token_id
    lengths = {len(text) for text in texts if text[-1] == end}
    variety = len({token for text in texts for token in text})
    mean = sum(map(len, texts)) / len(texts)
    if len(lengths) < FEWEST_LENGTHS or variety < FEWEST_TOKENS or mean < SHORTEST_MEAN:
        return False
    found = tokens_of(searches)
    for sign in (1, -1):
        changed = shaken(model, sign)
        if tokens_of(list(all_searches(changed, sources))) != found:
            return False
    return True


def shaken(model: torch.nn.Module, sign: int) -> torch.nn.Module:
    """The same in f64, every weight a little larger or smaller."""
    changed = copy.deepcopy(model)
    generator = torch.Generator().manual_seed(1)
    for p in changed.parameters():
        p.data *= 1 + sign * NOISE * torch.randn(p.shape, generator=generator)
    return changed.double().eval()


@torch.no_grad()
def answers(model: torch.nn.Module, tiny: Tiny, path: str) -> dict:
    sources = [tiny.encode(text) for text in SOURCES]
    batch = padded(sources, model.config.pad_token_id)
    encoded = model.get_encoder()(**batch).last_hidden_state
    searches = list(all_searches(model, sources))
    for one in searches:
        for source, rows in zip(sources, one["results"]):
            for row in rows:
                row["logprobs"] = logprobs(model, source, row["tokens"])
    long = tiny.encode(LONG_SOURCE)[:120]
    target = searches[0]["results"][0][0]["tokens"]
    start = model.config.decoder_start_token_id
    logits = model(input_ids=torch.tensor([long]), decoder_input_ids=torch.tensor([[start, *target]])).logits[0]
    return {
        "architecture": tiny.architecture,
        "path": path,
        "target": tiny.target,
        "sources": [{"text": text, "ids": ids} for text, ids in zip(SOURCES, sources)],
        "encoded": [
            {"first": short(rows[0]), "last": short(rows[len(ids) - 1])} for rows, ids in zip(encoded, sources)
        ],
        "logits": [{"source": long, "target": target, "first": short(logits[0]), "last": short(logits[-1])}],
        "searches": searches,
    }


def read_folder(folder: Path, _tiny: Tiny) -> torch.nn.Module:
    return AutoModelForSeq2SeqLM.from_pretrained(folder, dtype=torch.float32)


def make_one(root: Path, name: str, make: Callable[[], Tiny], path: str = ".", read=read_folder) -> None:
    folder = fresh_folder(root, name)
    tiny = make()

    def model_of(seed: int) -> torch.nn.Module:
        fill(tiny, seed)
        tiny.write(folder, tiny.model)
        return read(folder, tiny).eval()

    if name not in FOUND:
        sources = [tiny.encode(text) for text in SOURCES]
        seed = next((seed for seed in SEEDS if is_telling(model_of(seed), sources)), None)
        raise SystemExit(f"seed {seed} gives a telling model for {name}: write it down")
    write_expected(folder / "expected.json", answers(model_of(FOUND[name]), tiny, path))


def make_gguf(root: Path, name: str, make: Callable[[], Tiny]) -> None:
    make_one(root, name, make, seq2seq_gguf.FILE, seq2seq_gguf.read)


def make(root: Path) -> None:
    make_one(root, "marian-opus-bin", seq2seq_models.marian)
    make_one(root, "marian-own-embeddings", seq2seq_models.marian_own_embeddings)
    make_one(root, "bart-safetensors", seq2seq_models.bart)
    make_one(root, "t5-safetensors", seq2seq_models.t5)
    make_one(root, "mt5-safetensors", seq2seq_models.mt5)
    make_gguf(root, "marian-gguf-q8_0", seq2seq_gguf.marian)
    make_gguf(root, "t5-gguf-q8_0", seq2seq_gguf.t5)
    make_gguf(root, "t5-gated-gguf-f32", seq2seq_gguf.gated_t5)
