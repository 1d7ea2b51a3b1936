"""The operations remembered, to run backwards: reverse accumulation of derivatives.

Each operation keeps what it was made of, and how a derivative by its result becomes derivatives by
its operands. Griewank and Walther, *Evaluating Derivatives*, 2nd ed. (2008), section 3.2.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, Sequence, Union

import numpy as np

from conformance.numerics.activations import ACTIVATIONS
from conformance.numerics.operations import parts_of

Array = np.ndarray
#: From the derivative by a result to that by an operand.
Backward = Callable[[Array], Array]


class Traced:
    """An array, and the operands that it was computed from."""

    def __init__(self, value: Array, *sources: tuple[Traced, Backward]) -> None:
        self.value, self.sources = value, sources

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the array."""
        return self.value.shape

    @property
    def ndim(self) -> int:
        """The number of axes of the array."""
        return self.value.ndim

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, key: Any) -> Traced:
        def backward(by_part: Array) -> Array:
            by_whole = np.zeros(self.shape)
            by_whole[key] = by_part
            return by_whole

        return Traced(self.value[key], (self, backward))


Number = Union[Array, Traced]


class Tape:
    """The operations on traced numbers, in float64; an array is a number that is held fixed."""

    def affine(
        self, operands: Sequence[Number], weights: Sequence[Number], *addends: Number
    ) -> Traced:
        total: Any = 0.0
        sources: list[tuple[Traced, Backward]] = []
        for x, w in zip(map(_traced, operands), map(_traced, weights)):
            total = total + x.value @ w.value
            sources += [(x, _times(w.value.T)), (w, _by_weight(x.value))]
        for addend in map(_traced, addends):
            total = total + addend.value
            sources.append((addend, partial(_summed, shape=addend.shape)))
        return Traced(total, *sources)

    def times(self, a: Number, b: Number) -> Traced:
        x, y = _traced(a), _traced(b)
        return Traced(
            x.value * y.value,
            (x, lambda d: _summed(d * y.value, x.shape)),
            (y, lambda d: _summed(d * x.value, y.shape)),
        )

    def plus(self, a: Number, b: Number) -> Traced:
        x, y = _traced(a), _traced(b)
        return Traced(
            x.value + y.value,
            (x, lambda d: _summed(d, x.shape)),
            (y, lambda d: _summed(d, y.shape)),
        )

    def blend(self, z: Number, a: Number, b: Number) -> Traced:
        w, x, y = _traced(z), _traced(a), _traced(b)
        return Traced(
            w.value * x.value + (1 - w.value) * y.value,
            (w, lambda d: d * (x.value - y.value)),
            (x, lambda d: d * w.value),
            (y, lambda d: d * (1 - w.value)),
        )

    def split(self, a: Number, parts: int) -> list[Traced]:
        whole = _traced(a)
        places = parts_of(np.arange(whole.shape[-1]), parts)
        return [whole[..., place] for place in places]

    def select(self, condition: Array, a: Number, b: Number) -> Traced:
        x, y = _traced(a), _traced(b)
        return Traced(
            np.where(condition, x.value, y.value),
            (x, lambda d: np.where(condition, d, 0.0)),
            (y, lambda d: np.where(condition, 0.0, d)),
        )

    def activation(self, name: str) -> Callable[[Number], Traced]:
        f = ACTIVATIONS[name]

        def of(a: Number) -> Traced:
            z = _traced(a)
            return Traced(f.value(z.value), (z, lambda d: d * f.slope(z.value)))

        return of


def gradients(result: Traced, by_result: Array, numbers: Sequence[Traced]) -> list[Array]:
    """The derivatives by ``numbers`` of Σ ``by_result`` · result, each of its number's shape."""
    order: list[Traced] = []
    seen: set[int] = set()
    stack = [(result, False)]
    while stack:
        number, finished = stack.pop()
        if finished:
            order.append(number)
        elif id(number) not in seen:
            seen.add(id(number))
            stack.append((number, True))
            stack += [(source, False) for source, _ in number.sources]
    derivatives = {id(result): by_result}
    for number in reversed(order):
        derivative = derivatives[id(number)]
        for source, backward in number.sources:
            part = backward(derivative)
            before = derivatives.get(id(source))
            derivatives[id(source)] = part if before is None else before + part
    return [derivatives.get(id(number), np.zeros(number.shape)) for number in numbers]


def _times(transposed: Array) -> Backward:
    return lambda derivative: derivative @ transposed


def _by_weight(operand: Array) -> Backward:
    return lambda derivative: operand.T @ derivative


def _traced(number: Number) -> Traced:
    return number if isinstance(number, Traced) else Traced(number)


def _summed(derivative: Array, shape: tuple[int, ...]) -> Array:
    """The derivative by what was broadcast from this shape."""
    if derivative.shape == shape:
        return derivative
    more = tuple(range(derivative.ndim - len(shape)))
    return derivative.sum(axis=more)
