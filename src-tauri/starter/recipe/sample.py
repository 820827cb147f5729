"""Let a story model go on with openings in both languages, for people to read.

    python sample.py --model story.gguf --tokenizer PREPARED

Temperature 0.8 and top-p 0.92, a fixed seed for each sample. The openings are nobody's text but this file's.
"""

import argparse
from pathlib import Path

import torch
from tokenizers import Tokenizer

import gguf_io
import vocabulary
from model import StoryModel

TEMPERATURE, TOP_P = 0.8, 0.92
ENGLISH = (
    "Once upon a time there was a miller who had three daughters.",
    "The rain had not stopped for nine days when the stranger came to the inn.",
    "“You are late,” said the old woman, and she did not look up from her sewing.",
    "Nobody on the island remembered who had built the lighthouse.",
    "My grandmother kept a key in the sugar bowl.",
    "The train left the station without him.",
    "“Tell me the truth,” he whispered.",
    "It was the last day of school, and the classroom smelled of chalk.",
    "The king had a garden which no one was allowed to enter.",
    "She found the letter under the door in the morning.",
)
CHINESE = (
    "从前，山脚下住着一个老木匠。",
    "雨下了九天，客店里来了一个陌生人。",
    "“你来晚了。”老奶奶说，头也不抬。",
    "岛上没有人记得灯塔是谁造的。",
    "奶奶把一把钥匙藏在糖罐里。",
    "火车开走了，他还站在月台上。",
    "“把实话告诉我。”他低声说。",
    "放学以后，教室里只剩下她一个人。",
    "话说城中有一个卖药的先生，姓王。",
    "早上，她在门缝里发现了一封信。",
)


@torch.no_grad()
def go_on(model: StoryModel, tokenizer: Tokenizer, opening: str, tokens: int, seed: int) -> str:
    random = torch.Generator().manual_seed(seed)
    ids = [vocabulary.STORY, *tokenizer.encode(opening, add_special_tokens=False).ids]
    start = len(ids)
    for _ in range(tokens):
        ranked = (model(torch.tensor([ids]))[0, -1] / TEMPERATURE).softmax(-1).sort(descending=True)
        kept = ranked.values * (ranked.values.cumsum(-1) - ranked.values < TOP_P)
        ids.append(int(ranked.indices[torch.multinomial(kept, 1, generator=random)]))
        if ids[-1] == vocabulary.END:
            break
    return tokenizer.decode(ids[start:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="a GGUF file that export.py wrote")
    parser.add_argument("--tokenizer", type=Path, required=True, help="folder with tokenizer.json")
    parser.add_argument("--tokens", type=int, default=70)
    parser.add_argument("--each", type=int, default=2, help="samples for each opening")
    args = parser.parse_args()
    model, tokenizer = gguf_io.read(args.model), vocabulary.load(args.tokenizer)
    for opening in ENGLISH + CHINESE:
        for seed in range(args.each):
            print(f"{opening} | {go_on(model, tokenizer, opening, args.tokens, seed)}\n", flush=True)


if __name__ == "__main__":
    main()
