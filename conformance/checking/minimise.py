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

from strategies import Case
from strategies.options import PLAIN

#: The axis of each dimension in each tensor that has it.
AXES: dict[str, dict[str, tuple[int, ...]]] = {
    "N": {"inputs": (0,), "mask": (0,), "initial_state": (0,)},
    "T": {"inputs": (1,), "mask": (1,)},
    "D": {"inputs": (2,), "kernel": (0,)},
    "M": {
        "kernel": (1,),
        "recurrent_kernel": (0, 1),
        "bias": (0,),
        "dense_kernel": (0,),
        "initial_state": (1,),
    },
    "K": {"dense_kernel": (1,), "dense_bias": (0,)},
}
TENSORS = ("inputs", "kernel", "recurrent_kernel", "bias", "dense_kernel", "dense_bias")


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
    """Cases with one option less, or with another activation replaced by tanh or none."""
    options = case.options
    if options is None:
        return
    for name, default in PLAIN._asdict().items():
        if getattr(options, name) != default:
            changed = options._replace(**{name: default})
            yield case.replace(
                options=changed,
                mask=case.mask if changed.masked else None,
                initial_state=case.initial_state if changed.initial_state else None,
            )
    for activation in ("linear", "tanh"):
        if case.activation not in ("linear", activation):
            yield case.replace(activation=activation)


def smaller(case: Case) -> Iterator[Case]:
    """Cases with fewer samples, steps, features, units or outputs: halves first, then one less.

    Dimensions of one extent are then made smaller together: some mistakes need them equal.
    """
    if case.static_time and not (case.options and case.options.unroll):
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
    tensors = TENSORS if case.initial_state is None else (*TENSORS, "initial_state")
    for name in tensors:
        tensor = getattr(case, name)
        for simple in _plain(tensor):
            yield case.replace(**{name: simple})
    for name in tensors:
        tensor = getattr(case, name)
        if tensor.size <= 32:
            for index in np.ndindex(tensor.shape):
                for simple in _plain(tensor[index]):
                    changed = tensor.copy()
                    changed[index] = simple
                    yield case.replace(**{name: changed})


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
    changed: dict[str, np.ndarray] = {}
    for letter in letters:
        for name, axes in AXES[letter].items():
            tensor = changed.get(name, getattr(case, name))
            if tensor is None:
                continue
            for axis in axes:
                tensor = np.take(tensor, indices, axis=axis)
            changed[name] = tensor
    return case.replace(**changed)
