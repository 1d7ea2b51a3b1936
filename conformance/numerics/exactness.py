"""X, the exactness certificate: which sums no order of summation can round.

If every term of a sum is a multiple of 2^q and the magnitudes add up to less than 2^(q+p), every
partial sum is a multiple of 2^q of at most p bits, hence a number of a format with p bits of
precision: no addition and no product rounds, whatever the order, fused or not.
"""

from __future__ import annotations

from typing import Sequence

import numpy as np

#: Weights with more significant bits than this are not tried: their sums are hardly ever exact.
MOST_BITS = 20
#: The certificate looks at each product; larger problems are not tried.
MOST_PRODUCTS = 2**18

_NEVER = 2**20


def sums_are_exact(
    operand: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray,
    magnitudes: np.ndarray,
    precision: int,
    addends: Sequence[np.ndarray] = (),
) -> np.ndarray:
    """Where operand (…, n) · weight (n, m) + bias (m,) is certainly computed without rounding.

    ``addends``, each (…, m), are further terms. ``magnitudes`` is the sum of the magnitudes of all
    terms, shape (…, m). False means "not known".
    """
    undecided = np.zeros(magnitudes.shape, bool)
    if operand.size * weight.shape[1] > MOST_PRODUCTS or not np.isfinite(operand).all():
        return undecided
    if _has_more_bits(weight, MOST_BITS):
        return undecided
    products = last_bit(operand)[..., :, None] + last_bit(weight)
    q = np.minimum(products.min(axis=-2), last_bit(bias))
    for addend in addends:
        q = np.minimum(q, last_bit(addend))
    return fits(q, magnitudes, precision)


def fits(q: np.ndarray, magnitudes: np.ndarray, precision: int) -> np.ndarray:
    """Whether multiples of 2^q of these magnitudes have at most so many significant bits."""
    # Strictly: ``magnitudes`` may have been rounded down to the limit, never below it.
    return magnitudes < np.ldexp(1.0, np.clip(q + precision, -1070, 1020))


def last_bit(a: np.ndarray) -> np.ndarray:
    """Q for each entry: the largest with entry = integer · 2^q; a huge number for 0."""
    fraction, exponent = np.frexp(a)
    integer = np.ldexp(fraction, 53).astype(np.int64)
    trailing_zeros = np.frexp((integer & -integer).astype(float))[1] - 1
    return np.where(a == 0, _NEVER, exponent - 53 + trailing_zeros)


def _has_more_bits(a: np.ndarray, most: int) -> bool:
    """Whether an entry has more than ``most`` significant bits, at most 24; float32 has that."""
    single = a.astype(np.float32)
    beyond = np.uint32((1 << (24 - most)) - 1)
    return bool((single != a).any() or (single.view(np.uint32) & beyond).any())
