"""A layer: its cell's equation, step after step, with masks; over any numbers."""

from __future__ import annotations

from typing import Any, Callable, Optional, Sequence

import numpy as np

from conformance.cells.dense import dense
from conformance.numerics.operations import Numbers, Operations
from strategies import Case, Cell

#: What takes x and the states of a step to the new states.
Step = Callable[[Any, tuple[Any, ...]], tuple[Any, ...]]

NUMBERS = Numbers()


def equation(ops: Operations, case: Case) -> Step:
    """The equation of a case's cell, with its weights and activations."""
    return equation_of(ops, case.cell, case.as_computed, case)


def equation_of(ops: Operations, cell: Cell, weights: Any, chosen: Any = None) -> Step:
    """The equation of a cell with weights by name; ``chosen`` has other activations by name."""
    names = {name: getattr(chosen, name, default) for name, default in cell.activations}
    functions = [ops.activation(name) for name in names.values()]
    return lambda x, states: cell.step(ops, x, states, weights, *functions)


def recurrence(
    ops: Operations,
    step: Step,
    inputs: Sequence[Any],
    states: tuple[Any, ...],
    used: Optional[np.ndarray] = None,
    *,
    zero_output_for_mask: bool = False,
    put_out: int = 0,
) -> tuple[list[Any], list[tuple[Any, ...]]]:
    """The output, and the states, of every step in the order of processing.

    A step that is not used leaves the states as they were. Its output is that of the step before
    it, or 0 if that is asked for; before the first step it is 0, whatever the initial states. Keras
    documents this in `RNN`; keras/src/backend/*/rnn.py is where it happens.

    Args:
        ops: the operations that ``step`` is written over.
        step: the cell's equation.
        inputs: x of each step, (N, D), in the order of processing.
        states: the initial states, each (N, M).
        used: the mask (N, T), in the order of processing; all steps by default.
        zero_output_for_mask: whether the output of a step that is not used is 0.
        put_out: which of the states is the output.
    """
    before: Any = np.zeros(np.shape(states[0])[-2:])
    zero = before
    outputs, visited = [], []
    for t, x in enumerate(inputs):
        new = step(x, states)
        if used is None:
            before = new[put_out]
            states = new
        else:
            chosen = used[:, t, None]
            states = tuple(ops.select(chosen, a, b) for a, b in zip(new, states))
            before = ops.select(chosen, new[put_out], zero if zero_output_for_mask else before)
        outputs.append(before)
        visited.append(states)
    return outputs, visited


def states_of(case: Case) -> np.ndarray:
    """Every state that is put out where no step is masked, (N, T, M), in float64."""
    return np.stack([states[0] for states in _run(case)[1]], axis=1)


def last_states_of(case: Case) -> tuple[np.ndarray, ...]:
    """The states after the last step, each (N, M), in float64."""
    return _run(case)[1][-1]


def returned_of(case: Case) -> np.ndarray:
    """What the layer returns, in float64: with return_sequences (N, T, M), else (N, M)."""
    outputs, _ = _run(case)
    return np.stack(outputs, axis=1) if case.options.return_sequences else np.asarray(outputs[-1])


def outputs_of(case: Case) -> np.ndarray:
    """The output of Dense for every state, (N, T, K), in float64."""
    activation = NUMBERS.activation(case.dense_activation)
    outputs: np.ndarray = dense(NUMBERS, states_of(case), case.as_computed, activation)
    return outputs


def _run(case: Case) -> tuple[list[np.ndarray], list[tuple[np.ndarray, ...]]]:
    """The output and the states of every step, in the order of processing."""
    x, used, initial = case.processed
    step, inputs = equation(NUMBERS, case), [x[:, t] for t in range(case.T)]
    zero = case.options.zero_output_for_mask
    return recurrence(NUMBERS, step, inputs, initial, used, zero_output_for_mask=zero)


def kept(emitted: np.ndarray, initial: np.ndarray, used: Optional[np.ndarray]) -> np.ndarray:
    """h_0 … h_T (N, T + 1, M): h_0, then what was emitted at the last step that was used."""
    states = np.concatenate([initial[:, None], emitted], axis=1)
    if used is None:
        return states
    steps = np.where(used, np.arange(1, used.shape[1] + 1), 0)
    last = np.maximum.accumulate(np.concatenate([np.zeros_like(steps[:, :1]), steps], 1), axis=1)
    return np.take_along_axis(states, last[:, :, None], axis=1)
