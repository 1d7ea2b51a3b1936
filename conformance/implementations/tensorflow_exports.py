"""What TensorFlow exports: a SavedModel reloaded without Keras, and LiteRT (TFLite).

Both come from the Keras model of `keras_tensorflow` (Keras 3). A SavedModel keeps its variables,
which are assigned after it was loaded. A LiteRT model has constants instead; here the weights are
made inputs of the function that is converted (``model.stateless_call``), so that one conversion
serves all weights. It is converted for each N and T: with an unknown batch the loop over time does
not convert.

Only LiteRT's float32 arithmetic is declared. Quantised models (float16 or int8 constants) are
another arithmetic, for which no bound is derived: they are not applicable, and not converted here.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import tempfile
import warnings
from typing import Any, Callable, ClassVar, Sequence

import numpy as np

from conformance.implementations.capabilities import OUTPUT, STATES
from conformance.implementations.keras.layers import answer_of
from conformance.implementations.keras.network import installed, silent_stderr
from conformance.implementations.keras.tensorflow import (
    DISTRIBUTIONS,
    KerasNetwork,
    load_tensorflow,
)
from conformance.implementations.protocol import (
    Answer,
    Implementation,
    ImplementationError,
    Network,
)
from strategies import NetworkSize


class SavedModelNetwork(Network):
    """``model.export(folder)``, then ``tf.saved_model.load(folder)``."""

    def __init__(self, tf: Any, size: NetworkSize, dtype: str) -> None:
        self.tf, self.options = tf, size.options
        network = KerasNetwork(tf, size, dtype)
        if not hasattr(network.model, "export"):
            raise ImplementationError("this Keras has no model.export: Keras 3 has")
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(None):
            network.model.export(folder, verbose=False)
            self.loaded = tf.saved_model.load(folder)
        # The seed generator has a variable too; the weights keep their order.
        self.variables = [v for v in self.loaded.variables if "seed" not in v.name]

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        for variable, value in zip(self.variables, weights):
            variable.assign(value)

    def answer(self, inputs: np.ndarray, mode: str, **more: Any) -> Answer:
        results = self.tf.nest.flatten(self.loaded.serve(self.tf.constant(inputs)))
        return answer_of(self.options, [result.numpy() for result in results])


class SavedModel(Implementation):
    """``--implementation savedmodel``."""

    name = "savedmodel"
    modes = ("serve",)
    capabilities = frozenset({OUTPUT, STATES})
    extra = "tensorflow"
    threads = "one thread for each worker"

    def network(self, size: NetworkSize, dtype: str) -> SavedModelNetwork:
        return SavedModelNetwork(load_tensorflow(), size, dtype)

    def versions(self) -> dict[str, str]:
        return {"keras": installed("keras"), "tensorflow": installed(*DISTRIBUTIONS)}


class LiteRTNetwork(Network):
    """A model for each shape (N, T), run by either interpreter."""

    def __init__(self, tf: Any, size: NetworkSize, dtype: str) -> None:
        self.tf, self.dtype, self.options = tf, dtype, size.options
        self.model = KerasNetwork(tf, size, dtype).model
        self.weights: list[np.ndarray] = []
        self._converted: dict[tuple[int, ...], bytes] = {}
        self._runners: dict[tuple[Any, ...], Callable[..., dict[str, np.ndarray]]] = {}

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        self.weights = list(weights)

    def answer(self, inputs: np.ndarray, mode: str, **more: Any) -> Answer:
        results = self._run(inputs, mode)
        return answer_of(self.options, [results[name] for name in sorted(results)])

    def _run(self, inputs: np.ndarray, mode: str) -> dict[str, np.ndarray]:
        key = (mode, *inputs.shape)
        if key not in self._runners:
            interpreter = _interpreter_class(mode)(model_content=self._convert(inputs.shape))
            self._runners[key] = interpreter.get_signature_runner()
        named = {f"weight_{i}": weight for i, weight in enumerate(self.weights)}
        return self._runners[key](inputs=inputs, **named)

    def _convert(self, shape: tuple[int, ...]) -> bytes:
        if shape not in self._converted:
            tf, model = self.tf, self.model
            rest = [variable.value for variable in model.non_trainable_variables]

            def forward(inputs: Any, **named: Any) -> Any:
                weights = [named[f"weight_{i}"] for i in range(len(named))]
                return model.stateless_call(weights, rest, inputs, training=False)[0]

            specs = {
                f"weight_{i}": tf.TensorSpec(weight.shape, self.dtype, name=f"weight_{i}")
                for i, weight in enumerate(self.weights)
            }
            function = tf.function(forward).get_concrete_function(
                tf.TensorSpec(shape, self.dtype, name="inputs"), **specs
            )
            with silent_stderr():
                converter = tf.lite.TFLiteConverter.from_concrete_functions([function], model)
                self._converted[shape] = converter.convert()
        return self._converted[shape]


def _interpreter_class(mode: str) -> Callable[..., Any]:
    warnings.filterwarnings("ignore", message=r".*tf\.lite\.Interpreter is deprecated")
    try:
        if mode == "tflite":
            found = load_tensorflow().lite.Interpreter
        else:
            found = importlib.import_module("ai_edge_litert.interpreter").Interpreter
    except Exception as error:  # binary packages that do not fit raise anything
        raise ImplementationError(
            f"the interpreter of mode {mode} is not there: {error}"
        ) from error
    return lambda **arguments: found(num_threads=1, **arguments)


class LiteRT(Implementation):
    """``--implementation litert``, with the interpreter of ai-edge-litert or TensorFlow's own."""

    name = "litert"
    modes = ("litert", "tflite")
    capabilities = frozenset({OUTPUT, STATES})
    dtypes = ("float32",)
    compiled_modes = frozenset(modes)
    costs: ClassVar[dict[str, int]] = {"litert": 4, "tflite": 4}
    extra = "litert"
    threads = "one thread for each worker"

    def network(self, size: NetworkSize, dtype: str) -> LiteRTNetwork:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        return LiteRTNetwork(load_tensorflow(), size, dtype)

    def versions(self) -> dict[str, str]:
        return {
            "tensorflow": installed(*DISTRIBUTIONS),
            "keras": installed("keras"),
            "ai-edge-litert": installed("ai-edge-litert"),
        }
