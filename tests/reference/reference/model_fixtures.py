"""Model fixtures: tiny randomly initialised models in the real file formats, with transformers' answers.

Answers are computed from the files as they lie on the disk (for a GGUF: from its weights with the blocks undone), in f32
on the CPU. Seeds are searched for, so that no greedy choice hangs on the last digits and the text is not one token.
"""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

from . import gguf_files, subwords
from .families import BLOCK_WIDTH, FAMILIES, POSITIONS, WIDTH, Family, gpt2
from .files import fresh_folder, short, write_expected, write_json
from .gguf_files import Vocabulary
from .subwords import BytePairs
from .tokenizer_fixtures import of_transformers, tokenizer_config, write_vocab_and_merges, write_word_pieces

GREEDY_TOKENS = 64
LEAST_MARGIN = 0.02
LEAST_VARIETY = 12
SEEDS = range(1, 400)

# The last one is long enough to pass Llama 3's original context here, and longer than a block of prefill may be.
PROMPTS = (
    "The",
    "The old teacher wrote the first sentence",
    "他把第一句话写下来，又把它划掉了。",
    "It's raining in the northern village, and the river is rising. 北方的村子里下着雨，河水慢慢地涨起来。 Nothing was lost.",
)
SCORED = "In the morning the writer opened the window. 早晨，作家打开窗户。"


def fill(model: torch.nn.Module, seed: int) -> None:
    """Random weights of a size that makes logits differ: transformers' own initialisation leaves them nearly alike.

    Smaller ones in a model of many layers, which would otherwise blow up every rounding.
    """
    generator = torch.Generator().manual_seed(seed)
    config = model.config.get_text_config()
    spread = 1.8 * min(1.0, (2 / config.num_hidden_layers) ** 0.5)
    # Gemma widens its embeddings, which would drown what the layers add. Its norms are kept as their difference from
    # one, and wide ones of the heads would make attention a choice of one place.
    is_gemma = config.model_type == "gemma3_text"
    at_zero = ("bias", "q_norm.weight", "k_norm.weight") if is_gemma else ("bias",)
    for name, p in sorted(model.named_parameters()):
        noise = torch.randn(p.shape, generator=generator)
        if p.ndim == 1:
            p.data = noise * 0.1 + (0.0 if name.endswith(at_zero) else 1.0)
        elif "embed_tokens" in name or "wte" in name or "wpe" in name:
            p.data = noise * (0.2 if is_gemma else 0.4)
        else:
            inputs = p.shape[0] if "c_" in name else p.shape[1]
            p.data = noise * (spread / inputs**0.5)


@torch.no_grad()
def greedy(model: torch.nn.Module, prompt: list[int]) -> Iterator[tuple[int, float]]:
    """The most probable tokens, stop tokens included, each with its lead over the second."""
    ids = list(prompt)
    for _ in range(GREEDY_TOKENS):
        best = model(torch.tensor([ids])).logits[0, -1].topk(2)
        ids.append(int(best.indices[0]))
        yield ids[-1], float(best.values[0] - best.values[1])


def is_telling(model: torch.nn.Module, prompt: list[int]) -> bool:
    tokens = set()
    for token, margin in greedy(model, prompt):
        if margin < LEAST_MARGIN:
            return False
        tokens.add(token)
    return len(tokens) >= LEAST_VARIETY


@torch.no_grad()
def answers(model: torch.nn.Module, encode: Callable[[str], list[int]], about: dict) -> dict:
    """What the Rust side must find: logits, greedy tokens and log-probabilities."""
    prompts = []
    for text in PROMPTS:
        ids = encode(text)
        logits = model(torch.tensor([ids])).logits[0].float()
        row = {"text": text, "ids": ids, "best": logits.argmax(-1).tolist(), "last_logits": short(logits[-1])}
        if len(ids) < 12:
            row["first_logits"] = short(logits[0])
        prompts.append(row)
    start = encode(PROMPTS[1])
    scored = encode(SCORED)
    table = model(torch.tensor([scored])).logits[0].float().log_softmax(-1)
    found = table[:-1].gather(1, torch.tensor(scored[1:])[:, None])[:, 0]
    return about | {
        "prompts": prompts,
        "greedy": [{"prompt": start, "tokens": [token for token, _ in greedy(model, start)]}],
        "score": [{"text": SCORED, "ids": scored, "logprobs": short(found)}],
    }


def telling_model(family: Family, width: int, finish: Callable[[torch.nn.Module, int], torch.nn.Module]) -> torch.nn.Module:
    """A model, after `finish` has put it on the disk and read it back, whose answers tell right from nearly right."""
    pairs = family.pairs()
    encode = _coder(pairs.tokenizer)
    for seed in SEEDS:
        model = family.make(width, pairs.size)
        fill(model, seed)
        model = finish(model, seed).float().eval()
        if is_telling(model, encode(PROMPTS[1])):
            return model
    raise RuntimeError("no seed gives a telling model")


