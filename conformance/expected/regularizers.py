"""Penalties of weights and outputs: their values, with bounds, and their gradients."""

from __future__ import annotations

from typing import Optional

import numpy as np

from conformance.numerics.arithmetic import REFERENCE, Arithmetic
from conformance.numerics.bounded import Bounded
from strategies.choices import Choice
from strategies.gradient_step import Step

#: Factors of a regularizer given by its name.
DEFAULT_FACTOR = 0.01


def penalty_gradient(weight: np.ndarray, regularizer: Optional[Choice]) -> np.ndarray:
    """Of l1 Σ|w| + l2 Σw²: l1 sign(w) + 2 l2 w. See `undecided` for where a weight is 0."""
    l1, l2 = factors(regularizer)
    return l1 * np.sign(weight) + 2 * l2 * weight


def undecided(step: Step) -> list[np.ndarray]:
    """How far weights may be from those of a step, because |w| has no one slope at 0.

    Each from -1 to 1 is a subgradient there; TensorFlow takes 0, JAX takes 1.
    """
    return [
        step.rate * factors(regularizer)[0] * (w == 0)
        for w, regularizer in zip(list(step.tensors)[1:], step.regularizers)
    ]


def factors(regularizer: Optional[Choice]) -> tuple[float, float]:
    """l1 and l2. L1 and L2 default to 0.01; L1L2 to 0, by its name to 0.01."""
    if regularizer is None:
        return 0.0, 0.0
    both_default = DEFAULT_FACTOR if regularizer.by_name else 0.0
    l1 = {"L1": DEFAULT_FACTOR, "L1L2": both_default}.get(regularizer.name, 0.0)
    l2 = {"L2": DEFAULT_FACTOR, "L1L2": both_default}.get(regularizer.name, 0.0)
    return regularizer.get("l1", l1), regularizer.get("l2", l2)


def penalty(weight: np.ndarray, regularizer: Choice, arithmetic: Arithmetic) -> Bounded:
    """The penalty of an array, and how far rounding may lead from it.

    The terms of n entries have one sign: in any order n − 1 additions, a square, the factor and its
    own rounding, and the sum of two parts leave a relative error of at most γ_{n+4}.
    """
    w = weight.astype(float)
    if regularizer.name == "OrthogonalRegularizer":
        return _orthogonal_penalty(w, regularizer, arithmetic)
    l1, l2 = factors(regularizer)
    value = np.asarray(l1 * np.abs(w).sum() + l2 * np.square(w).sum())
    n = weight.size
    relative = arithmetic.storage.gamma(n + 4) + REFERENCE.gamma(n + 4)
    underflow = (l1 + l2 + 1) * (n + 4) * arithmetic.storage.smallest_normal
    return Bounded(value, np.asarray(value * relative + underflow))


def _orthogonal_penalty(w: np.ndarray, regularizer: Choice, arithmetic: Arithmetic) -> Bounded:
    """The factor times the mean of |cosine| over all pairs of rows, or columns; 0 without a pair.

    Normalised entries are off by at most γ_{n+4} of themselves: n roundings of a sum of squares,
    its root or reciprocal root (within 2 ulp), and the quotient. A cosine is then off by
    (1 + γ_{n+4})² (1 + γ_n) − 1 of the sum of its terms' magnitudes, and the sum over all ordered
    pairs is one of terms of one sign.
    """
    rows = w if regularizer.get("mode", "rows") == "rows" else w.T
    size, n = rows.shape
    norms = np.sqrt(np.square(rows).sum(axis=1, keepdims=True))
    unit = np.where(norms > 0, rows / np.where(norms > 0, norms, 1), 0)
    apart = 1 - np.eye(size)
    pairs = max(size * (size - 1), 1)
    factor = regularizer.get("factor", DEFAULT_FACTOR)
    value = factor * np.sum(np.abs(unit @ unit.T) * apart) / pairs
    magnitude = factor * np.sum((np.abs(unit) @ np.abs(unit).T) * apart) / pairs
    bound = np.zeros(())
    for format in (arithmetic.storage, REFERENCE):
        one = format.gamma(n + 4)
        cosine = (1 + one) ** 2 * (1 + format.gamma(n)) - 1
        bound = bound + magnitude * ((1 + cosine) * (1 + format.gamma(size * size + 5)) - 1)
    return Bounded(value, bound)
