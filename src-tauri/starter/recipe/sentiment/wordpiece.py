"""The tokenizer: lower-cased WordPiece, every Han character a word of its own.

`vocab.txt` alone says all there is to say, so that anything that reads BERT's vocabularies reads this one. Tokens are
in order of how often the training text has them, which makes token files smaller and changes nothing else.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import WordPiece
from tokenizers.trainers import WordPieceTrainer

PAD, UNKNOWN, CLS, SEP, MASK = range(5)
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SIZE = 16_384
ALPHABET = 4_600


def build(vocabulary: dict[str, int]) -> Tokenizer:
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(
        clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def learn(texts: list[str]) -> Tokenizer:
    tokenizer = build({token: index for index, token in enumerate(SPECIAL)})
    trainer = WordPieceTrainer(vocab_size=SIZE, limit_alphabet=ALPHABET, special_tokens=SPECIAL, show_progress=False,
                               min_frequency=3)
    tokenizer.train_from_iterator(texts, trainer)
    counts = Counter()
    for encoding in tokenizer.encode_batch(texts, add_special_tokens=False):
        counts.update(encoding.tokens)
    words = sorted(set(tokenizer.get_vocab()) - set(SPECIAL), key=lambda word: (-counts[word], word))
    return build({token: index for index, token in enumerate(SPECIAL + words)})


def save(tokenizer: Tokenizer, folder: Path) -> None:
    vocabulary = tokenizer.get_vocab()
    (folder / "vocab.txt").write_text("\n".join(sorted(vocabulary, key=vocabulary.get)) + "\n", encoding="utf-8")


def load(folder: Path) -> Tokenizer:
    words = (folder / "vocab.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
    return build({word: index for index, word in enumerate(words)})


def encode(tokenizer: Tokenizer, texts: Iterable[str]) -> list[np.ndarray]:
    """Token ids of each text, without [CLS] and [SEP]."""
    encoded = tokenizer.encode_batch(list(texts), add_special_tokens=False)
    return [np.array(e.ids, dtype=np.int16) for e in encoded]


def kinds(tokenizer: Tokenizer) -> np.ndarray:
    """Per token: 1 if it continues a word, 2 if it is a Han character, else 0."""
    vocabulary = tokenizer.get_vocab()
    kind = np.zeros(len(vocabulary), dtype=np.int8)
    for word, index in vocabulary.items():
        kind[index] = 1 if word.startswith("##") else 2 if len(word) == 1 and "\u4e00" <= word <= "\u9fff" else 0
    return kind
