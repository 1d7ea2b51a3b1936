"""Keras 3 on JAX, torch, NumPy or OpenVINO, and how the backend in use is found.

A process has one backend: Keras chooses it when it is imported. It is imported when the first
network is built, after the backend was set here.
"""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path
from typing import Any, Callable, ClassVar, NamedTuple

import numpy as np

from conformance.implementations.capabilities import (
    BASIC,
    CHOSEN_ACTIVATIONS,
    GRADIENTS,
    STATE_SET,
)
from conformance.implementations.keras import gradients, layers
from conformance.implementations.keras.adapter import KerasAdapter, set_default_dtype
from conformance.implementations.keras.network import (
    KerasExecution,
    KerasModel,
    installed,
    known_activations,
    silent_stderr,
)
from conformance.implementations.keras.tensorflow import KerasTensorFlow
from conformance.implementations.keras.wrappers import CompositionModel
from conformance.implementations.protocol import Implementation, ImplementationError
from strategies import NetworkSize, Options
from strategies.wrappers import ArchitectureSize


class Backend(NamedTuple):
    """What a backend is called, what it needs, and how it can be executed and differentiated."""

    distribution: str
    modes: tuple[str, ...]
    costs: dict[str, int]
    compiled_modes: frozenset[str] = frozenset()
    differentiated_in: tuple[str, ...] = ()


