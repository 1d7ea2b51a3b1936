"""How a fault enters the catalogue: a function in place of a method of the NumPy loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable

import numpy as np

from conformance.implementations.numpy_loop import NumpyNetwork


@dataclass(frozen=True)
class Fault:
    """A wrong network: its name, the part of the specification it breaks, and one sentence."""

    name: str
    group: str
    description: str
    network: type[NumpyNetwork]

    @property
    def numeric(self) -> bool:
        """Whether it changes what is computed from given weights and inputs."""
        return self.group not in ("weights", "parameters", "shapes", "initial weights", "calls")


FAULTS: dict[str, Fault] = {}


def overriding(method: str, group: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter a function into the catalogue, as ``NumpyNetwork.<method>`` gone wrong."""

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        network = type(function.__name__, (NumpyNetwork,), {method: function})
        description = (function.__doc__ or "").strip().rstrip(".")
        fault = Fault(function.__name__, group, description, network)
        FAULTS[fault.name] = fault
        return function

    return enter


def preactivation(group: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter ``function(x_t, h, t, Wx, Wh, bh)``, what the activation is applied to."""
    return _wrapping("preactivation", group, lambda f, self, x, h, t: f(x, h, t, *self.used[:3]))


def activation(group: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter ``function(z)``, an activation in place of the right one."""
    return _wrapping(
        "step", group, lambda f, self, x, h, t: f(self.stored(self.preactivation(x, h, t)))
    )


def state(group: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter ``function(new, h, t)``, the state at step t from the right one and the one before."""
    return _wrapping(
        "step", group, lambda f, self, x, h, t: f(NumpyNetwork.step(self, x, h, t), h, t)
    )


def _wrapping(
    method: str, group: str, call: Callable[..., np.ndarray]
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrong(self: NumpyNetwork, x: np.ndarray, h: np.ndarray, t: int) -> np.ndarray:
            return self.stored(call(function, self, x, h, t))

        wrong.__name__, wrong.__doc__ = function.__name__, function.__doc__
        overriding(method, group)(wrong)
        return function

    return enter


def right_sum(
    x: np.ndarray, h: np.ndarray, Wx: np.ndarray, Wh: np.ndarray, bh: np.ndarray
) -> np.ndarray:
    """What the activation is applied to, as it should be, for faults of an operand."""
    return x @ Wx + h @ Wh + bh
