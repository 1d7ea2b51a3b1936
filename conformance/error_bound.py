"""How far a correct implementation may be from the equations: a forward error bound.

Every bound here is a theorem, not an estimate: whatever the order of the sums, whether or not
products are fused, an implementation that rounds as its `Arithmetic` says is inside. Two
checks use it.

**Residual** (R), where the states are visible: each emitted state against the equation applied
to the implementation's *own* previous state, and Dense against the emitted state. Nothing is
propagated, so neither the length of the sequence nor chaos blurs it. A network that starts
from the right state and passes every step is a correct evaluation.

**Propagated** (Z), where only the last output is visible: the local errors of all steps, each
carried to the output by the product of the Jacobians in between. That product is what
backpropagation through time computes; running it over rounding errors is the oldest use of
reverse accumulation: Linnainmaa, *Taylor expansion of the accumulated rounding error*, BIT 16
(1976). Linnainmaa's first-order terms become a bound here because the mean value theorem is
applied to intervals.

Sources: Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed. (2002), chapters 2
to 4; Jeannerod and Rump, *Improved error bounds for inner products in floating-point
arithmetic*, SIAM J. Matrix Anal. Appl. 34 (2013).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from conformance.arithmetic import IEEE, Arithmetic
from conformance.equations import simple_rnn
from conformance.exactness import sums_are_exact
from strategies import Case

#: The reference is computed in this arithmetic, and its own error is part of every bound.
REFERENCE = IEEE["float64"]
#: NumPy's float64 tanh is within this many ulp (1.2 measured).
REFERENCE_TANH_ULPS = 4
#: The bound is itself computed in float64, from at most 2^20 non-negative terms in a row, so
#: that its computed value is at least its true value divided by this (Higham, section 3.1).
INFLATION = 1 + 2.0**-30


class Bounded(NamedTuple):
    """What the equations say, and the largest error that rounding explains, element by element."""

    value: np.ndarray
    bound: np.ndarray


def affine(
    operand: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray,
    arithmetic: Arithmetic,
    operand_error: np.ndarray | None = None,
) -> Bounded:
    """Operand (…, n) · weight (n, m) + bias (m,), and the error of computing it, both (…, m).

    ``operand_error`` (…, n) bounds how far the implementation's operand is from ``operand``;
    its effect on the exact sum is *not* included, its effect on the rounding errors is.

    The n products each round by u|product|. The n − 1 additions, in any order, each round by u
    times a partial sum; an exact partial sum lies between minus the negative terms and the
    positive ones, hence is at most (S + |z|)/2, with S the sum of magnitudes, and a computed
    one differs from it by γ_n S. Terms that are zero never round. Exact sums do not round.
    """
    # A library may hand over subnormals; NumPy multiplies them exactly in float64.
    magnitude = np.abs(operand)
    spread = np.zeros(())
    if operand_error is not None:
        magnitude = magnitude + operand_error
        spread = operand_error @ np.abs(weight)
    z = operand @ weight + bias
    products = magnitude @ np.abs(weight)
    S = products + np.abs(bias)
    nonzero = (bias != 0).astype(float)
    terms = (magnitude != 0).astype(float) @ (weight != 0).astype(float) + nonzero
    additions = np.maximum(terms - 1, 0)

    u, gamma = arithmetic.unit_roundoff, arithmetic.gamma(terms)
    largest_partial_sum = (S + np.minimum(S, np.abs(z) + spread)) / 2 + gamma * S
    rounding = u * (products + additions * largest_partial_sum) + REFERENCE.gamma(terms + 2) * S
    if operand_error is None:
        exact = sums_are_exact(operand, weight, bias, S, arithmetic.precision)
        rounding = np.where(exact, 0.0, rounding)
    rounding = rounding + _underflow(magnitude, weight, bias, terms, arithmetic)
    overflows = S * (1 + gamma) * (1 + 4 * u) >= arithmetic.largest
    return Bounded(z, _with_special_values(z, np.where(overflows, np.inf, 0.0), rounding))


def _with_special_values(value: np.ndarray, error: np.ndarray, bound: np.ndarray) -> np.ndarray:
    """An overflow (``error`` = ∞) explains anything; a value that is NaN allows nothing else."""
    return np.where(np.isinf(error), np.inf, np.where(np.isnan(value), 0.0, bound))


def _underflow(
    magnitude: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray,
    terms: np.ndarray,
    arithmetic: Arithmetic,
) -> np.ndarray:
    """What gradual underflow, and flushing subnormals to zero where it may happen, can add."""
    if not arithmetic.flushes_subnormals:
        return terms * arithmetic.smallest_subnormal
    tau = arithmetic.smallest_normal

    def subnormal(a: np.ndarray) -> np.ndarray:
        return np.where(np.abs(a) < tau, np.abs(a), 0.0)

    flushed = np.minimum(magnitude, tau) @ np.abs(weight) + magnitude @ subnormal(weight)
    return flushed + subnormal(bias) + (2 * terms + 4) * tau


def tanh_slope(z: np.ndarray) -> np.ndarray:
    """The derivative of tanh, 1 − tanh(z)² = 4E/(1 + E)² with E = exp(−2|z|), without overflow."""
    E = np.exp(-2 * np.abs(z))
    return 4 * E / (1 + E) ** 2


def activation_error(h: np.ndarray, propagated: np.ndarray, arithmetic: Arithmetic) -> np.ndarray:
    """What computing tanh itself may add, where its result is at most ``propagated`` off ``h``."""
    size = np.abs(h)
    error = arithmetic.tanh_ulps * arithmetic.ulp(size + propagated)
    # The reference's own: an ulp is at most 2u of a normal number.
    error = error + REFERENCE_TANH_ULPS * (2 * REFERENCE.unit_roundoff * size)
    floor = arithmetic.smallest_normal if arithmetic.flushes_subnormals else 0.0
    return error + (floor + REFERENCE_TANH_ULPS * REFERENCE.smallest_subnormal)


def residual_state(case: Case, states: np.ndarray, arithmetic: Arithmetic) -> Bounded:
    """R for SimpleRNN: each state from the implementation's own previous one, (N, T, M).

    ``states`` are h_1 … h_T as the implementation emitted them, (N, T, M); h_0 = 0.
    """
    states = states.astype(float)
    operand = np.concatenate([case.inputs.astype(float), _previous(states)], axis=-1)
    weight = np.concatenate([case.kernel, case.recurrent_kernel]).astype(float)
    z, error = affine(operand, weight, case.bias.astype(float), arithmetic)
    h = np.tanh(z)
    nearest_zero = np.maximum(np.abs(z) - error, 0)
    moved = np.minimum(tanh_slope(nearest_zero) * error, 2.0)
    bound = (moved + activation_error(h, moved, arithmetic)) * INFLATION
    return Bounded(h, _with_special_values(h, error, bound))


def residual_output(case: Case, states: np.ndarray, arithmetic: Arithmetic) -> Bounded:
    """R for Dense: outputs (…, K) from the states (…, M) as the implementation emitted them."""
    value, bound = affine(
        states.astype(float),
        case.dense_kernel.astype(float),
        case.dense_bias.astype(float),
        arithmetic,
    )
    return Bounded(value, bound * INFLATION)


def propagated_output(case: Case, arithmetic: Arithmetic) -> Bounded:
    """Z: the last output y_T (N, K), from the inputs and weights alone.

    With e_t the error of h_t and S_t the mean slope of tanh between the two preactivations,
    e_t = S_t (e_{t-1} Wh + affine error) + activation error, exactly. The slope is known up to
    an interval, m ± r, so that e_t = m (e_{t-1} Wh) + δ_t with |δ_t| ≤ m·affine + r·d_t +
    activation, d_t any bound on how far the preactivations differ (`_forward` finds a coarse
    one, which suffices: r·d is of second order). Unrolled to the output, the error is at most
    Σ_t |P_t|ᵀ δ_t with P_T = Wo and P_{t-1} = Wh (m_t ∘ P_t).

    Where the coarse bound explodes (long chaotic sequences), so does this one: such a case
    could not have shown a fault, and `comparison` says so.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # see `_forward`
        return _propagated(case, arithmetic)


