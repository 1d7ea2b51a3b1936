"""Keras on TensorFlow: Keras 2 and Keras 3, whichever is installed.

The network is the one that everybody writes, ``Input((T, D)) -> SimpleRNN(M) -> Dense(K)``,
through ``tf.keras``. TensorFlow is imported when the first network is built.
"""

from __future__ import annotations

import contextlib
import os
from functools import cached_property
from typing import Any, Callable, ClassVar, Optional, Sequence

import numpy as np

from conformance.implementations.capabilities import BASIC, GRADIENTS, STATE_SET
from conformance.implementations.keras import layers
from conformance.implementations.keras.adapter import KerasAdapter, set_default_dtype
from conformance.implementations.keras.network import (
    KerasExecution,
    KerasModel,
    installed,
    is_keras_2,
    known_activations,
    silent_stderr,
)
from conformance.implementations.keras.wrappers import CompositionModel
from conformance.implementations.protocol import ImplementationError
from strategies import DTYPES, NetworkSize, Options
from strategies.wrappers import ArchitectureSize

#: Set before TensorFlow is imported, where the user has not set them.
ENVIRONMENT = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
#: Names under which TensorFlow is distributed.
DISTRIBUTIONS = ("tensorflow", "tensorflow-cpu", "tensorflow-gpu", "tf-nightly")

_tensorflow: Any = None
#: Devices on which results were found in this process, in TensorFlow's own names.
_computed_on: set[str] = set()


def load_tensorflow() -> Any:
    """TensorFlow, quiet and with one thread; imported at the first call.

    Where the program has used TensorFlow before, it keeps the number of its threads.

    Raises:
        ImplementationError: TensorFlow is not installed, or does not import.
    """
    global _tensorflow
    if _tensorflow is None:
        for name, value in ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        # Whatever Keras 3 is configured for: here it is asked for on TensorFlow.
        os.environ["KERAS_BACKEND"] = "tensorflow"
        try:
            with silent_stderr():
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
        with contextlib.suppress(RuntimeError):  # it was used before, and keeps its threads
            tf.config.threading.set_intra_op_parallelism_threads(1)
            tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.get_logger().setLevel("ERROR")
        set_default_dtype(tf.keras)
        _tensorflow = tf
    return _tensorflow


class TensorFlowExecution(KerasExecution):
    """A model of ``tf.keras`` run eagerly, as a ``tf.function``, or compiled by XLA."""

    tf: Any
    _traced: dict[str, Callable[..., Any]]

    def execute(self, inputs: list[np.ndarray], mode: str) -> Any:
        given = [self.tf.constant(array) for array in inputs]
        forward = self._trace(mode, given) if mode != "call" else self._eagerly
        return self.noted(forward(*given))

    def noted(self, result: Any) -> Any:
        """A result; where it was computed is remembered."""
        _computed_on.update(t.device for t in self.tf.nest.flatten(result) if hasattr(t, "device"))
        return result

    def _eagerly(self, *inputs: Any) -> Any:
        return self.model(layers.alone_or_all(list(inputs)), training=False)

    def input_shapes(self) -> list[tuple[Optional[int], ...]]:
        """Of each input of the model, None for what may vary."""
        return [tuple(tensor.shape) for tensor in self.model.inputs]

    def signature(self, given: list[Any]) -> list[Any]:
        """What the graph takes; not the model's dtypes, which layers of Keras 3.0 to 3.3 change."""
        return [
            self.tf.TensorSpec(shape, tensor.dtype)
            for shape, tensor in zip(self.input_shapes(), given)
        ]

    def _trace(self, mode: str, given: list[Any]) -> Callable[..., Any]:
        """``tf.function`` for any N and T ("graph"), or compiled for each shape ("xla")."""
        if mode not in self._traced:
            if mode == "xla":
                how: dict[str, Any] = {"jit_compile": True}
            else:
                how = {"input_signature": self.signature(given)}
            self._traced[mode] = self.tf.function(self._eagerly, **how)
        return self._traced[mode]


class KerasNetwork(TensorFlowExecution, KerasModel):
    """The network through ``tf.keras``."""

    #: So many times weights are renewed as users set them: of a network that is new, and of one in
    #: use.
    RENEWED_BY_MODEL = 2

    def __init__(self, tf: Any, size: NetworkSize, dtype: str, **arguments: Any) -> None:
        super().__init__(tf.keras, size, dtype, **arguments)
        self.tf, self._traced = tf, {}
        self._times_renewed = 0

    def renew_weights(self, weights: Sequence[np.ndarray]) -> None:
        """By ``model.set_weights``; from the third time on by the operation under it.

        That takes a sixth of the time.
        """
        self._times_renewed += 1
        if self._times_renewed <= self.RENEWED_BY_MODEL:
            self.set_weights(weights)
            return
        for variable, weight in zip(self._variables, self.had(weights)):
            given = self.tf.constant(weight, variable.dtype)
            self.tf.raw_ops.AssignVariableOp(resource=variable.handle, value=given)

    def differentiated(
        self, given: list[np.ndarray], by_results: list[np.ndarray], mode: str
    ) -> tuple[list[Any], list[Any]]:
        tensors = ([self.tf.constant(array) for array in arrays] for arrays in (given, by_results))
        results, found = self.noted(self._differentiating(mode)(*tensors))
        return results, found

    def _differentiating(self, mode: str) -> Callable[..., Any]:
        """What takes the model's inputs, and the loss by its results, to results and derivatives.

        These are by all inputs but the mask, and by all weights.
        """
        if mode == "call":
            return self._differentiate
        key = f"gradients in {mode}"
        if key not in self._traced:
            how = {"jit_compile": True} if mode == "xla" else {}
            self._traced[key] = self.tf.function(self._differentiate, **how)
        return self._traced[key]

    def _differentiate(self, given: list[Any], by_results: list[Any]) -> Any:
        numbers = [tensor for tensor in given if tensor.dtype.is_floating]
        with self.tf.GradientTape() as tape:
            tape.watch(numbers)
            results = self.tf.nest.flatten(self._eagerly(*given))
        found = tape.gradient(
            layers.differentiated(results, by_results),
            [*numbers, *self._variables],
            output_gradients=by_results,
            unconnected_gradients=self.tf.UnconnectedGradients.ZERO,
        )
        return results, [self.tf.convert_to_tensor(gradient) for gradient in found]

    @cached_property
    def _variables(self) -> list[Any]:
        """TensorFlow's own variables; those of Keras 3 have them inside."""
        weights = self.model.weights
        return weights if is_keras_2(self.keras) else [weight.value for weight in weights]


