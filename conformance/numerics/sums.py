"""How far a computed sum of products may be from the exact one, in any order of summation.

Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed. (2002), chapters 2 to 4; Jeannerod
and Rump, *Improved error bounds for inner products in floating-point arithmetic*, SIAM J. Matrix
Anal. Appl. 34 (2013).
"""

from __future__ import annotations

import numpy as np

from conformance.numerics.arithmetic import REFERENCE, Arithmetic
from conformance.numerics.bounded import Bounded
from conformance.numerics.exactness import sums_are_exact


def affine(
    operand: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray,
    arithmetic: Arithmetic,
    operand_error: np.ndarray | None = None,
    split: int = 0,
) -> Bounded:
    """Operand (…, n) · weight (n, m) + bias (m,), and the error of computing it, both (…, m).

    ``operand_error`` (…, n) bounds how far the implementation's operand is from ``operand``;
    its effect on the exact sum is *not* included, its effect on the rounding errors is. The
    first ``split`` products and the others may be two sums, which matters where sums are stored
    in a narrower format than they are accumulated in.

    The n products each round by u|product|. The n − 1 additions, in any order, each round by u
    times a partial sum; an exact partial sum lies between minus the negative terms and the
    positive ones, hence is at most (S + |z|)/2, with S the sum of magnitudes, and a computed
    one differs from it by γ_n S. Terms that are zero never round. Exact sums do not round. Operands
    that keep few bits change each product by at most a factor (1 + ε)² beforehand.
    """
    # A library may hand over subnormals; NumPy multiplies them exactly in float64.
    magnitude, bias_size = np.abs(operand), np.abs(bias)
    spread = np.zeros(())
    if operand_error is not None:
        magnitude = magnitude + operand_error
        spread = operand_error @ np.abs(weight)
    z = operand @ weight + bias
    products = magnitude @ np.abs(weight)
    S = products + bias_size
    terms = terms_of(magnitude, weight, bias)
    u, gamma = arithmetic.accumulation.unit_roundoff, arithmetic.accumulation.gamma(terms)
    cut = (1 + arithmetic.operand_error) ** 2 - 1

    # Products u (1 + ε)², and additions u ((S + |z|)/2 + (γ + (1 + ε)² − 1) S), with what cutting
    # operands adds; gathered, because most of the cost of a bound is in passes over (…, m).
    half = u * np.maximum(terms - 1, 0) / 2
    size = np.abs(z)
    rounding = half * (size if operand_error is None else np.minimum(S, size + spread))
    rounding += half * (1 + 2 * (gamma + cut)) * S
    rounding += (u * (1 + cut) + cut) * products
    if arithmetic.is_narrow:
        stored = _parts(operand, weight, bias, split) + size
        rounding = _stored(rounding, stored, spread, arithmetic.product_error)
    rounding += REFERENCE.gamma(terms + 2) * S
    if operand_error is None:
        exact = sums_are_exact(operand, weight, bias, S, arithmetic.exact_bits)
        rounding = np.where(exact, 0.0, rounding)
    rounding += _underflow(magnitude, weight, bias, terms, arithmetic)
    bounded, growth = Bounded(z, rounding), 1 + gamma + cut
    if (S * (growth * (1 + 4 * u)) < arithmetic.storage.largest).all():
        return bounded
    return _with_extremes(bounded, operand, weight, bias, growth, arithmetic)


