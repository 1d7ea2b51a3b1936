"""Gates, the cell state and the two biases of gated cells."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from conformance.faults.numpy.overriding import Decorator, Function, States, overriding
from conformance.implementations.numpy_loop import NumpyNetwork
from conformance.implementations.protocol import Answer
from strategies.textures import Tensors

#: The sigmoid of this is 1 in every format.
WIDE_OPEN = 64.0


def gates(layer: str) -> Decorator:
    """Enter ``function(gates)``, the preactivations of the gates from the right ones, in a list."""

    def split(function: Function, self: NumpyNetwork, a: np.ndarray, parts: int) -> Any:
        return function(NumpyNetwork.split(self, a, parts))

    return overriding("split", "gates", split, layer=layer)


def weights(layer: str, group: str = "gates") -> Decorator:
    """Enter ``function(w)``, the weights of a step from the right ones."""

    def step(function: Function, self: NumpyNetwork, x: np.ndarray, states: States) -> States:
        return _step(self, x, states, function(self.w))

    return overriding("step", group, step, layer=layer)


def _step(self: NumpyNetwork, x: np.ndarray, states: States, w: Tensors, order: int = 1) -> States:
    cell = self.size.cell
    names = [getattr(self.size, name) for name, _ in cell.activations][::order]
    return cell.step(self, x, states, w, *map(self.activation, names))


def _is_open(gates: list[np.ndarray], place: int) -> list[np.ndarray]:
    return [np.full_like(g, WIDE_OPEN) if i == place else g for i, g in enumerate(gates)]


@gates("lstm")
def candidate_and_output_gate_exchanged(gates: list[np.ndarray]) -> list[np.ndarray]:
    """The gates of LSTM are taken in the order i, f, o, c."""
    i, f, g, o = gates
    return [i, f, o, g]


@gates("lstm")
def input_and_forget_gate_exchanged(gates: list[np.ndarray]) -> list[np.ndarray]:
    """The gates of LSTM are taken in the order f, i, c, o."""
    i, f, g, o = gates
    return [f, i, g, o]


@gates("lstm")
def forget_gate_always_open(gates: list[np.ndarray]) -> list[np.ndarray]:
    """The forget gate of LSTM is always open."""
    return _is_open(gates, 1)


@gates("lstm")
def output_gate_always_open(gates: list[np.ndarray]) -> list[np.ndarray]:
    """The output gate of LSTM is always open."""
    return _is_open(gates, 3)


@gates("gru")
def reset_gate_always_open(gates: list[np.ndarray]) -> list[np.ndarray]:
    """The reset gate of GRU is always open."""
    return _is_open(gates, 1)


@gates("gru")
def update_and_reset_gate_exchanged(gates: list[np.ndarray]) -> list[np.ndarray]:
    """The gates of GRU are taken in the order r, z, h."""
    return gates[::-1]


@overriding("blend", "gates", layer="gru")
def update_gate_inverted(
    self: NumpyNetwork, z: np.ndarray, a: np.ndarray, b: np.ndarray
) -> np.ndarray:
    """GRU takes 1 − z for the update gate z."""
    return NumpyNetwork.blend(self, z, b, a)


@weights("gru")
def reset_before_the_product(w: Tensors) -> Tensors:
    """GRU resets the state before its product with the recurrent kernel."""
    return w.replace(bias=w.bias.sum(axis=0)) if w.bias.ndim == 2 else w


@weights("gru", "options")
def reset_after_the_product(w: Tensors) -> Tensors:
    """GRU resets the state after its product, though it is asked to do so before."""
    return w if w.bias.ndim == 2 else w.replace(bias=np.stack([w.bias, 0 * w.bias]))


@weights("gru")
def second_bias_ignored(w: Tensors) -> Tensors:
    """GRU leaves out the bias beside the recurrent kernel."""
    if w.bias.ndim == 1:
        return w
    return w.replace(bias=w.bias * np.array([[1.0], [0.0]], w.bias.dtype))


@overriding("step", "gates", layer="lstm")
def activations_exchanged(self: NumpyNetwork, x: np.ndarray, states: States) -> States:
    """LSTM takes the activation for its gates and theirs for all else."""
    return _step(self, x, states, self.w, order=-1)


@overriding("step", "options", layer="lstm")
def biases_halved_in_implementation_1(self: NumpyNetwork, x: np.ndarray, states: States) -> States:
    """LSTM halves its bias with implementation=1."""
    half = self.w.replace(bias=self.w.bias / 2)
    return _step(self, x, states, half if self.options.implementation == 1 else self.w)


@overriding("step", "gates", layer="lstm")
def cell_state_begins_anew(self: NumpyNetwork, x: np.ndarray, states: States) -> States:
    """The cell state of LSTM begins anew at every step."""
    h, c = states
    return _step(self, x, (h, np.zeros_like(c)), self.w)


@overriding("loop", "mask", layer="lstm")
def cell_state_not_masked(self: NumpyNetwork, x: np.ndarray, used: np.ndarray, states: States):
    """The cell state of LSTM goes on through masked steps."""
    right: Callable[..., States] = self.step
    after: list[np.ndarray] = [states[1]]

    def step(x: np.ndarray, states: States) -> States:
        new = right(x, (states[0], after[-1]))
        after.append(new[1])
        return new

    self.step = step  # type: ignore[method-assign]
    try:
        return NumpyNetwork.loop(self, x, used, states)
    finally:
        del self.step


@overriding("first_states", "state", layer="lstm")
def initial_states_exchanged(self: NumpyNetwork, N: int, given: Any) -> States:
    """LSTM takes its initial states in the order c, h."""
    return NumpyNetwork.first_states(self, N, given[::-1])


@overriding("answer", "state", layer="lstm")
def returned_states_exchanged(self: NumpyNetwork, *args: Any, **more: Any) -> Answer:
    """LSTM returns its states in the order c, h."""
    right = NumpyNetwork.answer(self, *args, **more)
    return right._replace(states=right.states[::-1])


@overriding("initial_weights", "initial weights", layer="lstm")
def fresh_forget_bias_is_zero(self: NumpyNetwork) -> list[np.ndarray]:
    """The fresh bias of LSTM's forget gate is zero."""
    kernel, recurrent_kernel, bias, *dense = NumpyNetwork.initial_weights(self)
    return [kernel, recurrent_kernel, bias * 0, *dense]
