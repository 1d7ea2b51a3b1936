"""How a fault is seeded into Keras: a patch of the installed Keras, underneath its public API."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any, Callable

from packaging.requirements import Requirement

from conformance.implementations.keras.tensorflow import (
    KerasComposition,
    KerasNetwork,
    KerasTensorFlow,
    load_tensorflow,
)
from strategies import NetworkSize
from strategies.wrappers import ArchitectureSize

Patch = Callable[[Any], None]
Wrong = Callable[..., Any]


@dataclass(frozen=True)
class KerasFault:
    """A patch of ``tf``, the module: its name, the part of the specification, one sentence.

    ``requires`` says which version it can be seeded into, empty for all.
    """

    name: str
    group: str
    description: str
    patch: Patch
    requires: str = ""

    def fits(self, versions: dict[str, str]) -> bool:
        """Whether it can be seeded into these versions."""
        if not self.requires:
            return True
        needed = Requirement(self.requires)
        return needed.specifier.contains(versions.get(needed.name, "0"), prereleases=True)


KERAS_FAULTS: dict[str, KerasFault] = {}


def seeded(group: str, requires: str = "") -> Callable[[Patch], Patch]:
    """Enter ``patch(tf)`` into the catalogue; its docstring says what is wrong."""

    def enter(patch: Patch) -> Patch:
        description = (patch.__doc__ or "").strip().rstrip(".")
        name = patch.__name__
        KERAS_FAULTS[name] = KerasFault(name, group, description, patch, requires)
        return patch

    return enter


class FaultyKeras(KerasTensorFlow):
    """Keras with a fault, patched in when the first network is built."""

    def __init__(self, fault: str) -> None:
        self.name = f"keras+{fault}"
        self.fault = fault
        self.patched = False

    def network(self, size: NetworkSize, dtype: str, *, sequences: bool) -> KerasNetwork:
        self.seed()
        return super().network(size, dtype, sequences=sequences)

    def network_for_cases(self, size: NetworkSize, dtype: str, *, sequences: bool) -> KerasNetwork:
        self.seed()
        return super().network_for_cases(size, dtype, sequences=sequences)

    def composition(self, size: ArchitectureSize, dtype: str) -> KerasComposition:
        self.seed()
        return super().composition(size, dtype)

    def library(self) -> Any:
        self.seed()
        return super().library()

    def seed(self) -> None:
        """Patch Keras, once."""
        if not self.patched:
            KERAS_FAULTS[self.fault].patch(load_tensorflow())
            self.patched = True


def patch_cell(tf: Any, formula: Callable[..., Any]) -> None:
    """Replace SimpleRNNCell.call by ``formula(tf, cell, x, h)``."""

    def call(self: Any, inputs: Any, states: Any, training: Any = None) -> Any:
        h = states[0] if isinstance(states, (list, tuple)) else states
        new = formula(tf, self, inputs, h)
        return new, [new] if isinstance(states, (list, tuple)) else new

    tf.keras.layers.SimpleRNNCell.call = call


def right_state(tf: Any, cell: Any, x: Any, h: Any) -> Any:
    """The new state as it should be."""
    z = tf.matmul(x, cell.kernel) + tf.matmul(h, cell.recurrent_kernel)
    return cell.activation(z if cell.bias is None else z + cell.bias)


def in_place_of(owner: Any, name: str, *, signed: bool = False) -> Callable[[Wrong], Wrong]:
    """Replace a method by ``wrong(right, self, …)``; if ``signed``, with the right signature."""
    right = getattr(owner, name)

    def replace(wrong: Wrong) -> Wrong:
        def method(self: Any, *args: Any, **kwargs: Any) -> Any:
            return wrong(right, self, *args, **kwargs)

        if signed:
            method.__signature__ = inspect.signature(right)  # type: ignore[attr-defined]
        setattr(owner, name, method)
        return wrong

    return replace


def drop_argument(layer: Any, argument: str) -> None:
    """Let a constructor drop an argument that it is given."""

    @in_place_of(layer, "__init__")
    def wrong(right: Any, self: Any, *args: Any, **kwargs: Any) -> None:
        kwargs.pop(argument, None)
        right(self, *args, **kwargs)
