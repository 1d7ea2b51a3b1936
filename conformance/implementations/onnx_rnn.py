"""The RNN operator of ONNX, run by ONNX's reference evaluator or by ONNX Runtime.

One model for each size, with the weights as inputs, so that new weights need no new model:

    X (T, N, D), time first                  W (1, M, D): kernel, transposed
    R (1, M, M): recurrent_kernel, transposed    B (1, 2M): bias, then zeros, the second bias
    Y (T, 1, N, M): every state

Dense is MatMul and Add. https://onnx.ai/onnx/operators/onnx__RNN.html
"""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import Any, Sequence

import numpy as np

from conformance.implementations.capabilities import OUTPUT, STATES
from conformance.implementations.keras.network import installed
from conformance.implementations.protocol import (
    Answer,
    Implementation,
    ImplementationError,
    Network,
)
from conformance.numerics.arithmetic import IEEE, Arithmetic
from strategies import NetworkSize

#: The operator set and file version of the model: old enough for every onnx since 1.10.
OPSET, FILE_VERSION = 14, 7


def rnn_model(onnx: Any, size: NetworkSize, dtype: str) -> Any:
    """The model: inputs X, W, R, B, Wo, bo; outputs Y and y (T, 1, N, K)."""
    D, M, K, T = size.D, size.M, size.K, size.T
    kind = {"float32": onnx.TensorProto.FLOAT, "float64": onnx.TensorProto.DOUBLE}[dtype]

    def tensor(name: str, *shape: Any) -> Any:
        return onnx.helper.make_tensor_value_info(name, kind, shape)

    make = onnx.helper.make_node
    nodes = [
        make("RNN", ["X", "W", "R", "B"], ["Y"], hidden_size=M, activations=["Tanh"]),
        make("MatMul", ["Y", "Wo"], ["product"]),
        make("Add", ["product", "bo"], ["y"]),
    ]
    inputs = [
        tensor("X", T or "T", "N", D),
        tensor("W", 1, M, D),
        tensor("R", 1, M, M),
        tensor("B", 1, 2 * M),
        tensor("Wo", M, K),
        tensor("bo", K),
    ]
    outputs = [tensor("Y", T or "T", 1, "N", M), tensor("y", T or "T", 1, "N", K)]
    graph = onnx.helper.make_graph(nodes, "rnn", inputs, outputs)
    opsets = [onnx.helper.make_opsetid("", OPSET)]
    model = onnx.helper.make_model(graph, opset_imports=opsets, ir_version=FILE_VERSION)
    onnx.checker.check_model(model)
    return model


class OnnxNetwork(Network):
    """A session, the reference's or the runtime's: both are run in the same way."""

    def __init__(self, session: Any, every_step: bool) -> None:
        self.session, self.every_step = session, every_step
        self.feed: dict[str, np.ndarray] = {}

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        kernel, recurrent_kernel, bias, dense_kernel, dense_bias = weights
        arrays = {
            "W": kernel.T[None],
            "R": recurrent_kernel.T[None],
            "B": np.concatenate([bias, np.zeros_like(bias)])[None],
            "Wo": dense_kernel,
            "bo": dense_bias,
        }
        self.feed = {name: np.array(array, order="C") for name, array in arrays.items()}

    def answer(self, inputs: np.ndarray, mode: str, **more: Any) -> Answer:
        X = np.array(inputs.swapaxes(0, 1), order="C")
        results = self.session.run(["Y", "y"], {"X": X, **self.feed})
        hidden, output = (array[:, 0].swapaxes(0, 1) for array in results)
        return Answer(output, hidden) if self.every_step else Answer(output[:, -1])


class OnnxReference(Implementation):
    """``--implementation onnx-reference``: ``onnx.reference.ReferenceEvaluator``."""

    name = "onnx-reference"
    modes = ("run",)
    capabilities = frozenset({OUTPUT, STATES})
    extra = "onnx"

    def network(self, size: NetworkSize, dtype: str) -> OnnxNetwork:
        model = rnn_model(import_library("onnx"), size, dtype)
        return OnnxNetwork(self.session(model), size.options.return_sequences)

    def session(self, model: Any) -> Any:
        """What runs the model."""
        return import_library("onnx.reference").ReferenceEvaluator(model)

    def versions(self) -> dict[str, str]:
        return {"onnx": installed("onnx")}


#: Its worst of 500,002 numbers is off by an absolute 1.8e-7
#: (conformance/deviations/scripts/onnxruntime_tanh.py);
#: 2^-22 is 2.4e-7.
COARSE_TANH = (8, 2.0**-22)


class OnnxRuntime(OnnxReference):
    """``--implementation onnxruntime``: the CPU provider, which has RNN for float32 alone."""

    name = "onnxruntime"
    extra = "onnxruntime"
    dtypes = ("float32",)
    threads = "one thread for each worker"

    def session(self, model: Any) -> Any:
        return runtime_session(model)

    def arithmetic(self, dtype: str) -> Arithmetic:
        row = IEEE[dtype]
        return replace(row, activation_errors={**row.activation_errors, "tanh": COARSE_TANH})

    def versions(self) -> dict[str, str]:
        return {"onnx": installed("onnx"), "onnxruntime": installed("onnxruntime")}


def import_library(name: str) -> Any:
    """The module of this name.

    Raises:
        ImplementationError: it does not import.
    """
    try:
        return importlib.import_module(name)
    except Exception as error:  # binary packages that do not fit raise anything
        raise ImplementationError(f"{name} does not import: {error}") from error


def runtime_session(model: Any) -> Any:
    """A session of ONNX Runtime on the CPU with one thread."""
    onnxruntime = import_library("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
