"""How far a computed sum of products may be from the exact one, in any order of summation.

Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed. (2002), chapters 2 to 4; Jeannerod
and Rump, *Improved error bounds for inner products in floating-point arithmetic*, SIAM J. Matrix
Anal. Appl. 34 (2013).
"""

from __future__ import annotations

from typing import Sequence

import numpy as np

from conformance.numerics.arithmetic import REFERENCE, Arithmetic
from conformance.numerics.bounded import Bounded
from conformance.numerics.exactness import last_bit, sums_are_exact


def affine(
    operand: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray,
    arithmetic: Arithmetic,
    operand_error: np.ndarray | None = None,
    split: int | Sequence[int] = 0,
    addends: Sequence[Bounded] = (),
    weight_error: np.ndarray | None = None,
) -> Bounded:
    """Operand (…, n) · weight (n, m) + bias (m,), and the error of computing it, both (…, m).

    ``operand_error`` (…, n) bounds how far the implementation's operand is from ``operand``;
    its effect on the exact sum is *not* included, its effect on the rounding errors is. The
    first ``split`` products and the others may be two sums, or more with more places to split at,
    which matters where sums are stored in a narrower format than they are accumulated in.
    ``addends``, each (…, m), are added as the bias is; their bounds count as ``operand_error``
    does, and so does ``weight_error`` (n, m).

    The n products each round by u|product|. The n − 1 additions, in any order, each round by u
    times a partial sum; an exact partial sum lies between minus the negative terms and the
    positive ones, hence is at most (S + |z|)/2, with S the sum of magnitudes, and a computed
    one differs from it by γ_n S. Terms that are zero never round. Exact sums do not round. Operands
    that keep few bits change each product by at most a factor (1 + ε)² beforehand.
    """
    # A library may hand over subnormals; NumPy multiplies them exactly in float64.
    magnitude, bias_size = np.abs(operand), np.abs(bias)
    weight_size, spread = np.abs(weight), np.zeros(())
    if operand_error is not None:
        magnitude = magnitude + operand_error
        spread = operand_error @ weight_size
    if weight_error is not None:
        weight_size = weight_size + weight_error
        spread = spread + magnitude @ weight_error
    z = operand @ weight + bias
    products = magnitude @ weight_size
    S = products + bias_size
    terms = terms_of(magnitude, weight_size, bias)
    sizes = [np.abs(addend.value) + addend.bound for addend in addends]
    for addend, size in zip(addends, sizes):
        z, S, terms = z + addend.value, S + size, terms + (size != 0)
        spread = spread + addend.bound
    u, gamma = arithmetic.accumulation.unit_roundoff, arithmetic.accumulation.gamma(terms)
    cut = (1 + arithmetic.operand_error) ** 2 - 1
    certain = operand_error is None and weight_error is None and not addends

    # Products u (1 + ε)², and additions u ((S + |z|)/2 + (γ + (1 + ε)² − 1) S), with what cutting
    # operands adds; gathered, because most of the cost of a bound is in passes over (…, m).
    half = u * np.maximum(terms - 1, 0) / 2
    size = np.abs(z)
    rounding = half * (size if certain else np.minimum(S, size + spread))
    rounding += half * (1 + 2 * (gamma + cut)) * S
    rounding += (u * (1 + cut) + cut) * products
    growth, stores = 1 + gamma + cut, 0
    if arithmetic.is_narrow:
        stores = 4 + len(addends) + 2 * max(np.size(split) - 1, 0)
        stored = _parts(operand, weight, bias, split, addends, size)
        rounding = _stored(rounding, stored, spread, arithmetic.product_error, stores)
        growth = growth * (1 + arithmetic.product_error) ** (stores - 1)
    rounding += REFERENCE.gamma(terms + 2) * S
    underflow = _underflow(magnitude, weight_size, bias, sizes, terms, stores, arithmetic)
    if certain or (spread == 0).any():
        values = [addend.value for addend in addends]
        exact = sums_are_exact(operand, weight, bias, S, arithmetic.exact_bits, values)
        exact = exact & (spread == 0)
        rounding = np.where(exact, 0.0, rounding)
        if exact.any() and _never_small(operand, weight, [bias, *values], arithmetic):
            underflow = np.where(exact, 0.0, underflow)
    rounding += underflow
    bounded = Bounded(z, rounding)
    if (S * (growth * (1 + 4 * u)) < arithmetic.storage.largest).all():
        return bounded
    every = [Bounded(bias, np.zeros(())), *addends]
    return _with_extremes(bounded, operand, operand_error, weight, every, growth, arithmetic)