INFERENCE = ("call", "predict", "predict_on_batch")
BACKENDS = {
    "jax": Backend(
        "jax",
        (*INFERENCE, "jit"),
        {"call": 5, "predict": 15, "predict_on_batch": 4, "jit": 4},
        frozenset({"jit", "predict", "predict_on_batch"}),
        differentiated_in=("call", "jit"),
    ),
    "torch": Backend("torch", INFERENCE, {"predict": 3}, differentiated_in=("call",)),
    "numpy": Backend("numpy", INFERENCE, {"predict": 3}),
    "openvino": Backend(
        "openvino",
        INFERENCE,
        {"call": 5, "predict": 5, "predict_on_batch": 5},
        frozenset(INFERENCE),
    ),
}
#: Set before Keras is imported, where the user has not set them.
ENVIRONMENT = {
    "CUDA_VISIBLE_DEVICES": "-1",
    "JAX_ENABLE_X64": "1",  # without it float64 is silently float32
    "JAX_PLATFORMS": "cpu",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


def backend_in_use() -> str:
    """The backend that Keras would choose: KERAS_BACKEND, its configuration file, or TensorFlow.

    Raises:
        ImplementationError: the backend is none of those that are known here.
    """
    found = os.environ.get("KERAS_BACKEND")
    if not found:
        home = os.environ.get("KERAS_HOME", str(Path.home() / ".keras"))
        try:
            found = json.loads(Path(home, "keras.json").read_text(encoding="utf-8"))["backend"]
        except (OSError, ValueError, KeyError, TypeError):
            found = "tensorflow"
    if found != "tensorflow" and found not in BACKENDS:
        choices = ", ".join(["tensorflow", *BACKENDS])
        raise ImplementationError(f"KERAS_BACKEND={found}: must be one of {choices}")
    return str(found)


def load_keras(backend: str) -> Any:
    """Keras on this backend, with one thread where the backend can be told.

    Raises:
        ImplementationError: Keras or the backend does not import, or another one is in use.
    """
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    os.environ["KERAS_BACKEND"] = backend
    try:
        with silent_stderr():
            keras = importlib.import_module("keras")
    except Exception as error:  # binary packages that do not fit raise anything
        first_line = (str(error).splitlines() or ["no message"])[0]
        raise ImplementationError(
            f"Keras on {backend} does not import: {type(error).__name__}: {first_line}"
        ) from error
    if keras.backend.backend() != backend:
        raise ImplementationError(
            f"Keras is in use on {keras.backend.backend()}: {backend} needs a run of its own"
        )
    if backend == "torch":
        importlib.import_module("torch").set_num_threads(1)
    set_default_dtype(keras)
    return keras


class BackendExecution(KerasExecution):
    """A model run as its backend does it."""

    _compiled: dict[str, Callable[..., Any]]

    def execute(self, inputs: list[np.ndarray], mode: str) -> Any:
        tensors = [self.keras.ops.convert_to_tensor(array) for array in inputs]
        given = layers.alone_or_all(tensors)
        if mode == "jit":
            weights = [variable.value for variable in self.model.trainable_variables]
            rest = [variable.value for variable in self.model.non_trainable_variables]
            return self._jit()(weights, rest, given)
        return self.model(given, training=False)

    def _jit(self) -> Callable[..., Any]:
        """``jax.jit`` of the model as a function of its weights, as the Keras guides do it."""
        if "jit" not in self._compiled:
            jax = importlib.import_module("jax")

            def forward(weights: Any, rest: Any, inputs: Any) -> Any:
                return self.model.stateless_call(weights, rest, inputs, training=False)

            compiled = jax.jit(forward)

            def stateful(weights: Any, rest: Any, inputs: Any) -> Any:
                results, changed = compiled(weights, rest, inputs)
                for variable, value in zip(self.model.non_trainable_variables, changed):
                    variable.assign(value)
                return results

            self._compiled["jit"] = stateful
        return self._compiled["jit"]

    def to_numpy(self, result: Any) -> np.ndarray:
        converted: np.ndarray = self.keras.ops.convert_to_numpy(result)
        return converted


class BackendNetwork(BackendExecution, KerasModel):
    """The network through ``keras``."""

    def __init__(self, keras: Any, size: NetworkSize, dtype: str) -> None:
        super().__init__(keras, size, dtype)
        self._compiled = {}

    def differentiated(
        self, given: list[np.ndarray], by_results: list[np.ndarray], mode: str
    ) -> tuple[list[Any], list[Any]]:
        tensors, by = (
            [self.keras.ops.convert_to_tensor(array) for array in arrays]
            for arrays in (given, by_results)
        )
        if self.keras.backend.backend() == "torch":
            return gradients.by_autograd(self.model, tensors, by)
        key = f"gradients in {mode}"
        if key not in self._compiled:
            differentiate = gradients.by_vjp(self.model)
            jit = importlib.import_module("jax").jit
            self._compiled[key] = jit(differentiate) if mode == "jit" else differentiate
        weights, rest = (
            [variable.value for variable in variables]
            for variables in (self.model.trainable_variables, self.model.non_trainable_variables)
        )
        results, found = self._compiled[key](tensors, weights, rest, by)
        return results, found


class BackendComposition(BackendExecution, CompositionModel):
    """A model of several layers through ``keras``."""

    def __init__(self, keras: Any, size: ArchitectureSize, dtype: str) -> None:
        super().__init__(keras, size, dtype)
        self._compiled = {}


class KerasBackend(KerasAdapter):
    """``--implementation keras:jax``, and so on."""

    threads = "threads as the backend chooses"
    costs: ClassVar[dict[str, int]] = {}

    def __init__(self, backend: str) -> None:
        self.backend, self.name, self.extra = backend, f"keras:{backend}", f"keras-{backend}"
        self.modes, self.compiled_modes = BACKENDS[backend].modes, BACKENDS[backend].compiled_modes
        self.costs = BACKENDS[backend].costs  # type: ignore[misc]
        self.on_gpu = backend in ("jax", "torch")
        without = {STATE_SET} if BACKENDS[backend].differentiated_in else {STATE_SET, GRADIENTS}
        if backend == "openvino":
            # Its softplus and mish round 1 + exp(z) to float32, which is off by 6e-8 at any size.
            without.add(CHOSEN_ACTIVATIONS)
        self.capabilities = frozenset(BASIC) - without | self.words_of_clauses()

    def network(self, size: NetworkSize, dtype: str) -> BackendNetwork:
        return BackendNetwork(load_keras(self.backend), size, dtype)

    def composition(self, size: ArchitectureSize, dtype: str) -> BackendComposition:
        return BackendComposition(load_keras(self.backend), size, dtype)

    def modes_with(self, capability: str) -> tuple[str, ...]:
        if capability == GRADIENTS:
            return BACKENDS[self.backend].differentiated_in
        return super().modes_with(capability)

    def options(self, mode: str) -> tuple[str, ...]:
        return tuple(name for name in Options._fields if name != "time_major")

    def library(self) -> Any:
        return load_keras(self.backend)

    def activations(self) -> tuple[str, ...]:
        return known_activations(load_keras(self.backend))

    def versions(self) -> dict[str, str]:
        distribution = BACKENDS[self.backend].distribution
        return {"keras": installed("keras"), distribution: installed(distribution)}

    def devices(self) -> list[str]:
        if not self.on_gpu:
            return super().devices()
        keras = load_keras(self.backend)
        one = keras.ops.convert_to_tensor(np.ones((1, 1), np.float32))
        product = keras.ops.matmul(one, one)
        if self.backend == "torch":
            return [f"{'GPU' if product.is_cuda else 'CPU'}:{product.device.index or 0}"]
        return sorted(f"{d.platform.upper()}:{d.id}" for d in product.devices())


def keras_on(backend: str) -> Implementation:
    """Keras on a backend by name.

    Raises:
        ImplementationError: there is no such backend.
    """
    if backend == "tensorflow":
        os.environ["KERAS_BACKEND"] = backend
        implementation = KerasTensorFlow()
        implementation.name = "keras:tensorflow"
        return implementation
    if backend not in BACKENDS:
        raise ImplementationError(
            f"'keras:{backend}' is not an implementation: choose keras:tensorflow, "
            + ", ".join(f"keras:{name}" for name in BACKENDS)
        )
    return KerasBackend(backend)


def keras_in_use() -> Implementation:
    """Keras as the user has configured it."""
    backend = backend_in_use()
    return KerasTensorFlow() if backend == "tensorflow" else KerasBackend(backend)
