"""How large rounding errors are beside what chance would make of them: a figure, not a verdict.

The bounds hold for the worst case, in which all rounding errors of a sum have one sign. Errors that
are independent, with mean zero, grow like a random walk instead: as √n u, not as n u (Higham and
Mary, *A new approach to probabilistic rounding error analysis*, SIAM J. Sci. Comput. 41, 2019).
Errors need not be independent, so nothing is judged by that; but the figure tells how exact an
implementation is within its bound, and a change of it from one version to the next tells of another
order of summation, another tanh, or truncation where there was rounding.
"""

from __future__ import annotations

from typing import Callable, NamedTuple, Optional, Sequence, Union

import numpy as np

from conformance.expected.recurrence import equation
from conformance.expected.steps import previous
from conformance.numerics.activations import ACTIVATIONS
from conformance.numerics.arithmetic import Arithmetic
from conformance.numerics.sums import terms_of
from strategies import Case


class Walk(NamedTuple):
    """A number, and the variance of its error."""

    value: np.ndarray
    variance: np.ndarray


class Walks:
    """The operations on numbers with independent roundings.

    Every rounding changes a number by a factor 1 + δ, with δ uniform in [−u, u]: its variance is
    u²/3 of the square.
    """

    def __init__(self, arithmetic: Arithmetic) -> None:
        self.arithmetic = arithmetic

    def affine(
        self,
        operands: Sequence[Union[np.ndarray, Walk]],
        weights: Sequence[np.ndarray],
        *addends: Union[np.ndarray, Walk],
    ) -> Walk:
        """The n terms p of a sum z are added one after the other, in random order.

        Then the square of the k-th partial sum is, in the mean, k(n−k)/(n(n−1)) Σp² +
        k(k−1)/(n(n−1)) z², and that of all but the first is (n+1)/6 Σp² − Σp²/n + (n+1)/3 z².
        """
        walks, added = [_walk(operand) for operand in operands], [_walk(a) for a in addends]
        operand, weight = np.concatenate([w.value for w in walks], axis=-1), np.concatenate(weights)
        products = operand**2 @ weight**2
        z = operand @ weight + sum(addend.value for addend in added)
        squares = products + sum(addend.value**2 for addend in added)
        bias = np.array(sum((addend.value != 0).any() for addend in added), ndmin=1)
        n = terms_of(operand, weight, bias)
        partial_sums = ((n + 1) / 6 - 1 / np.maximum(n, 1)) * squares + (n + 1) / 3 * z**2
        rounded = products + np.where(n > 1, partial_sums, 0)
        of_z = self.arithmetic.accumulation.unit_roundoff**2 * rounded
        if self.arithmetic.is_narrow:  # the products, their sum and the total are stored
            parts = [w.value @ kernel for w, kernel in zip(walks, weights)]
            stored = sum(part**2 for part in parts) + sum(parts) ** 2 + z**2
            of_z = of_z + self.arithmetic.product_error**2 * stored
        moved = sum(w.variance @ kernel**2 for w, kernel in zip(walks, weights))
        return Walk(z, of_z / 3 + moved + sum(addend.variance for addend in added))

    def times(self, a: Union[np.ndarray, Walk], b: Union[np.ndarray, Walk]) -> Walk:
        (x, of_x), (y, of_y) = _walk(a), _walk(b)
        return self._rounded(x * y, x**2 * of_y + y**2 * of_x)

    def plus(self, a: Union[np.ndarray, Walk], b: Union[np.ndarray, Walk]) -> Walk:
        (x, of_x), (y, of_y) = _walk(a), _walk(b)
        return self._rounded(x + y, of_x + of_y)

    def blend(
        self, z: Union[np.ndarray, Walk], a: Union[np.ndarray, Walk], b: Union[np.ndarray, Walk]
    ) -> Walk:
        """By the form z a + (1 − z) b."""
        (w, of_w), (x, of_x), (y, of_y) = _walk(z), _walk(a), _walk(b)
        moved = (x - y) ** 2 * of_w + w**2 * of_x + (1 - w) ** 2 * of_y
        of_products = self.arithmetic.unit_roundoff**2 * ((w * x) ** 2 + 2 * ((1 - w) * y) ** 2) / 3
        return self._rounded(w * x + (1 - w) * y, moved + of_products)

    def split(self, a: Walk, parts: int) -> list[Walk]:
        value, variance = (np.split(array, parts, axis=-1) for array in a)
        return [Walk(*pair) for pair in zip(value, variance)]

    def select(
        self, condition: np.ndarray, a: Union[np.ndarray, Walk], b: Union[np.ndarray, Walk]
    ) -> Walk:
        return Walk(*(np.where(condition, x, y) for x, y in zip(_walk(a), _walk(b))))

    def activation(self, name: str) -> Callable[[Walk], Walk]:
        """The exact value of f is rounded once."""
        f = ACTIVATIONS[name]

        def applied(z: Walk) -> Walk:
            value = f.value(z.value)
            rounding = (self.arithmetic.storage.ulp(value) / 2) ** 2 / 3
            return Walk(value, f.slope(z.value) ** 2 * z.variance + rounding)

        return applied

    def _rounded(self, value: np.ndarray, moved: np.ndarray) -> Walk:
        return Walk(value, moved + (self.arithmetic.unit_roundoff * value) ** 2 / 3)


def _walk(number: Union[np.ndarray, Walk]) -> Walk:
    return number if isinstance(number, Walk) else Walk(number, np.zeros(np.shape(number)))


def random_walk(case: Case, emitted: np.ndarray, arithmetic: Arithmetic) -> np.ndarray:
    """The standard deviation of each state (N, T, M) from the equation applied to the one before.

    ``emitted`` are the states as the implementation put them out, (N, T, M).
    """
    step = equation(Walks(arithmetic), case)
    state: Walk = step(case.processed.inputs, (previous(case, emitted.astype(float)),))[0]
    return np.asarray(np.sqrt(state.variance))


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
