"""The operations that cells are written over, on numbers and on numbers with bounds.

A cell's equation is a graph of few operations. Over `Numbers` it gives the reference. Over
`BoundedNumbers` it gives the reference and, for each entry, how far any implementation may be off
that rounds as its `Arithmetic` says and forms each operation in one of these ways:

==================  =============================================================================
operation           inside, whatever the implementation's order
==================  =============================================================================
sum of products     all orders; all gates at once or one by one; the bias first, last or in
                    parts; accumulating in place; fused or not
a · b               any association of a longer product
a + b               with products: fused or not
f(z)                as the library's row of activation errors says
z a + (1 − z) b     this form; z (a − b) + b; b + z (a − b); z a + b − z b in any order
==================  =============================================================================

An operation that an implementation leaves unrounded counts as one with the error 0. Arrays are
exact numbers: the weights are, as the implementation uses them.
"""

from __future__ import annotations

from typing import Any, Callable, Protocol, Sequence, Union

import numpy as np

from conformance.numerics.activations import ACTIVATIONS
from conformance.numerics.arithmetic import REFERENCE, Arithmetic
from conformance.numerics.bounded import INFLATION, Bounded, activated
from conformance.numerics.sums import affine

#: A number that is exact, or known up to a bound.
Number = Union[np.ndarray, Bounded]


class Operations(Protocol):
    """What a cell's equation may use; a number is what the operations are over."""

    def affine(self, operands: Sequence[Any], weights: Sequence[np.ndarray], *addends: Any) -> Any:
        """The sum of the products operand (…, n) · weight (n, m), and of the addends, each (…, m).

        A bias (m,) is an addend, and so is a number.
        """

    def times(self, a: Any, b: Any) -> Any:
        """The product, entry by entry."""

    def plus(self, a: Any, b: Any) -> Any:
        """The sum, entry by entry."""

    def blend(self, z: Any, a: Any, b: Any) -> Any:
        """``z a + (1 − z) b``, entry by entry; one operation, because z moves it by a − b only."""

    def split(self, a: Any, parts: int) -> list[Any]:
        """The ``parts`` of equal width along the last axis, one for each gate."""

    def select(self, condition: np.ndarray, a: Any, b: Any) -> Any:
        """``a`` where the condition is true, else ``b``."""

    def activation(self, name: str) -> Callable[[Any], Any]:
        """The function of that name in `ACTIVATIONS`."""


