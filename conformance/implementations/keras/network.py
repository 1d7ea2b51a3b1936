"""What Keras is asked in the same way on every backend: the network, its weights and counts.

The network is the one that everybody writes, ``Input((T, D)) -> SimpleRNN(M) -> Dense(K)``, or the
same with another recurrent layer. A backend's own file says how it is executed.
"""

from __future__ import annotations

import contextlib
import os
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Iterator, Optional, Sequence

import numpy as np

from conformance.implementations.keras import layers
from conformance.implementations.keras.summary import parse_summary
from conformance.implementations.protocol import (
    Answer,
    Gradients,
    Network,
    Parameters,
    Shapes,
    Summary,
    Weight,
)
from conformance.numerics.activations import ACTIVATIONS
from strategies import NetworkSize
from strategies.cases import unused_biases
from strategies.dtypes import POLICIES
from strategies.gradients import Loss
from strategies.textures import weights_of


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
        given = layers.alone_or_all(inputs)
        if mode == "predict":
            results = self.model.predict(given, verbose=0, **how)
        elif mode == "predict_on_batch":
            results = self.model.predict_on_batch(given)
        else:
            results = self.execute(inputs, mode)
        return [_as_carried(self.to_numpy(result)) for result in layers.listed(results)]


class KerasModel(KerasExecution, Network):
    """A functional model; its outputs are as `layers.outputs_of` says."""

    def __init__(self, keras: Any, size: NetworkSize, dtype: str, **arguments: Any) -> None:
        """Build the model; ``arguments`` are further ones of the recurrent layer."""
        self.keras, self.size, self.dtype = keras, size, dtype
        self._set_floatx()
        # Keras 2 does not cast an initial state.
        state_dtype = POLICIES[dtype].computed if is_keras_2(keras) else self.carrier
        built = layers.build(keras, size, dtype, state_dtype, **arguments)
        self.layer, self.dense = built.layer, built.dense
        self.hidden, self.outputs = built.returned[0], built.output
        put_out = layers.outputs_of(size.options, built)
        self.model = keras.Model(layers.alone_or_all(built.inputs), layers.alone_or_all(put_out))
        self._unused = [list(weights_of(size)).index(name) for name in unused_biases(size)]

    def as_input(self, array: np.ndarray, dtype: Any) -> Any:
        """An array in the dtype of an input of the model, which may not be one of NumPy's."""
        name = getattr(dtype, "name", str(dtype))
        return array if name == str(array.dtype) else self.keras.backend.cast(array, name)

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        self.model.set_weights(self.had(weights))

    def had(self, weights: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The weights without the biases that the options take away."""
        return [weight for i, weight in enumerate(weights) if i not in self._unused]

    def get_weights(self) -> list[np.ndarray]:
        weights = [*self.layer.get_weights(), *self.dense.get_weights()]
        return [_as_carried(weight) for weight in weights]

    def answer(
        self,
        inputs: np.ndarray,
        mode: str,
        *,
        mask: Optional[np.ndarray] = None,
        initial_states: Sequence[np.ndarray] = (),
        batch_size: Optional[int] = None,
    ) -> Answer:
        options = self.size.options
        arrays = self.given(inputs, mask, initial_states)
        if batch_size is None and options.stateful:
            batch_size = len(arrays[0])
        how = {} if batch_size is None else {"batch_size": batch_size}
        return layers.answer_of(options, self.run(arrays, mode, **how))

    def given(
        self,
        inputs: np.ndarray,
        mask: Optional[np.ndarray],
        initial_states: Sequence[np.ndarray],
    ) -> list[np.ndarray]:
        """The inputs of the model."""
        arrays = layers.given_to_model(self.size.options, inputs, mask, initial_states)
        for i in range(len(arrays) - len(initial_states), len(arrays)):
            arrays[i] = self.as_input(arrays[i], self.model.inputs[i].dtype)
        return arrays

    def gradients(
        self,
        inputs: np.ndarray,
        loss: Loss,
        mode: str,
        *,
        mask: Optional[np.ndarray] = None,
        initial_states: Sequence[np.ndarray] = (),
    ) -> Gradients:
        self._set_floatx()
        options = self.size.options
        given = self.given(inputs, mask, initial_states)
        by_results = layers.by_results(options, loss)
        results, found = (
            [_as_carried(self.to_numpy(tensor)) for tensor in tensors]
            for tensors in self.differentiated(given, by_results, mode)
        )
        by_inputs, *rest = found
        by_states, by_weights = rest[: len(initial_states)], iter(rest[len(initial_states) :])
        return Gradients(
            layers.answer_of(options, results),
            layers.samples_first(options, by_inputs),
            [
                np.zeros(0) if i in self._unused else next(by_weights)
                for i, _ in enumerate(weights_of(self.size))
            ],
            tuple(by_states),
        )

    def differentiated(
        self, given: list[np.ndarray], by_results: list[np.ndarray], mode: str
    ) -> tuple[list[Any], list[Any]]:
        """What the model puts out, and derivatives by its inputs but the mask and by its weights.

        ``by_results`` are the derivatives of the loss by those of `layers.differentiated`.
        """
        raise NotImplementedError

    def reset_state(self) -> None:
        reset_state(self.layer)

    def set_states(self, states: Sequence[np.ndarray]) -> None:
        self.layer.reset_states(states=list(states))

    def weight_table(self) -> list[Weight]:
        table = []
        for name, layer in ((self.size.cell.name, self.layer), ("dense", self.dense)):
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
            layer=self.layer.count_params(),
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
        hidden = tuple(self.layer.compute_output_shape((N, T, self.size.D)))
        return Shapes(
            tuple(self.hidden.shape),
            tuple(self.outputs.shape),
            hidden,
            tuple(self.dense.compute_output_shape(hidden)),
        )


def _as_carried(array: np.ndarray) -> np.ndarray:
    """A bfloat16 array, of a type that is not NumPy's own, as float32."""
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else array


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
    return tuple(
        a for a in ACTIVATIONS if a != other and _is_known(keras, layers.activation_name(a))
    )


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
