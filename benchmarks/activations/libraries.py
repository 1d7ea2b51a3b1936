"""Who is asked: each library's activations as functions of NumPy arrays, one thread each.

A library is imported when it is chosen. Numbers go in and come out as ``inputs`` has
them: in the dtype's own NumPy type, bfloat16 as its bits.
"""

from __future__ import annotations

import os
from typing import Any, Callable, Optional

import numpy as np

from benchmarks.activations.functions import FORMULAS, softmax

#: Keras's names where they differ from ours, the newer first.
KERAS_NAMES = {"silu": ("silu", "swish"), "hard_sigmoid_keras2": ("hard_sigmoid",)}
#: Called the same by JAX, by torch and here.
SAME_NAMES = ("relu", "relu6", "softplus", "silu", "elu", "selu", "mish")
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    "JAX_PLATFORMS": "cpu",
    "JAX_ENABLE_X64": "1",
}
Evaluation = Callable[[np.ndarray], np.ndarray]


class Library:
    """A library: its modes of execution, and its activations by our names."""

    name: str
    modes: tuple[str, ...]
    versions: dict[str, str]

    def evaluation(self, activation: str, dtype: str, mode: str) -> Optional[Evaluation]:
        """The activation in this dtype and mode; None where the library has none of that name."""
        raise NotImplementedError


class NumPy(Library):
    """The formulas of ``functions`` in the dtype itself."""

    name, modes = "numpy", ("eager",)

    def __init__(self) -> None:
        self.versions = {"numpy": np.__version__}
        try:
            import ml_dtypes
        except ImportError:
            self.bfloat16 = None
        else:
            self.bfloat16 = ml_dtypes.bfloat16
            self.versions["ml_dtypes"] = ml_dtypes.__version__

    def evaluation(self, activation: str, dtype: str, mode: str) -> Optional[Evaluation]:
        function = softmax if activation == "softmax" else FORMULAS[activation]
        if dtype == "bfloat16" and self.bfloat16 is None:
            return None
        own = self.bfloat16 if dtype == "bfloat16" else np.dtype(dtype)

        def evaluate(x: np.ndarray) -> np.ndarray:
            y = function(x.view(own))
            if y.dtype != own:
                raise TypeError(f"{activation} of {own} came out in {y.dtype}")
            return y.view(x.dtype)

        return evaluate


class TensorFlow(Library):
    """``keras.activations.get(name)`` of the Keras that TensorFlow has.

    Modes: called eagerly, in a ``tf.function``, and with ``jit_compile=True``. ``dense`` is a
    ``tf.function`` of ``Dense(2, activation=name)`` of one input, whose kernels are 1 and biases 0,
    because TensorFlow may fuse the activation with the product (gelu only for two units or more).
    """

    name, modes = "tensorflow", ("eager", "graph", "xla", "dense")

    def __init__(self) -> None:
        from conformance.implementations.keras.tensorflow import load_tensorflow

        self.tf = load_tensorflow()
        self.keras = self.tf.keras
        self.versions = {"tensorflow": self.tf.__version__, "keras": _keras_version()}
        self.hard_sigmoid = (
            "hard_sigmoid_keras2" if self.versions["keras"].startswith("2.") else "hard_sigmoid"
        )

    def evaluation(self, activation: str, dtype: str, mode: str) -> Optional[Evaluation]:
        if activation.startswith("hard_sigmoid") and activation != self.hard_sigmoid:
            return None
        function = self._by_name(activation, dtype, mode)
        if function is None:
            return None
        evaluate = self._on_arrays(function, dtype)
        carrier = np.uint16 if dtype == "bfloat16" else np.dtype(dtype)
        try:
            evaluate(np.zeros((2, 2) if activation == "softmax" else 2, carrier))
        except (self.tf.errors.NotFoundError, self.tf.errors.InvalidArgumentError):
            return None  # no kernel for this dtype: erf in bfloat16, in TensorFlow 2.7
        return evaluate

    def _by_name(self, activation: str, dtype: str, mode: str) -> Optional[Callable[..., Any]]:
        for name in KERAS_NAMES.get(activation, (activation,)):
            try:
                function = self.keras.activations.get(name)
            except ValueError:
                continue
            if mode == "dense":
                return self._dense(name, dtype) if activation != "softmax" else None
            if mode == "eager":
                return function
            return self.tf.function(function, **({"jit_compile": True} if mode == "xla" else {}))
        return None

    def _dense(self, name: str, dtype: str) -> Callable[..., Any]:
        layer = self.keras.layers.Dense(2, activation=name, dtype=dtype)
        layer.build((None, 1))
        layer.set_weights([np.ones((1, 2)), np.zeros(2)])
        traced = self.tf.function(layer)
        return lambda x: traced(self.tf.reshape(x, (-1, 1)))[:, 0]

    def _on_arrays(self, function: Callable[..., Any], dtype: str) -> Evaluation:
        tf = self.tf
        if dtype != "bfloat16":
            return lambda x: function(tf.constant(x)).numpy()
        return lambda x: tf.bitcast(
            function(tf.bitcast(tf.constant(x), tf.bfloat16)), tf.uint16
        ).numpy()