def _propagated(case: Case, arithmetic: Arithmetic) -> Bounded:
    x, Wx, Wh, bh, Wo, bo = (a.astype(float) for a in (case.inputs, *case.weights))
    states = simple_rnn(x, Wx, Wh, bh)
    steps = _affine_steps(x, Wx, Wh, bh, states, arithmetic)
    n = case.D + case.M + 1
    amplified = 1 + arithmetic.unit_roundoff * n * (1 + float(arithmetic.gamma(n)))
    slope, local, last_error = _forward(states, Wh, steps, amplified, arithmetic)
    adjoint = np.broadcast_to(Wo, (case.N, *Wo.shape))
    error = np.zeros((case.N, 1, case.K))
    for m, delta in zip(slope[::-1], local[::-1]):
        error += delta[:, None, :] @ np.abs(adjoint)
        adjoint = Wh @ (m[:, :, None] * adjoint)
    # NaN is infinity times zero: nothing is known from this side.
    carried = np.fmin(error[:, 0], last_error @ np.abs(Wo))
    y, rounding = affine(states[:, -1], Wo, bo, arithmetic, last_error)
    overflow = np.where(np.isinf(steps.bound).any(axis=(1, 2)), np.inf, 0.0)[:, None]
    return Bounded(y, _with_special_values(y, overflow, (carried + rounding) * INFLATION))


