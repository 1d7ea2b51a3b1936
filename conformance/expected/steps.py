"""How far a correct implementation may be from the equations: a forward error bound.

Every bound here is a theorem, not an estimate: whatever the order of the sums, whether or not
products are fused, an implementation that rounds as its `Arithmetic` says is inside. Two
checks use it.

**Residual** (R), where the states are visible: each emitted state against the equation applied
to the implementation's *own* previous state, and Dense against the emitted state. Nothing is
propagated, so neither the length of the sequence nor chaos blurs it. A network that starts
from the right state and passes every step is a correct evaluation.

**Propagated** (Z), where only the last output is visible: `conformance.expected.end`.

Sources: Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed. (2002), chapters 2
to 4; Jeannerod and Rump, *Improved error bounds for inner products in floating-point
arithmetic*, SIAM J. Matrix Anal. Appl. 34 (2013).
"""

from __future__ import annotations

from typing import Optional

import numpy as np

from conformance.numerics.activations import ACTIVATIONS, Activation
from conformance.numerics.arithmetic import Arithmetic
from conformance.numerics.sums import REFERENCE, Bounded, affine
from strategies import Case

#: The bound is itself computed in float64, from at most 2^20 non-negative terms in a row, so
#: that its computed value is at least its true value divided by this (Higham, section 3.1).
INFLATION = 1 + 2.0**-30

# A bound makes some fifty arrays. glibc hands such memory back to the system when it is freed, and
# takes it anew page by page, which costs as much as the arithmetic. Having freed one array of
# 16 MiB, it keeps up to twice that (mallopt(3), M_MMAP_THRESHOLD). It is never written to.
np.empty(2**21)


def activation_error(
    activation: Activation,
    z: np.ndarray,
    value: np.ndarray,
    moved: np.ndarray,
    arithmetic: Arithmetic,
) -> np.ndarray:
    """What computing f itself may add, where the exact f is at most ``moved`` off ``value``."""
    size = np.abs(value)
    ulps, rest = activation_error_parts(activation, z, size, arithmetic)
    return ulps * arithmetic.storage.ulp(size + moved) + rest


def activation_error_parts(
    activation: Activation, z: np.ndarray, size: np.ndarray, arithmetic: Arithmetic
) -> tuple[np.ndarray | float, np.ndarray]:
    """By how many ulp of f itself its computed value may be off, and by how much more.

    A library's k ulp and a, and the reference's own: an ulp is at most 2u of a normal number.
    ``size`` is |f(z)| as the reference has it.
    """
    ulps, absolute = arithmetic.activation_errors[activation.name]
    own_ulps, own_absolute = activation.reference_error
    more = activation.conditioning(z)
    floor = arithmetic.storage.smallest_normal if arithmetic.flushes_subnormals else 0.0
    rest = absolute + own_absolute + floor + own_ulps * REFERENCE.smallest_subnormal
    return ulps + more, (own_ulps + more) * (2 * REFERENCE.unit_roundoff) * size + rest


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

    ``states`` are what the implementation emitted at each step, (N, T, M), in the order of
    processing. At a step that is masked nothing is computed: what is emitted there is 0, or
    exactly what was emitted before it.
    """
    states = states.astype(float)
    z = affine(*summed(case, states), arithmetic, split=case.D)
    judged = activated(z, ACTIVATIONS[case.activation], arithmetic)
    _, used, initial = case.processed
    if used is None or used.all():
        return judged
    repeated = kept(states, np.zeros_like(initial), used)[:, 1:]
    if case.options and case.options.zero_output_for_mask:
        repeated = np.zeros_like(repeated)
    step = used[:, :, None]
    return Bounded(np.where(step, judged.value, repeated), np.where(step, judged.bound, 0.0))


def summed(case: Case, states: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """[x_t, h_{t-1}] (N, T, D + M), [Wx; Wh] (D + M, M) and bh (M,), of which a step is the sum.

    h_{t-1} is what the implementation emitted before, ``states`` (N, T, M) in float64.
    """
    x, used, initial = case.processed
    _, Wx, Wh, bh, _, _ = case.as_computed
    operand = np.concatenate([x, kept(states, initial, used)[:, :-1]], axis=-1)
    return operand, np.concatenate([Wx, Wh]), bh


def kept(emitted: np.ndarray, initial: np.ndarray, used: Optional[np.ndarray]) -> np.ndarray:
    """h_0 … h_T (N, T + 1, M): h_0, then what was emitted at the last step that was used."""
    states = np.concatenate([initial[:, None], emitted], axis=1)
    if used is None:
        return states
    steps = np.where(used, np.arange(1, used.shape[1] + 1), 0)
    last = np.maximum.accumulate(np.concatenate([np.zeros_like(steps[:, :1]), steps], 1), axis=1)
    return np.take_along_axis(states, last[:, :, None], axis=1)


def residual_output(case: Case, states: np.ndarray, arithmetic: Arithmetic) -> Bounded:
    """R for Dense: outputs (…, K) from the states (…, M) as the implementation emitted them."""
    states = states.astype(float)
    Wo, bo = case.as_computed[4:]
    activation = ACTIVATIONS[case.dense_activation]
    return activated(affine(states, Wo, bo, arithmetic), activation, arithmetic)
