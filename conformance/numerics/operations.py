"""The operations that cells are written over, on numbers and on numbers with bounds.

A cell's equation is a graph of few operations. Over `Numbers` it gives the reference. Over
`BoundedNumbers` it gives the reference and, for each entry, how far any implementation may be off
that rounds as its `Arithmetic` says and forms each operation in one of these ways:

==================  =============================================================================
operation           inside, whatever the implementation's order
==================  =============================================================================
sum of products     all orders; all gates at once or one by one; the bias first, last or in
                    parts; accumulating in place; fused or not
a · b               any association of a longer product where nothing underflows
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
from conformance.numerics.exactness import fits, last_bit
from conformance.numerics.slopes import slope
from conformance.numerics.sums import affine

#: A number that is exact, or known up to a bound.
Number = Union[np.ndarray, Bounded]


class Operations(Protocol):
    """What a cell's equation may use; a number is what the operations are over."""

    def affine(self, operands: Sequence[Any], weights: Sequence[Any], *addends: Any) -> Any:
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


class DifferentiableOperations(Operations, Protocol):
    """What is needed besides to run an equation backwards (`conformance.numerics.tape`).

    Weights of sums of products may be numbers then.
    """

    def slope(self, name: str, z: Any, y: Any) -> Any:
        """The derivative of an activation at z, where its value is y, entry by entry."""

    def less(self, a: Any, b: Any) -> Any:
        """``a − b``, which is multiplied with a derivative: c (a − b) may be c a − c b."""

    def total(self, addends: Sequence[Any]) -> Any:
        """The sum of all, in any order."""

    def joined(self, parts: Sequence[Any]) -> Any:
        """The parts side by side along the last axis."""


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
        return parts_of(a, parts)

    def select(self, condition: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.where(condition, a, b)

    def activation(self, name: str) -> Callable[[np.ndarray], np.ndarray]:
        return ACTIVATIONS[name].value

    def slope(self, name: str, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        return ACTIVATIONS[name].slope(z)

    def less(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return a - b

    def total(self, addends: Sequence[np.ndarray]) -> np.ndarray:
        total: np.ndarray = sum(addends[1:], addends[0])
        return total

    def joined(self, parts: Sequence[np.ndarray]) -> np.ndarray:
        return np.concatenate(parts, axis=-1)


class BoundedNumbers:
    """The operations on `Bounded` numbers, of an implementation that rounds in this arithmetic.

    Each result is within its bound of the value: a bound of 0 says that every implementation has
    this very number, NaN and infinity included, and one of ∞ that nothing is known. In the bounds,
    a and b are known up to α and β, A = |a| + α and B = |b| + β. What a flush to zero can add to a
    product is τ (1 + A + B), τ the smallest normal number: A or B times τ for a factor that is
    flushed, and τ for the product itself.
    """

    def __init__(self, arithmetic: Arithmetic) -> None:
        self.arithmetic = arithmetic
        #: The implementation's own rounding, and the reference's.
        self.unit = arithmetic.unit_roundoff + REFERENCE.unit_roundoff
        storage = arithmetic.storage
        self._flushed = storage.smallest_normal if arithmetic.flushes_subnormals else 0.0
        # The bound itself may underflow as well, where it is computed in the same format.
        self._small = storage.smallest_subnormal + 4 * REFERENCE.smallest_subnormal

    def affine(
        self, operands: Sequence[Number], weights: Sequence[Number], *addends: Number
    ) -> Bounded:
        """`sums.affine` of all operands at once."""
        parts, kernels = [_bounded(part) for part in operands], [_bounded(w) for w in weights]
        operand = np.concatenate([part.value for part in parts], axis=-1)
        weight = np.concatenate([kernel.value for kernel in kernels])
        places = [int(end) for end in np.cumsum([len(kernel.value) for kernel in kernels])[:-1]]
        bias, terms = np.zeros(weight.shape[-1]), [_bounded(addend) for addend in addends]
        if terms and terms[0].value.ndim == 1 and not isinstance(addends[0], Bounded):
            bias, terms = terms[0].value, terms[1:]
        error = of_weight = None
        if any(part.bound.any() for part in parts):
            error = np.concatenate([part.bound for part in parts], axis=-1)
        if any(kernel.bound.any() for kernel in kernels):
            of_weight = np.concatenate([kernel.bound for kernel in kernels])
        z = affine(operand, weight, bias, self.arithmetic, error, places, terms, of_weight)
        moved, size = np.zeros(()), np.abs(operand)
        if error is not None:
            moved = error @ np.abs(weight) + len(weight) * REFERENCE.smallest_subnormal
            moved = np.where(error.any(axis=-1, keepdims=True), moved, 0.0)
            size = size + error
        if of_weight is not None:
            more = size @ of_weight + len(weight) * REFERENCE.smallest_subnormal
            moved = moved + np.where(of_weight.any(axis=0), more, 0.0)
        for addend in terms:
            moved = moved + addend.bound
        if not moved.any():
            return z
        # A bound that is ∞ or 0 for what is infinite or NaN is decided there.
        decided = np.isinf(z.bound) | ~np.isfinite(z.value)
        return Bounded(z.value, np.where(decided, z.bound, (z.bound + moved) * INFLATION))

    def times(self, a: Number, b: Number) -> Bounded:
        """|a| β + |b| α + α β + u A B, and a flush to zero; 0 where the significant bits are few.

        âb̂ − ab = a (b̂ − b) + b (â − a) + (â − a)(b̂ − b), exactly.
        """
        (x, off_x), (y, off_y) = _bounded(a), _bounded(b)
        X, Y = np.abs(x), np.abs(y)
        moved = X * off_y + Y * off_x + off_x * off_y
        A, B = X + off_x, Y + off_y
        product, size = x * y, A * B
        rounding = self.unit * size + self._small + self._flushed * (1 + A + B)
        zero = (A == 0) | (B == 0)  # which leaves 0 of anything finite
        if zero.any():
            rounding = np.where(zero, 0.0, rounding)
        exact = (off_x == 0) & (off_y == 0)
        if exact.any():
            few = self._fits(last_bit(x) + last_bit(y), size, x, y)
            rounding = np.where(exact & few, 0.0, rounding)

        def decided() -> np.ndarray:
            return self._decides(x, b=(y, off_y)) | self._decides(y, b=(x, off_x))

        return self._known(product, moved + rounding, size, [(x, off_x), (y, off_y)], decided)

    def plus(self, a: Number, b: Number) -> Bounded:
        """α + β + u (|a + b| + α + β), and a flush to zero of either or of the sum."""
        (x, off_x), (y, off_y) = _bounded(a), _bounded(b)
        total, moved = x + y, off_x + off_y
        size = np.abs(total) + moved
        rounding = self.unit * size + 2 * self._flushed
        exact = moved == 0
        if exact.any():
            few = self._fits(np.minimum(last_bit(x), last_bit(y)), np.abs(x) + np.abs(y), x, y)
            rounding = np.where(exact & few, 0.0, rounding)

        def decided() -> np.ndarray:
            return np.isinf(x) | np.isinf(y)

        return self._known(total, moved + rounding, size, [(x, off_x), (y, off_y)], decided)

    def blend(self, z: Number, a: Number, b: Number) -> Bounded:
        """What moves a blend is |a − b| ζ + |z| α + |1 − z| β + ζ (α + β).

        It rounds, in each of its forms, by at most u (|v| + moved + 2 (Z A + m B)), where
        m = max(1, Z, |1 − z| + ζ): the first by u (|z a| + 2 |1 − z| |b| + |v|), the second and
        third by u (2 |z| |a − b| + |v|), the last by u (|z a| + |z b| + its partial sum + |v|). The
        factor 1 + 8u covers roundings of rounded numbers.
        """
        (w, off_w), (x, off_x), (y, off_y) = _bounded(z), _bounded(a), _bounded(b)
        rest = 1 - w
        value = w * x + rest * y
        moved = np.abs(x - y) * off_w + np.abs(w) * off_x + np.abs(rest) * off_y
        moved = moved + off_w * (off_x + off_y)
        Z, A, B = np.abs(w) + off_w, np.abs(x) + off_x, np.abs(y) + off_y
        m = np.maximum(np.maximum(1, Z), np.abs(rest) + off_w)
        size = (np.abs(value) + moved + 2 * (Z * A + m * B)) * (1 + 8 * self.unit)
        rounding = self.unit * size + 4 * self._small + 4 * self._flushed * (2 + Z + A + B)
        exact = (off_w == 0) & (off_x == 0) & (off_y == 0)
        if exact.any():
            # z and 1 − z, a − b, and all else that occurs on the way.
            one, two = np.minimum(last_bit(w), 0), np.minimum(last_bit(x), last_bit(y))
            few = self._fits(one, 1 + Z, w) & self._fits(two, A + B, x, y)
            few = few & self._fits(one + two, size)
            rounding = np.where(exact & few, 0.0, rounding)
        numbers = [(w, off_w), (x, off_x), (y, off_y)]
        # An infinite b is NaN in the second form alone.
        return self._known(value, moved + rounding, size, numbers, lambda: np.zeros((), bool))

    def split(self, a: Number, parts: int) -> list[Bounded]:
        value, bound = _bounded(a)
        return [Bounded(*pair) for pair in zip(parts_of(value, parts), parts_of(bound, parts))]

    def joined(self, parts: Sequence[Number]) -> Bounded:
        arrays = zip(*map(_bounded, parts))
        return Bounded(*(np.concatenate(array, axis=-1) for array in arrays))

    def select(self, condition: np.ndarray, a: Number, b: Number) -> Bounded:
        return Bounded(*(np.where(condition, x, y) for x, y in zip(_bounded(a), _bounded(b))))

    def total(self, addends: Sequence[Number]) -> Bounded:
        shape = np.shape(_bounded(addends[0]).value)
        rows = [Bounded(*(part.reshape(-1, shape[-1]) for part in _bounded(a))) for a in addends]
        nothing = np.zeros((len(rows[0].value), 1)), np.zeros((1, shape[-1]))
        total = self.affine(nothing[:1], nothing[1:], *rows)
        return Bounded(*(part.reshape(shape) for part in total))

    def less(self, a: Number, b: Number) -> Bounded:
        """α + β + u (|a − b| + A + B): taken apart, both products round."""
        (x, off_x), (y, off_y) = _bounded(a), _bounded(b)
        difference, moved = x - y, off_x + off_y
        size = np.abs(difference) + moved + np.abs(x) + off_x + np.abs(y) + off_y
        bound = moved + self.unit * size * (1 + 4 * self.unit) + self._small + 4 * self._flushed
        return Bounded(difference, bound * INFLATION)

    def slope(self, name: str, z: Number, y: Number) -> Bounded:
        return slope(ACTIVATIONS[name], _bounded(z), _bounded(y), self.arithmetic)

    def activation(self, name: str) -> Callable[[Number], Bounded]:
        return lambda z: activated(_bounded(z), ACTIVATIONS[name], self.arithmetic)

    def _fits(self, q: np.ndarray, size: np.ndarray, *operands: np.ndarray) -> np.ndarray:
        """Whether multiples of 2^q of at most this size are numbers of the storage format.

        Where subnormals may be flushed, neither they nor an operand may be one.
        """
        storage = self.arithmetic.storage
        least = np.log2(self._flushed or storage.smallest_subnormal)
        few: np.ndarray = fits(q, size, storage.precision) & (q >= least)
        if self._flushed:
            for operand in operands:
                few = few & ((operand == 0) | (np.abs(operand) >= self._flushed))
        return few

    def _decides(self, infinite: np.ndarray, b: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """Where a factor that is infinite decides the product: the other's sign is certain."""
        value, off = b
        certain = (np.abs(value) - off > self._flushed) | ((value == 0) & (off == 0))
        return np.isinf(infinite) & certain

    def _known(
        self,
        value: np.ndarray,
        bound: np.ndarray,
        size: np.ndarray,
        operands: Sequence[tuple[np.ndarray, np.ndarray]],
        decided: Callable[[], np.ndarray],
    ) -> Bounded:
        """The value with its bound, ∞ where an operand is unknown or something may overflow.

        ``size`` bounds what is computed on the way. Operands that are infinite leave nothing open
        where they are ``decided``, and NaN everywhere.
        """
        bound = bound * INFLATION
        largest = self.arithmetic.storage.largest
        if (size * (1 + 4 * self.unit) + bound < largest).all():
            return Bounded(value, bound)
        safe = size * (1 + 4 * self.unit) + bound < largest
        unknown, nan = np.zeros((), bool), np.zeros((), bool)
        for number, off in operands:
            unknown = unknown | np.isinf(off)
            nan = nan | (np.isnan(number) & (off == 0))
        certain = nan | (decided() & ~unknown)
        return Bounded(value, np.where(certain, 0.0, np.where(safe & ~unknown, bound, np.inf)))


def parts_of(a: np.ndarray, parts: int) -> list[np.ndarray]:
    """The ``parts`` of equal width along the last axis; `numpy.split` takes ten times as long."""
    width = a.shape[-1] // parts
    return [a[..., k * width : (k + 1) * width] for k in range(parts)]


def _bounded(number: Number) -> Bounded:
    if isinstance(number, Bounded):
        return number
    return Bounded(number, np.zeros(np.shape(number)))
