"""A number that is known up to a bound, and what an activation makes of it."""

from __future__ import annotations

from typing import NamedTuple, Optional

import numpy as np

from conformance.numerics.activations import Activation
from conformance.numerics.arithmetic import REFERENCE, Arithmetic

#: The bound is itself computed in float64, from at most 2^20 non-negative terms in a row, so
#: that its computed value is at least its true value divided by this (Higham, section 3.1).
INFLATION = 1 + 2.0**-30

# A bound makes some fifty arrays. glibc hands such memory back to the system when it is freed, and
# takes it anew page by page, which costs as much as the arithmetic. Having freed one array of
# 16 MiB, it keeps up to twice that (mallopt(3), M_MMAP_THRESHOLD). It is never written to.
np.empty(2**21)


class Bounded(NamedTuple):
    """What the equations say, and the largest error that rounding explains, element by element."""

    value: np.ndarray
    bound: np.ndarray


def exactly(array: np.ndarray) -> Bounded:
    """A number that is known, with the bound 0."""
    return Bounded(array.astype(float), np.zeros(array.shape))


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


def activated(
    z: Bounded,
    activation: Activation,
    arithmetic: Arithmetic,
    moved: Optional[np.ndarray] = None,
) -> Bounded:
    """f(z) for a z known up to its bound: how far z moves it, and how well f is computed.

    ``moved`` is `Activation.moved` where it is known already.
    """
    if activation.name == "linear":
        return Bounded(z.value, z.bound * INFLATION)
    value = activation.value(z.value)
    if moved is None:
        moved = activation.moved(z.value, z.bound)
    moved = np.where(np.isfinite(z.value), moved, 0.0)
    error = activation_error(activation, z.value, value, moved, arithmetic)
    bound = np.where(np.isnan(value), 0.0, (moved + error) * INFLATION)
    largest, u = arithmetic.storage.largest, arithmetic.unit_roundoff
    if not (np.abs(value) + bound < largest * (1 - 2 * u)).all():
        decided = ~np.isfinite(value) & ~np.isfinite(z.value)
        overflows = ~decided & (np.abs(value) - bound > largest * (1 + 2 * u))
        may = np.abs(value) + bound >= largest * (1 - 2 * u)
        value = np.where(overflows, np.copysign(np.inf, value), value)
        bound = np.where(decided | overflows, 0.0, np.where(may, np.inf, bound))
    low, high = activation.varies_between
    if (low, high) != (-np.inf, np.inf):
        # Beyond the clip, and by more than the rounding of what is clipped, nothing is left of z.
        margin = 1 + 16 * arithmetic.unit_roundoff
        clipped = (z.value + z.bound <= low * margin) | (z.value - z.bound >= high * margin)
        bound = np.where(clipped, 0.0, bound)
    unknown = np.isinf(z.bound)
    if not activation.has_limits:  # then nothing is stated at infinity
        unknown = unknown | np.isinf(z.value)
    if not activation.elementwise:  # then one that is not known leaves none that is
        unknown = unknown.any(axis=-1, keepdims=True)
    return Bounded(value, np.where(unknown, np.inf, bound))