def terms_of(operand: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """How many terms of each sum are not zero, (…, m); (…, 1) where all sums have as many."""
    products, biased = (weight != 0).astype(float), (bias != 0).astype(float)
    if products.all() and biased.min() == biased.max():
        products, biased = products[:, :1], biased[:1]
    return (operand != 0).astype(float) @ products + biased


def _parts(operand: np.ndarray, weight: np.ndarray, bias: np.ndarray, split: int) -> np.ndarray:
    """What is stored before the total: the products, and the sum of two of the three terms."""
    zh = operand[..., split:] @ weight[split:]
    if not split:
        return np.abs(zh)
    zx = operand[..., :split] @ weight[:split]
    partial = np.maximum(np.maximum(np.abs(zx + bias), np.abs(zh + bias)), np.abs(zx + zh))
    return np.abs(zx) + np.abs(zh) + partial


def _stored(rounding: np.ndarray, stored: np.ndarray, spread: np.ndarray, u: float) -> np.ndarray:
    """The error of sums whose products, partial sum and total are each stored, with error ≤ u.

    ``stored`` is the sum of their exact magnitudes. Each of the four is moved by at most
    ``spread`` where operands are off, and by ``rounding`` before it is stored.
    """
    return (1 + u) ** 3 * (rounding + u * (stored + 4 * spread + 4 * rounding))


def _with_extremes(
    bounded: Bounded,
    operand: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray,
    growth: np.ndarray | float,
    arithmetic: Arithmetic,
) -> Bounded:
    """What is certain where terms are infinite or NaN, or where their sum leaves the format.

    Infinite and NaN terms decide the sum without rounding, unless the finite ones may overflow to
    the other side. Finite terms of one sign overflow in every order; of both signs, they may do so
    on the way, and anything may come of it. A bound of ∞ says so.
    """
    z, bound = bounded
    finite, decided = _finite(operand), ~np.isfinite(operand).all(axis=-1)[..., None]
    decided = decided | ~np.isfinite(weight).all(axis=0) | ~np.isfinite(bias)
    # What infinite and NaN terms make of it; in float64 the reference may overflow on its own.
    z = np.where(decided, _signed(operand) @ _signed(weight) + _signed(bias), z)
    S = np.abs(finite) @ np.abs(_finite(weight)) + np.abs(_finite(bias))
    largest, u = arithmetic.storage.largest, arithmetic.unit_roundoff
    may = S * growth * (1 + 4 * u) >= largest
    if arithmetic.flushes_subnormals:  # to zero, which is NaN times infinity
        may = may | (decided & _has_subnormals(operand, weight, arithmetic)[..., None])
    signs = np.abs(np.sign(finite) @ np.sign(_finite(weight)) + np.sign(_finite(bias)))
    terms = terms_of(finite, weight, bias)
    # Scaled, because the sum may be too large for the reference as well.
    half = 2.0 ** -(np.frexp(largest)[1] // 2)
    scaled = np.abs(finite * half) @ np.abs(_finite(weight) * half)
    scaled = scaled + np.abs(_finite(bias) * half) * half
    exceeds = scaled * (2 - growth - 8 * u) > largest * half * half
    overflows = ~decided & (signs == terms) & exceeds
    z = np.where(overflows, np.where(z > 0, np.inf, -np.inf), z)
    certain = overflows | (decided & (~may | np.isnan(z)))
    return Bounded(z, np.where(certain, 0.0, np.where(may, np.inf, bound)))


def _finite(a: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(a), a, 0.0)


def _signed(a: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(a), np.sign(a), a)


def _has_subnormals(operand: np.ndarray, weight: np.ndarray, arithmetic: Arithmetic) -> np.ndarray:
    tau = arithmetic.storage.smallest_normal
    return ((operand != 0) & (np.abs(operand) < tau)).any(axis=-1) | (
        (weight != 0) & (np.abs(weight) < tau)
    ).any()


def _underflow(
    magnitude: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray,
    terms: np.ndarray,
    arithmetic: Arithmetic,
) -> np.ndarray:
    """What gradual underflow, and flushing subnormals to zero where it may happen, can add.

    At most four numbers are stored on the way where storage is narrow.
    """
    storage, accumulation = arithmetic.storage, arithmetic.accumulation
    stores = 4 if arithmetic.is_narrow else 0
    if not arithmetic.flushes_subnormals:
        return terms * accumulation.smallest_subnormal + stores * storage.smallest_subnormal
    tau = storage.smallest_normal

    # An operand that is flushed changes its product by less than tau |weight|.
    flushed = tau * np.abs(weight).sum(axis=0) + np.where(np.abs(bias) < tau, np.abs(bias), 0.0)
    small = (weight != 0) & (np.abs(weight) < tau)
    if small.any():
        flushed = flushed + magnitude @ np.where(small, np.abs(weight), 0.0)
    return flushed + (2 * terms + 4) * accumulation.smallest_normal + stores * tau
