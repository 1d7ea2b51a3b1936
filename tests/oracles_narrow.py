"""Legitimate evaluations in 16-bit arithmetic, for the bound to be tested with.

Sums are accumulated in some format and order, and whatever is stored is rounded to the storage
format; activations are correctly rounded. Sums and products of two numbers of 8 or 11 bits are
rounded through float32, which gives the nearest number (Figueroa, *When is double rounding
innocuous?*, 1995: 24 ≥ 2·11 + 2).
"""

from __future__ import annotations

import numpy as np

from conformance.numerics.activations import ACTIVATIONS
from strategies.dtypes import POLICIES, rounded

ORDERS = ("sequential", "random", "pairwise")
#: Where the bias joins, and how many sums there are.
SHAPES = ("apart", "x and bias", "h and bias", "bias last", "together")


def nearest(a, format):
    with np.errstate(over="ignore"):
        return rounded(a, format).astype(np.float32)


def truncated(a, format):
    """The next number of bfloat16 towards zero."""
    assert format == "bfloat16"
    bits = np.ascontiguousarray(a, np.float32).view(np.uint32)
    return (bits & np.uint32(0xFFFF0000)).view(np.float32)


def total(terms, accumulation, order, rng):
    """Terms (…, n, m) added up along n, each partial sum rounded to a format."""
    if order == "random":
        terms = rng.permuted(terms, axis=-2)
    if order == "pairwise" and terms.shape[-2] > 2:
        half = terms.shape[-2] // 2
        halves = terms[..., :half, :], terms[..., half:, :]
        left, right = (total(part, accumulation, order, rng) for part in halves)
        return nearest(left + right, accumulation)
    result = terms[..., 0, :]
    for i in range(1, terms.shape[-2]):
        result = nearest(result + terms[..., i, :], accumulation)
    return result


def products(operand, weight, accumulation):
    return nearest(operand[..., :, None] * weight, accumulation)


def affine(x, h, Wx, Wh, b, storage, accumulation, how):
    """X Wx + h Wh + b as an implementation with that storage and accumulation may compute it."""
    shape, order, rng = how["shape"], how["order"], np.random.default_rng(how["seed"])
    from_x, from_h = products(x, Wx, accumulation), products(h, Wh, accumulation)
    bias = np.broadcast_to(b, (*x.shape[:-1], 1, len(b)))

    def stored_sum(*parts):
        keep = how.get("keep", nearest)
        return keep(total(np.concatenate(parts, -2), accumulation, order, rng), storage)

    if shape == "together":
        return stored_sum(from_x, from_h, bias)
    if shape == "x and bias":
        return nearest(stored_sum(from_x, bias) + stored_sum(from_h), storage)
    if shape == "h and bias":
        return nearest(stored_sum(from_x) + stored_sum(from_h, bias), storage)
    one, other = stored_sum(from_x), stored_sum(from_h)
    if shape == "bias last":
        return nearest(nearest(one + other, storage) + b, storage)
    return nearest(nearest(one + b, storage) + other, storage)


def dense(h, Wo, bo, storage, accumulation, how):
    """H Wo + bo, with the bias added to the sum before or after it is stored."""
    terms, rng = products(h, Wo, accumulation), np.random.default_rng(how["seed"])
    if how["shape"] in ("together", "h and bias"):
        terms = np.concatenate([terms, np.broadcast_to(bo, (*h.shape[:-1], 1, len(bo)))], -2)
        return nearest(total(terms, accumulation, how["order"], rng), storage)
    keep = how.get("keep", nearest)
    return nearest(keep(total(terms, accumulation, how["order"], rng), storage) + bo, storage)


def evaluate(case, accumulation, how):
    """States and outputs in the storage format of the case's dtype."""
    storage = POLICIES[case.dtype].computed
    x, Wx, Wh, bh, Wo, bo = (nearest(a, storage) for a in (case.inputs, *case.weights))

    def activated(z, name):
        return nearest(ACTIVATIONS[name].value(z.astype(float)), storage)

    h, states = np.zeros((case.N, case.M), np.float32), []
    for t in range(case.T):
        z = affine(x[:, t], h, Wx, Wh, bh, storage, accumulation, how)
        h = activated(z, case.activation)
        states.append(h)
    states = np.stack(states, axis=1)
    y = dense(states, Wo, bo, storage, accumulation, how)
    return states, activated(y, case.dense_activation)
