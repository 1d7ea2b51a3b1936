"""The operations remembered, to run backwards: reverse accumulation of derivatives.

Each operation keeps what it was made of, and how a derivative by its result becomes derivatives by
its operands. Those rules are made of the same operations, so that what holds of them going forward,
an error bound for one, holds of them going backwards. Griewank and Walther, *Evaluating
Derivatives*, 2nd ed. (2008), section 3.2.

All that a derivative is the sum of is gathered first and summed once: a library may add it up in
any order.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, Iterator, NamedTuple, Optional, Sequence, Union

import numpy as np

from conformance.numerics.bounded import Bounded
from conformance.numerics.operations import DifferentiableOperations

Array = np.ndarray


class Product(NamedTuple):
    """A part of a derivative: operand (…, n) · weight (n, m), of which either may be bounded."""

    operand: Any
    weight: Any


class Placed(NamedTuple):
    """A part of a derivative: that by the ``place``-th of ``parts`` of equal width."""

    number: Any
    place: int
    parts: int


#: What a derivative is the sum of; a number is a part as it is.
Part = Union[Product, Placed, Any]


class Traced:
    """A number, and the numbers that it was computed from, each with the rule that leads there.

    A rule takes the derivative by this number to a part of that by the other. A number that only
    ``hands_on`` its parts has rules that take each of them alone. ``seen`` takes the derivative by
    this number to the one that the implementation shows. ``watched`` is asked by sums of products
    that the number is an operand of, with its weight, for what is ``seen`` of them.
    """

    def __init__(
        self,
        value: Any,
        *sources: tuple[Traced, Callable[[Any], Part]],
        hands_on: bool = False,
    ) -> None:
        self.value, self.sources, self.hands_on = value, sources, hands_on
        self.seen: Optional[Callable[[Any], Any]] = None
        self.watched: Optional[Callable[[Array], Callable[[Any], Any]]] = None

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the array."""
        return _shape(self.value)

    @property
    def ndim(self) -> int:
        """The number of axes of the array."""
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[Traced]:
        return (self[k] for k in range(len(self)))

    def __getitem__(self, key: Any) -> Traced:
        """A row (an integer), or columns of an array of at most two axes."""
        row = isinstance(key, int)
        columns = key[-1] if isinstance(key, tuple) else key

        def whole(part: Part) -> Part:
            if not isinstance(part, Product):
                return _within(part, self.shape, key)
            operand, weight = part
            if row:
                operand = _within(operand[0], (len(self), operand.shape[-1]), key)
            else:
                shape = (_shape(weight)[0], self.shape[-1])
                weight = _within(weight, shape, (slice(None), columns))
            return Product(operand, weight)

        return Traced(self.value[key], (self, whole), hands_on=True)


Number = Union[Array, Bounded, Traced]


