"""Verdicts: is a result inside its bound, and if not, where does it leave it first?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Optional

import numpy as np

from conformance.expected.gradients import Derivatives
from conformance.numerics.bounded import Bounded
from strategies import Case
from strategies.cell import RECURRENT
from strategies.dtypes import POLICIES

#: A bound larger than this, relative to the size of the terms, could hide any fault.
INFORMATIVE = {"float32": 1e-3, "float64": 1e-10, "float16": 0.1, "bfloat16": 0.3}


@dataclass(frozen=True)
class Comparison:
    """A result beside what the equations say, element by element; all arrays have one shape.

    ``quantity`` says what the numbers are: "state" or "output", which are compared with the
    recurrence, or "changed output", which is compared with another output. ``axes`` names the
    axes.
    """

    quantity: str
    axes: tuple[str, ...]
    got: np.ndarray
    expected: np.ndarray
    bound: np.ndarray

    @property
    def error(self) -> np.ndarray:
        """|got − expected|; 0 where both are NaN or the same infinity, ∞ where one is NaN."""
        with np.errstate(invalid="ignore"):
            error = np.abs(self.got.astype(float) - self.expected)
        same = (self.got == self.expected) | (np.isnan(self.got) & np.isnan(self.expected))
        return np.where(same, 0.0, np.where(np.isnan(error), np.inf, error))

    @property
    def shares(self) -> np.ndarray:
        """Error ÷ bound; 0 where there is no error or no bound, ∞ where none is allowed."""
        error = self.error
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where((error == 0) | np.isinf(self.bound), 0.0, error / self.bound)

    @property
    def worst(self) -> float:
        """The largest share of the bound used; above 1 the result is outside."""
        shares = self.shares
        return float(shares.max()) if shares.size else 0.0

    @property
    def within(self) -> bool:
        """Whether every element is inside its bound."""
        return bool((self.error <= self.bound).all())

    @property
    def first_outside(self) -> Optional[tuple[int, ...]]:
        """Index of the first element outside: earliest time step, then sample, then unit."""
        outside = np.argwhere(~(self.error <= self.bound))
        if not len(outside):
            return None
        time = self.axes.index("step") if "step" in self.axes else 0
        return tuple(int(i) for i in min(outside.tolist(), key=lambda i: (i[time], i)))


def compare(quantity: str, got: np.ndarray, wanted: Bounded) -> Comparison:
    """Compare a state or output, (N, T, …) or (N, …), with its value and bound."""
    last = "unit" if quantity == "state" else "output"
    axes = ("sample", "step", last) if got.ndim == 3 else ("sample", last)
    return Comparison(quantity, axes, got, wanted.value, wanted.bound)


def compare_derivatives(case: Case, own: Derivatives, expected: Derivatives) -> list[Comparison]:
    """Compare derivatives with their values and bounds, in the order in which they are found.

    Those by preactivations come first: all others follow from them.
    """
    sequence, state = ("sample", "step", "unit"), ("sample", "unit")
    parts: list[tuple[str, tuple[str, ...], np.ndarray, Bounded]] = [
        ("preactivations", sequence, own.preactivations, expected.preactivations),
        ("inputs", ("sample", "step", "feature"), own.inputs, expected.inputs),
    ]
    for name, array, wanted in zip(case.cell.states, own.initial_states, expected.initial_states):
        parts.append((f"initial state {name}", state, array, wanted))
    for name, array in own.weights.items():
        axes = ("row", "column")[-array.ndim :]
        parts.append((name, axes, array, expected.weights[name]))
    return [
        Comparison(f"gradient by the {name.replace('_', ' ')}", axes, array, *wanted)
        for name, axes, array, wanted in parts
    ]


def informative(bound: np.ndarray, case: Case) -> bool:
    """Whether a bound on the outputs is small beside |Wo| + |bo|, the size of what is added."""
    scale = (np.abs(case.dense_kernel).sum(axis=0) + np.abs(case.dense_bias)).max()
    return bool((bound < INFORMATIVE[POLICIES[case.dtype].computed] * scale).all())


def _recurrent_kernels(case: Case) -> list[np.ndarray]:
    weights = case.cell.weights(case.D, case.M, case.options)
    return [getattr(case, name) for name, weight in weights.items() if weight.role == RECURRENT]


def discriminating(case: Case, states: Callable[[], np.ndarray]) -> bool:
    """Whether a case could have shown a fault of the recurrence.

    It could not if there is a single time step, if a recurrent kernel equals its transpose,
    if D = M (a transposed kernel fits) or N = T (a swapped batch and time fit), or if all units
    are saturated or none is moved from zero. ``states()`` (N, T, M) are the equation's; they are
    asked for only where all else is well.
    """
    # Well above the subnormals, in every format.
    smallest = float(np.finfo(case.inputs.dtype).tiny) ** 0.8

    def alive() -> bool:
        size = np.abs(states())
        return bool(((size > smallest) & (size < 0.999)).any())

    return (
        case.T >= 2
        and case.D != case.M
        and case.N != case.T
        and not any(np.array_equal(kernel, kernel.T) for kernel in _recurrent_kernels(case))
        and alive()
    )
