"""Operations of an implementation that rounds, in some form and order; and the truth of them.

`Rounded` does what `Arithmetic` and `conformance.numerics.operations` allow, and nothing else: one
outside the bound proves the bound wrong. `Truth` computes in 50 digits. Both have the interface of
`Operations`, so that a cell can be run over them.
"""

from __future__ import annotations

import mpmath
import numpy as np
from definitions import TRUE
from oracles_narrow import nearest

import oracles
from conformance.numerics.activations import ACTIVATIONS
from conformance.numerics.arithmetic import FORMATS, IEEE


class Rounded:
    """Each operation rounds to the storage format; forms and orders are drawn anew each time.

    Numbers are float64 arrays of numbers of the format. Sums of products are accumulated in
    ``accumulation`` and stored. ``off`` in [-1, 1] is the share of its allowance by which each
    activation is wrong. Sums and products of two 16-bit numbers are rounded through float32, those
    of two float32 numbers through float64, which gives the nearest number (Figueroa, *When is
    double rounding innocuous?*, 1995).
    """

    def __init__(self, dtype, rng, flushes=False, accumulation=None, off=0.0, fuses=True):
        self.dtype, self.rng, self.off = dtype, rng, off
        self.accumulation = accumulation or ("float64" if dtype == "float64" else "float32")
        self.fuses = fuses and dtype != "float64"  # where a product is exact in float64
        self.smallest = FORMATS[dtype].smallest_normal if flushes else 0.0
        self.products = {}

    def stored(self, a, format=None):
        format = format or self.dtype
        if format != "float64":
            a = nearest(a, format).astype(float)
        return np.where(np.abs(a) < self.smallest, 0.0, a) if format == self.dtype else a

    def operand(self, a):
        return np.where(np.abs(a) < self.smallest, 0.0, a)

    def times(self, a, b):
        product = self.stored(self.operand(a) * self.operand(b))
        self.products[id(product)] = product, a, b
        return product

    def exact(self, a):
        """A product of two as it was before it was rounded, if that is fused."""
        product, *factors = self.products.get(id(a), (None,))
        if product is None or not self.fuses or self.rng.random() < 0.5:
            return self.operand(a)
        return self.operand(factors[0]) * self.operand(factors[1])

    def plus(self, a, b):
        if self.rng.random() < 0.5:
            return self.stored(self.exact(a) + self.operand(b))
        return self.stored(self.operand(a) + self.exact(b))

    def minus(self, a, b):
        return self.plus(a, -b)

    def blend(self, z, a, b):
        form = self.rng.integers(6)
        times, plus, minus = self.times, self.plus, self.minus
        if form == 0:
            return plus(times(z, a), times(minus(np.ones_like(z), z), b))
        if form == 1:
            return plus(times(z, minus(a, b)), b)
        if form == 2:
            return plus(b, times(z, minus(a, b)))
        parts = [times(z, a), b, times(-z, b)]
        first, second, third = self.rng.permutation(3)
        return plus(plus(parts[first], parts[second]), parts[third])

    def affine(self, operands, weights, *addends):
        shape = (*operands[0].shape[:-1], weights[0].shape[-1])
        groups = []
        for a, weight in zip(operands, weights):
            a, weight = self.operand(a), self.operand(weight)
            groups.append(self.stored(a[..., :, None] * weight, self.accumulation))
        for addend in addends:
            groups.append(np.broadcast_to(self.operand(addend), shape)[..., None, :])
        self.rng.shuffle(groups)
        if self.dtype == self.accumulation:
            return self.sum(np.concatenate(groups, -2))
        while len(groups) > 1 and self.rng.random() < 0.4:
            groups = [np.concatenate(groups[:2], -2), *groups[2:]]
        sums = [self.stored(self.sum(group)) for group in groups]
        total = sums[0]
        for part in sums[1:]:
            total = self.stored(total + part)
        return total

    def sum(self, terms):
        """Along the last axis but one: in a random order, as a chain or as a tree."""
        terms = self.rng.permuted(terms, axis=-2)
        if self.rng.random() < 0.3 and terms.shape[-2] > 2:
            half = terms.shape[-2] // 2
            halves = self.sum(terms[..., :half, :]), self.sum(terms[..., half:, :])
            return self.stored(halves[0] + halves[1], self.accumulation)
        total = terms[..., 0, :]
        for i in range(1, terms.shape[-2]):
            total = self.stored(total + terms[..., i, :], self.accumulation)
        return total

    def split(self, a, parts):
        return np.split(a, parts, axis=-1)

    def activation(self, name):
        f, (ulps, absolute) = ACTIVATIONS[name], IEEE[self.dtype].activation_errors[name]

        def of(z):
            value = f.value(z)
            if name == "linear":
                return value
            # The rounding that follows is of half an ulp, and the next number may have two.
            allowed = max(ulps - 1, 0) * FORMATS[self.dtype].ulp(value) + 0.5 * absolute
            low, high = f.varies_between
            varies = np.isfinite(value) & (z >= low) & (z <= high)  # what is clipped is exact
            return self.stored(np.where(varies, value + self.off * allowed, value))

        return of


class Truth:
    """The operations in 50 digits."""

    def affine(self, operands, weights, *addends):
        total = 0
        for a, weight in zip(operands, weights):
            total = total + as_mpf(a) @ as_mpf(weight)
        for addend in addends:
            total = total + as_mpf(addend)
        return total

    def times(self, a, b):
        return as_mpf(a) * as_mpf(b)

    def plus(self, a, b):
        return as_mpf(a) + as_mpf(b)

    def blend(self, z, a, b):
        z, a, b = as_mpf(z), as_mpf(a), as_mpf(b)
        return z * a + (1 - z) * b

    def split(self, a, parts):
        return np.split(a, parts, axis=-1)

    def activation(self, name):
        of = np.vectorize(TRUE[name], otypes=[object])
        return lambda z: of(as_mpf(z))


def as_mpf(a):
    return a if isinstance(a, np.ndarray) and a.dtype.hasobject else oracles.as_mpf(a)


def shares(got, bounded, truth):
    """The errors of an implementation and of the reference, together, over the bound of both."""
    error = abs(as_mpf(got) - truth) + abs(as_mpf(bounded.value) - truth)
    bound = np.broadcast_to(bounded.bound, error.shape)

    def share(error, bound):
        if np.isinf(bound):
            return 0.0
        return float(error / mpmath.mpf(bound)) if bound else (np.inf if error else 0.0)

    return np.vectorize(share, otypes=[float])(error, bound)
