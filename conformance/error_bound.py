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

from typing import Iterator

import numpy as np

from conformance.activations import ACTIVATIONS, Activation
from conformance.arithmetic import Arithmetic
from conformance.equations import dense, simple_rnn
from conformance.sums import REFERENCE, Bounded, affine
from strategies import Case, Tensors

#: The bound is itself computed in float64, from at most 2^20 non-negative terms in a row, so
#: that its computed value is at least its true value divided by this (Higham, section 3.1).
INFLATION = 1 + 2.0**-30
#: Arrays of so many float64 numbers stay in the cache of a processor while a bound is computed.
CACHED_NUMBERS = 8192


def activation_error(
    activation: Activation,
    z: np.ndarray,
    value: np.ndarray,
    moved: np.ndarray,
    arithmetic: Arithmetic,
) -> np.ndarray:
    """What computing f itself may add, where the exact f is at most ``moved`` off ``value``.

    A library's k ulp and a, and the reference's own: an ulp is at most 2u of a normal number.
    """
    ulps, absolute = arithmetic.activation_errors[activation.name]
    own_ulps, own_absolute = activation.reference_error
    size, more = np.abs(value), activation.conditioning(z)
    error = (ulps + more) * arithmetic.storage.ulp(size + moved)
    error = error + (own_ulps + more) * (2 * REFERENCE.unit_roundoff) * size
    floor = arithmetic.storage.smallest_normal if arithmetic.flushes_subnormals else 0.0
    return error + (absolute + own_absolute + floor + own_ulps * REFERENCE.smallest_subnormal)


def activated(z: Bounded, activation: Activation, arithmetic: Arithmetic) -> Bounded:
    """f(z) for a z known up to its bound: how far z moves it, and how well f is computed."""
    if activation.name == "linear":
        return Bounded(z.value, z.bound * INFLATION)
    value = activation.value(z.value)
    moved = np.where(np.isfinite(z.value), activation.moved(z.value, z.bound), 0.0)
    error = activation_error(activation, z.value, value, moved, arithmetic)
    bound = np.where(np.isnan(value), 0.0, (moved + error) * INFLATION)
    largest, u = arithmetic.storage.largest, arithmetic.unit_roundoff
    if not (np.abs(value) + bound < largest * (1 - 2 * u)).all():
        decided = ~np.isfinite(value) & ~np.isfinite(z.value)
        overflows = ~decided & (np.abs(value) - bound > largest * (1 + 2 * u))
        may = np.abs(value) + bound >= largest * (1 - 2 * u)
        value = np.where(overflows, np.copysign(np.inf, value), value)
        bound = np.where(decided | overflows, 0.0, np.where(may, np.inf, bound))
    unknown = np.isinf(z.bound)
    if not activation.has_limits:  # then nothing is stated at infinity
        unknown = unknown | np.isinf(z.value)
    if not activation.elementwise:  # then one that is not known leaves none that is
        unknown = unknown.any(axis=-1, keepdims=True)
    return Bounded(value, np.where(unknown, np.inf, bound))


def residual_state(case: Case, states: np.ndarray, arithmetic: Arithmetic) -> Bounded:
    """R for SimpleRNN: each state from the implementation's own previous one, (N, T, M).

    ``states`` are h_1 … h_T as the implementation emitted them, (N, T, M); h_0 = 0.
    """
    states = states.astype(float)
    x, Wx, Wh, bh, _, _ = case.as_computed
    weight, activation = np.concatenate([Wx, Wh]), ACTIVATIONS[case.activation]
    bounded = []
    for some in _samples(states):
        operand = np.concatenate([x[some], _previous(states[some])], axis=-1)
        z = affine(operand, weight, bh, arithmetic, split=case.D)
        bounded.append(activated(z, activation, arithmetic))
    return _together(bounded)


def residual_output(case: Case, states: np.ndarray, arithmetic: Arithmetic) -> Bounded:
    """R for Dense: outputs (…, K) from the states (…, M) as the implementation emitted them."""
    states = states.astype(float)
    Wo, bo = case.as_computed[4:]
    activation = ACTIVATIONS[case.dense_activation]
    return _together(
        [
            activated(affine(states[some], Wo, bo, arithmetic), activation, arithmetic)
            for some in _samples(states)
        ]
    )