def _coder(tokenizer: Tokenizer) -> Callable[[str], list[int]]:
    return lambda text: tokenizer.encode(text, add_special_tokens=False).ids


def read_folder(folder: Path) -> torch.nn.Module:
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


def write_tokenizer(folder: Path, family: Family) -> BytePairs:
    pairs = family.pairs()
    pairs.tokenizer.save(str(folder / "tokenizer.json"))
    write_json(folder / "tokenizer_config.json", tokenizer_config(pairs, family.tokenizer_class))
    return pairs


def publish_gemma3(config: dict) -> None:
    """Two ropes were two bases, and the kinds of layers a number."""
    ropes = config.pop("rope_parameters")
    config["rope_local_base_freq"] = ropes["sliding_attention"]["rope_theta"]
    config["rope_parameters"] = ropes["full_attention"]
    config["sliding_window_pattern"] = config.pop("layer_types").index("full_attention") + 1


def publish_config(folder: Path) -> None:
    """Rewrite config.json as most repositories have it: `rope_theta` and `rope_scaling` beside each other."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    if config["model_type"] == "gemma3_text":
        publish_gemma3(config)
    rope = config.pop("rope_parameters")
    config["rope_theta"] = rope.pop("rope_theta")
    if "partial_rotary_factor" in rope:
        config["partial_rotary_factor"] = rope.pop("partial_rotary_factor")
    if "original_max_position_embeddings" in config:
        rope.pop("original_max_position_embeddings", None)
    config["rope_scaling"] = rope if rope["rope_type"] != "default" else None
    config["torch_dtype"] = config.pop("dtype")
    config["transformers_version"] = "4.45.0"
    write_json(path, config)


def make_folder(root: Path, name: str, family_name: str, dtype: torch.dtype, published: bool, **saving) -> None:
    """A Hugging Face folder as `save_pretrained` writes it."""
    family, folder = FAMILIES[family_name], fresh_folder(root, name)

    def finish(model: torch.nn.Module, _seed: int) -> torch.nn.Module:
        model.to(dtype).save_pretrained(folder, **saving)
        if published:
            publish_config(folder)
        return read_folder(folder)

    model = telling_model(family, WIDTH, finish)
    pairs = write_tokenizer(folder, family)
    about = {"architecture": model.config.model_type.removesuffix("_text"), "path": "."}
    write_expected(folder / "expected.json", answers(model, _coder(pairs.tokenizer), about))


def make_published_gpt2(root: Path) -> None:
    """GPT-2 as its own repository has it: no `transformer.` before the names, masks among the tensors, no tokenizer.json."""
    family, folder = FAMILIES["gpt2"], fresh_folder(root, "gpt2-published")

    def finish(model: torch.nn.Module, _seed: int) -> torch.nn.Module:
        tensors = {k.removeprefix("transformer."): v for k, v in model.transformer.state_dict().items()}
        mask = torch.ones(1, 1, POSITIONS, POSITIONS).tril()
        tensors |= {f"h.{layer}.attn.bias": mask.clone() for layer in range(2)}
        save_file({k: v.contiguous() for k, v in tensors.items()}, folder / "model.safetensors", {"format": "pt"})
        model.config.architectures = ["GPT2LMHeadModel"]
        model.config.save_pretrained(folder)
        return read_folder(folder)

    model = telling_model(family, WIDTH, finish)
    pairs = family.pairs()
    write_vocab_and_merges(folder, pairs)
    about = {"architecture": "gpt2", "path": "."}
    write_expected(folder / "expected.json", answers(model, _coder(pairs.tokenizer), about))


def make_chinese_gpt2(root: Path) -> None:
    """GPT-2 with BERT's vocabulary in a pickle, as the well-known Chinese ones are."""
    folder = fresh_folder(root, "gpt2-chinese-bin")
    pieces = subwords.word_pieces()
    write_word_pieces(folder, pieces, lowercase=True)
    encode, _ = of_transformers(folder)
    for seed in SEEDS:
        model = gpt2(WIDTH, len(pieces))
        model.config.bos_token_id = model.config.eos_token_id = None
        fill(model, seed)
        if is_telling(model.eval(), encode(PROMPTS[1])):
            break
    state = model.state_dict()
    mask = torch.ones(1, 1, POSITIONS, POSITIONS, dtype=torch.uint8).tril()
    for layer in range(2):
        state[f"transformer.h.{layer}.attn.bias"] = mask
        state[f"transformer.h.{layer}.attn.masked_bias"] = torch.tensor(-10000.0)
    torch.save(state, folder / "pytorch_model.bin")
    model.config.architectures = ["GPT2LMHeadModel"]
    model.config.tokenizer_class = "BertTokenizer"
    model.config.save_pretrained(folder)
    read = read_folder(folder).eval()
    write_expected(folder / "expected.json", answers(read, encode, {"architecture": "gpt2", "path": "."}))


