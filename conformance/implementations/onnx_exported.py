"""Keras's own export to ONNX, ``model.export(format="onnx")``, run by ONNX Runtime.

The exported model is a Loop over MatMul, Add and Tanh. Its weights are constants; here they are
made inputs of the model, so that new weights need no new export. They are found among the
constants by their values, random ones that are set before the export.
"""

from __future__ import annotations

import contextlib
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Sequence

import numpy as np

from conformance.implementations.capabilities import OUTPUT, STATES
from conformance.implementations.keras.layers import answer_of
from conformance.implementations.keras.network import installed, silent_stderr
from conformance.implementations.keras.tensorflow import (
    DISTRIBUTIONS,
    KerasNetwork,
    load_tensorflow,
)
from conformance.implementations.onnx_rnn import import_library, runtime_session
from conformance.implementations.protocol import (
    Answer,
    Implementation,
    ImplementationError,
    Network,
)
from conformance.numerics.arithmetic import IEEE, Arithmetic
from strategies import NetworkSize

#: Off by up to 112 of the smallest subnormals, 2^-149, where z is tiny
#: (conformance/deviations/scripts/onnxruntime_tanh_subnormal.py).
TINY_TANH = (8, 2.0**-142)


class ExportedNetwork(Network):
    """A session of the exported model, fed with inputs and weights."""

    def __init__(self, size: NetworkSize, dtype: str) -> None:
        onnx, self.options = import_library("onnx"), size.options
        network = KerasNetwork(load_tensorflow(), size, dtype)
        rng = np.random.default_rng(0)
        marked = [rng.standard_normal(w.shape).astype(dtype) for w in network.get_weights()]
        network.set_weights(marked)
        model = _exported(onnx, network, size, dtype)
        self.names = [_constant_to_input(onnx, model.graph, weight) for weight in marked]
        self.session = runtime_session(model)
        given = {x.name for x in self.session.get_inputs()} - set(self.names)
        (self.input_name,) = given
        self.feed: dict[str, np.ndarray] = {}

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        self.feed = {name: np.array(w, order="C") for name, w in zip(self.names, weights)}

    def answer(self, inputs: np.ndarray, mode: str, **more: Any) -> Answer:
        results = self.session.run(None, {self.input_name: inputs, **self.feed})
        return answer_of(self.options, results)


def _exported(onnx: Any, network: KerasNetwork, size: NetworkSize, dtype: str) -> Any:
    if not hasattr(network.model, "export"):
        raise ImplementationError("this Keras has no model.export: Keras 3 has")
    network.model(np.zeros((1, size.T or 2, size.D), dtype))  # export wants a model that was called
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), silent_stderr():
        warnings.simplefilter("ignore")
        path = str(Path(folder, "model.onnx"))
        with contextlib.redirect_stdout(None):
            network.model.export(path, format="onnx", verbose=False)
        return onnx.load(path)


def _constant_to_input(onnx: Any, graph: Any, weight: np.ndarray) -> str:
    """Turn the constant with these values into an input of the graph; its name."""
    for constant in graph.initializer:
        array = onnx.numpy_helper.to_array(constant)
        if array.shape == weight.shape and np.array_equal(array, weight):
            kind, name = constant.data_type, constant.name
            graph.initializer.remove(constant)
            graph.input.append(onnx.helper.make_tensor_value_info(name, kind, weight.shape))
            return str(name)
    raise ImplementationError(
        f"the exported model has no constant of shape {weight.shape} with the values of a weight"
    )


class KerasOnnx(Implementation):
    """``--implementation keras-onnx``."""

    name = "keras-onnx"
    modes = ("run",)
    capabilities = frozenset({OUTPUT, STATES})
    costs: ClassVar[dict[str, int]] = {"run": 4}
    extra = "keras-onnx"
    threads = "one thread for each worker"

    def network(self, size: NetworkSize, dtype: str) -> ExportedNetwork:
        return ExportedNetwork(size, dtype)

    def arithmetic(self, dtype: str) -> Arithmetic:
        row = IEEE[dtype]
        if dtype != "float32":
            return row
        return replace(row, activation_errors={**row.activation_errors, "tanh": TINY_TANH})

    def versions(self) -> dict[str, str]:
        return {
            "keras": installed("keras"),
            "tensorflow": installed(*DISTRIBUTIONS),
            "tf2onnx": installed("tf2onnx"),
            "onnxruntime": installed("onnxruntime"),
        }