class Numbers:
    """The operations on arrays, in their own dtype."""

    def affine(
        self, operands: Sequence[np.ndarray], weights: Sequence[np.ndarray], *addends: np.ndarray
    ) -> np.ndarray:
        terms = [operand @ weight for operand, weight in zip(operands, weights)]
        total: np.ndarray = sum([*terms[1:], *addends], terms[0])
        return total

    def times(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return a * b

    def plus(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return a + b

    def blend(self, z: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        blended: np.ndarray = z * a + (1 - z) * b
        return blended

    def split(self, a: np.ndarray, parts: int) -> list[np.ndarray]:
        return np.split(a, parts, axis=-1)

    def select(self, condition: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.where(condition, a, b)

    def activation(self, name: str) -> Callable[[np.ndarray], np.ndarray]:
        return ACTIVATIONS[name].value


class BoundedNumbers:
    """The operations on `Bounded` numbers, of an implementation that rounds in this arithmetic."""

    def __init__(self, arithmetic: Arithmetic) -> None:
        self.arithmetic = arithmetic
        #: The implementation's own rounding, and the reference's.
        self.unit = arithmetic.unit_roundoff + REFERENCE.unit_roundoff

    def affine(
        self, operands: Sequence[Number], weights: Sequence[np.ndarray], *addends: Number
    ) -> Bounded:
        """`sums.affine` of all operands at once; an addend with a bound is a product with 1."""
        parts, kernels = [*operands], [*weights]
        bias = np.zeros(kernels[0].shape[-1])
        for addend in addends:
            if isinstance(addend, Bounded):
                parts.append(addend)
                kernels.append(np.eye(addend.value.shape[-1]))
            else:
                bias = bias + addend
        bounded = [_bounded(part) for part in parts]
        operand = np.concatenate([part.value for part in bounded], axis=-1)
        weight = np.concatenate(kernels)
        split = bounded[0].value.shape[-1] if len(bounded) > 1 else 0
        if not any(part.bound.any() for part in bounded):
            return affine(operand, weight, bias, self.arithmetic, split=split)
        error = np.concatenate([part.bound for part in bounded], axis=-1)
        z = affine(operand, weight, bias, self.arithmetic, error, split)
        return Bounded(z.value, (z.bound + error @ np.abs(weight)) * INFLATION)

    def times(self, a: Number, b: Number) -> Bounded:
        """|a| β + |b| α + α β, and a rounding; none where the significant bits are few enough."""
        (x, off_x), (y, off_y) = _bounded(a), _bounded(b)
        moved = np.abs(x) * off_y + np.abs(y) * off_x + off_x * off_y
        size = (np.abs(x) + off_x) * (np.abs(y) + off_y)
        return self._rounded(x * y, moved, size, np.abs(x) + off_x + np.abs(y) + off_y)

    def plus(self, a: Number, b: Number) -> Bounded:
        (x, off_x), (y, off_y) = _bounded(a), _bounded(b)
        total, moved = x + y, off_x + off_y
        return self._rounded(total, moved, np.abs(total) + moved, np.abs(x) + np.abs(y) + moved)

    def blend(self, z: Number, a: Number, b: Number) -> Bounded:
        """A blend moves by |a − b| ζ + |z| α + |1 − z| β + ζ (α + β).

        It rounds, in each of its forms, by at most u (|v| + spread + 2 (Z A + m B)), where
        m = max(1, Z, |1 − z| + ζ) and spread is what moves it.
        """
        (w, off_w), (x, off_x), (y, off_y) = _bounded(z), _bounded(a), _bounded(b)
        rest = 1 - w
        value = w * x + rest * y
        moved = np.abs(x - y) * off_w + np.abs(w) * off_x + np.abs(rest) * off_y
        moved = moved + off_w * (off_x + off_y)
        Z, A, B = np.abs(w) + off_w, np.abs(x) + off_x, np.abs(y) + off_y
        m = np.maximum(np.maximum(1, Z), np.abs(rest) + off_w)
        size = (np.abs(value) + moved + 2 * (Z * A + m * B)) * (1 + 8 * self.unit)
        return self._rounded(value, moved, size, 1 + Z + A + B, roundings=4)

    def split(self, a: Number, parts: int) -> list[Bounded]:
        value, bound = (np.split(array, parts, axis=-1) for array in _bounded(a))
        return [Bounded(*pair) for pair in zip(value, bound)]

    def select(self, condition: np.ndarray, a: Number, b: Number) -> Bounded:
        return Bounded(*(np.where(condition, x, y) for x, y in zip(_bounded(a), _bounded(b))))

    def activation(self, name: str) -> Callable[[Bounded], Bounded]:
        return lambda z: activated(z, ACTIVATIONS[name], self.arithmetic)

    def _rounded(
        self,
        value: np.ndarray,
        moved: np.ndarray,
        size: np.ndarray,
        operands: np.ndarray,
        roundings: int = 2,
    ) -> Bounded:
        """A value that is moved, rounded by u of ``size``, and may underflow in each rounding.

        ``operands`` bounds the magnitudes that a flushed operand is multiplied with.
        """
        storage = self.arithmetic.storage
        small = storage.smallest_subnormal
        if self.arithmetic.flushes_subnormals:
            small = storage.smallest_normal
        bound = (moved + self.unit * size + roundings * small * (1 + operands)) * INFLATION
        known = np.abs(value) + bound < storage.largest
        exact = (moved == 0) & ~np.isfinite(value)
        return Bounded(value, np.where(known, bound, np.where(exact, 0.0, np.inf)))


def _bounded(number: Number) -> Bounded:
    if isinstance(number, Bounded):
        return number
    return Bounded(number, np.zeros(np.shape(number)))
