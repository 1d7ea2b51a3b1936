"""What training leaves: penalties, projections onto a constraint, a step of gradient descent.

The gradient is that of backpropagation through time, for linear activations; for the small integers
of `strategies.training.Step` nothing in it rounds, in any order.
"""

from __future__ import annotations

from typing import Optional, Sequence

import numpy as np

from conformance.numerics.arithmetic import REFERENCE, Arithmetic
from conformance.numerics.bounded import Bounded
from strategies.choices import Choice
from strategies.training import Step

#: What Keras adds to a norm before it divides by it (``keras.config.epsilon()``).
EPSILON = 1e-7
#: Factors of a regularizer given by its name.
DEFAULT_FACTOR = 0.01


def forward(inputs: np.ndarray, weights: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Every state (N, T + 1, M), from h_0 = 0 on, and the last output (N, K), all linear."""
    Wx, Wh, bh, Wo, bo = weights
    states = [np.zeros((len(inputs), len(bh)))]
    for t in range(inputs.shape[1]):
        states.append(inputs[:, t] @ Wx + states[-1] @ Wh + bh)
    return np.stack(states, axis=1), states[-1] @ Wo + bo


def gradients(
    inputs: np.ndarray, weights: Sequence[np.ndarray], targets: np.ndarray
) -> list[np.ndarray]:
    """Those of the mean of targets · outputs by the five weights, by backpropagation."""
    Wx, Wh, bh, Wo, _ = weights
    states, _ = forward(inputs, weights)
    d_output = targets / targets.size
    d_Wx, d_Wh, d_bh = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(bh)
    d_state = d_output @ Wo.T
    for t in reversed(range(inputs.shape[1])):
        d_Wx += inputs[:, t].T @ d_state
        d_Wh += states[:, t].T @ d_state
        d_bh += d_state.sum(axis=0)
        d_state = d_state @ Wh.T
    return [d_Wx, d_Wh, d_bh, states[:, -1].T @ d_output, d_output.sum(axis=0)]


def penalty_gradient(weight: np.ndarray, regularizer: Optional[Choice]) -> np.ndarray:
    """Of l1 Σ|w| + l2 Σw²: l1 sign(w) + 2 l2 w. See `undecided` for where a weight is 0."""
    l1, l2 = factors(regularizer)
    return l1 * np.sign(weight) + 2 * l2 * weight


def descended(step: Step) -> list[np.ndarray]:
    """The five weights after a step of gradient descent, before any constraint, exactly."""
    inputs, *weights = step.tensors
    by_loss = gradients(inputs, weights, step.targets)
    return [
        w - step.rate * (g + penalty_gradient(w, regularizer))
        for w, g, regularizer in zip(weights, by_loss, step.regularizers)
    ]


def undecided(step: Step) -> list[np.ndarray]:
    """How far the weights may be from `descended`, because |w| has no one slope at 0.

    Each from -1 to 1 is a subgradient there; TensorFlow takes 0, JAX takes 1.
    """
    return [
        step.rate * factors(regularizer)[0] * (w == 0)
        for w, regularizer in zip(step.tensors[1:], step.regularizers)
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


def projected(weight: np.ndarray, constraint: Optional[Choice], arithmetic: Arithmetic) -> Bounded:
    """A weight projected onto its constraint, and how far rounding may lead from it.

    Keras divides by norm + ε: what is scaled has the norm n d / (n + ε) instead of d, and a weight
    of norm 0 stays as it is. The norm of n entries is off by at most γ_{n+1} of itself, d by as
    much and by 3 roundings where it is a mean of two, and w d / (n + ε) has 3 more.
    """
    w = weight.astype(float)
    if constraint is None:
        return Bounded(w, np.zeros_like(w))
    if constraint.name == "NonNeg":
        return Bounded(np.maximum(w, 0), np.zeros_like(w))
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
