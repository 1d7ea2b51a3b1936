"""Keras on TensorFlow: Keras 2 and Keras 3, whichever is installed.

The network is the one that everybody writes, ``Input((T, D)) -> SimpleRNN(M) -> Dense(K)``,
through ``tf.keras``. TensorFlow is imported when the first network is built.
"""

from __future__ import annotations

import os
from typing import Any, Callable, ClassVar

import numpy as np

from conformance.implementations.keras_configured import known_arguments, seen_of
from conformance.implementations.keras_network import (
    KerasModel,
    installed,
    known_activations,
    silent_stderr,
)
from conformance.implementations.keras_refusals import outcome_of
from conformance.implementations.keras_round_trips import round_trip
from conformance.implementations.observed import Outcome, Seen
from conformance.implementations.protocol import (
    CAPABILITIES,
    OF_LAYERS,
    PICKLING,
    Implementation,
    ImplementationError,
)
from strategies import DTYPES, NetworkSize
from strategies.configurations import Configuration
from strategies.wrong import Wrong

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
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.get_logger().setLevel("ERROR")
        _tensorflow = tf
    return _tensorflow


class KerasNetwork(KerasModel):
    """The model through ``tf.keras``."""

    def __init__(
        self,
        tf: Any,
        size: NetworkSize,
        dtype: str,
        *,
        sequences: bool,
        recurrent_initializer: str = "orthogonal",
    ) -> None:
        super().__init__(
            tf.keras,
            size,
            dtype,
            sequences=sequences,
            recurrent_initializer=recurrent_initializer,
        )
        self.tf = tf
        self._traced: dict[str, Callable[..., Any]] = {}

    def execute(self, inputs: np.ndarray, mode: str) -> Any:
        if mode == "call":
            return self.model(self.tf.constant(inputs), training=False)
        return self._trace(mode)(self.tf.constant(inputs))

    def _trace(self, mode: str) -> Callable[..., Any]:
        """``tf.function`` for any N and T ("graph"), or compiled for each shape ("xla")."""
        if mode not in self._traced:

            def forward(inputs: Any) -> Any:
                return self.model(inputs, training=False)

            if mode == "xla":
                self._traced[mode] = self.tf.function(forward, jit_compile=True)
            else:
                shape = (None, self.size.T, self.size.D)
                signature = [self.tf.TensorSpec(shape, self.carrier)]
                self._traced[mode] = self.tf.function(forward, input_signature=signature)
        return self._traced[mode]


class KerasTensorFlow(Implementation):
    """``--implementation keras``."""

    name = "keras"
    dtypes = DTYPES
    modes = ("call", "predict", "predict_on_batch", "graph", "xla")
    costs: ClassVar[dict[str, int]] = {"call": 5, "predict": 15, "xla": 4}
    extra = "tensorflow"
    threads = "one thread for each worker"
    compiled_modes = frozenset({"xla"})

    @property
    def capabilities(self) -> frozenset[str]:  # type: ignore[override]
        """All; before Keras 3.3 models of Keras 3 cannot be pickled."""
        keras = self.versions().get("keras", "2")
        without = {PICKLING} if keras.startswith(("3.0.", "3.1.", "3.2.")) else set()
        return frozenset((*CAPABILITIES, *OF_LAYERS)) - without

    def network(self, size: NetworkSize, dtype: str, *, sequences: bool) -> KerasNetwork:
        return KerasNetwork(load_tensorflow(), size, dtype, sequences=sequences)

    def network_for_cases(self, size: NetworkSize, dtype: str, *, sequences: bool) -> KerasNetwork:
        if dtype not in ("bfloat16", "float16"):
            return self.network(size, dtype, sequences=sequences)
        # TensorFlow has no QR decomposition in bfloat16, older ones none in float16: no orthogonal
        # initial weights.
        tf = load_tensorflow()
        return KerasNetwork(
            tf, size, dtype, sequences=sequences, recurrent_initializer="glorot_uniform"
        )

    def library(self) -> Any:
        """TensorFlow, as the layers of its Keras are asked."""
        return load_tensorflow()

    def layer_arguments(self) -> dict[str, tuple[str, ...]]:
        return known_arguments(self.library().keras)

    def seen_of(
        self, configuration: Configuration, *, fresh: bool = False, full: bool = False
    ) -> Seen:
        return seen_of(self.library().keras, configuration, fresh=fresh, full=full)

    def round_trip(self, configuration: Configuration, way: str) -> tuple[Seen, list[Seen]]:
        return round_trip(self.library().keras, configuration, way)

    def outcome_of(self, wrong: Wrong) -> Outcome:
        return outcome_of(self.library(), wrong)

    def activations(self) -> tuple[str, ...]:
        """Those that this Keras knows by name; hard_sigmoid as its version defines it."""
        return known_activations(load_tensorflow().keras)

    def versions(self) -> dict[str, str]:
        keras = "tf_keras" if legacy_keras() else "keras"
        return {keras: installed(keras), "tensorflow": installed(*DISTRIBUTIONS)}

    def devices(self) -> list[str]:
        return [
            d.name.replace("/device:", "") for d in load_tensorflow().config.list_logical_devices()
        ]


def legacy_keras() -> bool:
    """Whether the user has asked TensorFlow for tf_keras, that is Keras 2."""
    return os.environ.get("TF_USE_LEGACY_KERAS", "").lower() in ("1", "true")


class LegacyKeras(KerasTensorFlow):
    """``--implementation tf_keras``: Keras 2 beside a TensorFlow that brings Keras 3."""

    name = "tf_keras"
    extra = "tf_keras"

    def __init__(self) -> None:
        os.environ["TF_USE_LEGACY_KERAS"] = "1"
