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

from conformance.implementations.keras import layers as keras_options
from conformance.implementations.keras.summary import parse_summary
from conformance.implementations.protocol import (
    Answer,
    Network,
    Parameters,
    Shapes,
    Summary,
    Weight,
)
from conformance.numerics.activations import ACTIVATIONS
from strategies import NetworkSize, Options
from strategies.dtypes import POLICIES

#: What Keras calls a definition of `conformance.numerics.activations`, where that is not its name.
KERAS_NAMES = {"hard_sigmoid_keras_2": "hard_sigmoid"}
#: What of a network has an activation.
ACTIVATED = ("activation", "dense_activation")


class KerasExecution:
    """How a model of Keras is run, whatever it is made of.

    ``keras`` is the module: ``keras``, ``tf.keras`` or ``tf_keras``.
    """

    keras: Any
    dtype: str
    model: Any

    @property
    def carrier(self) -> str:
        """The dtype of the arrays that the model is given."""
        return POLICIES[self.dtype].weights

    def _set_floatx(self) -> None:
        """predict() casts its inputs to floatx, whatever the model's dtype."""
        self.keras.backend.set_floatx(self.carrier)

    def execute(self, inputs: list[np.ndarray], mode: str) -> Any:
        """What the model returns for its inputs in a mode that is not `predict`'s."""
        raise NotImplementedError

    def to_numpy(self, result: Any) -> np.ndarray:
        """A result as the user would read it."""
        return np.asarray(result)

    def run(self, inputs: list[np.ndarray], mode: str, **how: Any) -> list[np.ndarray]:
        """What the model returns, as arrays; ``how`` are arguments of ``predict``."""
        self._set_floatx()
        given = inputs if len(inputs) > 1 else inputs[0]
        if mode == "predict":
            results = self.model.predict(given, verbose=0, **how)
        elif mode == "predict_on_batch":
            results = self.model.predict_on_batch(given)
        else:
            results = self.execute(inputs, mode)
        listed = results if isinstance(results, (list, tuple)) else [results]
        return [_as_carried(self.to_numpy(result)) for result in listed]


class KerasModel(KerasExecution, Network):
    """A functional model. With ``sequences`` it has two outputs, every state and every y."""

    def __init__(
        self,
        keras: Any,
        size: NetworkSize,
        dtype: str,
        *,
        sequences: bool,
        recurrent_initializer: str = "orthogonal",
    ) -> None:
        self.keras, self.size, self.dtype, self.sequences = keras, size, dtype, sequences
        self._set_floatx()
        if size.options is not None:
            self._build_with_options(recurrent_initializer)
            return
        D, M, K, T = size[:4]
        inputs = keras.Input((T, D), dtype=self.carrier)
        self.simple_rnn = keras.layers.SimpleRNN(
            M,
            keras_name(size.activation),
            recurrent_initializer=recurrent_initializer,
            return_sequences=sequences,
            dtype=dtype,
        )
        self.dense = keras.layers.Dense(K, keras_name(size.dense_activation), dtype=dtype)
        self.hidden = self.simple_rnn(inputs)
        self.outputs = self.dense(self.hidden)
        self.model = keras.Model(inputs, [self.hidden, self.outputs] if sequences else self.outputs)

    def _build_with_options(self, recurrent_initializer: str) -> None:
        size = self.size
        names = {name: keras_name(getattr(size, name)) for name in ACTIVATED}
        # Keras 2 does not cast an initial state.
        computed = POLICIES[self.dtype].computed
        state_dtype = computed if is_keras_2(self.keras) else self.carrier
        built = keras_options.build(
            self.keras,
            size,
            self.dtype,
            self.carrier,
            state_dtype,
            names,
            recurrent_initializer,
        )
        self.simple_rnn, self.dense = built.simple_rnn, built.dense
        self.hidden, self.outputs = built.hidden[0], built.output
        self.model = self.keras.Model(built.inputs, [*built.hidden, built.output])

    def as_input(self, array: np.ndarray, dtype: Any) -> Any:
        """An array in the dtype of an input of the model, which may not be one of NumPy's."""
        name = getattr(dtype, "name", str(dtype))
        return array if name == str(array.dtype) else self.keras.backend.cast(array, name)

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        options = self.size.options
        if options is None:
            self.model.set_weights(list(weights))
            return
        self.simple_rnn.set_weights(list(weights[: 2 + options.use_bias]))
        self.dense.set_weights(list(weights[3 : 4 + options.dense_use_bias]))

    def get_weights(self) -> list[np.ndarray]:
        weights = [*self.simple_rnn.get_weights(), *self.dense.get_weights()]
        return [_as_carried(weight) for weight in weights]

    def output(self, inputs: np.ndarray, mode: str) -> np.ndarray:
        result: np.ndarray = self.run([inputs], mode)[0]
        return result

    def states_and_outputs(self, inputs: np.ndarray, mode: str) -> tuple[np.ndarray, np.ndarray]:
        states, outputs = self.run([inputs], mode)
        return states, outputs

    def answer(
        self,
        inputs: np.ndarray,
        mode: str,
        *,
        mask: Optional[np.ndarray] = None,
        initial_state: Optional[np.ndarray] = None,
        batch_size: Optional[int] = None,
    ) -> Answer:
        options = self.size.options or Options()
        arguments = keras_options.arguments_of(options, inputs, mask, initial_state)
        if initial_state is not None:  # in the dtype that the model wants
            arguments[-1] = self.as_input(initial_state, self.model.inputs[-1].dtype)
        results = self.run(arguments, mode, batch_size=batch_size or len(arguments[0]))
        return keras_options.answer_of(options, results)

    def reset_state(self) -> None:
        reset_state(self.simple_rnn)

    def set_state(self, state: np.ndarray) -> None:
        self.simple_rnn.reset_states(states=[state])

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


def _as_carried(array: np.ndarray) -> np.ndarray:
    """A bfloat16 array, of a type that is not NumPy's own, as float32."""
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else array


def keras_name(activation: str) -> str:
    """The name under which Keras knows an activation."""
    return KERAS_NAMES.get(activation, activation)


def is_keras_2(keras: Any) -> bool:
    """Whether a module is Keras 2, which has no operations of its own."""
    return not hasattr(keras, "ops")


def reset_state(layer: Any) -> None:
    """Let a layer forget its state, by the name that it has for this in Keras 3 or in Keras 2."""
    reset = getattr(layer, "reset_state", None) or layer.reset_states
    reset()


def known_activations(keras: Any) -> tuple[str, ...]:
    """Those that this Keras knows by name; hard_sigmoid as its version defines it."""
    other = "hard_sigmoid" if is_keras_2(keras) else "hard_sigmoid_keras_2"
    return tuple(a for a in ACTIVATIONS if a != other and _is_known(keras, keras_name(a)))


def _is_known(keras: Any, activation: str) -> bool:
    try:
        keras.activations.get(activation)
    except ValueError:
        return False
    return True


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