def terms_of(operand: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """How many terms of each sum are not zero, (…, m); (…, 1) where all sums have as many."""
    products, biased = (weight != 0).astype(float), (bias != 0).astype(float)
    if products.all() and biased.min() == biased.max():
        products, biased = products[:, :1], biased[:1]
    return (operand != 0).astype(float) @ products + biased


def _parts(
    operand: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray,
    split: int | Sequence[int],
    addends: Sequence[Bounded],
    size: np.ndarray,
) -> np.ndarray:
    """The magnitudes of what is stored: the products, the partial sums, and the total, ``size``.

    Two products and a bias have one partial sum, of two of the three. Each product or addend makes
    one more. A partial sum lies between minus the negative terms and the positive ones.
    """
    places = [0, *(place for place in np.ravel(split) if place), None]
    z = [operand[..., i:j] @ weight[i:j] for i, j in zip(places, places[1:])]
    products = sum((np.abs(part) for part in z[1:]), np.abs(z[0]))
    if addends or len(z) > 2:
        terms = products + np.abs(bias) + sum(np.abs(addend.value) for addend in addends)
        partial_sums = max(len(z), 2) - 1 + len(addends)
        return products + partial_sums / 2 * (terms + size) + size
    if len(z) == 1:
        return products + size
    zx, zh = z
    partial = np.maximum(np.maximum(np.abs(zx + bias), np.abs(zh + bias)), np.abs(zx + zh))
    return products + partial + size


def _stored(
    rounding: np.ndarray, stored: np.ndarray, spread: np.ndarray, u: float, stores: int
) -> np.ndarray:
    """The error of sums whose products, partial sums and total are each stored, with error ≤ u.

    ``stored`` is the sum of their exact magnitudes; ``stores`` is how many they are, at least four:
    two products, a partial sum, a total. Each is moved by at most ``spread`` where operands are
    off, and by ``rounding`` before it is stored; a product is stored again in each partial sum.
    """
    return (1 + u) ** (stores - 1) * (rounding + u * (stored + stores * spread + stores * rounding))


def _never_small(
    operand: np.ndarray, weight: np.ndarray, addends: Sequence[np.ndarray], arithmetic: Arithmetic
) -> bool:
    """Whether no operand, product or partial sum of exact sums can be lost for being small."""
    storage, flushes = arithmetic.storage, arithmetic.flushes_subnormals
    least = np.log2(storage.smallest_normal if flushes else storage.smallest_subnormal)
    by_operand, by_weight = last_bit(operand).min(), last_bit(weight).min()
    terms = [by_operand + by_weight, *(last_bit(addend).min() for addend in addends)]
    return min(by_operand, by_weight, *terms) >= least


def _with_extremes(
    bounded: Bounded,
    operand: np.ndarray,
    operand_error: np.ndarray | None,
    weight: np.ndarray,
    addends: Sequence[Bounded],
    growth: np.ndarray | float,
    arithmetic: Arithmetic,
) -> Bounded:
    """What is certain where terms are infinite or NaN, or where their sum leaves the format.

    Infinite and NaN terms decide the sum without rounding, unless the finite ones may overflow to
    the other side. Finite terms of one sign overflow in every order; of both signs, they may do so
    on the way, and anything may come of it. A bound of ∞ says so.
    """
    z, bound = bounded
    error = np.zeros_like(operand) if operand_error is None else operand_error
    finite, abs_weight = _finite(operand), np.abs(_finite(weight))
    decided = ~np.isfinite(operand).all(axis=-1)[..., None] | ~np.isfinite(weight).all(axis=0)
    certainly_nan = (np.isnan(operand) & (error == 0)).any(axis=-1)[..., None]
    certainly_nan = certainly_nan | np.isnan(weight).any(axis=0)
    # An operand that may be infinite is NaN where its weight is 0; one that may be anything near 0
    # has no sign where its weight is infinite.
    unknown = np.isinf(error).any(axis=-1)[..., None] | (
        (error > 0).astype(float) @ np.isinf(weight).astype(float) > 0
    )
    by_sign = _signed(operand) @ _signed(weight)
    S = (np.abs(finite) + _finite(error)) @ abs_weight
    signs = np.sign(finite) @ np.sign(_finite(weight))
    terms = terms_of(finite, weight, np.zeros(weight.shape[-1]))
    # Scaled, because the sum may be too large for the reference as well.
    largest, u = arithmetic.storage.largest, arithmetic.unit_roundoff
    half = 2.0 ** -(np.frexp(largest)[1] // 2)
    scaled = np.abs(finite * half) @ (abs_weight * half)
    spread = _finite(error) @ abs_weight
    for addend in addends:
        decided = decided | ~np.isfinite(addend.value)
        certainly_nan = certainly_nan | (np.isnan(addend.value) & (addend.bound == 0))
        unknown = unknown | np.isinf(addend.bound)
        by_sign = by_sign + _signed(addend.value)
        size = np.abs(_finite(addend.value))
        S = S + size + _finite(addend.bound)
        signs, terms = signs + np.sign(_finite(addend.value)), terms + (size != 0)
        scaled, spread = scaled + size * half * half, spread + addend.bound
    # What infinite and NaN terms make of it; in float64 the reference may overflow on its own.
    z = np.where(decided, by_sign, z)
    may = S * growth * (1 + 4 * u) >= largest
    if arithmetic.flushes_subnormals:  # to zero, which is NaN times infinity
        may = may | (decided & _has_subnormals(operand, weight, arithmetic)[..., None])
    exceeds = scaled * (2 - growth - 8 * u) > largest * half * half
    overflows = ~decided & (np.abs(signs) == terms) & exceeds & (spread == 0)
    z = np.where(overflows, np.where(z > 0, np.inf, -np.inf), z)
    certain = overflows | (decided & (~may | np.isnan(z)))
    bound = np.where(certain, 0.0, np.where(may, np.inf, bound))
    return Bounded(z, np.where(certainly_nan, 0.0, np.where(unknown, np.inf, bound)))


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
    sizes: Sequence[np.ndarray],
    terms: np.ndarray,
    stores: int,
    arithmetic: Arithmetic,
) -> np.ndarray:
    """What gradual underflow, and flushing subnormals to zero where it may happen, can add.

    ``sizes`` are the magnitudes of the addends beside the bias, ``stores`` is how many numbers are
    stored on the way in a narrower format.
    """
    storage, accumulation = arithmetic.storage, arithmetic.accumulation
    if not arithmetic.flushes_subnormals:
        return terms * accumulation.smallest_subnormal + stores * storage.smallest_subnormal
    tau = storage.smallest_normal

    # An operand that is flushed changes its product by less than tau |weight|.
    flushed = tau * np.abs(weight).sum(axis=0) + np.where(np.abs(bias) < tau, np.abs(bias), 0.0)
    for size in sizes:
        flushed = flushed + np.minimum(size, tau)
    small = (weight != 0) & (np.abs(weight) < tau)
    if small.any():
        flushed = flushed + magnitude @ np.where(small, np.abs(weight), 0.0)
    return flushed + (2 * terms + 4) * accumulation.smallest_normal + stores * tau
