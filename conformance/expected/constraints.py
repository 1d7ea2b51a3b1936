"""Weights after they were projected onto a constraint."""

from __future__ import annotations

from typing import Optional

import numpy as np

from conformance.numerics.arithmetic import REFERENCE, Arithmetic
from conformance.numerics.bounded import Bounded, exactly
from strategies.choices import Choice

#: What Keras adds to a norm before it divides by it (``keras.config.epsilon()``).
EPSILON = 1e-7


def projected(weight: np.ndarray, constraint: Optional[Choice], arithmetic: Arithmetic) -> Bounded:
    """A weight projected onto its constraint, and how far rounding may lead from it.

    Keras divides by norm + ε: what is scaled has the norm n d / (n + ε) instead of d, and a weight
    of norm 0 stays as it is. The norm of n entries is off by at most γ_{n+1} of itself, d by as
    much and by 3 roundings where it is a mean of two, and w d / (n + ε) has 3 more.
    """
    w = weight.astype(float)
    if constraint is None:
        return exactly(w)
    if constraint.name == "NonNeg":
        return exactly(np.maximum(w, 0))
    axis = constraint.get("axis", 0)
    norm = np.sqrt(np.square(w).sum(axis=axis, keepdims=True))
    value = w * wanted_norm(norm, constraint) / (norm + EPSILON)
    n = w.shape[axis]
    relative = arithmetic.storage.gamma(2 * n + 9) + REFERENCE.gamma(2 * n + 9)
    return Bounded(value, np.abs(value) * relative)


def wanted_norm(norm: np.ndarray, constraint: Choice) -> np.ndarray:
    """The norm that a constraint gives to rows or columns that have this one."""
    if constraint.name == "UnitNorm":
        return np.ones_like(norm)
    if constraint.name == "MaxNorm":
        return np.minimum(norm, constraint.get("max_value", 2))
    rate = constraint.get("rate", 1.0)
    clipped = np.clip(norm, constraint.get("min_value", 0.0), constraint.get("max_value", 1.0))
    return rate * clipped + (1 - rate) * norm
