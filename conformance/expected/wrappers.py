"""What a model with wrappers, cells or several layers must return, and how far rounding may lead.

Each layer takes numbers with bounds on their errors and returns such numbers; nothing but the end
of a model is seen. The bound grows faster than Z, because it forgets signs; for a few steps of a
contracting network it is small enough (see `strategies.wrappers`).
"""

from __future__ import annotations

from typing import Any, NamedTuple, Optional, Sequence

import numpy as np

from conformance.cells.dense import dense
from conformance.expected.recurrence import Step, equation_of, recurrence
from conformance.numerics.arithmetic import Arithmetic
from conformance.numerics.bounded import Bounded
from conformance.numerics.operations import BoundedNumbers
from strategies import Cell
from strategies.textures import Tensors
from strategies.wrappers import Architecture, Composition

#: The states of one cell.
States = tuple[Bounded, ...]
#: The states of each cell of a layer.
CellStates = list[States]


class Masked(NamedTuple):
    """Numbers with a time axis, (N, T, …), and which steps are used, (N, T)."""

    numbers: Bounded
    used: np.ndarray


def expected(case: Composition, arithmetic: Arithmetic) -> Bounded:
    """The output, (N, K) or (N, T, K), and a bound for each number."""
    return expected_calls(case, [case.inputs], arithmetic)[0]


def expected_calls(
    case: Composition,
    pieces: Sequence[np.ndarray],
    arithmetic: Arithmetic,
    *,
    initial_state_overrides: bool = True,
) -> list[Bounded]:
    """The output of each of several calls; a stateful model goes on where the last one ended.

    In Bidirectional each direction goes on where it ended itself, the backward one at the first
    step. Initial states that are given count for every call where they override what is recorded,
    else for the first.
    """
    model = _Model(case, arithmetic)
    architecture = case.size.architecture
    given = model.given_states()
    begin, outputs = given or [[], []], []
    for inputs in pieces:
        hidden, end = model.recurrent(model.front(inputs), begin)
        if architecture.stateful and not (given and initial_state_overrides):
            begin = end
        if architecture.end == "flatten":
            hidden = Bounded(*(a.reshape(len(a), -1) for a in hidden))
        outputs.append(model.readout(hidden))
    return outputs


