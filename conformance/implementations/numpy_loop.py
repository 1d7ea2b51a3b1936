"""The notebook's own loop, in NumPy: the simplest implementation, with most capabilities.

It computes in the dtype of the case, so that its rounding errors are real ones: 16-bit dtypes as
most libraries do, with sums in float32 and everything that is stored rounded. The network is what
its cell's equation is written over: each operation is a method. Faults of the catalogue are seeded
by overriding its methods.
"""

from __future__ import annotations

import functools
from importlib.metadata import version
from typing import Any, Callable, Optional, Sequence

import numpy as np

from conformance.cells import CELLS
from conformance.cells.births import glorot_limit
from conformance.implementations.capabilities import (
    CHOSEN_ACTIVATIONS,
    GRADIENTS,
    INITIAL_WEIGHTS,
    OPTIONS,
    OUTPUT,
    PARAMETERS,
    SHAPES,
    STATE_SET,
    STATES,
    WEIGHTS,
)
from conformance.implementations.protocol import (
    Answer,
    Gradients,
    Implementation,
    Network,
    Parameters,
    Shapes,
    Weight,
)
from conformance.numerics.activations import ACTIVATIONS
from conformance.numerics.tape import Tape
from strategies import DTYPES, WIDE_DTYPES, NetworkSize
from strategies.cell import BIAS, RECURRENT
from strategies.dtypes import POLICIES, carried, rounded
from strategies.gradients import Loss
from strategies.textures import DENSE_BIAS, DENSE_KERNEL, Tensors, orthogonal, weights_of

Array = np.ndarray


