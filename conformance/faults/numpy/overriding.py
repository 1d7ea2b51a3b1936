"""How a fault is seeded into the NumPy loop: a function in place of one of its methods."""

from __future__ import annotations

from typing import Any, Callable, Optional

import numpy as np

from conformance.faults.catalogue import enter
from conformance.implementations.numpy_loop import NumpyNetwork
from strategies import Options

Function = Callable[..., Any]
Decorator = Callable[[Function], Function]


def overriding(
    method: str, group: str, call: Optional[Function] = None, **methods: Function
) -> Decorator:
    """Enter a function as ``NumpyNetwork.<method>`` gone wrong; ``methods`` are replaced too.

    With ``call`` the method is ``call(function, self, …)``.
    """

    def decorate(function: Function) -> Function:
        def wrong(self: NumpyNetwork, *args: Any, **kwargs: Any) -> Any:
            return (
                function(self, *args, **kwargs)
                if call is None
                else call(function, self, *args, **kwargs)
            )

        network = type(function.__name__, (NumpyNetwork,), {**methods, method: wrong})
        enter(function, group, numpy=network)
        return function

    return decorate


def preactivation(group: str) -> Decorator:
    """Enter ``function(x_t, h, t, Wx, Wh, bh)``, what the activation is applied to."""
    return overriding(
        "preactivation",
        group,
        lambda f, self, x, h, t: self.stored(f(x, h, t, *self.used[:3])),
    )


def activation(group: str) -> Decorator:
    """Enter ``function(z)``, an activation in place of the right one."""
    return overriding(
        "step",
        group,
        lambda f, self, x, h, t: self.stored(f(self.stored(self.preactivation(x, h, t)))),
    )


def state(group: str) -> Decorator:
    """Enter ``function(new, h, t)``, the state at step t from the right one and the one before."""
    return overriding(
        "step",
        group,
        lambda f, self, x, h, t: self.stored(f(NumpyNetwork.step(self, x, h, t), h, t)),
    )


def right_sum(
    x: np.ndarray, h: np.ndarray, Wx: np.ndarray, Wh: np.ndarray, bh: np.ndarray
) -> np.ndarray:
    """What the activation is applied to, as it should be, for faults of an operand."""
    return x @ Wx + h @ Wh + bh


def options_of(network: NumpyNetwork) -> Options:
    """The options of a network, those of a plain one if it has none."""
    return network.size.options or Options()
