"""How a fault is seeded into the NumPy loop: a function in place of one of its methods."""

from __future__ import annotations

from typing import Any, Callable, Optional

import numpy as np

from conformance.faults.catalogue import enter
from conformance.implementations.numpy_loop import NumpyNetwork
from conformance.implementations.protocol import Answer

Function = Callable[..., Any]
Decorator = Callable[[Function], Function]
States = tuple[np.ndarray, ...]


def overriding(
    method: str,
    group: str,
    call: Optional[Function] = None,
    layer: str = "simple_rnn",
    **methods: Function,
) -> Decorator:
    """Enter a function as ``NumpyNetwork.<method>`` gone wrong; ``methods`` are replaced too.

    ``layer`` is the one that the fault shows in, where that is not every layer.

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
        enter(function, group, numpy=network, layer=layer)
        return function

    return decorate


def preactivation(group: str) -> Decorator:
    """Enter ``function(x_t, h, t, Wx, Wh, bh)``, the sum of the products with inputs and states.

    ``bh`` is the sum of all biases, where there are several.
    """

    def affine(
        function: Function, self: NumpyNetwork, operands: Any, weights: Any, *addends: Any
    ) -> np.ndarray:
        if len(operands) < 2:
            return NumpyNetwork.affine(self, operands, weights, *addends)
        return self.stored(function(*operands, self.t, *weights, sum(addends)))

    return overriding("affine", group, affine)


def activation(group: str) -> Decorator:
    """Enter ``function(z)`` in place of every activation of a step."""

    def step(function: Function, self: NumpyNetwork, x: np.ndarray, states: States) -> States:
        cell = self.size.cell
        wrong = [lambda z: self.stored(function(self.stored(z)))] * len(cell.activations)
        return cell.step(self, x, states, self.w, *wrong)

    return overriding("step", group, step)


def state(group: str) -> Decorator:
    """Enter ``function(new, h, t)``, the state at step t from the right one and the one before."""

    def step(function: Function, self: NumpyNetwork, x: np.ndarray, states: States) -> States:
        new, *others = NumpyNetwork.step(self, x, states)
        return (self.stored(function(new, states[0], self.t)), *others)

    return overriding("step", group, step)


def inputs(group: str) -> Decorator:
    """Enter ``function(x)``, the inputs (N, T, D) of a call from the right ones."""

    def loop(function: Function, self: NumpyNetwork, x: np.ndarray, *more: Any) -> Any:
        return NumpyNetwork.loop(self, self.stored(function(x)), *more)

    return overriding("loop", group, loop)


def samples(group: str) -> Decorator:
    """Enter ``function(a)``, samples of states, of steps and at the end, from the right ones."""

    def loop(function: Function, self: NumpyNetwork, *args: Any) -> Any:
        emitted, states = NumpyNetwork.loop(self, *args)
        return [function(h) for h in emitted], tuple(map(function, states))

    return overriding("loop", group, loop)


def output(group: str) -> Decorator:
    """Enter ``function(network, y)``, the output of a call from the right one."""

    def answer(function: Function, self: NumpyNetwork, *args: Any, **more: Any) -> Answer:
        right = NumpyNetwork.answer(self, *args, **more)
        return right._replace(output=function(self, right.output))

    return overriding("answer", group, answer)


def right_sum(
    x: np.ndarray, h: np.ndarray, Wx: np.ndarray, Wh: np.ndarray, bh: np.ndarray
) -> np.ndarray:
    """What the activation is applied to, as it should be, for faults of an operand."""
    return x @ Wx + h @ Wh + bh
