"""Whether numbers may be due to chance: bounds that hold for every sample size.

A statement that is true is called false at most once in 1 / `FALSE_ALARM` checks, whatever is
drawn: the bounds are those of Chernoff (1952), of Dvoretzky, Kiefer and Wolfowitz with Massart's
constant (1990), of Hoeffding (1963), and of Laurent and Massart (2000, lemma 1).
"""

from __future__ import annotations

import math

import numpy as np

#: A true statement is called false at most this often.
FALSE_ALARM = 1e-12
#: A generator may have a resolution of 16 bits, so that its probabilities are off by so much.
RESOLUTION = 2.0**-16

_LOG = math.log(2 / FALSE_ALARM)


def may_be_binomial(k: int, n: int, p: float) -> bool:
    """Whether chance explains ``k`` successes of ``n``, each of probability ``p``.

    P(X ≥ k) and P(X ≤ k) are each at most exp(−n KL(k/n ‖ p)) on their side of n p (Chernoff).
    """
    return n == 0 or n * _divergence(k / n, min(max(k / n, p - RESOLUTION), p + RESOLUTION)) <= _LOG


def _divergence(a: float, p: float) -> float:
    """The Kullback-Leibler divergence of two coins."""
    if a == p:
        return 0.0
    if not 0 < p < 1:
        return math.inf
    parts = ((a, p), (1 - a, 1 - p))
    return sum(x * math.log(x / y) for x, y in parts if x > 0)


def furthest_distribution(n: int) -> float:
    """How far the distribution of ``n`` numbers may be from that which they are drawn from."""
    return math.sqrt(_LOG / (2 * n)) + RESOLUTION


def mean_square_range(n: int) -> tuple[float, float]:
    """Between what the mean of the squares of ``n`` standard normal numbers may lie."""
    narrow = 2 * math.sqrt(_LOG / n)
    return 1 - narrow - RESOLUTION, 1 + narrow + 2 * _LOG / n + RESOLUTION


def most_extreme_tail(n: int) -> tuple[float, float]:
    """Between what the probability beyond the largest of ``n`` numbers may lie.

    All are below the quantile 1 − t with probability (1 − t)^n, and one is beyond it with at most
    n t.
    """
    return FALSE_ALARM / (2 * n), 1 - (FALSE_ALARM / 2) ** (1 / n) + RESOLUTION


def agreements(array: np.ndarray, axis: int) -> tuple[int, int]:
    """How many of n pairs of neighbours along an axis are equal: (k, n), no entry in two pairs."""
    moved = np.moveaxis(array, axis, 0)
    half = len(moved) // 2
    equal = moved[0 : 2 * half : 2] == moved[1 : 2 * half : 2]
    return int(equal.sum()), equal.size
