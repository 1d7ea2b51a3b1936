"""What Keras is asked in the same way on every backend: the network, its weights and counts.

The network is the one that everybody writes, ``Input((T, D)) -> SimpleRNN(M) -> Dense(K)``. A
backend's own file says how it is executed.
"""

from __future__ import annotations

import contextlib
import os
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Iterator, Optional, Sequence

import numpy as np

from conformance.implementations.keras_summary import parse_summary
from conformance.implementations.protocol import Network, Parameters, Shapes, Summary, Weight
from strategies import NetworkSize


class KerasModel(Network):
    """A functional model. With ``sequences`` it has two outputs, every state and every y.

    ``keras`` is the module: ``keras``, ``tf.keras`` or ``tf_keras``.
    """

    def __init__(self, keras: Any, size: NetworkSize, dtype: str, *, sequences: bool) -> None:
        self.keras, self.size, self.dtype, self.sequences = keras, size, dtype, sequences
        # predict() casts its inputs to floatx, whatever the model's dtype.
        keras.backend.set_floatx(dtype)
        D, M, K, T = size[:4]
        inputs = keras.Input((T, D), dtype=dtype)
        self.simple_rnn = keras.layers.SimpleRNN(M, return_sequences=sequences, dtype=dtype)
        self.dense = keras.layers.Dense(K, dtype=dtype)
        self.hidden = self.simple_rnn(inputs)
        self.outputs = self.dense(self.hidden)
        self.model = keras.Model(inputs, [self.hidden, self.outputs] if sequences else self.outputs)

    def execute(self, inputs: np.ndarray, mode: str) -> Any:
        """What the model returns for ``inputs`` (N, T, D) in a mode that is not `predict`'s."""
        raise NotImplementedError

    def to_numpy(self, result: Any) -> np.ndarray:
        """A result as the user would read it."""
        return np.asarray(result)

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
        self.keras.backend.set_floatx(self.dtype)
        if mode == "predict":
            results = self.model.predict(inputs, verbose=0)
        elif mode == "predict_on_batch":
            results = self.model.predict_on_batch(inputs)
        else:
            results = self.execute(inputs, mode)
        listed = results if isinstance(results, (list, tuple)) else [results]
        return [self.to_numpy(result) for result in listed]

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


def installed(*distributions: str) -> str:
    """The version of the first of these distributions that is there, or ``not installed``."""
    for distribution in distributions:
        with contextlib.suppress(PackageNotFoundError):
            return version(distribution)
    return "not installed"


@contextlib.contextmanager
def silent_stderr() -> Iterator[None]:
    """TensorFlow 2.21, for one, prints four lines from C++ at import, whatever the log level."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