class _Model:
    """A composition over bounded numbers: its layers, one after the other."""

    def __init__(self, case: Composition, arithmetic: Arithmetic) -> None:
        self.case, self.architecture = case, case.size.architecture
        self.ops = BoundedNumbers(arithmetic)
        self.layers = [[w.astype(float) for w in layer] for layer in case.weights]

    def given_states(self) -> list[CellStates]:
        """The initial states of the forward and of the backward layer, where they are given."""
        states = [_exact(state.astype(float)) for state in self.case.initial_states]
        number = len(self.case.size.cell.states)
        return [[tuple(states[i : i + number])] for i in range(0, len(states), number)]

    def front(self, inputs: np.ndarray) -> Masked:
        """What reaches the recurrent part, exactly."""
        if self.architecture.front == "embedding":  # masks the word 0, a vector as any other
            return Masked(_exact(self.layers[0][0][inputs]), inputs != 0)
        x = inputs.astype(float)
        masking = self.architecture.front == "masking"
        used = (x != 0).any(axis=2) if masking else np.ones(x.shape[:2], bool)
        return Masked(_exact(x), used)

    def recurrent(self, x: Masked, begin: Sequence[CellStates]) -> tuple[Bounded, list[CellStates]]:
        """What the recurrent part returns, (N, T, …) or (N, …); states beside the merged output.

        And the states at the end of both directions, or of the first and the last layer, which
        begin with ``begin``.
        """
        architecture = self.architecture
        cells, backwards = self._cells(self.layers[-2]), architecture.go_backwards
        if architecture.recurrent == "bidirectional":
            (forward, at_end), (backward, at_start) = (
                self._layer(x, [cell], order, architecture, states)
                for cell, order, states in zip(cells, (backwards, not backwards), begin)
            )
            if architecture.return_sequences:
                backward = Bounded(*(a[:, ::-1] for a in backward))
            else:
                forward, backward = _last(forward), _last(backward)
            output = merged(self.ops, forward, backward, architecture.merge)
            states = [*at_end[0], *at_start[0]] if architecture.states else []
            return _beside(output, *states), [at_end, at_start]
        first: CellStates = []
        if architecture.recurrent == "two layers":
            plain = Architecture()
            hidden, first = self._layer(x, self._cells(self.layers[-3]), False, plain, begin[0])
            x = x._replace(numbers=hidden)
        hidden, last = self._layer(x, cells, backwards, architecture, begin[1])
        return hidden if architecture.return_sequences else _last(hidden), [first, last]

    def _cells(self, weights: Sequence[np.ndarray]) -> list[Tensors]:
        """The weights of each cell by name, of those of a layer in the order of get_weights()."""
        cell, size = self.case.size.cell, self.case.size
        names = tuple(cell.weights(size.D, size.M, size.options))
        arrays = [weights[i : i + len(names)] for i in range(0, len(weights), len(names))]
        return [Tensors(**dict(zip(names, of_cell))) for of_cell in arrays]

    def _layer(
        self,
        x: Masked,
        cells: Sequence[Tensors],
        backwards: bool,
        architecture: Architecture,
        initial: CellStates,
    ) -> tuple[Bounded, CellStates]:
        """Every output (N, T, M) in the order of processing, of cells that are fed by each other.

        And the states of each cell after the last step. They start from ``initial``, or from zero.
        """
        (value, bound), used = x
        order = slice(None, None, -1 if backwards else 1)
        inputs = [Bounded(value[:, t], bound[:, t]) for t in range(value.shape[1])][order]
        cell, M = self.case.size.cell, self.case.size.M
        step = stacked([equation_of(self.ops, cell, weights) for weights in cells], cell)
        zero = _exact(np.zeros((len(value), M)))
        initial = initial or [(zero,) * len(cell.states) for _ in cells]
        outputs, visited = recurrence(
            self.ops,
            step,
            inputs,
            tuple(state for states in initial for state in states),
            used[:, order],
            zero_output_for_mask=architecture.zeroes,
            put_out=-len(cell.states),
        )
        at_end = visited[-1]
        ends = [at_end[i : i + len(cell.states)] for i in range(0, len(at_end), len(cell.states))]
        return Bounded(*(np.stack(arrays, axis=1) for arrays in zip(*outputs))), ends

    def readout(self, hidden: Bounded) -> Bounded:
        """Dense of what the recurrent part returned."""
        kernel, bias = self.layers[-1]
        weights = Tensors(dense_kernel=kernel, dense_bias=bias)
        output: Bounded = dense(self.ops, hidden, weights, self.ops.activation("linear"))
        return output


def stacked(steps: Sequence[Step], cell: Cell) -> Step:
    """Cells of one kind as one: each is fed by the one before, the states come cell by cell."""
    number = len(cell.states)

    def step(x: Any, states: tuple[Any, ...]) -> tuple[Any, ...]:
        new: tuple[Any, ...] = ()
        for i, one in enumerate(steps):
            own = one(x, states[i * number : (i + 1) * number])
            new, x = new + own, own[0]
        return new

    return step


def merged(
    ops: BoundedNumbers, forward: Bounded, backward: Bounded, merge: Optional[str]
) -> Bounded:
    """Bidirectional's merge modes; None is one beside the other."""
    if merge in ("concat", None):
        return _beside(forward, backward)
    if merge == "mul":
        return ops.times(forward, backward)
    total = ops.plus(forward, backward)
    # Halving does not round, and what may underflow in it is in the bound of the sum.
    return Bounded(total.value / 2, total.bound / 2) if merge == "ave" else total


def _exact(array: np.ndarray) -> Bounded:
    return Bounded(array, np.zeros(array.shape))


def _beside(*numbers: Bounded) -> Bounded:
    return Bounded(*(np.concatenate(arrays, axis=-1) for arrays in zip(*numbers)))


def _last(sequence: Bounded) -> Bounded:
    return Bounded(*(a[:, -1] for a in sequence))
