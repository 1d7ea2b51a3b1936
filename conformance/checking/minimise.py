"""Make a failing case as small and plain as it goes, after Hypothesis has done its part.

Hypothesis shrinks what it drew: for a seeded texture that is a seed and five numbers. This pass
works on the case itself: drop options, samples, time steps, features, units and outputs, then
turn entries into zeros and short decimals, as long as the case still fails.
"""

from __future__ import annotations

import itertools
import time
from typing import Callable, Iterator, Sequence

import numpy as np

from strategies import PLAIN, Case, Tensors
from strategies.cell import BIAS, INPUT, RECURRENT
from strategies.textures import DENSE_BIAS, INPUTS, READOUT, weights_of

MASK, STATE = "mask", "state"
#: The axis of each dimension in a tensor of each role, from the end.
AXES: dict[str, dict[str, tuple[int, ...]]] = {
    "N": {INPUTS: (0,), MASK: (0,), STATE: (0,)},
    "T": {INPUTS: (1,), MASK: (1,)},
    "D": {INPUTS: (2,), INPUT: (0,)},
    "M": {INPUT: (-1,), RECURRENT: (0, -1), BIAS: (-1,), READOUT: (0,), STATE: (1,)},
    "K": {READOUT: (1,), DENSE_BIAS: (0,)},
}


def minimise(case: Case, fails: Callable[[Case], bool], seconds: float) -> Case:
    """A smaller case that still fails, found within about ``seconds``.

    ``fails`` is called many times. The result is ``case`` itself where nothing smaller fails.
    """
    deadline = time.monotonic() + seconds
    for candidates in (simpler, smaller, plainer):
        improved = True
        while improved:
            improved = False
            for candidate in candidates(case):
                if time.monotonic() > deadline:
                    return case
                if fails(candidate):
                    case, improved = candidate, True
                    break
    return case


def simpler(case: Case) -> Iterator[Case]:
    """Cases with one option less, or with another activation replaced by tanh or none.

    An option that changes the shape of a weight stays.
    """
    if case.options.plain:
        return
    for name in case.options.chosen:
        if name != "shows_hidden":
            changed = case.options._replace(**{name: getattr(PLAIN, name)})
            weights = [case.cell.weights(case.D, case.M, o) for o in (changed, case.options)]
            if weights[0] != weights[1]:
                continue
            yield case.replace(
                options=changed,
                mask=case.mask if changed.masked else None,
                initial_states=case.initial_states if changed.initial_state else (),
            )
    for argument, default in case.cell.activations[1:]:
        if getattr(case, argument) != default:
            yield case.replace(**{argument: default})
    for activation in ("linear", "tanh"):
        if case.activation not in ("linear", activation):
            yield case.replace(activation=activation)


def smaller(case: Case) -> Iterator[Case]:
    """Cases with fewer samples, steps, features, units or outputs: halves first, then one less.

    Dimensions of one extent are then made smaller together: some mistakes need them equal.
    """
    if case.static_time and not case.options.unroll:
        yield case.replace(static_time=False)
    for letter in AXES:
        for indices in _kept(getattr(case, letter)):
            yield _keep(case, [letter], indices)
    for letters in (*itertools.combinations(AXES, 2), *itertools.combinations(AXES, 3)):
        extents = {getattr(case, letter) for letter in letters}
        if len(extents) == 1:
            for indices in _kept(extents.pop()):
                yield _keep(case, letters, indices)


def _kept(n: int) -> list[list[int]]:
    """Indices of ``n`` that may be kept: one, two, a half, all but one."""
    if n == 1:
        return []
    kept = [[0], [n - 1], [0, 1], list(range(n // 2)), list(range(n // 2, n))]
    kept += [[i for i in range(n) if i != left_out] for left_out in range(min(n, 12))]
    return [indices for indices in kept if len(indices) < n]


def plainer(case: Case) -> Iterator[Case]:
    """Cases with a tensor zero or rounded, then with one entry zero or rounded."""
    numbers = [(_tensor(name), tensor) for name, tensor in case.tensors.items()]
    numbers += [(_state(i), state) for i, state in enumerate(case.initial_states)]
    for replaced, tensor in numbers:
        for simple in _plain(tensor):
            yield replaced(case, simple)
    for replaced, tensor in numbers:
        if tensor.size <= 32:
            for index in np.ndindex(tensor.shape):
                for simple in _plain(tensor[index]):
                    changed = tensor.copy()
                    changed[index] = simple
                    yield replaced(case, changed)


def _tensor(name: str) -> Callable[[Case, np.ndarray], Case]:
    return lambda case, tensor: case.replace(**{name: tensor})


def _state(i: int) -> Callable[[Case, np.ndarray], Case]:
    def replaced(case: Case, state: np.ndarray) -> Case:
        states = list(case.initial_states)
        states[i] = state
        return case.replace(initial_states=tuple(states))

    return replaced


def _plain(value: np.ndarray) -> Iterator[np.ndarray]:
    """Zero, then fewer decimals; only what is plainer than ``value``, so that this ends."""
    for decimals in (None, 0, 1, 2):
        with np.errstate(all="ignore"):
            simple = (
                np.zeros_like(value) if decimals is None else np.round(value, decimals) + 0
            )  # no -0
        if np.array_equal(simple, value, equal_nan=True):
            return
        yield simple


def _keep(case: Case, letters: Sequence[str], indices: list[int]) -> Case:
    """The case with these indices of some dimensions, in each gate."""
    roles = {name: weight.role for name, weight in weights_of(case.dimensions).items()}
    roles.update({INPUTS: INPUTS, DENSE_BIAS: DENSE_BIAS})

    def taken(tensor: np.ndarray, role: str) -> np.ndarray:
        for letter in letters:
            extent = getattr(case, letter)
            for axis in AXES[letter].get(role, ()):
                if letter == "M" and axis == 0 and tensor.ndim == 1:
                    continue  # a vector has one axis, which is its last
                gates = range(0, tensor.shape[axis], extent)
                chosen = [first + i for first in gates for i in indices]
                tensor = np.take(tensor, chosen, axis=axis)
        return tensor

    return case.replace(
        tensors=Tensors(**{n: taken(tensor, roles[n]) for n, tensor in case.tensors.items()}),
        mask=None if case.mask is None else taken(case.mask, MASK),
        initial_states=tuple(taken(state, STATE) for state in case.initial_states),
    )