class NumpyNetwork(Network):
    """One loop over time; every piece is a method of its own."""

    def __init__(self, size: NetworkSize, dtype: str) -> None:
        self.size, self.dtype, self.options = size, dtype, size.options
        self.rng = np.random.default_rng()
        #: The states that a stateful network goes on from, where it was used.
        self.recorded: Optional[tuple[Array, ...]] = None
        self.set_weights([carried(w, dtype) for w in self.initial_weights()])
        #: The weights of a call as they are computed with, its number of steps, and the step.
        self.w, self.T, self.t = self.used, 0, 0
        #: x of each step, as it is computed with.
        self.x: list[Any] = []
        #: What the equation is written over: the operations of this class, or a tape over them.
        self.ops: Any = self

    # Weights

    def initial_weights(self) -> list[Array]:
        """Glorot kernels, an orthogonal recurrent kernel, the bias that the cell has afresh."""

        def born(name: str, role: str, shape: tuple[int, ...]) -> Array:
            if role == BIAS:
                return np.zeros(shape) if name == DENSE_BIAS else self.size.cell.fresh_bias(shape)
            if role == RECURRENT:
                return orthogonal(self.rng, shape)
            limit = glorot_limit(*shape)
            return self.rng.uniform(-limit, limit, shape)

        return [born(name, *weight) for name, weight in weights_of(self.size).items()]

    def set_weights(self, weights: Sequence[Array]) -> None:
        self.weights = [np.array(w) for w in weights]

    def get_weights(self) -> list[Array]:
        return [w.copy() for w in self.weights]

    @property
    def used(self) -> Tensors:
        """The weights as they are computed with, by name."""
        return Tensors(**dict(zip(weights_of(self.size), map(self.stored, self.weights))))

    def weight_table(self) -> list[Weight]:
        dense = {DENSE_KERNEL: ("dense", "kernel"), DENSE_BIAS: ("dense", "bias")}
        names = [dense.get(name, (self.size.cell.name, name)) for name in weights_of(self.size)]
        return [Weight(*n, w.shape, str(w.dtype)) for n, w in zip(names, self.weights)]

    def parameters(self) -> Parameters:
        layer = sum(w.size for w in self.weights[:-2])
        dense = sum(w.size for w in self.weights[-2:])
        total = layer + dense
        return Parameters(layer, dense, total, total, total, 0)

    def shapes(self, N: Optional[int], T: Optional[int]) -> Shapes:
        M, K, fixed = self.size.M, self.size.K, self.size.T
        every_step = self.options.return_sequences
        symbolic = (None, fixed) if every_step else (None,)
        computed = (N, T) if every_step else (N,)
        return Shapes((*symbolic, M), (*symbolic, K), (*computed, M), (*computed, K))

    # Operations

    def stored(self, a: Array) -> Array:
        """A result as it is kept: of the network's dtype, 16-bit numbers in a float32 array."""
        if self.dtype in WIDE_DTYPES:
            return np.asarray(a, self.dtype)
        return rounded(a, POLICIES[self.dtype].computed).astype(np.float32)

    def affine(self, operands: Sequence[Array], weights: Sequence[Array], *addends: Array) -> Array:
        """The sum of the products of operands and weights, and of the addends."""
        total = self.stored(operands[0] @ weights[0])
        for operand, weight in zip(operands[1:], weights[1:]):
            total = self.stored(total + self.stored(operand @ weight))
        for addend in addends:
            total = self.stored(total + addend)
        return total

    def times(self, a: Array, b: Array) -> Array:
        """The product, entry by entry."""
        return self.stored(a * b)

    def plus(self, a: Array, b: Array) -> Array:
        """The sum, entry by entry."""
        return self.stored(a + b)

    def blend(self, z: Array, a: Array, b: Array) -> Array:
        """Z a + (1 − z) b, entry by entry."""
        return self.plus(self.times(z, a), self.times(self.stored(1 - z), b))

    def split(self, a: Array, parts: int) -> list[Array]:
        """The parts of equal width along the last axis."""
        return np.split(a, parts, axis=-1)

    def select(self, condition: Array, a: Array, b: Array) -> Array:
        """A where the condition is true, else b."""
        return np.where(condition, a, b)

    def number(self, a: Array) -> Array:
        """An array that is computed with."""
        return a

    def activation(self, name: str) -> Callable[[Array], Array]:
        """The activation of that name."""
        return lambda z: self.activated(z, name)

    def activated(self, z: Array, name: str) -> Array:
        """The activation of that name, in the dtype of z; all but tanh are computed in float64."""
        z = self.stored(z)
        if name == "tanh":
            return self.stored(np.tanh(z))
        return self.stored(ACTIVATIONS[name].value(z.astype(float)))

    # What is needed besides to run it backwards

    def slope(self, name: str, z: Array, y: Array) -> Array:
        """The derivative of an activation, of tanh and sigmoid from their values."""
        if name == "tanh":
            return self.stored(1 - self.stored(y * y))
        if name == "sigmoid":
            return self.stored(y * self.stored(1 - y))
        return self.stored(ACTIVATIONS[name].slope(z.astype(float)))

    def less(self, a: Array, b: Array) -> Array:
        """A − b, entry by entry."""
        return self.stored(a - b)

    def total(self, addends: Sequence[Array]) -> Array:
        """The sum of all, one after the other."""
        return functools.reduce(self.plus, addends)

    def looked_at(self, x: Array, used: Array) -> Array:
        """The inputs without what is masked: else it is a factor in derivatives by weights."""
        return np.where(used[:, :, None], x, 0)

    def joined(self, parts: Sequence[Array]) -> Array:
        """The parts side by side along the last axis."""
        return np.concatenate(parts, axis=-1)

    def tape(self) -> Tape:
        """What remembers these operations."""
        return Tape(self)

    # The loop

    def step(self, x: Array, states: tuple[Array, ...]) -> tuple[Array, ...]:
        """The states at step t from x_t and the states before it."""
        cell = self.size.cell
        names = [getattr(self.size, name) for name, _ in cell.activations]
        return cell.step(self.ops, x, states, self.w, *map(self.ops.activation, names))

    def dense(self, h: Array) -> Array:
        """y_t from h_t."""
        activation: Callable[[Array], Array] = self.ops.activation(self.size.dense_activation)
        return activation(self.ops.affine((h,), (self.w.dense_kernel,), self.w.dense_bias))

    def outputs(self, emitted: list[Array]) -> list[Array]:
        """What Dense makes of each step."""
        return [self.dense(h) for h in emitted]

    def loop(
        self, inputs: Array, used: Array, states: tuple[Array, ...]
    ) -> tuple[list[Array], tuple[Array, ...]]:
        """What is put out at each step, and the states after the last."""
        before, emitted = self.nothing(len(used)), []
        self.x = [self.ops.number(inputs[:, t]) for t in range(inputs.shape[1])]
        for self.t in range(inputs.shape[1]):
            new, chosen = self.step(self.x[self.t], states), used[:, self.t, None]
            before = self.emitted(new[0], before, chosen)
            states = tuple(self.carried(a, b, chosen) for a, b in zip(new, states))
            emitted.append(before)
        return emitted, states

    def answer(
        self,
        inputs: Array,
        mode: str,
        *,
        mask: Optional[Array] = None,
        initial_states: Sequence[Array] = (),
        batch_size: Optional[int] = None,
    ) -> Answer:
        N, T, _ = inputs.shape
        used = np.ones((N, T), bool) if mask is None else mask
        self.w, self.T = self.used, T
        ordered = self.in_order(self.stored(inputs), used)
        emitted, states = self.loop(*ordered, self.first_states(N, initial_states))
        self.recorded = states if self.options.stateful else None
        results = POLICIES[self.dtype].results
        hidden, output = (
            np.stack(steps, axis=1).astype(results) for steps in (emitted, self.outputs(emitted))
        )
        if not self.options.return_sequences:
            hidden, output = hidden[:, -1], output[:, -1]
        last = tuple(state.astype(results) for state in states)
        return Answer(
            output,
            hidden if self.options.shows_hidden else None,
            last if self.options.return_state else (),
        )

    def gradients(
        self,
        inputs: Array,
        loss: Loss,
        mode: str,
        *,
        mask: Optional[Array] = None,
        initial_states: Sequence[Array] = (),
    ) -> Gradients:
        answer = self.answer(inputs, mode, mask=mask, initial_states=initial_states)
        N, T, _ = inputs.shape
        x, used = self.in_order(
            self.stored(inputs), np.ones((N, T), bool) if mask is None else mask
        )
        self.ops = tape = self.tape()
        number: Any = tape.number
        try:
            self.w = self.used.map(number)
            states = tuple(map(number, self.first_states(N, initial_states)))
            emitted, _ = self.loop(self.looked_at(x, used), used, states)
            by_results: list[Any] = [
                (result, self.stored(by_loss[:, t]))
                for results, by_loss in zip((self.outputs(emitted), emitted), loss)
                for t, result in enumerate(results)
            ]
        finally:
            self.ops = self
        weights: list[Any] = [weight for _, weight in self.w.items()]
        found = iter(tape.gradients(by_results, [*self.x, *weights, *states]))
        by_x, _ = self.in_order(np.stack([next(found) for _ in self.x], axis=1), used)
        by_weights = [next(found) for _ in weights]
        return Gradients(answer, by_x, by_weights, tuple(found) if initial_states else ())

    def in_order(self, inputs: Array, used: Array) -> tuple[Array, Array]:
        """Inputs and mask in the order of processing."""
        if self.options.go_backwards:
            return inputs[:, ::-1], used[:, ::-1]
        return inputs, used

    def first_states(self, N: int, given: Sequence[Array]) -> tuple[Array, ...]:
        """The states that a call starts from."""
        number = len(self.size.cell.states)
        recorded = self.recorded or (None,) * number
        return tuple(
            self.first_state(N, *pair) for pair in zip(given or (None,) * number, recorded)
        )

    def first_state(self, N: int, given: Optional[Array], recorded: Optional[Array]) -> Array:
        """What is given, else what is recorded, else the initial state."""
        if given is not None:
            return self.stored(given)
        return self.initial_state(N) if recorded is None else recorded

    def initial_state(self, N: int) -> Array:
        """h_0."""
        return self.stored(np.zeros((N, self.size.M)))

    def emitted(self, new: Array, before: Array, chosen: Array) -> Array:
        """What comes out of a step, where ``chosen`` (N, 1) tells which samples use it."""
        zero = self.options.zero_output_for_mask
        result: Array = self.ops.select(chosen, new, self.nothing(len(chosen)) if zero else before)
        return result

    def nothing(self, N: int) -> Array:
        """What comes out before the first step that is used."""
        return self.stored(np.zeros((N, self.size.M)))

    def carried(self, new: Array, state: Array, chosen: Array) -> Array:
        """A state after a step."""
        result: Array = self.ops.select(chosen, new, state)
        return result

    def reset_state(self) -> None:
        self.recorded = None

    def set_states(self, states: Sequence[Array]) -> None:
        self.recorded = tuple(map(self.stored, states))


class NumpyLoop(Implementation):
    """``--implementation numpy``."""

    name = "numpy"
    modes = ("call",)
    dtypes = DTYPES
    layers = tuple(CELLS)
    usual_layers = ("simple_rnn",)
    capabilities = frozenset(
        {
            OUTPUT,
            STATES,
            WEIGHTS,
            PARAMETERS,
            SHAPES,
            INITIAL_WEIGHTS,
            CHOSEN_ACTIVATIONS,
            OPTIONS,
            STATE_SET,
            GRADIENTS,
        }
    )
    network_class: type[Any] = NumpyNetwork

    def network(self, size: NetworkSize, dtype: str) -> NumpyNetwork:
        network: NumpyNetwork = self.network_class(size, dtype)
        return network

    def activations(self) -> tuple[str, ...]:
        return tuple(ACTIVATIONS)

    def versions(self) -> dict[str, str]:
        return {"numpy": version("numpy")}
