"""What Keras is on every backend, and how a clause finds what answers its questions.

The capability of a clause is a class of `conformance.implementations.capabilities`; Keras's is the
subclass of it in the module of the same name in this package.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any, Callable, ClassVar, Optional

import numpy as np

from conformance.cells import CELLS
from conformance.implementations.capabilities import Capability, of_clauses
from conformance.implementations.keras.network import is_keras_2
from conformance.implementations.protocol import Answering, Implementation, ImplementationError


class KerasAdapter(Implementation):
    """Keras, on whatever backend. Written against the ``keras`` module, Keras 2 or 3."""

    layers = tuple(CELLS)
    usual_layers = ("simple_rnn",)
    #: What Keras calls the backend.
    backend: str
    #: The ways to execute a function of tensors.
    ways: tuple[str, ...] = ("eager",)

    def library(self) -> Any:
        """The module, imported at the first call."""
        raise NotImplementedError

    def executed(self, function: Callable[..., Any], way: str) -> Callable[..., Any]:
        """The function of tensors as it is executed in a way; eager is as it is."""
        if way != "eager":
            raise ImplementationError(f"way={way!r}: must be eager")
        return function

    def words_of_clauses(self) -> frozenset[str]:
        """The capabilities of clauses that this version has on this backend."""
        answering = ((capability, of_keras(capability)) for capability in of_clauses())
        return frozenset(c.word for c, keras in answering if keras and keras.supports(self))

    def capability(self, wanted: type[Answering]) -> Answering:
        """Keras's class for it, made for this adapter."""
        answering = of_keras(wanted)
        if answering is None:
            return super().capability(wanted)
        made: Any = answering(self)
        return made


class KerasCapability:
    """How Keras answers the questions of a clause. A subclass is a `Capability` too."""

    #: The backends that can be asked.
    backends: ClassVar[tuple[str, ...]] = ("tensorflow", "jax", "torch", "numpy")

    def __init__(self, adapter: KerasAdapter) -> None:
        self.adapter = adapter

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways to execute what is asked."""
        return self.adapter.ways

    @classmethod
    def supports(cls, adapter: KerasAdapter) -> bool:
        """Whether this version of Keras can be asked on this backend."""
        return adapter.backend in cls.backends


def of_keras(capability: type[Capability]) -> Optional[type[KerasCapability]]:
    """Keras's class for the capability of a clause, None where it has none."""
    name = f"conformance.implementations.keras.{capability.__module__.rpartition('.')[2]}"
    if importlib.util.find_spec(name) is None:
        return None
    module = importlib.import_module(name)
    classes = [value for value in vars(module).values() if isinstance(value, type)]
    answering = (c for c in classes if issubclass(c, KerasCapability) and issubclass(c, capability))
    return next(answering, None)


def set_default_dtype(keras: Any) -> None:
    """Make float32 the default dtype of Keras 3, which else is that of a process's first layer."""
    if not is_keras_2(keras):
        keras.mixed_precision.set_global_policy("float32")


def as_tensor(keras: Any, array: np.ndarray) -> Any:
    """A tensor of the backend's, of the array's dtype."""
    convert = keras.backend.constant if is_keras_2(keras) else keras.ops.convert_to_tensor
    return convert(array, dtype=str(array.dtype))


def as_array(keras: Any, tensor: Any) -> np.ndarray:
    """A tensor of the backend's as an array."""
    return np.asarray(tensor if is_keras_2(keras) else keras.ops.convert_to_numpy(tensor))