class Jax(Library):
    """``jax.nn``, as Keras's JAX backend calls it; op by op, and compiled."""

    name, modes = "jax", ("eager", "xla")

    def __init__(self) -> None:
        import jax

        self.jax = jax
        self.versions = {"jax": jax.__version__}
        nn, jnp = jax.nn, jax.numpy
        self.functions = {
            "linear": lambda x: x,
            "leaky_relu": lambda x: nn.leaky_relu(x, negative_slope=0.2),
            "gelu": lambda x: nn.gelu(x, approximate=False),
            "exponential": jnp.exp,
            "tanh": jnp.tanh,
            "softsign": nn.soft_sign,
            "softmax": nn.softmax,
            **{name: getattr(nn, name) for name in SAME_NAMES},
            "sigmoid": nn.sigmoid,
            "hard_sigmoid": nn.hard_sigmoid,
        }

    def evaluation(self, activation: str, dtype: str, mode: str) -> Optional[Evaluation]:
        function = self.functions.get(activation)
        if function is None:
            return None
        if mode == "xla":
            function = self.jax.jit(function)
        kind = getattr(self.jax.numpy, dtype)
        return lambda x: np.asarray(function(self.jax.numpy.asarray(x.view(kind)))).view(x.dtype)


class Torch(Library):
    """``torch.nn.functional``, as Keras's torch backend calls it."""

    name, modes = "torch", ("eager",)

    def __init__(self) -> None:
        import torch

        torch.set_num_threads(1)
        self.torch = torch
        self.versions = {"torch": torch.__version__}
        F = torch.nn.functional
        self.functions = {
            "linear": lambda x: x,
            "leaky_relu": lambda x: F.leaky_relu(x, negative_slope=0.2),
            "exponential": torch.exp,
            "tanh": torch.tanh,
            "sigmoid": torch.sigmoid,
            "hard_sigmoid": F.hardsigmoid,
            "softmax": lambda x: F.softmax(x, dim=-1),
            **{name: getattr(F, name) for name in SAME_NAMES},
            "softsign": F.softsign,
            "gelu": F.gelu,
        }

    def evaluation(self, activation: str, dtype: str, mode: str) -> Optional[Evaluation]:
        function = self.functions.get(activation)
        if function is None:
            return None
        torch = self.torch
        if dtype != "bfloat16":
            return lambda x: function(torch.from_numpy(x.copy())).numpy()

        def evaluate(bits: np.ndarray) -> np.ndarray:
            x = torch.from_numpy(bits.view(np.int16).copy()).view(torch.bfloat16)
            return function(x).view(torch.int16).numpy().view(np.uint16)

        return evaluate


LIBRARIES: dict[str, Callable[[], Library]] = {
    "tensorflow": TensorFlow,
    "numpy": NumPy,
    "jax": Jax,
    "torch": Torch,
}


def load_library(name: str) -> Library:
    """The library, imported, on the CPU and with one thread.

    Raises:
        ImportError: it is not installed.
        KeyError: there is no such library.
    """
    for variable, value in ONE_THREAD.items():
        os.environ.setdefault(variable, value)
    return LIBRARIES[name]()


def _keras_version() -> str:
    from importlib.metadata import version

    return version("keras")
