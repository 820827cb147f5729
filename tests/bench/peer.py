"""The others' side of the bench: one request in JSON on standard input, one answer on standard output.

The requests are those that `src-tauri/crates/models/examples/bench` answers for Bimo, and so are the answers. Whatever a
library can do is set as its authors advise for this machine; threads are given by BENCH_THREADS.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

THREADS = int(os.environ["BENCH_THREADS"])
# As on the other side: a text of one token, how long a short run is repeated, and what needs no warming up.
FIRST = 5
LEAST_SECONDS = 0.5
LONG_SECONDS = 2.0
# As many as a laptop's program would read in one go.
BATCH_TOKENS = 512

Answer = dict[str, Any]


def memory(name: str) -> int:
    """Bytes of this process, as Linux says them."""
    with open("/proc/self/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith(name))
    return int(line.split()[1]) * 1024


def timed(run: Callable[[], Any]) -> Answer:
    """Runs once to warm up, where that is short, and then until it can be measured; answers the mean."""
    started = time.perf_counter()
    output, times = run(), 1
    if time.perf_counter() - started < LONG_SECONDS:
        times, started = 0, time.perf_counter()
    while times == 0 or time.perf_counter() - started < LEAST_SECONDS:
        output = run()
        times += 1
    return {"seconds": (time.perf_counter() - started) / times, "output": output}


def measured(load: Callable[[], Any], first: Callable[[Any], Any], runs: list[Callable[[Any], Any]]) -> Answer:
    """Loads, answers once, and makes the runs."""
    before, started = memory("VmRSS"), time.perf_counter()
    model = load()
    first(model)
    load_seconds = time.perf_counter() - started
    found = [run(model) for run in runs]
    return {"loadSeconds": load_seconds, "runs": found, "peakBytes": max(0, memory("VmHWM") - before)}


class Llama:
    """llama.cpp through its own functions, without what Python would add."""

    def __init__(self, path: str, room: int) -> None:
        import llama_cpp

        self.library = llama_cpp
        self.silence = llama_cpp.llama_log_callback(lambda *_: None)
        llama_cpp.llama_log_set(self.silence, None)
        llama_cpp.llama_backend_init()
        self.model = llama_cpp.llama_model_load_from_file(path.encode(), llama_cpp.llama_model_default_params())
        settings = llama_cpp.llama_context_default_params()
        settings.n_ctx = room
        settings.n_batch = settings.n_ubatch = BATCH_TOKENS
        settings.n_threads = settings.n_threads_batch = THREADS
        self.context = llama_cpp.llama_init_from_model(self.model, settings)
        if not self.context:
            sys.exit("llama.cpp does not open the model")
        self.vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(self.model))

    def read(self, tokens: list[int]) -> None:
        for start in range(0, len(tokens), BATCH_TOKENS):
            part = tokens[start : start + BATCH_TOKENS]
            array = (self.library.llama_token * len(part))(*part)
            if self.library.llama_decode(self.context, self.library.llama_batch_get_one(array, len(part))):
                sys.exit("llama.cpp does not compute")

    def logits(self, place: int = -1) -> np.ndarray:
        return np.ctypeslib.as_array(self.library.llama_get_logits_ith(self.context, place), (self.vocabulary,))

    def forget(self) -> None:
        self.library.llama_memory_clear(self.library.llama_get_memory(self.context), True)

    def write(self, prompt: list[int], written: int) -> Answer:
        """The first token is of the prompt's last logits, and the last one is not read."""
        self.forget()
        started = time.perf_counter()
        self.read(prompt)
        read_seconds, started = time.perf_counter() - started, time.perf_counter()
        tokens = [int(self.logits().argmax())]
        for _ in range(written - 1):
            self.read(tokens[-1:])
            tokens.append(int(self.logits().argmax()))
        return {"readSeconds": read_seconds, "writeSeconds": time.perf_counter() - started, "tokens": tokens}

    def score(self, text: list[int]) -> list[float]:
        """Token by token, so that nothing depends on how a batch is cut."""
        self.forget()
        scores = []
        for token, following in zip(text, text[1:]):
            self.read([token])
            logits = self.logits().astype(np.float64)
            top = logits.max()
            scores.append(float(logits[following] - top - np.log(np.exp(logits - top).sum())))
        return scores


def decoder(request: Answer) -> Answer:
    def room(run: Answer) -> int:
        return len(run["score"]) if "score" in run else len(run["write"]["prompt"]) + run["write"]["written"]

    most = max(map(room, request["runs"]))
    runs = [
        (lambda model, text=run["score"]: model.score(text))
        if "score" in run
        else (lambda model, asked=run["write"]: model.write(asked["prompt"], asked["written"]))
        for run in request["runs"]
    ]
    return measured(lambda: Llama(request["path"], -(-most // 256) * 256), lambda model: model.write([FIRST], 1), runs)


def rewriter(request: Answer) -> Answer:
    import ctranslate2

    kind = "float32" if request["exact"] else "int8"
    place = os.path.join(request["path"], "exact" if request["exact"] else "int8")
    # It wants words; the requests have their numbers.
    with open(os.path.join(place, "shared_vocabulary.json"), encoding="utf-8") as file:
        words = json.load(file)
    numbers = {word: number for number, word in enumerate(words)}

    def load() -> Any:
        return ctranslate2.Translator(place, compute_type=kind, inter_threads=1, intra_threads=THREADS)

    def rewrite(translator: Any, sources: list[list[int]], beams: int, written: int) -> list[list[int]]:
        results = translator.translate_batch(
            [[words[number] for number in source] for source in sources],
            beam_size=beams,
            min_decoding_length=written,
            max_decoding_length=written,
        )
        return [[numbers[word] for word in result.hypotheses[0]] for result in results]

    runs = [
        lambda translator, run=run: timed(lambda: rewrite(translator, run["sources"], run["beams"], run["written"]))
        for run in request["runs"]
    ]
    return measured(load, lambda translator: rewrite(translator, [[FIRST]], 1, 1), runs)


def classifier(request: Answer) -> Answer:
    import onnxruntime

    name = "exact.onnx" if request["exact"] else "int8.onnx"

    def load() -> Any:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = THREADS, 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        path = os.path.join(request["path"], name)
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def logits(session: Any, texts: list[list[int]]) -> list[list[float]]:
        return session.run(None, {"input_ids": np.array(texts, np.int64)})[0].tolist()

    runs = [lambda session, run=run: timed(lambda: logits(session, run["texts"])) for run in request["runs"]]
    return measured(load, lambda session: logits(session, [[FIRST]]), runs)


def about(_: Answer) -> Answer:
    """Which instructions llama.cpp was built for."""
    import llama_cpp

    words = llama_cpp.llama_print_system_info().decode().replace("CPU :", "").split("|")
    return {"instructions": [word.split("=")[0].strip() for word in words if word.strip().endswith("= 1")]}


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    kinds = {"decoder": decoder, "rewriter": rewriter, "classifier": classifier, "about": about}
    # What a library prints goes elsewhere.
    answers, sys.stdout = sys.stdout, sys.stderr
    print(json.dumps(kinds[asked["kind"]](asked)), file=answers)