def _affine_steps(
    x: np.ndarray,
    Wx: np.ndarray,
    Wh: np.ndarray,
    bh: np.ndarray,
    states: np.ndarray,
    arithmetic: Arithmetic,
) -> Bounded:
    """`affine` for all steps at once, (N, T, M), as if each previous state were exact.

    A state that is 0 in the reference may not be 0 in the implementation: all M terms count.
    """
    operand = np.concatenate([x, _previous(states)], axis=-1)
    uncertain = np.zeros_like(operand)
    uncertain[:, 1:, x.shape[-1] :] = arithmetic.smallest_subnormal
    return affine(operand, np.concatenate([Wx, Wh]), bh, arithmetic, uncertain)


def _forward(
    states: np.ndarray, Wh: np.ndarray, steps: Bounded, amplified: float, arithmetic: Arithmetic
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Slopes m_t and local errors δ_t, both (T, N, M), and a coarse bound on |e_T|, (N, M).

    The coarse bound is the smaller of two: the box b_t ≤ s (b_{t-1} |Wh| + affine) + activation
    and the Euclidean norm, which grows by ‖Wh‖₂ only. Either may be NaN (0·∞), which `fmin`
    passes over.

    With an error e in the previous state every magnitude in `affine` grows by at most
    π = e|Wh|, and its bound by at most u n (1 + γ_n) π; with the π that moves z itself that
    makes (1 + u n (1 + γ_n)) π, the factor ``amplified``.
    """
    # Time comes first here: each step is one block of memory.
    h, abs_z, affine_error = (
        np.ascontiguousarray(np.abs(a.swapaxes(0, 1))) for a in (states, *steps)
    )
    T, N, M = h.shape
    abs_Wh, norm_Wh = np.abs(Wh), np.linalg.norm(Wh, 2) * (1 + 1e-9)
    # An output of tanh is within its own error of [-1, 1].
    most = h + 1 + arithmetic.tanh_ulps * arithmetic.unit_roundoff * 2
    slopes, own, moving, activation = (np.empty(s) for s in ((T, 2, N, M), *[(T, N, M)] * 3))
    box, norm = np.zeros((N, M)), np.zeros((N, 1))
    for t in range(T):
        swollen = norm * norm_Wh
        carried = np.fmin(box @ abs_Wh, swollen)
        d = moving[t] = carried * amplified + affine_error[t]
        slopes[t] = tanh_slope(np.stack([np.maximum(abs_z[t] - d, 0), abs_z[t] + d]))
        steepest = slopes[t, 0]
        moved = np.fmin(steepest * d, 2.0)
        activation[t] = activation_error(h[t], moved, arithmetic)
        own[t] = d - carried
        swollen = steepest.max(axis=1, keepdims=True) * (swollen + _norm(own[t]))
        norm = swollen + _norm(activation[t])
        box = np.fmin(np.fmin(moved + activation[t], norm), most[t])
        norm = np.fmin(norm, _norm(box))
    slope, radius = slopes.sum(axis=1) / 2, (slopes[:, 0] - slopes[:, 1]) / 2
    return slope, slope * own + radius * moving + activation, box


def _previous(states: np.ndarray) -> np.ndarray:
    """h_0 … h_{T-1} for h_1 … h_T, with h_0 = 0."""
    return np.concatenate([np.zeros_like(states[:, :1]), states[:, :-1]], axis=1)


def _norm(a: np.ndarray) -> np.ndarray:
    """The Euclidean norm of each row, (N, 1)."""
    return np.sqrt(np.einsum("nm,nm->n", a, a))[:, None]