def make_gguf(root: Path, family_name: str, kind: str, vocabulary: str = "bpe", tensors_in_a_part: int = 0) -> None:
    """A GGUF, with the kind of vocabulary asked for inside; split into parts where their size is given."""
    family = FAMILIES[family_name]
    name = f"{family_name}-gguf-{kind}" + ("" if vocabulary == "bpe" else f"-{vocabulary}")
    name += "-split" if tensors_in_a_part else ""
    folder = fresh_folder(root, name)
    path = folder / "model.gguf"
    if vocabulary == "sentencepiece":
        processor = subwords.sentence_pieces()
        inside, encode = Vocabulary.of_sentence_pieces(processor), processor.encode
    else:
        pairs = family.pairs()
        inside, encode = Vocabulary.of_byte_pairs(pairs), _coder(pairs.tokenizer)

    def finish(model: torch.nn.Module, seed: int) -> torch.nn.Module:
        gguf_files.write_model(path, name, model, kind, inside, seed, tensors_in_a_part)
        read = type(model)(copy.deepcopy(model.config))
        gguf_files.load_weights(sorted(folder.glob("*.gguf")), read)
        return read

    model = telling_model(family, BLOCK_WIDTH if "_k" in kind else WIDTH, finish)
    about = {"architecture": model.config.model_type.removesuffix("_text"), "path": min(folder.glob("*.gguf")).name}
    write_expected(folder / "expected.json", answers(model, encode, about))


def make_llama(root: Path) -> None:
    make_folder(root, "llama-safetensors", "llama", torch.float32, published=False)
    make_folder(root, "llama3-rope-safetensors", "llama3-rope", torch.bfloat16, published=True)
    for kind in ("f32", "f16", "bf16", "q8_0", "q4_0", "q4_1", "q5_0", "q2_k", "q4_k"):
        make_gguf(root, "llama", kind)
    make_gguf(root, "llama", "q8_0", "sentencepiece")
    make_gguf(root, "llama", "q8_0", tensors_in_a_part=8)
    make_gguf(root, "llama3-rope", "f16")


def make_others(root: Path) -> None:
    make_folder(root, "qwen2-sharded", "qwen2", torch.float32, published=True, max_shard_size="60KB")
    make_folder(root, "qwen3-safetensors", "qwen3", torch.bfloat16, published=True)
    make_folder(root, "qwen3-yarn-safetensors", "qwen3-yarn", torch.bfloat16, published=True)
    make_gguf(root, "qwen3-yarn", "f16")
    make_folder(root, "gpt2-safetensors", "gpt2", torch.float16, published=False)
    make_published_gpt2(root)
    make_chinese_gpt2(root)
    for kind in ("f32", "bf16", "q5_0", "q5_1", "q5_k"):
        make_gguf(root, "qwen2", kind)
    for kind in ("f32", "q8_0", "q3_k", "q6_k", "q4_k_m"):
        make_gguf(root, "qwen3", kind)
    for kind in ("f32", "f16", "q8_0"):
        make_gguf(root, "gpt2", kind)


def make_smollm3(root: Path) -> None:
    make_folder(root, "smollm3-safetensors", "smollm3-thirds", torch.bfloat16, published=True)
    for kind in ("f32", "q8_0"):
        make_gguf(root, "smollm3", kind)


def make_phi3(root: Path) -> None:
    make_folder(root, "phi3-safetensors", "phi3", torch.float32, published=False)
    make_folder(root, "phi4-safetensors", "phi4", torch.bfloat16, published=True)
    make_gguf(root, "phi3", "f16", "sentencepiece")
    for kind in ("f32", "q8_0"):
        make_gguf(root, "phi4", kind)


def make_gemma3(root: Path) -> None:
    make_folder(root, "gemma3-safetensors", "gemma3-thirds", torch.float32, published=False)
    make_folder(root, "gemma3-published", "gemma3-thirds", torch.bfloat16, published=True)
    make_folder(root, "gemma3-seeing", "gemma3-seeing", torch.bfloat16, published=False)
    make_gguf(root, "gemma3", "f32", "sentencepiece")
    make_gguf(root, "gemma3", "q8_0")


def make(root: Path) -> None:
    make_llama(root)
    make_smollm3(root)
    make_phi3(root)
    make_gemma3(root)
    make_others(root)
