"""Keras on TensorFlow: Keras 2 and Keras 3, whichever is installed.

The network is the one that everybody writes, ``Input((T, D)) -> SimpleRNN(M) -> Dense(K)``,
through ``tf.keras``. TensorFlow is imported when the first network is built.
"""

from __future__ import annotations

import contextlib
import os
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Callable, ClassVar, Iterator, Optional, Sequence

import numpy as np

from conformance.implementations.keras_summary import parse_summary
from conformance.implementations.protocol import (
    CAPABILITIES,
    Implementation,
    ImplementationError,
    Network,
    Parameters,
    Shapes,
    Summary,
    Weight,
)
from strategies import NetworkSize

#: Set before TensorFlow is imported, where the user has not set them.
ENVIRONMENT = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
#: Names under which TensorFlow is distributed.
DISTRIBUTIONS = ("tensorflow", "tensorflow-cpu", "tensorflow-gpu", "tf-nightly")

_tensorflow: Any = None


def load_tensorflow() -> Any:
    """TensorFlow, quiet and with one thread; imported at the first call.

    Raises:
        ImplementationError: TensorFlow is not installed, or does not import.
    """
    global _tensorflow
    if _tensorflow is None:
        for name, value in ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        try:
            with _silent_stderr():
                import tensorflow as tf
        except ModuleNotFoundError as error:
            if error.name != "tensorflow":
                raise ImplementationError(f"TensorFlow does not import: {error}") from error
            raise ImplementationError(
                "TensorFlow is not installed: pip install 'rnn-conformance[tensorflow]'"
            ) from error
        except Exception as error:  # binary packages that do not fit raise anything
            first_line = str(error).splitlines()[0]
            raise ImplementationError(
                f"TensorFlow does not import: {type(error).__name__}: {first_line}"
            ) from error
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.get_logger().setLevel("ERROR")
        _tensorflow = tf
    return _tensorflow


@contextlib.contextmanager
def _silent_stderr() -> Iterator[None]:
    """TensorFlow 2.21 prints four lines from C++ at import, whatever the log level."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


class KerasNetwork(Network):
    """A functional model. With ``sequences`` it has two outputs, every state and every y."""

    def __init__(self, tf: Any, size: NetworkSize, dtype: str, *, sequences: bool) -> None:
        self.tf, self.size, self.dtype, self.sequences = tf, size, dtype, sequences
        keras = tf.keras
        # predict() casts its inputs to floatx, whatever the model's dtype.
        keras.backend.set_floatx(dtype)
        D, M, K, T = size
        inputs = keras.Input((T, D), dtype=dtype)
        self.simple_rnn = keras.layers.SimpleRNN(M, return_sequences=sequences, dtype=dtype)
        self.dense = keras.layers.Dense(K, dtype=dtype)
        self.hidden = self.simple_rnn(inputs)
        self.outputs = self.dense(self.hidden)
        self.model = keras.Model(inputs, [self.hidden, self.outputs] if sequences else self.outputs)
        self._traced: dict[str, Callable[..., Any]] = {}

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        self.model.set_weights(list(weights))

    def get_weights(self) -> list[np.ndarray]:
        return [*self.simple_rnn.get_weights(), *self.dense.get_weights()]

    def output(self, inputs: np.ndarray, mode: str) -> np.ndarray:
        result: np.ndarray = self._run(inputs, mode)[0]
        return result

    def states_and_outputs(self, inputs: np.ndarray, mode: str) -> tuple[np.ndarray, np.ndarray]:
        states, outputs = self._run(inputs, mode)
        return states, outputs

    def _run(self, inputs: np.ndarray, mode: str) -> list[np.ndarray]:
        self.tf.keras.backend.set_floatx(self.dtype)
        if mode == "predict":
            results = self.model.predict(inputs, verbose=0)
        elif mode == "predict_on_batch":
            results = self.model.predict_on_batch(inputs)
        elif mode == "call":
            results = self.model(self.tf.constant(inputs), training=False)
        else:
            results = self._trace(mode)(self.tf.constant(inputs))
        listed = results if isinstance(results, (list, tuple)) else [results]
        return [np.asarray(result) for result in listed]

    def _trace(self, mode: str) -> Callable[..., Any]:
        """``tf.function`` for any N and T ("graph"), or compiled for each shape ("xla")."""
        if mode not in self._traced:

            def forward(inputs: Any) -> Any:
                return self.model(inputs, training=False)

            if mode == "xla":
                self._traced[mode] = self.tf.function(forward, jit_compile=True)
            else:
                shape = (None, self.size.T, self.size.D)
                signature = [self.tf.TensorSpec(shape, self.dtype)]
                self._traced[mode] = self.tf.function(forward, input_signature=signature)
        return self._traced[mode]

    def weight_table(self) -> list[Weight]:
        table = []
        for name, layer in (("simple_rnn", self.simple_rnn), ("dense", self.dense)):
            for weight in layer.weights:
                # Keras 2 says "simple_rnn/simple_rnn_cell/kernel:0", Keras 3 "kernel".
                short = weight.name.split("/")[-1].split(":")[0]
                dtype = getattr(weight.dtype, "name", weight.dtype)
                table.append(Weight(name, short, tuple(weight.shape), str(dtype)))
        return table

    def parameters(self) -> Parameters:
        def size(weights: Sequence[Any]) -> int:
            return sum(int(np.prod(tuple(w.shape))) for w in weights)

        return Parameters(
            simple_rnn=self.simple_rnn.count_params(),
            dense=self.dense.count_params(),
            total=self.model.count_params(),
            summed_over_weights=size(self.model.weights),
            trainable=size(self.model.trainable_weights),
            non_trainable=size(self.model.non_trainable_weights),
        )

    def summary(self) -> Summary:
        lines: list[str] = []
        self.model.summary(print_fn=lambda text, **_: lines.extend(text.splitlines()))
        return parse_summary(lines)

    def shapes(self, N: Optional[int], T: Optional[int]) -> Shapes:
        hidden = tuple(self.simple_rnn.compute_output_shape((N, T, self.size.D)))
        return Shapes(
            tuple(self.hidden.shape),
            tuple(self.outputs.shape),
            hidden,
            tuple(self.dense.compute_output_shape(hidden)),
        )


class KerasTensorFlow(Implementation):
    """``--implementation keras``."""

    name = "keras"
    modes = ("call", "predict", "predict_on_batch", "graph", "xla")
    capabilities = frozenset(CAPABILITIES)
    costs: ClassVar[dict[str, int]] = {"call": 5, "predict": 15, "xla": 4}
    extra = "tensorflow"
    threads = "one thread for each worker"
    compiled_modes = frozenset({"xla"})

    def network(self, size: NetworkSize, dtype: str, *, sequences: bool) -> KerasNetwork:
        return KerasNetwork(load_tensorflow(), size, dtype, sequences=sequences)

    def versions(self) -> dict[str, str]:
        tensorflow = next(filter(None, map(_installed, DISTRIBUTIONS)), None)
        found = {"keras": _installed("keras"), "tensorflow": tensorflow}
        return {name: number or "not installed" for name, number in found.items()}

    def devices(self) -> list[str]:
        return [
            d.name.replace("/device:", "") for d in load_tensorflow().config.list_logical_devices()
        ]


def _installed(distribution: str) -> Optional[str]:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