class Tape:
    """The operations on traced numbers, over those of ``ops``; an array is held fixed.

    Numbers that are not weights are (N, m), weights (n, m) or (m,).
    """

    def __init__(self, ops: DifferentiableOperations) -> None:
        self.ops = ops

    def number(self, a: Array) -> Traced:
        """A number that is made of no other."""
        return Traced(a)

    def affine(
        self, operands: Sequence[Number], weights: Sequence[Number], *addends: Number
    ) -> Traced:
        xs, ws, others = ([_traced(n) for n in ns] for ns in (operands, weights, addends))
        total = self.ops.affine(
            [x.value for x in xs], [w.value for w in ws], *(a.value for a in others)
        )
        sources: list[tuple[Traced, Callable[[Any], Part]]] = []
        for x, w in zip(xs, ws):
            sources += [(x, partial(self.by_operand, w)), (w, partial(self.by_weight, x))]
        sources += [(a, partial(self.by_addend, a)) for a in others]
        result = Traced(total, *sources)
        for x, w in zip(xs, ws):
            if x.watched is not None:
                result.seen = x.watched(w.value)
        return result

    def times(self, a: Number, b: Number) -> Traced:
        x, y = _traced(a), _traced(b)
        times = self.ops.times
        return Traced(
            times(x.value, y.value),
            (x, lambda d: self.by_addend(x, times(d, y.value))),
            (y, lambda d: self.by_addend(y, times(d, x.value))),
        )

    def plus(self, a: Number, b: Number) -> Traced:
        x, y = _traced(a), _traced(b)
        return Traced(
            self.ops.plus(x.value, y.value),
            (x, partial(self.by_addend, x)),
            (y, partial(self.by_addend, y)),
        )

    def blend(self, z: Number, a: Number, b: Number) -> Traced:
        w, x, y = _traced(z), _traced(a), _traced(b)
        times, less = self.ops.times, self.ops.less
        return Traced(
            self.ops.blend(w.value, x.value, y.value),
            (w, lambda d: times(d, less(x.value, y.value))),
            (x, lambda d: times(d, w.value)),
            (y, lambda d: times(d, less(np.ones(w.shape), w.value))),
        )

    def split(self, a: Number, parts: int) -> list[Traced]:
        whole = _traced(a)
        return [
            Traced(value, (whole, partial(Placed, place=k, parts=parts)))
            for k, value in enumerate(self.ops.split(whole.value, parts))
        ]

    def select(self, condition: Array, a: Number, b: Number) -> Traced:
        x, y = _traced(a), _traced(b)
        chosen = self.ops.select(condition, x.value, y.value)
        rules = (partial(self._where, condition), partial(self._where, ~condition))
        return Traced(chosen, *zip((x, y), rules), hands_on=True)

    def _where(self, condition: Array, part: Part) -> Part:
        """A part, 0 in the samples where the condition is false."""
        if isinstance(part, Product):
            return part._replace(operand=self._where(condition, part.operand))
        if isinstance(part, Placed):
            return part._replace(number=self._where(condition, part.number))
        return self.ops.select(condition, part, np.zeros(_shape(part)))

    def activation(self, name: str) -> Callable[[Number], Traced]:
        f, ops = self.ops.activation(name), self.ops

        def of(a: Number) -> Traced:
            z = _traced(a)

            def rule(d: Any) -> Any:
                return d if name == "linear" else ops.times(d, ops.slope(name, z.value, y.value))

            y = Traced(f(z.value), (z, rule))
            return y

        return of

    def by_operand(self, weight: Traced, derivative: Any) -> Part:
        """The part by an operand of a sum of products, from the derivative by the sum."""
        return Product(derivative, mapped(weight.value, np.transpose))

    def by_weight(self, operand: Traced, derivative: Any) -> Part:
        """The part by a weight of a sum of products."""
        return Product(mapped(operand.value, np.transpose), derivative)

    def by_addend(self, addend: Traced, derivative: Any) -> Part:
        """The part by what is added; by what is broadcast over the samples, the sum over them."""
        if addend.ndim > 1:
            return derivative
        return Product(np.ones((1, _shape(derivative)[0])), derivative)

    def gradients(
        self, by_results: Sequence[tuple[Traced, Any]], numbers: Sequence[Traced]
    ) -> list[Any]:
        """The derivatives by ``numbers`` of Σ derivative · result, each of its number's shape.

        ``by_results`` has results with what they are multiplied with.
        """
        parts: dict[int, list[Part]] = {}
        for result, derivative in by_results:
            parts.setdefault(id(result), []).append(derivative)
        for number in reversed(_in_order([result for result, _ in by_results])):
            of_number = parts.get(id(number), [])
            if number.sources and not number.hands_on:
                of_number = [self._gathered(of_number, number.shape)]
                if number.seen is not None:
                    of_number = [number.seen(of_number[0])]
            for source, rule in number.sources:
                parts.setdefault(id(source), []).extend(map(rule, of_number))
        return [self._gathered(parts.get(id(number), []), number.shape) for number in numbers]

    def _gathered(self, parts: Sequence[Part], shape: tuple[int, ...]) -> Any:
        """The sum of all parts, in one sum of products where there are products."""
        products = [part for part in parts if isinstance(part, Product)]
        placed = {part.place: part for part in parts if isinstance(part, Placed)}
        addends = [part for part in parts if not isinstance(part, (Product, Placed))]
        if placed:
            (first, *_) = placed.values()
            zero = np.zeros(_shape(first.number))
            every = (placed.get(k, Placed(zero, k, first.parts)) for k in range(first.parts))
            addends.append(self.ops.joined([part.number for part in every]))
        if products:
            total = self.ops.affine(*zip(*products), *addends)
        elif addends:
            total = addends[0] if len(addends) == 1 else self.ops.total(addends)
        else:
            return np.zeros(shape)
        return mapped(total, lambda a: a.reshape(shape))


def mapped(number: Any, function: Callable[[Array], Array]) -> Any:
    """A number whose entries are in other places: its value and its bound alike."""
    if isinstance(number, Bounded):
        return Bounded(function(number.value), function(number.bound))
    return function(number)


def _in_order(results: Sequence[Traced]) -> list[Traced]:
    """All numbers that the results were computed from, each after its own sources."""
    order: list[Traced] = []
    met: set[int] = set()
    stack = [(result, False) for result in results]
    while stack:
        number, finished = stack.pop()
        if finished:
            order.append(number)
        elif id(number) not in met:
            met.add(id(number))
            stack.append((number, True))
            stack += [(source, False) for source, _ in number.sources]
    return order


def _traced(number: Number) -> Traced:
    return number if isinstance(number, Traced) else Traced(number)


def _shape(number: Any) -> tuple[int, ...]:
    value = number.value if isinstance(number, Bounded) else number
    return tuple(np.shape(value))


def _within(number: Any, shape: tuple[int, ...], key: Any) -> Any:
    """Zeros of a shape, and the number at a place in them."""

    def placed(part: Array) -> Array:
        whole = np.zeros(shape)
        whole[key] = part
        return whole

    return mapped(number, placed)
