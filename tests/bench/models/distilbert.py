"""A classifier of DistilBERT-base's shape with random weights: the folder that the hub has, and ONNX in f32 and int8."""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import save_file

HIDDEN, FFN, HEADS, LAYERS, LONGEST, VOCABULARY, LABELS = 768, 3072, 12, 6, 512, 30_522, 2
SETTINGS = {
    "architectures": ["DistilBertForSequenceClassification"],
    "model_type": "distilbert",
    "activation": "gelu",
    "dim": HIDDEN,
    "hidden_dim": FFN,
    "n_heads": HEADS,
    "n_layers": LAYERS,
    "max_position_embeddings": LONGEST,
    "vocab_size": VOCABULARY,
    "num_labels": LABELS,
}
NORM_EPS = 1e-12

Weights = dict[str, np.ndarray]


def make(folder: Path) -> None:
    """Writes `hub` as it is downloaded, `exact.onnx` and `int8.onnx`."""
    weights = _weights()
    hub = folder / "hub"
    hub.mkdir(parents=True)
    (hub / "config.json").write_text(json.dumps(SETTINGS))
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = [f"w{place}" for place in range(VOCABULARY - len(special))]
    (hub / "vocab.txt").write_text("\n".join(special + words))
    save_file(weights, hub / "model.safetensors")
    onnx.save(Graph(weights).model(), folder / "exact.onnx")
    quantize_dynamic(folder / "exact.onnx", folder / "int8.onnx", weight_type=QuantType.QInt8)


def _weights() -> Weights:
    random = np.random.default_rng(7)
    weights: Weights = {}

    def normal(spread: float, *shape: int) -> np.ndarray:
        return random.normal(0, spread, shape).astype(np.float32)

    def linear(name: str, rows: int, columns: int) -> None:
        weights[f"{name}.weight"] = normal(columns**-0.5, rows, columns)
        weights[f"{name}.bias"] = normal(0.02, rows)

    def norm(name: str) -> None:
        weights[f"{name}.weight"] = random.uniform(0.9, 1.1, HIDDEN).astype(np.float32)
        weights[f"{name}.bias"] = normal(0.02, HIDDEN)

    embeddings = "distilbert.embeddings"
    weights[f"{embeddings}.word_embeddings.weight"] = normal(1.0, VOCABULARY, HIDDEN)
    weights[f"{embeddings}.position_embeddings.weight"] = normal(0.1, LONGEST, HIDDEN)
    norm(f"{embeddings}.LayerNorm")
    for layer in range(LAYERS):
        block = f"distilbert.transformer.layer.{layer}"
        for part in ["q_lin", "k_lin", "v_lin", "out_lin"]:
            linear(f"{block}.attention.{part}", HIDDEN, HIDDEN)
        norm(f"{block}.sa_layer_norm")
        linear(f"{block}.ffn.lin1", FFN, HIDDEN)
        linear(f"{block}.ffn.lin2", HIDDEN, FFN)
        norm(f"{block}.output_layer_norm")
    linear("pre_classifier", HIDDEN, HIDDEN)
    linear("classifier", LABELS, HIDDEN)
    return weights


class Graph:
    """The network, operator by operator, as an exporter writes it; the runtime finds what it can put together.

    There is no mask: all texts of a batch are of one length.
    """

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, np.ndarray] = {}

    def model(self) -> onnx.ModelProto:
        x = self._embeddings()
        for layer in range(LAYERS):
            x = self._layer(x, f"distilbert.transformer.layer.{layer}")
        first = self._add("Gather", x, self._constant("zero", np.array(0, np.int64)), axis=1)
        inner = self._add("Relu", self._linear(first, "pre_classifier"))
        logits = self._linear(inner, "classifier")
        self.nodes.append(helper.make_node("Identity", [logits], ["logits"]))
        graph = helper.make_graph(
            self.nodes,
            "distilbert",
            [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["texts", "tokens"])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["texts", LABELS])],
            [numpy_helper.from_array(value, name) for name, value in self.constants.items()],
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)

    def _add(self, operator: str, *inputs: str, **attributes: object) -> str:
        output = f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def _constant(self, name: str, value: np.ndarray) -> str:
        self.constants.setdefault(name, np.array(value, order="C"))
        return name

    def _weight(self, name: str) -> str:
        return self._constant(name, self.weights[name])

    def _linear(self, x: str, name: str) -> str:
        turned = self._constant(f"{name}.turned", self.weights[f"{name}.weight"].T)
        return self._add("Add", self._add("MatMul", x, turned), self._weight(f"{name}.bias"))

    def _norm(self, x: str, name: str) -> str:
        parts = self._weight(f"{name}.weight"), self._weight(f"{name}.bias")
        return self._add("LayerNormalization", x, *parts, axis=-1, epsilon=NORM_EPS)

    def _embeddings(self) -> str:
        embeddings = "distilbert.embeddings"
        words = self._add("Gather", self._weight(f"{embeddings}.word_embeddings.weight"), "input_ids")
        shape = self._add("Shape", "input_ids", start=1, end=2)
        zero, one = (self._constant(f"[{n}]", np.array([n], np.int64)) for n in (0, 1))
        rows = self._weight(f"{embeddings}.position_embeddings.weight")
        places = self._add("Slice", rows, zero, shape, zero, one)
        return self._norm(self._add("Add", words, places), f"{embeddings}.LayerNorm")

    def _layer(self, x: str, block: str) -> str:
        x = self._norm(self._add("Add", x, self._attention(x, f"{block}.attention")), f"{block}.sa_layer_norm")
        bent = self._gelu(self._linear(x, f"{block}.ffn.lin1"))
        return self._norm(self._add("Add", x, self._linear(bent, f"{block}.ffn.lin2")), f"{block}.output_layer_norm")

    def _attention(self, x: str, name: str) -> str:
        width = HIDDEN // HEADS
        apart = self._constant("apart", np.array([0, -1, HEADS, width], np.int64))
        whole = self._constant("whole", np.array([0, -1, HIDDEN], np.int64))

        def heads(part: str, order: list[int]) -> str:
            return self._add("Transpose", self._add("Reshape", self._linear(x, f"{name}.{part}"), apart), perm=order)

        root = self._constant("root", np.array(width**0.5, np.float32))
        query = self._add("Div", heads("q_lin", [0, 2, 1, 3]), root)
        products = self._add("MatMul", query, heads("k_lin", [0, 2, 3, 1]))
        seen = self._add("MatMul", self._add("Softmax", products, axis=-1), heads("v_lin", [0, 2, 1, 3]))
        together = self._add("Reshape", self._add("Transpose", seen, perm=[0, 2, 1, 3]), whole)
        return self._linear(together, f"{name}.out_lin")

    def _gelu(self, x: str) -> str:
        root, one, half = (
            self._constant(name, np.array(value, np.float32))
            for name, value in [("root of two", 2**0.5), ("one", 1.0), ("half", 0.5)]
        )
        grown = self._add("Add", self._add("Erf", self._add("Div", x, root)), one)
        return self._add("Mul", self._add("Mul", x, grown), half)
