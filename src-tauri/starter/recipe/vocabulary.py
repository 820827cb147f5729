"""The tokenizer: a byte-level BPE whose text splitting is GPT-2's.

Readers of GGUF files know a handful of ways to split text before the merges apply and know them by name. The
vocabulary was first trained with a splitting rule of its own (Han characters in groups of four), which no reader
knows. Its merges work just as well after GPT-2's split, and Chinese comes out 2.5 % shorter, because a word is no
longer cut wherever the fourth character of a run happens to fall. So every use of the tokenizer here goes through
`load`, which sets the GPT-2 split.
"""

from pathlib import Path

from tokenizers import Tokenizer, pre_tokenizers

END, STORY, PAD = 0, 1, 2
GGUF_PRE_TOKENIZER = "gpt-2"


def load(folder: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    for text, expected in (("<|end|>", END), ("<|story|>", STORY), ("<|pad|>", PAD)):
        if tokenizer.token_to_id(text) != expected:
            raise ValueError(f"{folder}/tokenizer.json: {text} must be token {expected}")
    return tokenizer