def _samples(states: np.ndarray) -> Iterator[slice]:
    """Slices of samples, so few that what is computed for them stays in the processor's cache."""
    each = max(1, CACHED_NUMBERS * len(states) // max(states.size, 1))
    for first in range(0, len(states), each):
        yield slice(first, first + each)


def _together(pieces: list[Bounded]) -> Bounded:
    if len(pieces) == 1:
        return pieces[0]
    values, bounds = zip(*pieces)
    return Bounded(np.concatenate(values), np.concatenate(bounds))


def propagated_output(case: Case, arithmetic: Arithmetic) -> Bounded:
    """Z: the last output y_T (N, K), from the inputs and weights alone.

    With e_t the error of h_t and S_t the mean slope of f between the two preactivations,
    e_t = S_t (e_{t-1} Wh + affine error) + activation error, exactly. The slope is known up to
    an interval, m ± r, so that e_t = m (e_{t-1} Wh) + δ_t with |δ_t| ≤ |m|·affine + r·d_t +
    activation, d_t any bound on how far the preactivations differ (`_forward` finds a coarse
    one, which suffices: r·d is of second order). Unrolled to the output, the error is at most
    Σ_t |P_t|ᵀ δ_t with P_T = Wo and P_{t-1} = Wh (m_t ∘ P_t).

    Where the coarse bound explodes (long chaotic sequences), so does this one: such a case
    could not have shown a fault, and `comparison` says so. For softmax, whose units depend on
    each other, the coarse bound is all there is.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # see `_forward`
        return _propagated(case, arithmetic)


def _propagated(case: Case, arithmetic: Arithmetic) -> Bounded:
    x, Wx, Wh, bh, Wo, bo = tensors = case.as_computed
    if not all(np.isfinite(tensor).all() for tensor in tensors):
        return _certainly_nan(tensors)
    activation = ACTIVATIONS[case.activation]
    states = simple_rnn(x, Wx, Wh, bh, activation=activation.value)
    steps = _affine_steps(x, Wx, Wh, bh, states, arithmetic)
    amplified = _amplification(case.D + case.M + 1, arithmetic)
    slope, local, last_error = _forward(states, Wh, steps, amplified, activation, arithmetic)
    carried = last_error @ np.abs(Wo)
    if activation.elementwise:
        adjoint = np.broadcast_to(Wo, (case.N, *Wo.shape))
        error = np.zeros((case.N, 1, case.K))
        for m, delta in zip(slope[::-1], local[::-1]):
            error += delta[:, None, :] @ np.abs(adjoint)
            adjoint = Wh @ (m[:, :, None] * adjoint)
        # NaN is infinity times zero: nothing is known from this side.
        carried = np.fmin(error[:, 0], carried)
    y, rounding = affine(states[:, -1], Wo, bo, arithmetic, last_error)
    off = np.nan_to_num(carried + rounding, nan=np.inf, posinf=np.inf)
    if np.isinf(steps.bound).any():
        off = np.where(np.isinf(steps.bound).any(axis=(1, 2))[:, None], np.inf, off)
    off = np.where(np.isinf(last_error).any(axis=1)[:, None], np.inf, off)
    return activated(Bounded(y, off), ACTIVATIONS[case.dense_activation], arithmetic)


def _certainly_nan(tensors: Tensors) -> Bounded:
    """Z where an input or weight is NaN or infinite: NaN where a NaN leads there, all else open.

    NaN times anything is NaN, whatever is rounded; what infinity leads to may depend on the sign of
    a rounding error. Zeros in place of all other numbers show where a NaN gets to.
    """
    x, Wx, Wh, bh, Wo, bo = (np.where(np.isnan(t), np.nan, 0.0) for t in tensors)
    y = dense(simple_rnn(x, Wx, Wh, bh, activation=lambda z: z)[:, -1], Wo, bo)
    return Bounded(y, np.where(np.isnan(y), 0.0, np.inf))


def _amplification(n: int, arithmetic: Arithmetic) -> float:
    """By how much an error in the previous state counts, where it adds π to a sum of n terms.

    It moves the sum itself by π. Every magnitude in `affine` grows by at most π, and the bound
    there by at most k π, k = u n (1 + γ_n) for the accumulation, operands that are cut, and, where
    sums are stored narrower, four more numbers.
    """
    accumulation = arithmetic.accumulation
    cut = (1 + arithmetic.operand_error) ** 2 - 1
    k = accumulation.unit_roundoff * n * (1 + cut + float(accumulation.gamma(n))) + cut
    if arithmetic.is_narrow:
        u = arithmetic.product_error
        k = (1 + u) ** 3 * (k + u * (4 + 4 * k))
    return 1 + k


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
    uncertain[:, 1:, x.shape[-1] :] = arithmetic.storage.smallest_subnormal
    split = x.shape[-1]
    return affine(operand, np.concatenate([Wx, Wh]), bh, arithmetic, uncertain, split)


def _forward(
    states: np.ndarray,
    Wh: np.ndarray,
    steps: Bounded,
    amplified: float,
    activation: Activation,
    arithmetic: Arithmetic,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Slopes m_t and local errors δ_t, both (T, N, M), and a coarse bound on |e_T|, (N, M).

    The coarse bound is the smaller of two: the box b_t ≤ s (b_{t-1} |Wh| + affine) + activation
    and the Euclidean norm, which grows by ‖Wh‖₂ only. Either may be NaN (0·∞), which `fmin`
    passes over.

    With an error e in the previous state every magnitude in `affine` grows by at most
    π = e|Wh|; ``amplified`` says what that makes of π (`_amplification`).
    """
    # Time comes first here: each step is one block of memory.
    h, z, affine_error = (np.ascontiguousarray(a.swapaxes(0, 1)) for a in (states, *steps))
    T, N, M = h.shape
    abs_Wh, norm_Wh = np.abs(Wh), np.linalg.norm(Wh, 2) * (1 + 1e-9)
    # A bounded activation's output is within its own error of its range.
    ulps, absolute = arithmetic.activation_errors[activation.name]
    largest = activation.largest if activation.elementwise else np.inf
    most = np.abs(h) + largest * (1 + 2 * (ulps + 2) * arithmetic.unit_roundoff) + absolute
    slopes, own, moving, errors = (np.empty(s) for s in ((T, 2, N, M), *[(T, N, M)] * 3))
    box, norm, fits = np.zeros((N, M)), np.zeros((N, 1)), np.ones((N, 1), bool)
    for t in range(T):
        swollen = norm * norm_Wh
        carried = np.fmin(box @ abs_Wh, swollen)
        d = moving[t] = carried * amplified + affine_error[t]
        slopes[t] = low, high = activation.slopes(z[t] - d, z[t] + d)
        steepest = np.fmax(np.abs(low), np.abs(high))
        if activation.elementwise:
            moved = np.fmin(steepest * d, activation.span)
        else:
            moved = activation.moved(z[t], d)
        errors[t] = activation_error(activation, z[t], h[t], moved, arithmetic)
        own[t] = d - carried
        swollen = steepest.max(axis=1, keepdims=True) * (swollen + _norm(own[t]))
        norm = swollen + _norm(errors[t])
        box = np.fmin(np.fmin(moved + errors[t], norm), most[t])
        norm = np.fmin(norm, _norm(box))
        if np.isinf(activation.largest):
            # A state that may overflow may be infinite, and NaN as soon as it meets a zero weight.
            fits &= (np.abs(h[t]) + box < arithmetic.storage.largest).all(axis=1, keepdims=True)
            box, norm = np.where(fits, box, np.inf), np.where(fits, norm, np.inf)
    slope, radius = slopes.sum(axis=1) / 2, (slopes[:, 1] - slopes[:, 0]) / 2
    return slope, np.abs(slope) * own + radius * moving + errors, box


def _previous(states: np.ndarray) -> np.ndarray:
    """h_0 … h_{T-1} for h_1 … h_T, with h_0 = 0."""
    return np.concatenate([np.zeros_like(states[:, :1]), states[:, :-1]], axis=1)


def _norm(a: np.ndarray) -> np.ndarray:
    """A bound on the Euclidean norm of each row, (N, 1); squares below 1e-308 underflow."""
    return np.sqrt(np.einsum("nm,nm->n", a, a))[:, None] + 1e-160