class KerasComposition(TensorFlowExecution, CompositionModel):
    """A model of several layers through ``tf.keras``."""

    def __init__(self, tf: Any, size: ArchitectureSize, dtype: str) -> None:
        super().__init__(tf.keras, size, dtype)
        self.tf, self._traced = tf, {}

    def input_shapes(self) -> list[tuple[Optional[int], ...]]:
        shape, _ = self.input_shape()
        number = 2 * len(self.size.cell.states) * self.size.architecture.states
        states = [(self.size.N, self.size.M)] * number
        return [(self.size.N, *shape), *states]


class KerasTensorFlow(KerasAdapter):
    """``--implementation keras``."""

    name = "keras"
    dtypes = DTYPES
    modes = ("call", "predict", "predict_on_batch", "graph", "xla")
    costs: ClassVar[dict[str, int]] = {"call": 5, "predict": 15, "xla": 4}
    extra = "tensorflow"
    threads = "one thread for each worker"
    on_gpu = True
    compiled_modes = frozenset({"xla"})
    backend = "tensorflow"
    ways = ("eager", "graph")

    @property
    def capabilities(self) -> frozenset[str]:  # type: ignore[override]
        """All that this version has: Keras 3 sets no state."""
        without = {STATE_SET} if self.versions().get("keras", "2").startswith("3.") else set()
        return frozenset(BASIC) - without | self.words_of_clauses()

    def network(self, size: NetworkSize, dtype: str) -> KerasNetwork:
        return KerasNetwork(load_tensorflow(), size, dtype)

    def network_for_cases(self, size: NetworkSize, dtype: str) -> KerasNetwork:
        if dtype not in ("bfloat16", "float16"):
            return self.network(size, dtype)
        # TensorFlow has no QR decomposition in bfloat16, older ones none in float16: no orthogonal
        # initial weights.
        tf = load_tensorflow()
        return KerasNetwork(tf, size, dtype, recurrent_initializer="glorot_uniform")

    def composition(self, size: ArchitectureSize, dtype: str) -> KerasComposition:
        return KerasComposition(load_tensorflow(), size, dtype)

    def library(self) -> Any:
        return load_tensorflow().keras

    def executed(self, function: Callable[..., Any], way: str) -> Callable[..., Any]:
        if way != "graph":
            return super().executed(function, way)
        traced: Callable[..., Any] = load_tensorflow().function(function)
        return traced

    def activations(self) -> tuple[str, ...]:
        """Those that this Keras knows by name; hard_sigmoid as its version defines it."""
        return known_activations(load_tensorflow().keras)

    def modes_with(self, capability: str) -> tuple[str, ...]:
        """`predict` is for inference alone."""
        return ("call", "graph", "xla") if capability == GRADIENTS else self.modes

    def options(self, mode: str) -> tuple[str, ...]:
        """All in Keras 2; Keras 3 has no ``time_major``, and `predict` has samples first."""
        named = Options._fields
        if is_keras_2(load_tensorflow().keras) and not mode.startswith("predict"):
            return named
        return tuple(name for name in named if name != "time_major")

    @property
    def initial_state_overrides(self) -> bool:  # type: ignore[override]
        """In Keras 2 only one that is recorded as zero gives way."""
        return not is_keras_2(load_tensorflow().keras)

    def versions(self) -> dict[str, str]:
        keras = "tf_keras" if legacy_keras() else "keras"
        return {keras: installed(keras), "tensorflow": installed(*DISTRIBUTIONS)}

    def devices(self) -> list[str]:
        # predict gives NumPy arrays: a product is computed where everything is.
        one = load_tensorflow().ones((1, 1))
        found = {*_computed_on, (one @ one).device}
        return sorted(name.rpartition("device:")[2] for name in found)


def legacy_keras() -> bool:
    """Whether the user has asked TensorFlow for tf_keras, that is Keras 2."""
    return os.environ.get("TF_USE_LEGACY_KERAS", "").lower() in ("1", "true")


class LegacyKeras(KerasTensorFlow):
    """``--implementation tf_keras``: Keras 2 beside a TensorFlow that brings Keras 3."""

    name = "tf_keras"
    extra = "tf_keras"

    def __init__(self) -> None:
        os.environ["TF_USE_LEGACY_KERAS"] = "1"
