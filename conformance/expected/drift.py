"""How large rounding errors are beside what chance would make of them: a figure, not a verdict.

The bounds hold for the worst case, in which all rounding errors of a sum have one sign. Errors that
are independent, with mean zero, grow like a random walk instead: as √n u, not as n u (Higham and
Mary, *A new approach to probabilistic rounding error analysis*, SIAM J. Sci. Comput. 41, 2019).
Errors need not be independent, so nothing is judged by that; but the figure tells how exact an
implementation is within its bound, and a change of it from one version to the next tells of another
order of summation, another tanh, or truncation where there was rounding.
"""

from __future__ import annotations

from typing import Optional

import numpy as np

from conformance.expected.steps import summed
from conformance.numerics.activations import ACTIVATIONS
from conformance.numerics.arithmetic import Arithmetic
from conformance.numerics.sums import terms_of
from strategies import Case


def random_walk(case: Case, states: np.ndarray, arithmetic: Arithmetic) -> np.ndarray:
    """The standard deviation of each state (N, T, M) from f(x_t Wx + h_{t-1} Wh + bh).

    Every rounding changes a number by a factor 1 + δ, with δ uniform in [−u, u], and the exact f is
    rounded once. The n terms p of a sum z are added one after the other, in random order. Then the
    square of the k-th partial sum is, in the mean, k(n−k)/(n(n−1)) Σp² + k(k−1)/(n(n−1)) z², and
    that of all but the first is (n+1)/6 Σp² − Σp²/n + (n+1)/3 z².
    """
    operand, weight, bias = summed(case, states.astype(float))
    activation = ACTIVATIONS[case.activation]
    z = operand @ weight + bias
    products = operand**2 @ weight**2
    squares = products + bias**2
    n = terms_of(operand, weight, bias)
    partial_sums = ((n + 1) / 6 - 1 / np.maximum(n, 1)) * squares + (n + 1) / 3 * z**2
    of_z = arithmetic.accumulation.unit_roundoff**2 * (products + np.where(n > 1, partial_sums, 0))
    if arithmetic.is_narrow:  # the two products, their sum and the total are stored
        zx = operand[..., : case.D] @ weight[: case.D]
        zh = z - bias - zx
        stored = zx**2 + zh**2 + (zx + zh) ** 2 + z**2
        of_z = of_z + arithmetic.product_error**2 * stored
    of_f = (arithmetic.storage.ulp(activation.value(z)) / 2) ** 2
    walk: np.ndarray = np.sqrt((of_z * activation.slope(z) ** 2 + of_f) / 3)
    return walk


def drift(error: np.ndarray, expected: np.ndarray, arithmetic: Arithmetic) -> Optional[float]:
    """The root mean square of error ÷ expected; 1 is what independent roundings give.

    None where nothing can be said: everything is as small as the numbers that may become zero.
    """
    storage = arithmetic.storage
    flushes = arithmetic.flushes_subnormals
    floor = storage.smallest_normal if flushes else storage.smallest_subnormal
    counts = np.isfinite(error) & np.isfinite(expected) & (expected > floor)
    if not counts.any():
        return None
    return float(np.sqrt(np.mean((error[counts] / expected[counts]) ** 2)))
