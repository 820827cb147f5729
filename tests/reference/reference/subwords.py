"""Small tokenizers of every kind, in the layouts that model repositories have.

Vocabularies are learned from `corpus.LINES`; the rules that split a text before the merges are the published ones.
"""

import io
import json
import string
from collections import Counter
from dataclasses import dataclass, field

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from .corpus import LINES

_CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3_SPLIT = _CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}" + _REST
QWEN2_SPLIT = _CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}" + _REST

# A word that no merge builds, in a vocabulary that says merges may be ignored for whole words.
UNMERGED_WORD = "\u0120lower"
MORE_HAN = "中英混排世界你好哈第章页段首缩进格全角空红楼梦野家"


@dataclass
class BytePairs:
    """A byte-level BPE tokenizer and what the files around it say."""

    tokenizer: Tokenizer
    gguf_pre: str
    eos: str
    bos: str | None = None
    pad: str | None = None
    added: list[AddedToken] = field(default_factory=list)

    @property
    def model(self) -> dict:
        return json.loads(self.tokenizer.to_str())["model"]

    @property
    def merges(self) -> list[str]:
        return [" ".join(pair) for pair in self.model["merges"]]

    def id(self, text: str | None) -> int | None:
        return None if text is None else self.tokenizer.token_to_id(text)

    @property
    def size(self) -> int:
        return self.tokenizer.get_vocab_size(with_added_tokens=True)

    def tokens(self) -> list[str]:
        """Every token by id, as the vocabulary spells it."""
        return [self.tokenizer.id_to_token(i) for i in range(self.size)]


def _learn(split: object, size: int, **options: bool) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(**options))
    tokenizer.pre_tokenizer = split
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(LINES, trainer)
    return tokenizer


def _by_regex(pattern: str) -> object:
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def _special(*texts: str) -> list[AddedToken]:
    return [AddedToken(text, special=True, normalized=False) for text in texts]


def gpt2() -> BytePairs:
    tokenizer = _learn(pre_tokenizers.ByteLevel(add_prefix_space=False), 511)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    added = _special("<|endoftext|>")
    tokenizer.add_special_tokens(added)
    return BytePairs(tokenizer, "gpt-2", eos="<|endoftext|>", bos="<|endoftext|>", added=added)


def llama3() -> BytePairs:
    tokenizer = _with_word(_learn(_by_regex(LLAMA3_SPLIT), 505, ignore_merges=True), UNMERGED_WORD)
    added = _special(
        "<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>"
    )
    tokenizer.add_special_tokens(added)
    begin = tokenizer.token_to_id("<|begin_of_text|>")
    tokenizer.post_processor = processors.Sequence(
        [
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(
                single="<|begin_of_text|> $A",
                pair="<|begin_of_text|> $A <|begin_of_text|>:1 $B:1",
                special_tokens=[("<|begin_of_text|>", begin)],
            ),
        ]
    )
    return BytePairs(tokenizer, "llama-bpe", eos="<|eot_id|>", bos="<|begin_of_text|>", added=added)


def smollm3() -> BytePairs:
    """Llama 3's, but texts are not opened."""
    pairs = llama3()
    pairs.tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    pairs.gguf_pre = "smaug-bpe"
    return pairs


def qwen2() -> BytePairs:
    tokenizer = _learn(_by_regex(QWEN2_SPLIT), 507)
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    control = _special("<|endoftext|>", "<|im_start|>", "<|im_end|>")
    written = [AddedToken(text, special=False, normalized=False) for text in ("<think>", "</think>")]
    tokenizer.add_special_tokens(control)
    tokenizer.add_tokens(written)
    return BytePairs(tokenizer, "qwen2", eos="<|im_end|>", pad="<|endoftext|>", added=control + written)


def _with_word(tokenizer: Tokenizer, word: str) -> Tokenizer:
    raw = json.loads(tokenizer.to_str())
    raw["model"]["vocab"][word] = len(raw["model"]["vocab"])
    return Tokenizer.from_str(json.dumps(raw))


def sentence_pieces() -> sentencepiece.SentencePieceProcessor:
    """SentencePiece BPE as Llama 1 and 2 have it: scores, a byte for what is not in the vocabulary, no normalisation."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LINES),
        model_writer=model,
        model_type="bpe",
        vocab_size=512,
        character_coverage=0.98,
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        add_dummy_prefix=True,
        split_digits=True,
        num_threads=1,
        minloglevel=2,
    )
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


def sentence_pieces_as_json(processor: sentencepiece.SentencePieceProcessor) -> Tokenizer:
    """The same vocabulary as the tokenizer.json of a Llama 2: a BPE with byte fallback and a written-out prefix."""
    pieces = [processor.id_to_piece(i) for i in range(processor.vocab_size())]
    vocab = {piece: i for i, piece in enumerate(pieces)}
    merges = []
    for piece, i in vocab.items():
        if processor.is_byte(i) or processor.is_control(i) or processor.is_unknown(i):
            continue
        cuts = [(piece[:at], piece[at:]) for at in range(1, len(piece))]
        found = [(i, vocab[left], vocab[right], left, right) for left, right in cuts if left in vocab and right in vocab]
        merges += found
    merges.sort()
    tokenizer = Tokenizer(
        models.BPE(vocab, [(left, right) for *_, left, right in merges], unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    )
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", vocab["<s>"])]
    )
    tokenizer.add_special_tokens(_special("<unk>", "<s>", "</s>"))
    return tokenizer


def word_pieces() -> list[str]:
    """A vocab.txt: BERT's five first, then characters, `##` characters, and the words and beginnings that repeat."""
    text = " ".join(LINES)
    characters = sorted({c for c in text + text.lower() + string.printable + MORE_HAN if not c.isspace()})
    letters = [c for c in characters if c.isascii() and c.isalnum()]
    words = Counter("".join(c if c.isalpha() and c.isascii() else " " for c in text).split())
    repeated = sorted({w for w, n in words.items() if n > 1 and len(w) > 1} | {w.lower() for w in words if len(w) > 5})
    endings = ["##ing", "##ed", "##er", "##es", "##ll", "##n", "##tion", "##ence"]
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]
    pieces += [f"##{c}" for c in letters] + endings + repeated
    return list(dict.fromkeys(pieces))
